//! `rules check`: what is wrong with a rule, before it runs.
//!
//! In: the text of a rule. Out: findings with their places. An error is something that fails, or decides nothing, when it is
//! reached; a warning is something that can hardly be meant. Never: a run of the rule.

mod call;
mod condition;
mod expression;
mod given;
mod scan;
mod syntax;
mod text;
mod value;
mod walk;

use super::api::{ENTRY_POINTS, EntryPoint, LIMITS};
use super::host::engine;
use crate::diagnostic::{Code, Diagnostic, Severity, Source, SourceId, Span, nearest};
use expression::list;
use rhai::{AST, ASTNode, OptimizationLevel, Position};
use text::Text;
use value::{Env, Known, Nothing, Value};
use walk::{Frame, Function, Walk};

/// Everything that can be found in a rule without running it, by place. The name is what findings are printed with.
pub fn check(name: &str, source: &str) -> (Source, Vec<Diagnostic>) {
    let source = Source::new(SourceId(0), name, source);
    let mut found = findings(&source);
    found.sort_by_key(|d| (d.span.map_or(0, |s| s.start), std::cmp::Reverse(d.severity == Severity::Error)));
    found.dedup();
    (source, found)
}

fn findings(source: &Source) -> Vec<Diagnostic> {
    if source.text.len() > LIMITS.script_bytes {
        let message = format!("the script is longer than {} bytes", LIMITS.script_bytes);
        return vec![Diagnostic::general(Code::RuleTooLarge, message)];
    }
    let text = Text::new(source);
    let mut engine = engine();
    engine.set_optimization_level(OptimizationLevel::None);
    let ast = match engine.compile(&source.text) {
        Ok(ast) => ast,
        Err(error) => return vec![syntax::told(&error, &text, source.text.len())],
    };
    let functions = functions(&ast, &text);
    let mut walk = Walk {
        text: &text,
        functions: &functions,
        frames: Vec::new(),
        outside: Frame::default(),
        found: Vec::new(),
        called: Default::default(),
        muted: 0,
        walks: Default::default(),
        depending: Default::default(),
        entry: "",
        budget: 0,
    };
    outside(&ast, &mut walk);
    for entry in ENTRY_POINTS {
        entry_point(entry, &mut walk);
    }
    uncalled(&mut walk);
    walk.finish();
    walk.found
}

/// The functions of a script. Their bodies are told by place: the interpreter shows them one after the other.
fn functions(ast: &AST, text: &Text) -> Vec<Function> {
    let mut functions = Vec::new();
    let mut ends = Vec::new();
    for function in ast.iter_functions() {
        if let Some(known) = ast.shared_lib().get_script_fn(function.name, function.params.len()) {
            let parameters = function.params.iter().map(|p| (*p).to_owned()).collect();
            let (at, end) = (known.body.start_position(), known.body.end_position());
            let span = text.function(at, function.name);
            functions.push(Function { name: function.name.to_owned(), parameters, body: Vec::new(), at, span });
            ends.push(end);
        }
    }
    let order = |p: Position| (p.line().unwrap_or(0), p.position().unwrap_or(0));
    let mut outside = ast.statements().len();
    ast.walk(&mut |path| {
        let [ASTNode::Stmt(statement)] = path else { return true };
        if outside > 0 {
            outside -= 1;
            return true;
        }
        let at = order(statement.position());
        let around = functions.iter_mut().zip(&ends).filter(|(f, end)| {
            let single = end.is_none() || order(**end) == order(f.at);
            order(f.at) == at || (!single && order(f.at) <= at && at <= order(**end))
        });
        if let Some((function, _)) = around.max_by_key(|(f, _)| order(f.at)) {
            function.body.push((*statement).clone());
        }
        true
    });
    functions
}

/// Statements outside of functions are never run.
fn outside(ast: &AST, walk: &mut Walk) {
    if let Some(statement) = ast.statements().iter().find(|s| !s.is_noop()) {
        let span = walk.text.word(statement.position());
        let d = Diagnostic::warning(Code::OutsideFunctions, span, "only functions are called: this is never run");
        walk.tell(d.with_help("move it into a function; what is constant belongs into `[sync.constants]`: `f.config`"));
    }
}

fn entry_point(entry: &'static EntryPoint, walk: &mut Walk) {
    let functions = walk.functions;
    let own: Vec<&Function> = functions.iter().filter(|f| f.name == entry.name).collect();
    match own.iter().find(|f| f.parameters.len() == 1) {
        Some(function) => {
            walk.called.insert(entry.name.to_owned());
            walk.entry = entry.name;
            walk.budget = 400;
            let span = function.span;
            let facts = Value { path: Some("f".to_owned()), ..Value::one(Known::Facts(entry.facts), span) };
            let value = walk.function(function, vec![facts], Env::new());
            answers(entry, value, function, walk);
        }
        None => missing(entry, own.first().copied(), walk),
    }
}

fn missing(entry: &EntryPoint, own: Option<&Function>, walk: &mut Walk) {
    if let Some(own) = own {
        walk.called.insert(entry.name.to_owned());
        let message = format!("`{}` takes one parameter: the facts", entry.name);
        let span = own.span;
        let d = Diagnostic::error(Code::RuleParameters, span, message);
        return walk.tell(d.with_help(format!("write `fn {}(f)`", entry.name)));
    }
    let unknown = walk.functions.iter().find(|f| {
        !f.closure()
            && f.parameters.len() == 1
            && !walk.called.contains(&f.name)
            && nearest(&f.name, [entry.name]).is_some()
    });
    let place = unknown.map(|f| (f.name.clone(), f.span));
    match place {
        Some((name, span)) => {
            let d = Diagnostic::error(Code::RuleEntryName, span, format!("`{name}` is never called by huntline"));
            walk.called.insert(name);
            walk.tell(d.with_suggestion(Some(entry.name)));
        }
        None if entry.required => {
            let d = Diagnostic::error(
                Code::RuleEntryMissing,
                Span::default(),
                format!("the rule has no function `{}`", entry.name),
            );
            walk.tell(d.with_help(format!("add `fn {}(f) {{ ... }}`: it {}", entry.name, entry.doc)));
        }
        None => {}
    }
}

/// Whether all that an entry point may return answers its question.
fn answers(entry: &EntryPoint, value: Value, function: &Function, walk: &mut Walk) {
    let name = entry.name;
    let usual = super::api::FUNCTIONS.iter().filter(|f| f.answers.contains(&name)).map(|f| f.name);
    for (known, span) in value.kinds {
        let d = match known {
            Known::Any | Known::FieldValue => continue,
            Known::Decision(decision) => {
                let answers = super::api::FUNCTIONS.iter().find(|f| f.name == decision).map_or(&[][..], |f| f.answers);
                if answers.contains(&name) {
                    continue;
                }
                Diagnostic::error(Code::NoAnswerHere, span, format!("`{decision}` is no answer in `{name}`"))
                    .with_help(format!("here it is one of {}", list(usual.clone())))
            }
            Known::Unit(why) => no_decision(name, why, span),
            Known::Function(..) => {
                Diagnostic::error(Code::NotADecision, span, format!("`{name}` returns a function, not a decision"))
            }
            other => {
                let class = value::class(&other).unwrap_or("something else");
                Diagnostic::error(Code::NotADecision, span, format!("`{name}` returns {class}, not a decision"))
                    .with_help(format!("it returns one of {}", list(usual.clone())))
            }
        };
        let d = if walk.text.slice(span).is_empty() { Diagnostic { span: Some(function.span), ..d } } else { d };
        walk.tell(d);
    }
}

fn no_decision(name: &str, why: Nothing, span: Span) -> Diagnostic {
    let (message, help) = match why {
        Nothing::Said => (
            format!("`{name}` may return `()` here, not a decision"),
            "return a decision, as `hold(\"...\")`".to_owned(),
        ),
        Nothing::NoElse => (
            format!("when this does not hold, `{name}` ends without a decision"),
            "add an `else`, or a decision after it, as `hold(\"...\")`".to_owned(),
        ),
        Nothing::NoCase(missing) if !missing.is_empty() => (
            format!("for {}, `{name}` ends without a decision", list(missing.iter().map(String::as_str))),
            "add the cases, or `_ => hold(\"...\")`".to_owned(),
        ),
        Nothing::NoCase(_) => {
            (format!("for everything else, `{name}` ends without a decision"), "add `_ => hold(\"...\")`".to_owned())
        }
        Nothing::Empty => {
            (format!("`{name}` ends here without a decision"), "end with a decision, as `hold(\"...\")`".to_owned())
        }
    };
    Diagnostic::error(Code::NoDecision, span, message).with_help(help)
}

/// Functions that nothing calls: walked all the same, since a slip in them is one.
fn uncalled(walk: &mut Walk) {
    let functions = walk.functions;
    for function in functions {
        if walk.called.contains(&function.name) {
            continue;
        }
        let span = function.span;
        if !function.closure() {
            let message = format!("nothing calls `{}`", function.name);
            walk.tell(Diagnostic::warning(Code::UnusedFunction, span, message));
        }
        walk.entry = "";
        walk.budget = 100;
        let arguments = function.parameters.iter().map(|_| Value::any(span)).collect();
        walk.function(function, arguments, Env::new());
    }
}

#[cfg(test)]
mod tests;
