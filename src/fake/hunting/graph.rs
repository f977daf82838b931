//! Graph's hunting answers, and the older API's, which differs in the case of its keys.

use super::super::graph::graph_error;
use super::super::telemetry::{Telemetry, fitting};
use super::super::wire::{Call, Object, Reply};
use super::{Answer, HuntError, NO_ENGINE, Query};
use serde_json::{Value as Json, json};

/// The query in the body: `query` and `timespan`, in any case (the SDKs and the documentation differ).
pub(in crate::fake) fn graph_query(call: &Call) -> Result<Query, String> {
    let Some(body) = call.object() else { return Err("Unable to read JSON request payload.".to_owned()) };
    let mut query = None;
    let mut timespan = None;
    for (name, value) in &body {
        match name.to_ascii_lowercase().as_str() {
            "query" => query = value.as_str(),
            "timespan" => timespan = value.as_str(),
            _ => return Err(format!("The parameter '{name}' in the request payload is not a valid parameter.")),
        }
    }
    match query.filter(|q| !q.trim().is_empty()) {
        Some(text) => Ok(Query { text: text.to_owned(), timespan: timespan.map(str::to_owned) }),
        None => Err("Query must not be empty.".to_owned()),
    }
}

/// Graph's name of a Kusto type. `int`, `decimal` and `timespan` follow .NET's names; the documentation shows none of them.
fn type_name(kusto: &str) -> &'static str {
    match kusto {
        "datetime" => "DateTime",
        "long" => "Int64",
        "int" => "Int32",
        "bool" => "SByte",
        "real" => "Double",
        "guid" => "Guid",
        "decimal" => "SqlDecimal",
        "timespan" => "TimeSpan",
        "dynamic" => "Object",
        _ => "String",
    }
}

/// A cell: bool travels as a number, since its type is `SByte`.
fn cell(kusto: &str, value: Json) -> Json {
    match (kusto, value) {
        ("bool", Json::Bool(b)) => json!(i32::from(b)),
        (_, value) => value,
    }
}

/// Columns with Graph's types, and rows as objects.
type Named = (Vec<(String, &'static str)>, Vec<Json>);

fn rows(answer: Answer) -> Named {
    let Answer { columns, rows, .. } = answer;
    let named = columns.iter().map(|(name, ty)| (name.clone(), type_name(ty))).collect();
    let rows = rows
        .into_iter()
        .map(|row| {
            let cells = columns.iter().zip(row).map(|((name, ty), value)| (name.clone(), cell(ty, value)));
            Json::Object(cells.collect::<Object>())
        })
        .collect();
    (named, rows)
}

/// How much an answer may hold, and what happens to more.
#[derive(Clone, Copy, Debug)]
pub(in crate::fake) struct Caps {
    /// Rows.
    pub rows: usize,
    /// Bytes of rows.
    pub bytes: usize,
    /// The answer ends there without a word.
    pub silent: bool,
}

impl Caps {
    /// The limits; a fault may cut at `cut` rows.
    pub(in crate::fake) fn new(telemetry: &Telemetry, cut: Option<usize>) -> Caps {
        let Telemetry { hunting_rows, hunting_bytes, silent, .. } = *telemetry;
        Caps { rows: cut.unwrap_or(hunting_rows), bytes: hunting_bytes, silent: silent || cut.is_some() }
    }

    /// Columns and rows within the limits.
    fn keep(self, answer: Answer) -> Result<Named, HuntError> {
        let (columns, mut rows) = rows(answer);
        match fitting(rows.iter(), self.rows, self.bytes) {
            None => Ok((columns, rows)),
            Some(most) if self.silent => {
                rows.truncate(most);
                Ok((columns, rows))
            }
            Some(_) => Err(HuntError::TooLarge(format!(
                "Query execution has exceeded the allowed result size: {} rows or {} bytes. Optimize your query by \
                 limiting the number of results and try again.",
                self.rows, self.bytes
            ))),
        }
    }
}

/// Graph's answer. `drift` writes the schema as one page of the documentation does (`Name`, `Type`).
pub(in crate::fake) fn graph_answer(result: Result<Answer, HuntError>, caps: Caps, drift: bool) -> Reply {
    match result.and_then(|a| caps.keep(a)) {
        Ok((columns, rows)) => {
            let (name, ty) = if drift { ("Name", "Type") } else { ("name", "type") };
            let schema: Vec<Json> = columns.into_iter().map(|(n, t)| json!({name: n, ty: t})).collect();
            let context = "https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.security.huntingQueryResults";
            Reply::json(200, json!({"@odata.context": context, "schema": schema, "results": rows}))
        }
        Err(error) => {
            let (status, code, message) = explain(error);
            graph_error(status, code, &message)
        }
    }
}

/// The older API's answer.
pub(in crate::fake) fn legacy_answer(result: Result<Answer, HuntError>, caps: Caps) -> Reply {
    match result.and_then(|a| caps.keep(a)) {
        Ok((columns, rows)) => {
            let schema: Vec<Json> = columns.into_iter().map(|(n, t)| json!({"Name": n, "Type": t})).collect();
            let stats = json!({"ExecutionTime": 0.01, "dataset_statistics": [{"table_row_count": rows.len()}]});
            Reply::json(200, json!({"Stats": stats, "Schema": schema, "Results": rows}))
        }
        Err(error) => {
            let (status, code, message) = explain(error);
            Reply::json(status, json!({"error": {"code": code, "message": message, "target": ""}}))
        }
    }
}

fn explain(error: HuntError) -> (u16, &'static str, String) {
    match error {
        HuntError::Syntax(text) | HuntError::Semantic(text) | HuntError::TooLarge(text) => (400, "BadRequest", text),
        HuntError::Timeout => (504, "GatewayTimeout", "The query did not end in time.".to_owned()),
        HuntError::Absent => (501, "NotImplemented", NO_ENGINE.to_owned()),
        HuntError::Other(text) => (500, "InternalServerError", text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::wire::Body;
    use super::*;

    fn answer() -> Answer {
        let columns = [("At", "datetime"), ("Ok", "bool"), ("N", "long")];
        Answer {
            columns: columns.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect(),
            rows: vec![vec![json!("2024-01-01T00:00:00Z"), json!(true), json!(3)]],
            ordered: false,
        }
    }

    #[test]
    fn rows_are_objects_and_types_have_graph_names() {
        let Body::Json(body) = graph_answer(Ok(answer()), caps(10, 1000, false), false).body else { panic!("no JSON") };
        assert_eq!(body["schema"][1], json!({"name": "Ok", "type": "SByte"}));
        assert_eq!(body["results"][0], json!({"At": "2024-01-01T00:00:00Z", "Ok": 1, "N": 3}));
        let Body::Json(body) = graph_answer(Ok(answer()), caps(10, 1000, false), true).body else { panic!("no JSON") };
        assert_eq!(body["schema"][2], json!({"Name": "N", "Type": "Int64"}));
    }

    #[test]
    fn too_many_rows_or_bytes_are_refused_or_cut_without_a_word() {
        let mut many = answer();
        many.rows = vec![many.rows[0].clone(); 3];
        for caps in [caps(2, 1000, false), caps(3, 100, false)] {
            for refused in [graph_answer(Ok(many.clone()), caps, false), legacy_answer(Ok(many.clone()), caps)] {
                let Body::Json(body) = refused.body else { panic!("no JSON") };
                let text = body["error"]["message"].as_str().unwrap();
                assert!(refused.status == 400 && text.contains("exceeded the allowed result size"), "{text}");
            }
        }
        let Body::Json(cut) = graph_answer(Ok(many), caps(2, 1000, true), false).body else { panic!("no JSON") };
        assert_eq!((cut["results"].as_array().map(Vec::len), cut.get("error")), (Some(2), None));
        assert_eq!(legacy_answer(Err(HuntError::Syntax("x".into())), caps(1, 1, true)).status, 400);
    }

    fn caps(rows: usize, bytes: usize, silent: bool) -> Caps {
        Caps { rows, bytes, silent }
    }
}
