//! What term filters can be asked on behalf of a condition.
//!
//! In: a bound condition. Out: the text column that it reads, and the probe for the blocks that it may hold in. A condition
//! that reads anything else, or that holds where a needle is missing, has none. Knows no polars.

use crate::library::convert::json_text;
use crate::library::text::Place;
use crate::library::{Native, regex};
use crate::mirror::terms::Probe;
use crate::plan::{Expr, ExprKind};
use crate::value::{Json, Type, Value};
use std::sync::Arc;

/// The column and the probe of a condition over one text column and constants. In `and`, a side that has none is left out.
pub(super) fn probe_of(condition: &Expr) -> Option<(Arc<str>, Probe)> {
    let ExprKind::Call { function, arguments } = &condition.kind else { return None };
    match (function.native?, arguments.as_slice()) {
        (Native::And, sides) => both(sides),
        (Native::Or, sides) => either(sides),
        (native @ (Native::Equal | Native::EqualTilde), [left, right]) => {
            equality(native, left, right).or_else(|| equality(native, right, left))
        }
        (native, [value, rest @ ..]) => {
            let constants: Option<Vec<&Value>> = rest.iter().map(Expr::as_literal).collect();
            Some((column(value)?, probe_of_call(native, &constants?)?))
        }
        _ => None,
    }
}

/// The probe of a call on a text and these constants: for callers that know constants by other means.
pub(super) fn probe_of_call(native: Native, constants: &[&Value]) -> Option<Probe> {
    match (native, constants) {
        (Native::In, items) => Some(Probe::any(texts(items, exact).iter().map(|text| Probe::equals(text)))),
        (Native::InTilde, items) => Some(Probe::any(texts(items, shown).iter().map(|text| Probe::equals(text)))),
        (Native::HasAny, items) => Some(Probe::any(texts(items, shown).iter().map(|text| term(text)))),
        (Native::HasAll, items) => Some(Probe::all(texts(items, shown).iter().map(|text| term(text)))),
        (Native::MatchesRegex, [pattern]) => Some(Probe::regex(regex::compiled(pattern.as_str()?)?.as_str())),
        (Native::Equal | Native::EqualTilde, [text]) => Some(Probe::equals(text.as_str()?)),
        (native, [needle]) => Some(Probe::needle(needle.as_str()?, place(native)?)),
        _ => None,
    }
}

fn both(sides: &[Expr]) -> Option<(Arc<str>, Probe)> {
    let mut known = sides.iter().filter_map(probe_of);
    let (column, first) = known.next()?;
    let others = known.filter(|(other, _)| *other == column).map(|(_, probe)| probe);
    let probe = Probe::all(std::iter::once(first).chain(others));
    Some((column, probe))
}

fn either(sides: &[Expr]) -> Option<(Arc<str>, Probe)> {
    let known: Vec<(Arc<str>, Probe)> = sides.iter().map(probe_of).collect::<Option<_>>()?;
    let column = known.first()?.0.clone();
    let of_one = known.iter().all(|(other, _)| *other == column);
    of_one.then(|| (column, Probe::any(known.into_iter().map(|(_, probe)| probe))))
}

fn equality(native: Native, value: &Expr, constant: &Expr) -> Option<(Arc<str>, Probe)> {
    Some((column(value)?, probe_of_call(native, &[constant.as_literal()?])?))
}

/// A column of texts, or its `tolower` or `toupper`: keys know no case.
fn column(expr: &Expr) -> Option<Arc<str>> {
    match &expr.kind {
        ExprKind::Column(name) if expr.ty == Type::String => Some(name.clone()),
        ExprKind::Call { function, arguments } => match (function.native?, arguments.as_slice()) {
            (Native::ToLower | Native::ToUpper, [text]) => column(text),
            _ => None,
        },
        _ => None,
    }
}

/// Where a relation wants its needle.
fn place(native: Native) -> Option<Place> {
    Some(match native {
        Native::Has | Native::HasCs => Place::TERM,
        Native::HasPrefix | Native::HasPrefixCs => Place::TERM_START,
        Native::HasSuffix | Native::HasSuffixCs => Place::TERM_END,
        Native::Contains | Native::ContainsCs => Place::ANYWHERE,
        Native::StartsWith | Native::StartsWithCs => Place::START,
        Native::EndsWith | Native::EndsWithCs => Place::END,
        _ => return None,
    })
}

fn term(text: &str) -> Probe {
    Probe::needle(text, Place::TERM)
}

/// The texts of a list, its dynamic arrays laid open.
fn texts(items: &[&Value], text: fn(&Json) -> Option<String>) -> Vec<String> {
    let mut texts = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Value::String(text) => texts.push(text.clone()),
            Value::Dynamic(Json::Array(elements)) => texts.extend(elements.iter().filter_map(text)),
            Value::Dynamic(Json::Null) => {}
            Value::Dynamic(other) => texts.extend(text(other)),
            _ => {}
        }
    }
    texts
}

/// An element that only equals a text if it is one.
fn exact(json: &Json) -> Option<String> {
    json.as_str().map(str::to_owned)
}

/// An element that counts as its text.
fn shown(json: &Json) -> Option<String> {
    Some(json_text(json).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{SourceId, Span};
    use crate::library::scalar_function;
    use crate::mirror::terms::RowGroupFilter;
    use serde_json::json;

    fn span() -> Span {
        Span::new(0, 0, SourceId(0))
    }

    fn text_column(name: &str) -> Expr {
        Expr::column(name, Type::String, span())
    }

    fn text(text: &str) -> Expr {
        Expr::literal(Value::String(text.into()), Type::String, span())
    }

    fn list(json: Json) -> Expr {
        Expr::literal(Value::Dynamic(json), Type::Dynamic, span())
    }

    fn call(name: &str, arguments: Vec<Expr>) -> Expr {
        let ty = if name == "tolower" { Type::String } else { Type::Bool };
        Expr { kind: ExprKind::Call { function: scalar_function(name).unwrap(), arguments }, ty, span: span() }
    }

    fn on_c(name: &str, mut constants: Vec<Expr>) -> Expr {
        constants.insert(0, text_column("C"));
        call(name, constants)
    }

    fn probe(condition: &Expr) -> Option<Probe> {
        probe_of(condition).map(|(column, probe)| {
            assert_eq!(&*column, "C");
            probe
        })
    }

    /// The condition over a text in column `C`.
    fn holds(condition: &Expr, of: &str) -> bool {
        let ExprKind::Call { function, arguments } = &condition.kind else { panic!() };
        let value = |argument: &Expr| match &argument.kind {
            ExprKind::Literal(value) => value.clone(),
            ExprKind::Column(_) => Value::String(of.into()),
            ExprKind::Call { function, .. } if function.name == "tolower" => Value::String(of.to_lowercase()),
            _ => Value::Bool(holds(argument, of)),
        };
        function.evaluate(&arguments.iter().map(value).collect::<Vec<_>>()) == Value::Bool(true)
    }

    #[test]
    fn a_condition_that_holds_is_never_left_out() {
        let lower = || call("tolower", vec![text_column("C")]);
        let conditions = [
            on_c("has", vec![text("user")]),
            on_c("has_cs", vec![text("NET.exe")]),
            on_c("hasprefix", vec![text("us")]),
            on_c("hassuffix", vec![text("er")]),
            on_c("contains", vec![text("exe user")]),
            on_c("contains", vec![text("xe us")]),
            on_c("contains_cs", vec![text("user")]),
            on_c("contains", vec![text("use")]),
            on_c("hasprefix", vec![text("use")]),
            on_c("hassuffix_cs", vec![text("ser")]),
            on_c("startswith", vec![text("net")]),
            on_c("startswith_cs", vec![text("NET.")]),
            on_c("endswith", vec![text("/ADD")]),
            on_c("==", vec![text("10.0.0.1")]),
            call("==", vec![text("10.0.0.1"), text_column("C")]),
            call("=~", vec![text("NET.EXE user /add"), text_column("C")]),
            on_c("in", vec![text("x"), list(json!(["10.0.0.1", 7]))]),
            on_c("in~", vec![list(json!(["NET.exe USER /add", "x"]))]),
            on_c("has_any", vec![list(json!([10, "zzz"]))]),
            on_c("has_any", vec![text("user"), text("yyy")]),
            on_c("has_all", vec![text("user"), text("ADD")]),
            on_c("matches regex", vec![text(r"(?i)\.exe\s+user\s")]),
            on_c("matches regex", vec![text("(?i)USE|ZZZ")]),
            call("==", vec![lower(), text("net.exe user /add")]),
            call("and", vec![on_c("has", vec![text("user")]), on_c("!has", vec![text("group")])]),
            call("or", vec![on_c("has", vec![text("user")]), on_c("==", vec![text("10.0.0.1")])]),
        ];
        let others: Vec<String> = (0..80).map(|n| format!("zq{n}")).collect();
        for condition in conditions {
            let probe = probe(&condition).unwrap();
            let mut held = 0;
            for of in ["NET.exe user /add", "10.0.0.1", "other", ""] {
                let texts = others.iter().map(String::as_str).chain([of]);
                let filter = RowGroupFilter::of(texts.map(Some)).unwrap();
                let admitted = filter.candidates(&probe).contains(0);
                assert!(admitted || !holds(&condition, of), "{condition:?} {of}");
                held += usize::from(holds(&condition, of));
                assert!(!admitted || of != "other" || probe == Probe::Always, "{condition:?} leaves nothing out");
            }
            assert!(held > 0, "{condition:?} holds nowhere");
        }
    }

    #[test]
    fn lists_are_one_of_their_needles() {
        assert_eq!(probe(&on_c("in", vec![list(json!(["a", 7, "b"]))])), Some(Probe::one_of(["a", "b"])));
        assert_eq!(probe(&on_c("in~", vec![list(json!(["a", 7]))])), Some(Probe::one_of(["a", "7"])));
        assert_eq!(probe(&on_c("has_any", vec![text("a"), text("-")])), Some(Probe::Always));
        assert_eq!(probe(&on_c("has_all", vec![text("a"), text("-")])), Some(Probe::equals("a")));
        assert_eq!(probe(&on_c("in", vec![list(json!(null))])), Some(Probe::one_of([])));
    }

    #[test]
    fn sides_of_and_and_or() {
        let a = || on_c("has", vec![text("a")]);
        let b = || on_c("has", vec![text("b")]);
        let other = || call("has", vec![text_column("D"), text("d")]);
        let not = || on_c("!has", vec![text("c")]);
        let of = |terms: [&str; 2]| terms.map(Probe::equals);
        assert_eq!(probe(&call("and", vec![a(), b()])), Some(Probe::all(of(["a", "b"]))));
        assert_eq!(probe(&call("and", vec![not(), call("and", vec![a(), other()])])), Some(Probe::equals("a")));
        assert_eq!(probe(&call("or", vec![a(), b()])), Some(Probe::any(of(["a", "b"]))));
        for second in [other(), not()] {
            assert!(probe_of(&call("or", vec![a(), second])).is_none());
        }
    }

    #[test]
    fn what_has_no_probe() {
        let number = Expr::column("C", Type::Long, span());
        let one = Expr::literal(Value::Long(1), Type::Long, span());
        for condition in [
            on_c("!=", vec![text("a")]),
            on_c("!in", vec![text("a")]),
            on_c("!contains", vec![text("a")]),
            on_c("has", vec![text_column("D")]),
            call("has", vec![text("a"), text_column("C")]),
            call("==", vec![text("a"), text("a")]),
            call("==", vec![number, one]),
            call("not", vec![on_c("has", vec![text("a")])]),
            on_c("matches regex", vec![text("(")]),
            text_column("C"),
        ] {
            assert!(probe_of(&condition).is_none(), "{condition:?}");
        }
    }
}
