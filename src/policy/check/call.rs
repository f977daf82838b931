//! Calls: of huntline's functions, of the rule's own, of the language's.

use super::super::api::{FUNCTIONS, Function as Given, Kind, PERSON, Reason};
use super::value::{Known, Nothing, Value, class, of_kind};
use super::walk::Walk;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use rhai::{Expr, FnCallExpr, Position};

/// The language's functions, by what they give.
const TO_BOOL: &[&str] = &[
    "all",
    "any",
    "contains",
    "ends_with",
    "equals",
    "is_empty",
    "is_even",
    "is_odd",
    "is_zero",
    "is_shared",
    "some",
    "starts_with",
    "is_exclusive",
    "is_inclusive",
];
const TO_NUMBER: &[&str] = &["abs", "index_of", "len", "sign"];
const TO_TEXT: &[&str] =
    &["sub_string", "to_lower", "to_string", "to_upper", "to_debug", "type_of", "to_hex", "to_octal", "to_binary"];
const TO_LIST: &[&str] = &["filter", "keys", "map", "split", "split_rev", "values", "to_chars", "extract", "zip"];
const OTHERS: &[&str] = &[
    "Fn",
    "call",
    "curry",
    "append",
    "bits",
    "bytes",
    "chars",
    "chop",
    "clear",
    "concat",
    "crop",
    "dedup",
    "drain",
    "end",
    "fill_with",
    "find",
    "find_map",
    "for_each",
    "get",
    "insert",
    "make_lower",
    "make_upper",
    "max",
    "merge",
    "min",
    "mixin",
    "order",
    "order_by",
    "order_desc",
    "pad",
    "parse_json",
    "pop",
    "push",
    "range",
    "reduce",
    "reduce_rev",
    "remove",
    "replace",
    "retain",
    "reverse",
    "set",
    "set_tag",
    "shift",
    "sort",
    "sort_by",
    "sort_desc",
    "splice",
    "start",
    "tag",
    "take",
    "to_blob",
    "to_json",
    "trim",
    "truncate",
    "is_def_fn",
    "is_def_var",
    "exit",
    "get_bits",
    "set_bits",
];
/// What rules do not have, and why.
pub(super) const REFUSED: &[(&str, &str)] = &[
    ("eval", "a rule is checked and proved as it stands: it cannot run text as a script"),
    ("import", "a rule is one file: what it decides depends on nothing else"),
    ("export", "a rule is one file: nothing is given to others"),
    ("print", "a rule has no output: say why in the reason of the decision"),
    ("debug", "a rule has no output: `rules explain` shows the lines that ran"),
    ("sleep", "a rule has no clock: the time of the pass is in `f.moment`"),
    ("timestamp", "a rule has no clock: the time of the pass is in `f.moment`"),
    ("exit", "a rule ends with a decision: use `return`"),
];

const DEPTH: usize = 12;

impl Walk<'_> {
    /// A call, or an operator.
    pub(super) fn call(&mut self, call: &FnCallExpr, at: Position) -> Value {
        let span = self.text.word(at);
        let name = call.name.as_str();
        // `in` is kept as a call of `contains`; its place tells it from a call that is written out.
        let word = self.text.slice(span);
        if call.is_operator_call()
            || !name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            || (name == "contains" && word != name)
        {
            return self.operator(name, &call.args, span);
        }
        if name == "curry" {
            return self.curried(&call.args, span);
        }
        let arguments: Vec<Value> = call.args.iter().map(|e| self.expression(e)).collect();
        if let Some(variable) = self.frame().variables.iter_mut().rev().find(|v| v.name == name) {
            variable.used = true;
            let value = variable.value.clone();
            return self.pointed(&value, &arguments, span);
        }
        if name == "call"
            && let Some((first, rest)) = arguments.split_first()
        {
            return self.pointed(first, rest, span);
        }
        self.named_call(name, arguments, &call.args, span)
    }

    /// `of.name(...)`.
    pub(super) fn method(&mut self, of: &Value, call: &FnCallExpr, at: Position) -> Value {
        let span = self.text.word(at);
        let name = call.name.as_str();
        let mut arguments = vec![of.clone()];
        for argument in &call.args {
            let value = self.expression(argument);
            self.element_function(of, &value, span);
            arguments.push(value);
        }
        if name == "call" {
            return self.pointed(of, arguments.get(1..).unwrap_or_default(), span);
        }
        // A method of the rule's own has its object as `this`, not as a parameter.
        let own = self.functions.iter().find(|f| f.name == name && f.parameters.len() == call.args.len());
        if own.is_some() && language(name).is_none() {
            self.called.insert(name.to_owned());
            return Value::any(span);
        }
        if language(name).is_some() {
            return self.of_language(name, span);
        }
        self.named_call(name, arguments, &[], span)
    }

    /// A function that is given to a list is called with its elements.
    fn element_function(&mut self, of: &Value, function: &Value, span: Span) {
        if let [(Known::Function(..), _)] = function.kinds.as_slice() {
            let texts = of.fact().is_some() && of.any_of(|k| matches!(k, Known::List));
            let element = Value::one(if texts { Known::Text } else { Known::Any }, span);
            self.pointed(function, &[element], span);
        }
    }

    fn operator(&mut self, name: &str, arguments: &[Expr], span: Span) -> Value {
        match (name, arguments) {
            ("==" | "!=", [a, b]) => {
                self.compare(a, b);
                Value::one(Known::Bool, span)
            }
            ("contains", [whole, item]) => {
                let value = self.expression(item);
                let at = self.span(item);
                match self.elements(whole) {
                    Some(all) => {
                        for element in all {
                            let span = element.kinds.first().map_or(at, |(_, span)| *span);
                            self.compare_values(&value, at, &element, span);
                        }
                    }
                    None => self.contained(&value, whole),
                }
                Value::one(Known::Bool, span)
            }
            ("<" | ">" | "<=" | ">=", [a, b]) => {
                let (left, right) = (self.expression(a), self.expression(b));
                let both = self.span(a).to(self.span(b));
                self.same_kind(&left, &right, both);
                Value::one(Known::Bool, span)
            }
            ("!", [inner]) => {
                self.expression(inner);
                Value::one(Known::Bool, span)
            }
            ("+", [a, b]) => {
                let (a, b) = (self.expression(a), self.expression(b));
                let text = |v: &Value| v.any_of(|k| matches!(k, Known::Text | Known::OneOf(_)));
                let number = |v: &Value| v.kinds.iter().all(|(k, _)| matches!(k, Known::Number));
                match (text(&a) || text(&b), number(&a) && number(&b)) {
                    (true, _) => Value::one(Known::Text, span),
                    (_, true) => Value::one(Known::Number, span),
                    _ => Value::any(span),
                }
            }
            (_, list) => {
                let values: Vec<Value> = list.iter().map(|e| self.expression(e)).collect();
                let number = values.iter().all(|v| v.kinds.iter().all(|(k, _)| matches!(k, Known::Number)));
                Value::one(if number { Known::Number } else { Known::Any }, span)
            }
        }
    }

    /// `item in whole`, where the whole is no list that is written out.
    fn contained(&mut self, item: &Value, whole: &Expr) {
        let value = self.expression(whole);
        let scalar = |k: &Known| matches!(k, Known::Number | Known::Bool | Known::Unit(_) | Known::Decision(_));
        if !value.kinds.is_empty() && value.kinds.iter().all(|(k, _)| scalar(k)) && !item.kinds.is_empty() {
            let span = self.span(whole);
            let class = value.kinds.first().and_then(|(k, _)| class(k)).unwrap_or("a value");
            self.tell(Diagnostic::error(Code::DifferentKinds, span, format!("nothing is in {class}")));
        }
    }

    /// A function with some of its arguments given: a closure with what it captures.
    fn curried(&mut self, arguments: &[Expr], span: Span) -> Value {
        let mut values: Vec<Value> = arguments.iter().map(|e| self.expression(e)).collect();
        if values.is_empty() {
            return Value::any(span);
        }
        let first = values.remove(0);
        match first.kinds.into_iter().next() {
            Some((Known::Function(name, mut own), _)) => {
                own.append(&mut values);
                Value::one(Known::Function(name, own), span)
            }
            _ => Value::any(span),
        }
    }

    /// A call of what a value points to.
    fn pointed(&mut self, pointer: &Value, arguments: &[Value], span: Span) -> Value {
        let [(Known::Function(name, own), _)] = pointer.kinds.as_slice() else { return Value::any(span) };
        let mut all = own.clone();
        all.extend(arguments.iter().cloned());
        self.called.insert(name.clone());
        let functions = self.functions;
        let Some(function) = functions.iter().find(|f| f.name == *name && f.parameters.len() >= all.len()) else {
            return Value::any(span);
        };
        // `filter` and its like may give an index too.
        all.resize_with(function.parameters.len(), || Value::any(span));
        self.own(function, all, span)
    }

    fn named_call(&mut self, name: &str, arguments: Vec<Value>, written: &[Expr], span: Span) -> Value {
        let functions = self.functions;
        let own: Vec<_> = functions.iter().filter(|f| f.name == name).collect();
        if let Some(function) = own.iter().find(|f| f.parameters.len() == arguments.len()) {
            self.called.insert(name.to_owned());
            return self.own(function, arguments, span);
        }
        if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            self.tell(Diagnostic::error(Code::NotInRules, span, format!("rules have no `{name}`")).with_help(*why));
            return Value::any(span);
        }
        if let Some(given) = FUNCTIONS.iter().find(|f| f.name == name) {
            return self.given(given, &arguments, written, span);
        }
        if language(name).is_some() {
            return self.of_language(name, span);
        }
        if let Some(function) = own.first() {
            let (takes, got) = (function.parameters.len(), arguments.len());
            let message = format!("`{name}` takes {}, here it gets {got}", counted(takes));
            self.tell(Diagnostic::error(Code::RuleArguments, span, message));
            self.called.insert(name.to_owned());
            return Value::any(span);
        }
        let ours = FUNCTIONS.iter().map(|f| f.name).chain(functions.iter().map(|f| f.name.as_str()));
        let near = nearest(name, ours.chain(["contains", "starts_with", "ends_with", "to_lower", "to_upper", "len"]));
        let d = Diagnostic::error(Code::UnknownRuleFunction, span, format!("there is no function `{name}`"));
        self.tell(match near {
            Some(_) => d.with_suggestion(near),
            None => {
                d.with_help("a rule calls its own functions, those of huntline, and those for texts, lists and maps")
            }
        });
        Value::any(span)
    }

    /// A function of the rule.
    fn own(&mut self, function: &super::walk::Function, arguments: Vec<Value>, span: Span) -> Value {
        let running = self.frames.iter().any(|f| f.function == function.name);
        if running || self.frames.len() > DEPTH || self.budget == 0 {
            return Value::any(span);
        }
        self.budget -= 1;
        let closure = function.closure();
        let env = if closure { self.frame().env.clone() } else { Default::default() };
        let arguments = arguments.into_iter().map(|a| Value { text: None, ..a }).collect();
        let mut value = self.function(function, arguments, env);
        value.path = None;
        value.text = None;
        value
    }

    fn of_language(&mut self, name: &str, span: Span) -> Value {
        Value::one(language(name).unwrap_or(Known::Any), span)
    }

    /// A function of huntline.
    fn given(&mut self, function: &Given, arguments: &[Value], written: &[Expr], span: Span) -> Value {
        let takes = function.parameters.len();
        let most = takes + usize::from(function.reason != Reason::No);
        let least = takes + usize::from(function.reason == Reason::Required);
        let name = function.name;
        let result = if function.decides { Value::one(Known::Decision(name), span) } else { helper(name, span) };
        if function.reason == Reason::Required && arguments.len() == takes {
            let d = Diagnostic::error(Code::ReasonMissing, span, format!("`{name}` must say why"));
            self.tell(d.with_help(format!("give a reason, for people and the journal: `{name}(\"...\")`")));
            return result;
        }
        if arguments.len() < least || arguments.len() > most {
            let expected = if least == most { counted(least) } else { format!("{least} or {}", counted(most)) };
            let d = Diagnostic::error(
                Code::RuleArguments,
                span,
                format!("`{name}` takes {expected}, here it gets {}", arguments.len()),
            );
            self.tell(d.with_help(format!("it is called as {}", signature(function))));
            return result;
        }
        let kinds = function.parameters.iter().map(|p| (p.name, p.kind)).chain([("reason", Kind::Text)]);
        for ((parameter, kind), argument) in kinds.zip(arguments) {
            self.fits(name, parameter, kind, argument, span);
        }
        self.values(function, arguments, written, span);
        result
    }

    /// Whether an argument is of the kind that is taken.
    fn fits(&mut self, function: &str, parameter: &str, kind: Kind, argument: &Value, call: Span) {
        let takes: &[&str] = match kind {
            Kind::Value => &["a text", "a map", "`()`"],
            other => match class(&of_kind(other)) {
                Some("a list") => &["a list"],
                Some("a text") => &["a text"],
                _ => return,
            },
        };
        let classes: Option<Vec<&str>> = argument.kinds.iter().map(|(k, _)| class(k)).collect();
        let Some(classes) = classes.filter(|c| !c.is_empty()) else { return };
        if !classes.iter().any(|c| takes.contains(c)) {
            let span = argument.kinds.first().map_or(call, |(_, span)| *span);
            let got = classes.first().copied().unwrap_or("something else");
            let message = format!("`{parameter}` of `{function}` is {}, here it is {got}", takes.join(" or "));
            self.tell_depending(Diagnostic::error(Code::RuleArgumentKind, span, message));
        }
    }
}

/// What a helper gives.
fn helper(name: &str, span: Span) -> Value {
    let maybe =
        |known| Value { kinds: vec![(known, span), (Known::Unit(Nothing::Said), span)], path: None, text: None };
    match name {
        "person" => maybe(Known::Facts(PERSON)),
        "team_of" => maybe(Known::Text),
        "same_text" | "has_tag" => Value::one(Known::Bool, span),
        _ => Value::any(span),
    }
}

/// What a function of the language gives; `None` is no such function.
pub(super) fn language(name: &str) -> Option<Known> {
    let of = |names: &[&str]| names.contains(&name);
    Some(match () {
        () if REFUSED.iter().any(|(refused, _)| *refused == name) => return None,
        () if of(TO_BOOL) => Known::Bool,
        () if of(TO_NUMBER) => Known::Number,
        () if of(TO_TEXT) => Known::Text,
        () if of(TO_LIST) => Known::List,
        () if of(OTHERS) => Known::Any,
        () => return None,
    })
}

fn counted(n: usize) -> String {
    match n {
        0 => "no argument".to_owned(),
        1 => "1 argument".to_owned(),
        n => format!("{n} arguments"),
    }
}

/// How a function is called.
fn signature(function: &Given) -> String {
    let mut parts: Vec<&str> = function.parameters.iter().map(|p| p.name).collect();
    if function.reason != Reason::No {
        parts.push("reason");
    }
    format!("`{}({})`", function.name, parts.join(", "))
}
