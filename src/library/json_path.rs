//! JSON paths as functions take them: `$.a.b[0]`, `$['a b']`.
//!
//! In: the text of a path. Out: its steps, and what they lead to in a value. Only single members are addressed: no
//! wildcards, filters or slices.

use crate::value::Json;

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A property of a bag.
    Key(String),
    /// An element of an array.
    Index(usize),
}

/// Reads a path that starts at the root, `$`; `None` when it is none.
pub(crate) fn parse(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.trim().strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = match rest.strip_prefix('.') {
            Some(name) => name_step(name)?,
            None => bracket_step(rest.strip_prefix('[')?)?,
        };
        steps.push(step);
        rest = after;
    }
    Some(steps)
}

fn name_step(rest: &str) -> Option<(Step, &str)> {
    let (name, after) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
    (!name.is_empty()).then(|| (Step::Key(name.to_owned()), after))
}

fn bracket_step(rest: &str) -> Option<(Step, &str)> {
    for quote in ['\'', '"'] {
        if let Some(quoted) = rest.strip_prefix(quote) {
            let (name, after) = quoted.split_once(quote)?;
            return Some((Step::Key(name.to_owned()), after.strip_prefix(']')?));
        }
    }
    let (index, after) = rest.split_once(']')?;
    Some((Step::Index(index.trim().parse().ok()?), after))
}

/// What a path leads to.
pub(crate) fn find<'j>(json: &'j Json, steps: &[Step]) -> Option<&'j Json> {
    steps.iter().try_fold(json, |json, step| match step {
        Step::Key(name) => json.as_object()?.get(name),
        Step::Index(index) => json.as_array()?.get(*index),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn leads_to_members() {
        let value = json!({"a": {"b c": [10, 20]}});
        let steps = parse("$.a['b c'][1]").expect("a path");
        assert_eq!(find(&value, &steps), Some(&json!(20)));
        assert_eq!(parse("$"), Some(vec![]));
        for broken in ["a.b", "$.", "$[x]", "$['a", "$a"] {
            assert_eq!(parse(broken), None, "{broken}");
        }
    }
}
