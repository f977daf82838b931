//! `parse` and `parse-where`: columns read out of a text by a pattern.

use super::function::converted;
use super::lowering::Lowering;
use super::rowwise;
use super::types::{self, Cells};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{ColumnName, ParsePart, Relation, RelationKind};
use crate::value::{self, Schema, Type, Value};
use ::polars::prelude::{BooleanChunked, Column, DataFrame, LazyFrame, NewChunkedArray, PolarsResult};
use regex::Regex;
use std::fmt::Write;

/// The column that holds the text while it is parsed.
const TEXT: &str = "\u{1}text";

/// The most characters that a value takes whose end no text marks.
const UNMARKED: usize = 64;

struct Parser {
    columns: Vec<(ColumnName, Type)>,
    matcher: Matcher,
    relaxed: bool,
    filter: bool,
    schema: Schema,
}

/// How the texts of the columns are found.
enum Matcher {
    Simple(Vec<ParsePart>),
    Regex(Regex),
}

impl Lowering<'_> {
    /// Columns read out of a text by a pattern.
    pub(super) fn parse(&self, relation: &Relation) -> Result<LazyFrame, Diagnostic> {
        let RelationKind::Parse { input, value, pattern, regex, relaxed, filter } = &relation.kind else {
            return Err(Diagnostic::bug("not a `parse`"));
        };
        let column = |part: &ParsePart| match part {
            ParsePart::Column(name, ty) => Some((name.clone(), *ty)),
            _ => None,
        };
        let matcher = match regex {
            Some(flags) => Matcher::Regex(compile(pattern, flags).map_err(|text| {
                Diagnostic::error(
                    Code::WrongValue,
                    relation.span,
                    format!("the pattern is no regular expression: {text}"),
                )
            })?),
            None => Matcher::Simple(pattern.clone()),
        };
        let parser = Parser {
            columns: pattern.iter().filter_map(column).collect(),
            matcher,
            relaxed: *relaxed,
            filter: *filter,
            schema: relation.schema.as_ref().clone(),
        };
        let text = self.expr(value, &input.schema)?.alias(TEXT);
        let frame = self.relation(input)?.with_columns([text]);
        Ok(rowwise::map(frame, &relation.schema, "parse", move |frame| parser.run(frame)))
    }
}

/// The pattern as one regular expression: columns are named groups, greedy unless the flag `U` turns that around.
fn compile(pattern: &[ParsePart], flags: &str) -> Result<Regex, String> {
    let mut text = if flags.is_empty() { "^".to_owned() } else { format!("(?{flags})^") };
    let ungreedy = flags.contains('U');
    let mut columns = 0;
    for part in pattern {
        let _ = match part {
            ParsePart::Skip => write!(text, "{}", if ungreedy { ".*" } else { ".*?" }),
            ParsePart::Text(piece) => write!(text, "(?:{piece})"),
            ParsePart::Column(_, ty) => {
                columns += 1;
                let group = match ty {
                    Type::Int | Type::Long => r"[+-]?\d+",
                    Type::Real | Type::Decimal => r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?",
                    _ => ".*",
                };
                write!(text, "(?P<c{columns}>{group})")
            }
        };
    }
    if matches!(pattern.last(), Some(ParsePart::Column(..))) {
        text.push('$');
    }
    Regex::new(&text).map_err(|error| error.to_string().lines().last().unwrap_or_default().to_owned())
}

impl Parser {
    fn run(&self, frame: DataFrame) -> PolarsResult<DataFrame> {
        let texts = Cells::new(frame.column(TEXT)?, Type::String)?;
        let mut made: Vec<value::Column> = self.columns.iter().map(|(_, ty)| value::Column::empty(*ty)).collect();
        let mut matched = Vec::with_capacity(frame.height());
        for row in 0..frame.height() {
            let text = texts.value(row);
            let values = self.values(text.as_str().unwrap_or_default());
            matched.push(values.is_some());
            let mut values = values.unwrap_or_default().into_iter();
            for column in &mut made {
                let missing = Value::missing(column.ty());
                column.push(values.next().unwrap_or(missing));
            }
        }
        let mut frame = frame;
        for ((name, _), column) in self.columns.iter().zip(made) {
            frame.with_column(types::to_polars(name, column))?;
        }
        let columns = self.schema.names().map(|name| frame.column(name).cloned());
        let result = DataFrame::new(frame.height(), columns.collect::<PolarsResult<Vec<Column>>>()?)?;
        if self.filter { result.filter(&BooleanChunked::from_slice("".into(), &matched)) } else { Ok(result) }
    }

    /// The values of all columns; none when the text does not match, or a piece does not convert and has to.
    fn values(&self, text: &str) -> Option<Vec<Value>> {
        let types = self.columns.iter().map(|(_, ty)| *ty);
        let pieces = match &self.matcher {
            Matcher::Simple(pattern) => simple(pattern, text)?,
            Matcher::Regex(regex) => {
                let groups = regex.captures(text)?;
                let group = |at: usize| groups.name(&format!("c{at}")).map_or("", |m| m.as_str());
                (1..=self.columns.len()).map(group).collect()
            }
        };
        let values = pieces.into_iter().zip(types).map(|(piece, ty)| {
            let value = converted(&Value::String(piece.to_owned()), ty);
            (self.relaxed || ty == Type::String || !value.is_null()).then_some(value)
        });
        values.collect()
    }
}

/// The pieces of a text that the columns take: each as short as the next text of the pattern allows, the last one the rest.
/// A pattern starts where the text does; what follows its end does not matter.
fn simple<'t>(pattern: &[ParsePart], text: &'t str) -> Option<Vec<&'t str>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut open: Option<&ParsePart> = None;
    for part in pattern {
        match (part, open) {
            (ParsePart::Text(piece), None) => rest = rest.strip_prefix(piece.as_str())?,
            (ParsePart::Text(piece), Some(before)) => {
                let (found, after) = rest.split_once(piece.as_str())?;
                if matches!(before, ParsePart::Column(..)) {
                    pieces.push(found);
                }
                rest = after;
                open = None;
            }
            (_, Some(ParsePart::Column(_, ty))) => {
                let (piece, after) = unmarked(rest, *ty)?;
                pieces.push(piece);
                rest = after;
                open = Some(part);
            }
            (_, _) => open = Some(part),
        }
    }
    if matches!(open, Some(ParsePart::Column(..))) {
        pieces.push(rest);
    }
    Some(pieces)
}

/// The longest start of a text that converts, for a column whose end no text marks.
fn unmarked(text: &str, ty: Type) -> Option<(&str, &str)> {
    if ty == Type::String {
        return Some((text, ""));
    }
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(UNMARKED).collect::<Vec<usize>>();
    let converts = |end: &usize| {
        let piece = text.get(..*end).filter(|piece| !piece.ends_with(char::is_whitespace));
        piece.is_some_and(|piece| !converted(&Value::String(piece.to_owned()), ty).is_null())
    };
    let end = ends.into_iter().rev().find(converts)?;
    text.split_at_checked(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, ty: Type) -> ParsePart {
        ParsePart::Column(name.into(), ty)
    }

    fn text(piece: &str) -> ParsePart {
        ParsePart::Text(piece.to_owned())
    }

    #[test]
    fn pieces_are_as_short_as_can_be() {
        let pattern = [
            ParsePart::Skip,
            text("a="),
            column("a", Type::Long),
            ParsePart::Skip,
            text("b="),
            column("b", Type::String),
        ];
        assert_eq!(simple(&pattern, "x a=12 y b=3 b=4"), Some(vec!["12", "3 b=4"]));
        assert_eq!(simple(&pattern, "x a=12"), None);
        assert_eq!(simple(&[text("<"), column("a", Type::String), text(">")], "<x>y>"), Some(vec!["x"]));
        assert_eq!(simple(&[text("a"), column("a", Type::String)], "ba"), None, "a pattern starts where the text does");
    }

    #[test]
    fn regular_expressions_are_greedy_unless_told() {
        let pattern = [ParsePart::Skip, text("A="), column("a", Type::String), text(","), ParsePart::Skip];
        let found = |flags: &str| {
            let regex = compile(&pattern, flags).unwrap();
            regex.captures("x a=1,b=2,c").map(|c| c.name("c1").unwrap().as_str().to_owned())
        };
        assert_eq!(found(""), None);
        assert_eq!(found("i").as_deref(), Some("1,b=2"));
        assert_eq!(found("Ui").as_deref(), Some("1"));
    }
}
