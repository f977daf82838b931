//! A diagnostic and a list of them.

use super::{Code, Source, Span};
use std::sync::Arc;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something to know; nothing changes.
    Note,
    /// The answer may not be what was meant.
    Warning,
    /// There is no answer.
    Error,
}

/// A second place that explains the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there, in a few words.
    pub text: String,
}

/// One thing to tell the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad.
    pub severity: Severity,
    /// The stable code.
    pub code: Code,
    /// What went wrong, one line.
    pub message: String,
    /// Where; `None` when no text is to blame.
    pub span: Option<Span>,
    /// Further places.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// Texts that it points into and that whoever tells it does not have: those of saved functions.
    pub texts: Vec<Arc<Source>>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            span: Some(span),
            labels: vec![],
            help: None,
            texts: vec![],
        }
    }

    /// A warning at a place.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    /// An error that no text is to blame for.
    pub fn general(code: Code, message: impl Into<String>) -> Self {
        Diagnostic { span: None, ..Diagnostic::error(code, Span::default(), message) }
    }

    /// A fault of huntline itself, never the user's.
    pub fn bug(message: impl Into<String>) -> Self {
        Diagnostic::general(Code::Bug, message)
            .with_help("this is a fault in huntline; please report it with the query")
    }

    /// Adds what to do about it.
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds `did you mean ...` when a near name is known.
    pub fn with_suggestion(self, near: Option<&str>) -> Self {
        match near {
            Some(name) => self.with_help(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// The text that a span points into, among those given and its own.
    pub fn source_of<'a>(&'a self, span: Span, sources: &'a [Source]) -> Option<&'a Source> {
        let own = self.texts.iter().map(|text| &**text);
        own.chain(sources).find(|source| source.id == span.source)
    }

    /// Adds a second place.
    pub fn with_label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.info().id, self.message)
    }
}

/// What one run found, in the order in which it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// True when there is no answer.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Diagnostics(vec![diagnostic])
    }
}

impl std::fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, diagnostic) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}
