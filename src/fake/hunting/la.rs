//! Log Analytics: the query in URL or body, tables of rows, and its peculiar errors.

use super::super::telemetry::{Telemetry, fitting};
use super::super::wire::{Call, Reply};
use super::{Answer, HuntError, NO_ENGINE, Query};
use serde_json::{Value as Json, json};

/// The query of a request. `Ok(None)` is the case that the service answers with 200 and nothing: a POST without JSON or
/// without its content type.
pub(in crate::fake) fn la_query(call: &Call) -> Result<Option<Query>, Reply> {
    if call.method == axum::http::Method::GET {
        return match call.query("query").filter(|q| !q.is_empty()) {
            Some(text) => {
                Ok(Some(Query { text: text.to_owned(), timespan: call.query("timespan").map(str::to_owned) }))
            }
            None => Err(bad("The request is missing the parameter 'query'.", None)),
        };
    }
    let json_type = call.header("content-type").is_some_and(|t| t.to_ascii_lowercase().contains("json"));
    let Some(body) = call.object().filter(|_| json_type) else { return Ok(None) };
    let Some(text) = body.get("query").and_then(Json::as_str).filter(|q| !q.is_empty()) else {
        return Err(bad("The request body is missing the property 'query'.", None));
    };
    let timespan = body.get("timespan").and_then(Json::as_str).map(str::to_owned);
    Ok(Some(Query { text: text.to_owned(), timespan }))
}

/// How an answer is cut short.
#[derive(Clone, Copy, Debug)]
pub(in crate::fake) enum Short {
    /// Only by the limits.
    Limits,
    /// By half, and marked.
    Partial,
    /// At so many rows, without a word.
    Silent(usize),
}

/// The service's answer within the limits of rows and bytes. More is cut off and marked.
pub(in crate::fake) fn la_answer(
    result: Result<Answer, HuntError>,
    call: &Call,
    limits: &Telemetry,
    short: Short,
) -> Reply {
    let answer = match result {
        Ok(answer) => answer,
        Err(error) => return refuse(error),
    };
    let Answer { columns, rows, .. } = answer;
    if columns.is_empty() {
        // The documented answer of an empty workspace.
        return Reply::empty(204);
    }
    let row = |row: Vec<Json>| Json::Array(columns.iter().zip(row).map(|((_, ty), value)| cell(ty, value)).collect());
    let mut rows: Vec<Json> = rows.into_iter().map(row).collect();
    let over = fitting(rows.iter(), limits.la_rows, limits.la_bytes);
    let partial = matches!(short, Short::Partial);
    rows.truncate(match short {
        Short::Limits => over.unwrap_or(rows.len()),
        Short::Partial => rows.len().div_ceil(2),
        Short::Silent(most) => most,
    });
    let over = over.filter(|_| !matches!(short, Short::Silent(_)));
    let columns: Vec<Json> = columns.iter().map(|(name, ty)| json!({"name": name, "type": ty})).collect();
    let mut body = json!({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]});
    for (wish, key) in [("include-statistics=true", "statistics"), ("include-render=true", "render")] {
        if let Some(body) = body.as_object_mut().filter(|_| call.prefers(wish)) {
            body.insert(key.to_owned(), json!({}));
        }
    }
    if let Some(body) = body.as_object_mut().filter(|_| partial || over.is_some()) {
        let detail = if over.is_some_and(|rows| rows >= limits.la_rows) {
            let cap = limits.la_rows;
            json!({"code": "QueryExecutionResultSizeLimitExceeded",
                "message": format!("The results of this query exceed the set limit of {cap} records.")})
        } else if over.is_some() {
            let cap = limits.la_bytes;
            json!({"code": "QueryExecutionResultSizeLimitExceeded",
                "message": format!("The results of this query exceed the set limit of {cap} bytes.")})
        } else {
            json!({"code": "EngineError", "message": "Something went wrong processing your query on the server."})
        };
        let message = "There were some errors when processing your query.";
        body.insert("error".to_owned(), json!({"code": "PartialError", "message": message, "details": [detail]}));
    }
    Reply::json(200, body)
}

/// Dynamic cells travel as JSON text.
fn cell(kusto: &str, value: Json) -> Json {
    match (kusto, value) {
        ("dynamic", Json::Null) => Json::Null,
        ("dynamic", Json::String(text)) => Json::String(text),
        ("dynamic", value) => Json::String(value.to_string()),
        (_, value) => value,
    }
}

fn refuse(error: HuntError) -> Reply {
    match error {
        HuntError::Syntax(text) => bad("The request had some invalid properties", Some(("SyntaxError", &text))),
        HuntError::Semantic(text) => bad("The request had some invalid properties", Some(("SemanticError", &text))),
        HuntError::TooLarge(text) => bad("The result is too large", Some(("ResultTooLarge", &text))),
        HuntError::Timeout => {
            Reply::json(504, json!({"error": {"code": "GatewayTimeout", "message": "The query did not end in time."}}))
        }
        HuntError::Absent => Reply::json(501, json!({"error": {"code": "NotImplemented", "message": NO_ENGINE}})),
        HuntError::Other(text) => Reply::json(500, json!({"error": {"code": "InternalServerError", "message": text}})),
    }
}

fn bad(message: &str, inner: Option<(&str, &str)>) -> Reply {
    let mut error = json!({"code": "BadArgumentError", "message": message});
    if let (Some((code, text)), Some(error)) = (inner, error.as_object_mut()) {
        error.insert("innererror".to_owned(), json!({"code": code, "message": text}));
    }
    Reply::json(400, json!({"error": error}))
}

/// The answer on a path that the service does not have.
pub(in crate::fake) fn path_not_found() -> Reply {
    Reply::json(404, json!({"error": {"code": "PathNotFoundError", "message": "The requested path does not exist"}}))
}

#[cfg(test)]
mod tests {
    use super::super::super::wire::Body;
    use super::*;
    use axum::body::Bytes;
    use axum::http::{HeaderMap, HeaderValue, Method};

    fn post(body: &'static str, json_type: bool) -> Call {
        let mut headers = HeaderMap::new();
        if json_type {
            headers.insert("content-type", HeaderValue::from_static("application/json"));
        }
        Call::new(Method::POST, "/v1/workspaces/x/query", "", headers, Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn without_json_or_its_type_there_is_no_query() {
        assert_eq!(la_query(&post("{\"query\":\"T\"}", false)).expect("accepted"), None);
        assert_eq!(la_query(&post("T | take 1", true)).expect("accepted"), None);
        assert_eq!(la_query(&post("{\"query\":1}", true)).expect_err("refused").status, 400);
        assert!(la_query(&post("{\"query\":\"T\"}", true)).expect("accepted").is_some());
    }

    #[test]
    fn dynamic_cells_are_text_and_partial_answers_say_so() {
        let answer = Answer {
            columns: vec![("D".into(), "dynamic".into())],
            rows: vec![vec![json!({"a": 1})]; 2],
            ordered: false,
        };
        let asked = |rows, bytes, short| {
            let limits = Telemetry { la_rows: rows, la_bytes: bytes, ..Telemetry::default() };
            let reply = la_answer(Ok(answer.clone()), &post("", true), &limits, short);
            let Body::Json(body) = reply.body else { panic!("no JSON") };
            let error = body.get("error").map(|e| format!("{}: {}", e["code"], e["details"][0]["message"]));
            (reply.status, body["tables"][0]["rows"].clone(), error.unwrap_or_default())
        };
        let cell = json!("{\"a\":1}");
        assert_eq!(asked(9, 99, Short::Limits), (200, json!([[cell], [cell]]), String::new()));
        assert_eq!(asked(9, 99, Short::Silent(1)), (200, json!([[cell]]), String::new()));
        for (rows, bytes, short, told) in [
            (9, 99, Short::Partial, "Something went wrong"),
            (1, 99, Short::Limits, "1 records"),
            (9, 20, Short::Limits, "20 bytes"),
        ] {
            let (status, rows, error) = asked(rows, bytes, short);
            assert_eq!((status, rows), (200, json!([[cell]])));
            assert!(error.contains("PartialError") && error.contains(told), "{error}");
        }
    }
}
