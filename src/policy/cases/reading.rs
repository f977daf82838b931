//! Reading a tree with everything that is wrong with it collected: nothing is skipped silently.

use super::json::{Json, Node};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, nearest};

/// What was found wrong so far.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub found: Diagnostics,
}

/// Names in backticks, for messages.
pub(super) fn listed(names: &[&str]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

impl Reading {
    pub fn wrong(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.found.push(Diagnostic::error(code, span, message));
    }

    /// Tells a name that is not among those that are known, with the nearest of them.
    pub fn unknown(&mut self, span: Span, message: String, typed: &str, known: &[&str]) {
        let near = nearest(typed, known.iter().copied());
        let told = Diagnostic::error(Code::UnknownName, span, message);
        self.found.push(match near {
            Some(_) => told.with_suggestion(near),
            None => told.with_help(format!("known are {}", listed(known))),
        });
    }

    pub fn kind(&mut self, node: &Node, name: &str, wanted: &str) {
        let message = format!("`{name}` is {}; {wanted} is needed here", node.kind());
        self.wrong(Code::WrongType, node.span, message);
    }

    /// Tells members that are not known here, and those that come twice; false when it is no object.
    pub fn members(&mut self, node: &Node, name: &str, known: &[&str]) -> bool {
        let Json::Object(members) = &node.json else {
            self.kind(node, name, "an object");
            return false;
        };
        for (nth, member) in members.iter().enumerate() {
            if !known.contains(&member.key.as_str()) {
                let message = format!("`{name}` has no `{}`", member.key);
                self.unknown(member.key_span, message, &member.key, known);
            } else if members.iter().take(nth).any(|m| m.key == member.key) {
                self.wrong(Code::DuplicateName, member.key_span, format!("`{}` is given twice", member.key));
            }
        }
        true
    }

    pub fn text<'n>(&mut self, node: &'n Node, name: &str) -> Option<&'n str> {
        match &node.json {
            Json::Text(text) => Some(text),
            _ => {
                self.kind(node, name, "a text");
                None
            }
        }
    }

    pub fn bool(&mut self, node: &Node, name: &str) -> Option<bool> {
        match &node.json {
            Json::Bool(b) => Some(*b),
            Json::Text(text) if text == "true" || text == "false" => Some(text == "true"),
            _ => {
                self.kind(node, name, "true or false");
                None
            }
        }
    }

    pub fn number(&mut self, node: &Node, name: &str, most: u32) -> Option<u32> {
        let number = match &node.json {
            Json::Number(n) => n.as_u64(),
            // A table has texts only.
            Json::Text(text) => text.parse().ok(),
            _ => {
                self.kind(node, name, "a number");
                return None;
            }
        };
        let fits = number.and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= most);
        if fits.is_none() {
            self.wrong(Code::WrongValue, node.span, format!("`{name}` is a whole number from 0 to {most}"));
        }
        fits
    }

    pub fn texts(&mut self, node: &Node, name: &str) -> Option<Vec<String>> {
        let Json::List(list) = &node.json else {
            self.kind(node, name, "a list of texts");
            return None;
        };
        list.iter().map(|n| self.text(n, name).map(str::to_owned)).collect()
    }

    /// A text that is one of these.
    pub fn one_of(&mut self, node: &Node, name: &str, known: &'static [&'static str]) -> Option<&'static str> {
        let text = self.text(node, name)?;
        let found = known.iter().find(|k| **k == text).copied();
        if found.is_none() {
            self.unknown(node.span, format!("`{text}` is no {}", name.replace('_', " ")), text, known);
        }
        found
    }
}
