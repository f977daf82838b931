//! What is known of a value before the rule runs.

use super::super::api::{Fact, Kind};
use crate::diagnostic::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Why there may be no value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Nothing {
    /// It is said so.
    Said,
    /// An `if` without `else`.
    NoElse,
    /// A switch that leaves these out; empty is anything.
    NoCase(Vec<String>),
    /// A block without a value.
    Empty,
}

/// What a value may be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Known {
    /// Anything.
    Any,
    Unit(Nothing),
    Text,
    OneOf(&'static [&'static str]),
    Number,
    Bool,
    List,
    /// A map with these members.
    Facts(&'static [Fact]),
    /// The value of the field in question.
    FieldValue,
    /// A map that is not known.
    Map,
    /// A decision of this function.
    Decision(&'static str),
    /// A pointer to a function with so many values of its own.
    Function(String, Vec<Value>),
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Value {
    /// All that it may be, each with the place it comes from.
    pub kinds: Vec<(Known, Span)>,
    /// Which fact, or variable of the rule's own, it is.
    pub path: Option<String>,
    /// The text, where it is a constant.
    pub text: Option<String>,
}

/// What facts may be at a place, as far as conditions restrict them. `()` is nothing, `#` is something.
pub(super) type Env = BTreeMap<String, BTreeSet<String>>;

impl Value {
    pub(super) fn one(known: Known, span: Span) -> Value {
        Value { kinds: vec![(known, span)], path: None, text: None }
    }

    pub(super) fn any(span: Span) -> Value {
        Value::one(Known::Any, span)
    }

    /// A member of the facts.
    pub(super) fn member(fact: &Fact, path: Option<String>, span: Span) -> Value {
        let mut kinds = vec![(of_kind(fact.kind), span)];
        if fact.optional {
            kinds.push((Known::Unit(Nothing::Said), span));
        }
        Value { kinds, path, text: None }
    }

    pub(super) fn any_of(&self, is: impl Fn(&Known) -> bool) -> bool {
        self.kinds.iter().any(|(k, _)| is(k))
    }

    /// Which fact it is, if it is one: a variable of the rule's own begins with `$`.
    pub(super) fn fact(&self) -> Option<&str> {
        self.path.as_deref().filter(|p| !p.starts_with('$'))
    }

    /// What people call it.
    pub(super) fn called(&self) -> Option<&str> {
        self.path.as_deref().map(|p| p.trim_start_matches('$'))
    }

    /// Its texts, if it has only these.
    pub(super) fn texts(&self) -> Option<&'static [&'static str]> {
        let mut all = self.kinds.iter().filter(|(k, _)| !matches!(k, Known::Unit(_)));
        match (all.next(), all.next()) {
            (Some((Known::OneOf(texts), _)), None) => Some(texts),
            _ => None,
        }
    }

    /// Everything that a fact can be as far as conditions can tell.
    pub(super) fn domain(&self) -> Option<BTreeSet<String>> {
        let mut domain = BTreeSet::new();
        for (known, _) in &self.kinds {
            match known {
                Known::Any => return None,
                Known::Unit(_) => domain.extend(["()".to_owned()]),
                Known::OneOf(texts) => domain.extend(texts.iter().map(|t| (*t).to_owned())),
                Known::Bool => domain.extend(["true".to_owned(), "false".to_owned()]),
                _ => domain.extend(["#".to_owned()]),
            }
        }
        Some(domain)
    }

    /// Both together: what an `if` gives.
    pub(super) fn or(mut self, other: Value) -> Value {
        for kind in other.kinds {
            if !self.kinds.contains(&kind) {
                self.kinds.push(kind);
            }
        }
        self.path = self.path.filter(|p| Some(p) == other.path.as_ref());
        self.text = self.text.filter(|t| Some(t) == other.text.as_ref());
        self
    }
}

pub(super) fn of_kind(kind: Kind) -> Known {
    match kind {
        Kind::Text => Known::Text,
        Kind::OneOf(texts) => Known::OneOf(texts),
        Kind::Number => Known::Number,
        Kind::Bool => Known::Bool,
        Kind::Texts => Known::List,
        Kind::Map(facts) => Known::Facts(facts),
        Kind::Value => Known::FieldValue,
        Kind::Open => Known::Map,
    }
}

/// The class of what can be compared with each other; `None` is anything.
pub(super) fn class(known: &Known) -> Option<&'static str> {
    match known {
        Known::Any | Known::FieldValue => None,
        Known::Unit(_) => Some("`()`"),
        Known::Text | Known::OneOf(_) => Some("a text"),
        Known::Number => Some("a number"),
        Known::Bool => Some("true or false"),
        Known::List => Some("a list"),
        Known::Facts(_) | Known::Map => Some("a map"),
        Known::Decision(_) => Some("a decision"),
        Known::Function(..) => Some("a function"),
    }
}

/// What both ways leave possible.
pub(super) fn join(a: &Env, b: &Env) -> Env {
    a.iter()
        .filter_map(|(path, set)| b.get(path).map(|other| (path.clone(), set.union(other).cloned().collect())))
        .collect()
}
