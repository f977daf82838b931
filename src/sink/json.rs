//! JSON: one object for the whole result, or one for each row.
//!
//! Values are written straight from their columns; no tree is built, so that a million rows take the time of formatting
//! them. The shape is relied upon by scripts: see the command-line reference.

use super::{Buffer, View, row_count};
use crate::diagnostic::{Source, print_json};
use crate::value::{Column, QueryResult, datetime, dynamic, format_guid, timespan};
use serde::de::IgnoredAny;
use std::io::{self, Write};

/// `{"columns":[...],"rows":[[...]],"visualization":{...}|null,"warnings":[...]}`. Rows are on lines of their own, for
/// the sake of people and of line-wise tools. Further results of the same text follow as `"more":[{...}]`.
pub fn write(views: &[View<'_>], out: &mut dyn Write, sources: &[Source]) -> io::Result<()> {
    let mut buffer = Buffer::new(out);
    for (place, view) in views.iter().enumerate() {
        match place {
            0 => {}
            1 => buffer.text.extend_from_slice(b",\n\"more\":[\n"),
            _ => buffer.text.extend_from_slice(b"},\n"),
        }
        members(&mut buffer, view, sources)?;
    }
    buffer.text.extend_from_slice(if views.len() > 1 { b"}]}\n" } else { b"}\n" });
    buffer.finish()
}

/// An object without its closing brace.
fn members(buffer: &mut Buffer<'_>, view: &View<'_>, sources: &[Source]) -> io::Result<()> {
    columns(&mut buffer.text, view.result)?;
    buffer.text.extend_from_slice(b"\"rows\":[");
    for (i, (columns, row)) in view.rows().enumerate() {
        buffer.text.extend_from_slice(if i > 0 { b",\n[" } else { b"\n[" });
        for (i, column) in columns.iter().enumerate() {
            if i > 0 {
                buffer.text.push(b',');
            }
            value(&mut buffer.text, column, row)?;
        }
        buffer.text.push(b']');
        buffer.pass_on()?;
    }
    tail(&mut buffer.text, view, sources)
}

/// An object a line, a member for each column.
pub fn write_lines(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut names = Vec::new();
    for name in view.names() {
        let lead = if names.is_empty() { b'{' } else { b',' };
        let mut member = vec![lead];
        serde_json::to_writer(&mut member, name)?;
        member.push(b':');
        names.push(member);
    }
    let mut buffer = Buffer::new(out);
    for (columns, row) in view.rows() {
        if names.is_empty() {
            buffer.text.push(b'{');
        }
        for (name, column) in names.iter().zip(columns) {
            buffer.text.extend_from_slice(name);
            value(&mut buffer.text, column, row)?;
        }
        buffer.text.extend_from_slice(b"}\n");
        buffer.pass_on()?;
    }
    buffer.finish()
}

fn columns(out: &mut Vec<u8>, result: &QueryResult) -> io::Result<()> {
    out.extend_from_slice(b"{\"columns\":[");
    for (i, field) in result.schema.fields().iter().enumerate() {
        out.extend_from_slice(if i > 0 { b",{\"name\":" } else { b"{\"name\":" });
        serde_json::to_writer(&mut *out, &*field.name)?;
        write!(out, ",\"type\":\"{}\"}}", field.ty.name())?;
    }
    out.extend_from_slice(b"],\n");
    Ok(())
}

/// What follows the rows. A limit that left rows out is told as a further warning, since the rows alone would not show.
fn tail(out: &mut Vec<u8>, view: &View<'_>, sources: &[Source]) -> io::Result<()> {
    out.extend_from_slice(b"\n],\n\"visualization\":");
    match &view.result.visualization {
        None => out.extend_from_slice(b"null"),
        Some(visualization) => {
            // Not `kind`: that is a property of its own (`stacked`, ...). Kusto's clients name it so as well.
            out.extend_from_slice(b"{\"visualization\":");
            serde_json::to_writer(&mut *out, &visualization.kind)?;
            for (name, value) in &visualization.properties {
                out.push(b',');
                serde_json::to_writer(&mut *out, name)?;
                out.push(b':');
                serde_json::to_writer(&mut *out, value)?;
            }
            out.push(b'}');
        }
    }
    let mut warnings: Vec<String> = view.result.warnings.iter().map(|w| print_json(w, sources)).collect();
    let total = view.result.rows();
    if view.rows < total {
        let message = format!("the limit leaves {} in this output", row_count(view.result, Some(view.rows)));
        warnings.push(serde_json::json!({"severity": "note", "code": null, "message": message}).to_string());
    }
    write!(out, ",\n\"warnings\":[{}]", warnings.join(","))
}

/// One value in the form that the command-line reference fixes.
fn value(out: &mut Vec<u8>, column: &Column, row: usize) -> io::Result<()> {
    fn some<T>(
        out: &mut Vec<u8>,
        values: &[Option<T>],
        row: usize,
        write: impl Fn(&mut Vec<u8>, &T) -> io::Result<()>,
    ) -> io::Result<()> {
        match values.get(row).and_then(Option::as_ref) {
            Some(value) => write(out, value),
            None => out.write_all(b"null"),
        }
    }
    match column {
        Column::Bool(v) => some(out, v, row, |out, b| out.write_all(if *b { b"true" } else { b"false" })),
        Column::Int(v) => some(out, v, row, |out, n| Ok(serde_json::to_writer(out, n)?)),
        Column::Long(v) => some(out, v, row, |out, n| Ok(serde_json::to_writer(out, n)?)),
        Column::Real(v) => some(out, v, row, |out, x| real(out, *x)),
        Column::Decimal(v) => some(out, v, row, |out, d| write!(out, "\"{d}\"")),
        Column::Datetime(v) => some(out, v, row, |out, t| quoted(out, &datetime::format(*t))),
        Column::Timespan(v) => some(out, v, row, |out, t| quoted(out, &timespan::format(*t))),
        Column::Guid(v) => some(out, v, row, |out, g| quoted(out, &format_guid(*g))),
        Column::String(v) => Ok(serde_json::to_writer(out, v.get(row).map_or("", String::as_str))?),
        Column::Dynamic(v) => some(out, v, row, |out, text| json(out, text)),
    }
}

/// Text that holds nothing to escape.
fn quoted(out: &mut Vec<u8>, text: &str) -> io::Result<()> {
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
    Ok(())
}

fn real(out: &mut Vec<u8>, x: f64) -> io::Result<()> {
    if x.is_finite() { Ok(serde_json::to_writer(out, &x)?) } else { quoted(out, dynamic::real_name(x)) }
}

/// The text of a dynamic as a JSON value. Its own text is kept, without the blanks between tokens: a number in it may be
/// longer than any type of ours.
fn json(out: &mut Vec<u8>, text: &str) -> io::Result<()> {
    if text.trim().is_empty() {
        out.extend_from_slice(b"null");
    } else if serde_json::from_str::<IgnoredAny>(text).is_ok() {
        compact(out, text);
    } else {
        serde_json::to_writer(out, text)?;
    }
    Ok(())
}

/// Valid JSON without its blanks.
fn compact(out: &mut Vec<u8>, text: &str) {
    let (mut quoted, mut escaped) = (false, false);
    for &byte in text.as_bytes() {
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' if !quoted => continue,
            b'"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
        out.push(byte);
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::{Code, Diagnostic};
    use crate::sink::{Format, Options, samples};
    use crate::value::{Batch, Column, QueryResult, Schema, Type, Visualization};
    use serde_json::{Value as Json, json};

    #[test]
    fn every_type_has_its_fixed_form() {
        let text = samples::text(&samples::every_type(), Format::Json, &Options::default());
        let read: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(read["columns"][5], json!({"name": "datetime", "type": "datetime"}));
        assert_eq!(
            read["rows"][0],
            json!([
                true,
                -7,
                9_007_199_254_740_993_i64,
                "-Infinity",
                "12.50",
                "2015-12-31T23:59:59.9000000Z",
                "-1.00:00:01.5000000",
                "74be27de-1e4e-49d9-b579-fe0b331d3642",
                "a,\"b\"\n\u{1b}[31m|",
                {"k": [1, "x y"]}
            ])
        );
        assert_eq!(read["rows"][1], json!([null, null, null, null, null, null, null, null, "", null]));
        assert_eq!(read["visualization"], Json::Null);
        assert_eq!(read["warnings"], json!([]));
    }

    #[test]
    fn dynamic_texts_become_values_and_lines_stay_lines() {
        let texts = ["{\n \"a b\" : 123456789012345678901234567890 , \"q\": \"\\\" \\\\\" }", "no json", "\" \"", " "];
        let column = Column::Dynamic(texts.iter().map(|t| Some((*t).to_owned())).collect());
        let schema = Schema::of([("d", Type::Dynamic)]);
        let result =
            QueryResult { schema, batches: vec![Batch { columns: vec![column], rows: 4 }], ..Default::default() };
        let text = samples::text(&result, Format::Ndjson, &Options::default());
        assert_eq!(
            text,
            "{\"d\":{\"a b\":123456789012345678901234567890,\"q\":\"\\\" \\\\\"}}\n{\"d\":\"no json\"}\n{\"d\":\" \"}\n{\"d\":null}\n"
        );
    }

    #[test]
    fn visualization_warnings_and_limit_are_told() {
        let mut result = samples::every_type();
        result.visualization =
            Some(Visualization { kind: "timechart".into(), properties: vec![("title".into(), json!("A \"b\""))] });
        result.warnings = vec![Diagnostic::general(Code::IgnoredHint, "a hint without effect")];
        let text = samples::text(&result, Format::Json, &Options { limit: Some(1), ..Options::default() });
        let read: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(read["rows"].as_array().unwrap().len(), 1);
        assert_eq!(read["visualization"], json!({"visualization": "timechart", "title": "A \"b\""}));
        assert_eq!(read["warnings"][0]["code"], "HL2093");
        assert_eq!(read["warnings"][1]["message"], "the limit leaves 1 of 2 rows in this output");
    }
}
