//! Graph's hunting answers, and the older API's, which differs in the case of its keys.

use super::super::graph::graph_error;
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

fn rows(answer: Answer) -> (Vec<(String, &'static str)>, Vec<Json>) {
    let Answer { columns, rows } = answer;
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

/// Graph's answer. `drift` writes the schema as one page of the documentation does (`Name`, `Type`).
pub(in crate::fake) fn graph_answer(result: Result<Answer, HuntError>, cap: usize, drift: bool) -> Reply {
    match result.and_then(|a| within(a, cap)) {
        Ok(answer) => {
            let (columns, rows) = rows(answer);
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
pub(in crate::fake) fn legacy_answer(result: Result<Answer, HuntError>, cap: usize) -> Reply {
    match result.and_then(|a| within(a, cap)) {
        Ok(answer) => {
            let (columns, rows) = rows(answer);
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

fn within(answer: Answer, cap: usize) -> Result<Answer, HuntError> {
    match answer.rows.len() {
        n if n > cap => Err(HuntError::TooLarge(format!(
            "Query execution has exceeded the allowed result size. The query returned {n} rows, at most {cap} are allowed. \
             Optimize your query by limiting the number of results and try again."
        ))),
        _ => Ok(answer),
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
        }
    }

    #[test]
    fn rows_are_objects_and_types_have_graph_names() {
        let Body::Json(body) = graph_answer(Ok(answer()), 10, false).body else { panic!("no JSON") };
        assert_eq!(body["schema"][1], json!({"name": "Ok", "type": "SByte"}));
        assert_eq!(body["results"][0], json!({"At": "2024-01-01T00:00:00Z", "Ok": 1, "N": 3}));
        let Body::Json(body) = graph_answer(Ok(answer()), 10, true).body else { panic!("no JSON") };
        assert_eq!(body["schema"][2], json!({"Name": "N", "Type": "Int64"}));
    }

    #[test]
    fn too_many_rows_are_refused() {
        assert_eq!(graph_answer(Ok(answer()), 0, false).status, 400);
        assert_eq!(legacy_answer(Err(HuntError::Syntax("x".into())), 1).status, 400);
    }
}
