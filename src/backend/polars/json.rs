//! Members of dynamic values, read from their text without building a tree.

use super::kernel::returns;
use super::types::literal;
use crate::library::convert::json_text;
use crate::value::{Json, Type, Value, dynamic};
use ::polars::prelude::{
    ChunkTake, Column, Expr, IdxCa, IdxSize, IntoColumn, NewChunkedArray, PlHashMap, PolarsResult, StringChunked,
    map_multiple, when,
};
use sonic_rs::{JsonValueTrait, LazyValue, PointerNode};
use std::borrow::Cow;

/// Cells after which it is known whether hardly any two share their bytes.
const TRIAL: usize = 1024;

/// A step into a dynamic value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// A property.
    Key(String),
    /// An element; negative counts from the end.
    Index(i64),
}

/// A computed step.
pub(super) fn step(value: &Value) -> Option<Step> {
    match value {
        Value::String(key) => Some(Step::Key(key.clone())),
        Value::Dynamic(Json::String(key)) => Some(Step::Key(key.clone())),
        Value::Dynamic(Json::Number(n)) => n.as_i64().map(Step::Index),
        other => other.as_i64().map(Step::Index),
    }
}

/// The member of a value; null when there is none.
pub(super) fn value_at(base: Value, steps: &[Step]) -> Value {
    let mut json = match base {
        Value::Dynamic(json) => json,
        Value::String(text) => dynamic::parse(&text),
        _ => return Value::Null,
    };
    for step in steps {
        let member = match (step, &mut json) {
            (Step::Key(key), Json::Object(bag)) => bag.get_mut(key),
            (Step::Index(index), Json::Array(array)) => place(*index, array.len()).and_then(|i| array.get_mut(i)),
            _ => None,
        };
        json = member.map_or(Json::Null, Json::take);
    }
    if json.is_null() { Value::Null } else { Value::Dynamic(json) }
}

/// The place of an element that may be counted from the end.
fn place(index: i64, length: usize) -> Option<usize> {
    let from_end = || length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?);
    if index < 0 { from_end() } else { usize::try_from(index).ok() }
}

/// The member of each cell's text, as it stands there.
pub(super) fn path(base: Expr, steps: Vec<Step>) -> Expr {
    let Some(pointer) = pointer(&steps) else {
        return super::kernel::map_rows(vec![(base, Type::Dynamic)], Type::Dynamic, move |row| {
            row.first().map_or(Value::Null, |value| value_at(value.clone(), &steps))
        });
    };
    let run = move |columns: &mut [Column]| -> PolarsResult<Column> {
        let Some(first) = columns.first() else { return Ok(Column::default()) };
        Ok(mapped(first.str()?, |text| text.and_then(|text| member(text, &pointer)))?.into_column())
    };
    map_multiple(run, [base], returns(Type::Dynamic))
}

/// What becomes of each text. Cells that share their bytes, as those of a dictionary and of repeated rows do, become what
/// one of them does, and share that.
fn mapped<'t>(
    texts: &'t StringChunked,
    make: impl Fn(Option<&'t str>) -> Option<Cow<'t, str>>,
) -> PolarsResult<StringChunked> {
    let mut made: Vec<Option<Cow<'t, str>>> = Vec::new();
    let mut places: Vec<IdxSize> = Vec::with_capacity(texts.len());
    let missing = texts.has_nulls().then(|| {
        made.push(make(None));
        0
    });
    for chunk in texts.downcast_iter() {
        let mut known: PlHashMap<u128, IdxSize> = PlHashMap::default();
        let (before, first) = (made.len(), places.len());
        for (row, (view, text)) in chunk.views().iter().zip(chunk.iter()).enumerate() {
            let place = match (text, missing) {
                (None, Some(place)) => place,
                _ => {
                    let next = made.len() as IdxSize;
                    let distinct = row >= TRIAL && (made.len() - before) * 16 > (places.len() - first) * 15;
                    let place = if distinct { next } else { *known.entry(view.as_u128()).or_insert(next) };
                    if place == next {
                        made.push(make(text));
                    }
                    place
                }
            };
            places.push(place);
        }
    }
    let name = texts.name().clone();
    let all = StringChunked::from_iter_options(name.clone(), made.iter().map(Option::as_deref));
    if all.len() == places.len() && missing.is_none() {
        return Ok(all);
    }
    all.take(&IdxCa::from_vec(name, places))
}

/// A text read as JSON: its own text, which any reader of a dynamic cell reads; nothing where it is empty.
pub(super) fn of_text(text: Expr) -> Expr {
    let empty = text.clone().eq(literal(&Value::missing(Type::String), Type::String));
    when(empty).then(literal(&Value::Null, Type::Dynamic)).otherwise(text)
}

/// The text of a member, as `tostring()` has it: a string's own, else its JSON; `""` where there is none.
pub(super) fn path_text(base: Expr, steps: &[Step]) -> Option<Expr> {
    let pointer = pointer(steps)?;
    let run = move |columns: &mut [Column]| -> PolarsResult<Column> {
        let Some(first) = columns.first() else { return Ok(Column::default()) };
        let made = mapped(first.str()?, |text| {
            let found = text.and_then(|text| member(text, &pointer));
            Some(found.map_or(Cow::Borrowed(""), own_text))
        });
        Ok(made?.into_column())
    };
    Some(map_multiple(run, [base], returns(Type::String)))
}

/// The text that the JSON text of a value stands for.
fn own_text(json: Cow<'_, str>) -> Cow<'_, str> {
    if let Cow::Borrowed(json) = json
        && let Some(text) = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))
        && !text.contains('\\')
    {
        return Cow::Borrowed(text);
    }
    let digits = json.strip_prefix('-').unwrap_or(&json);
    let whole = digits != "0" && digits.len() < 19 && digits.bytes().all(|b| b.is_ascii_digit());
    if whole || json == "true" || json == "false" {
        return json;
    }
    Cow::Owned(json_text(&dynamic::parse(&json)).into_owned())
}

/// The steps as a pointer; none when one counts from the end.
fn pointer(steps: &[Step]) -> Option<Vec<PointerNode>> {
    let node = |step: &Step| match step {
        Step::Key(key) => Some(PointerNode::Key(key.clone().into())),
        Step::Index(index) => usize::try_from(*index).ok().map(PointerNode::Index),
    };
    steps.iter().map(node).collect()
}

/// The text of a member.
fn member<'t>(text: &'t str, pointer: &[PointerNode]) -> Option<Cow<'t, str>> {
    if !closed(text) {
        return None;
    }
    // Looked at to its end, many bytes at a time.
    if text.bytes().fold(false, |found, byte| found | (byte < b' ')) {
        // The reader takes control characters inside of strings, which are no JSON. They are rare: texts with a break of line.
        return tree_member(text, pointer).map(|json| Cow::Owned(json.to_string()));
    }
    let found: LazyValue<'t> = sonic_rs::get(text, pointer.iter()).ok()?;
    (!found.is_null()).then(|| found.as_raw_cow())
}

/// A member of the parsed text.
fn tree_member(text: &str, pointer: &[PointerNode]) -> Option<Json> {
    let mut json = dynamic::parse(text);
    for node in pointer {
        json = match node {
            PointerNode::Key(key) => json.get_mut(key.as_str())?.take(),
            PointerNode::Index(index) => json.get_mut(*index)?.take(),
        };
    }
    (!json.is_null()).then_some(json)
}

/// Whether a text ends as an object or array does. The reader stops at the member and would take half a document, which is
/// no JSON but a string without members.
fn closed(text: &str) -> bool {
    let text = text.trim();
    (text.starts_with('{') && text.ends_with('}')) || (text.starts_with('[') && text.ends_with(']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_share_their_bytes_are_read_once() {
        let long = |n: usize| format!(r#"{{"a": "the member of a long text {n}", "b": {n}}}"#);
        let texts: Vec<Option<String>> = (0..40).map(|n| (n % 7 != 0).then(|| long(n % 10))).collect();
        let texts = StringChunked::from_iter_options("T".into(), texts.into_iter());
        let places: Vec<IdxSize> = (0..5000).map(|n| (n * 13 % 40) as IdxSize).collect();
        let mut repeated = texts.take(&IdxCa::from_vec("T".into(), places)).unwrap();
        repeated.append(&texts).unwrap();
        let calls = std::cell::Cell::new(0);
        let pointer = pointer(&[Step::Key("a".into())]).unwrap();
        fn own<'t>(text: Option<&'t str>, pointer: &[PointerNode]) -> Option<Cow<'t, str>> {
            text.and_then(|text| member(text, pointer))
        }
        let made = mapped(&repeated, |text| {
            calls.set(calls.get() + 1);
            own(text, &pointer)
        });
        let each: Vec<Option<String>> = repeated.iter().map(|text| own(text, &pointer).map(Cow::into_owned)).collect();
        let made: Vec<Option<String>> = made.unwrap().iter().map(|text| text.map(str::to_owned)).collect();
        assert_eq!(made, each);
        assert!(calls.get() < 100, "{} texts were read", calls.get());
        assert!(made.iter().flatten().count() > 3000);
        let distinct = StringChunked::from_iter_values("T".into(), (0..5000).map(long));
        let made = mapped(&distinct, |text| own(text, &pointer)).unwrap();
        assert_eq!(made.get(4999), Some("\"the member of a long text 4999\""));
    }

    #[test]
    fn the_text_gives_what_the_tree_gives() {
        let text = r#" {"a": {"b": [1, {"c": "x\"y"}, null]}, "é": 2} "#;
        let key = |k: &str| Step::Key(k.to_owned());
        for steps in [
            vec![key("a")],
            vec![key("a"), key("b"), Step::Index(1), key("c")],
            vec![key("a"), key("b"), Step::Index(2)],
            vec![key("a"), key("b"), Step::Index(9)],
            vec![key("é")],
            vec![key("missing"), key("b")],
            vec![Step::Index(0)],
        ] {
            let tree = value_at(Value::String(text.to_owned()), &steps);
            let read =
                member(text, &pointer(&steps).unwrap()).map_or(Value::Null, |t| Value::Dynamic(dynamic::parse(&t)));
            assert_eq!(read, tree, "{steps:?}");
        }
        assert_eq!(member("{\"a\": 1, \"b\": \"\t\"}", &pointer(&[key("a")]).unwrap()), None, "a bare tab is no JSON");
        assert_eq!(member(r#"{"a": 1"#, &pointer(&[key("a")]).unwrap()), None);
        let last = value_at(Value::String("[1,2]".to_owned()), &[Step::Index(-1)]);
        assert_eq!(last, Value::Dynamic(Json::from(2)));
    }
}
