//! Cases as tables in Markdown: a row is a case. Read to the same tree as JSON, so that both have the same checks.

use super::form::is_more;
use super::json::{Json, Member, Node, parse};
use super::reading::{Reading, listed};
use crate::diagnostic::{Code, Source, Span};

/// The columns, and the members of a case that they become.
const COLUMNS: &[(&str, &str)] = &[
    ("case", "name"),
    ("why", "why"),
    ("field", "field"),
    ("event", "event"),
    ("base", "base"),
    ("agreed", "agreed"),
    ("defender", "defender"),
    ("sentinel", "sentinel"),
    ("by", "by"),
    ("order", "order"),
    ("new_alerts", "new_alerts"),
    ("target", "target"),
    ("gone", "gone"),
    ("expect", "expect"),
];

/// A cell: its text without the spaces around it, and where it stands.
struct Cell {
    text: String,
    span: Span,
    /// Whether the text stands in the source as it is.
    exact: bool,
}

/// A column: the member that it becomes, and of which side for `by`.
struct Column {
    member: &'static str,
    side: Option<&'static str>,
}

/// Reads every table of a text; everything else is prose.
pub(super) fn rows(reading: &mut Reading, source: &Source) -> Vec<Node> {
    let (mut out, mut at, mut fenced) = (Vec::new(), 0, false);
    let mut head: Option<Vec<Column>> = None;
    let mut before: Option<usize> = None;
    for line in source.text.split_inclusive('\n') {
        let span = Span::new(at, at + line.trim_end().len(), source.id);
        at += line.len();
        let text = line.trim();
        if text.starts_with("```") || text.starts_with("~~~") {
            fenced = !fenced;
        }
        if fenced || text.is_empty() {
            (head, before) = (None, None);
            continue;
        }
        if !text.starts_with('|') {
            if head.is_some() || rule(text) {
                reading.wrong(Code::UnexpectedToken, span, "every row of a table begins with `|`");
            }
            (head, before) = (None, None);
            continue;
        }
        let cells = cells(line, span.start as usize, source);
        match (&head, before) {
            (None, None) => {
                head = Some(columns(reading, &cells, span));
                before = Some(cells.len());
            }
            (Some(columns), Some(width)) => {
                if rule(text) {
                    continue;
                }
                if cells.len() != width {
                    let message = format!("the row has {} cells, the table {width} columns", cells.len());
                    reading.wrong(Code::UnexpectedToken, span, message);
                    continue;
                }
                out.extend(row(reading, columns, &cells, span));
            }
            _ => {}
        }
    }
    out
}

/// True for the line below a table's head.
fn rule(text: &str) -> bool {
    text.contains('|') && text.contains('-') && text.bytes().all(|b| b"|-: ".contains(&b))
}

/// The cells of a row; `\|` is a bar within one.
fn cells(line: &str, at: usize, source: &Source) -> Vec<Cell> {
    let indent = line.len() - line.trim_start().len();
    let inner = line.trim();
    let mut bounds = vec![];
    let mut escaped = false;
    for (n, byte) in inner.bytes().enumerate() {
        match byte {
            b'|' if !escaped => bounds.push(n),
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
    }
    if bounds.last() != Some(&(inner.len() - 1)) {
        bounds.push(inner.len());
    }
    let pairs = bounds.iter().zip(bounds.iter().skip(1));
    let cell = |(from, to): (&usize, &usize)| {
        let raw = inner.get(from + 1..*to).unwrap_or_default();
        let start = at + indent + from + 1 + (raw.len() - raw.trim_start().len());
        let text = raw.trim();
        let bare = text.strip_prefix('`').and_then(|t| t.strip_suffix('`')).filter(|t| !t.contains('`'));
        let unescaped = bare.unwrap_or(text).replace("\\|", "|");
        let exact = unescaped == text;
        Cell { exact, span: Span::new(start, start + text.len(), source.id), text: unescaped }
    };
    pairs.map(cell).collect()
}

fn columns(reading: &mut Reading, cells: &[Cell], span: Span) -> Vec<Column> {
    let mut side = None;
    let mut columns: Vec<Column> = Vec::new();
    let known: Vec<&str> = COLUMNS.iter().map(|c| c.0).collect();
    for cell in cells {
        let name = cell.text.to_lowercase();
        let name = name.trim_end_matches(" by").trim();
        if cell.text.to_lowercase().ends_with(" by") {
            side = ["defender", "sentinel"].into_iter().find(|s| *s == name);
        }
        let by = cell.text.to_lowercase().ends_with("by");
        let Some((_, member)) = COLUMNS.iter().find(|(column, _)| if by { *column == "by" } else { *column == name })
        else {
            reading.unknown(cell.span, format!("cases have no column `{}`", cell.text), name, &known);
            columns.push(Column { member: "", side: None });
            continue;
        };
        if let Some(of) = ["defender", "sentinel"].into_iter().find(|s| s == member) {
            side = Some(of);
        }
        let column = Column { member, side: side.filter(|_| by) };
        if by && column.side.is_none() {
            reading.wrong(Code::WrongValue, cell.span, "`by` stands right of the side that it belongs to");
        } else if columns.iter().any(|c| c.member == *member && c.side == column.side) {
            reading.wrong(Code::DuplicateName, cell.span, format!("the column `{}` is there twice", cell.text));
        }
        columns.push(column);
    }
    for needed in ["name", "expect"] {
        if !columns.iter().any(|c| c.member == needed) {
            let named = COLUMNS.iter().find(|c| c.1 == needed).map_or(needed, |c| c.0);
            let message = format!("a table of cases needs the column `{named}`");
            let told = crate::diagnostic::Diagnostic::error(Code::MissingName, span, message);
            reading.found.push(told.with_help(format!("columns are {}", listed(&known))));
        }
    }
    columns
}

/// A row as the object that the same case is in JSON.
fn row(reading: &mut Reading, columns: &[Column], cells: &[Cell], span: Span) -> Option<Node> {
    let field = columns.iter().zip(cells).find(|(c, _)| c.member == "field").map_or("", |(_, cell)| cell.text.as_str());
    let mut members: Vec<Member> = Vec::new();
    for (column, cell) in columns.iter().zip(cells).filter(|(c, cell)| !c.member.is_empty() && !cell.text.is_empty()) {
        let value = match column.member {
            "name" | "why" => Node { span: cell.span, json: Json::Text(cell.text.clone()) },
            "expect" => expected(reading, cell)?,
            "base" | "defender" | "sentinel" if field == "tags" => tags(reading, cell)?,
            _ => value(reading, cell)?,
        };
        let member = |key: &str, value: Node| Member { key: key.to_owned(), key_span: cell.span, value };
        match column.side {
            Some(side) => match members.iter_mut().find(|m| m.key == side) {
                Some(of) => with(&mut of.value, member("by", value)),
                None => {
                    let json = Json::Object(vec![member("by", value)]);
                    members.push(member(side, Node { span: cell.span, json }));
                }
            },
            None => members.push(member(column.member, value)),
        }
    }
    Some(Node { span, json: Json::Object(members) })
}

/// Adds who made the change to a side.
fn with(side: &mut Node, by: Member) {
    let more = is_more(side);
    match &mut side.json {
        Json::Object(members) if more => members.push(by),
        _ => {
            let value = Member { key: "value".to_owned(), key_span: side.span, value: side.clone() };
            side.json = Json::Object(vec![value, by]);
        }
    }
}

/// A cell: JSON where it looks like it, `-` for nothing, else a text.
fn value(reading: &mut Reading, cell: &Cell) -> Option<Node> {
    if cell.text == "-" {
        return Some(Node { span: cell.span, json: Json::Null });
    }
    if !cell.text.starts_with(['{', '[', '"']) {
        return Some(Node { span: cell.span, json: Json::Text(cell.text.clone()) });
    }
    match parse(&cell.text, cell.span.start as usize, cell.span.source) {
        Ok(node) => Some(if cell.exact { node } else { node.placed(cell.span) }),
        Err(mut error) => {
            error.span = error.span.filter(|_| cell.exact).or(Some(cell.span));
            reading.found.push(error);
            None
        }
    }
}

/// Tags, a comma between them.
fn tags(reading: &mut Reading, cell: &Cell) -> Option<Node> {
    let node = value(reading, cell)?;
    let list: Vec<Node> = match &node.json {
        Json::Null => vec![],
        Json::Text(text) => {
            let text = text.split(',').map(str::trim).filter(|t| !t.is_empty());
            text.map(|t| Node { span: cell.span, json: Json::Text(t.to_owned()) }).collect()
        }
        _ => return Some(node),
    };
    Some(Node { span: cell.span, json: Json::List(list) })
}

/// A decision, or `decision: part of the reason`.
fn expected(reading: &mut Reading, cell: &Cell) -> Option<Node> {
    let text = |text: &str| Node { span: cell.span, json: Json::Text(text.to_owned()) };
    let Some((decision, reason)) = cell.text.split_once(": ").filter(|_| !cell.text.starts_with('{')) else {
        return value(reading, cell);
    };
    let member = |key: &str, value: Node| Member { key: key.to_owned(), key_span: cell.span, value };
    let reason = member("reason", text(&format!("contains {}", reason.trim())));
    let json = Json::Object(vec![member("decision", text(decision.trim())), reason]);
    Some(Node { span: cell.span, json })
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;
    use crate::diagnostic::SourceId;
    use crate::incident::{Field, Side};
    use crate::sync::input::{Actor, Order};

    fn told(text: &str) -> String {
        match read(&[Source::new(SourceId(0), "rule.cases.md", text)]) {
            Ok(cases) => cases.iter().map(|c| c.name.clone()).collect::<Vec<_>>().join("; "),
            Err(found) => found.to_string(),
        }
    }

    #[test]
    fn a_row_is_a_case() {
        let text = "# Title\n\nProse | with a bar.\n\n\
            | expect | case | field | sentinel | by | defender | by | order |\n\
            |:--|---|---|---|---|---|---|---|\n\
            | hold: later | a \\| b | closing | false_positive/InaccurateData | human | `{\"class\": \"undetermined\"}` | automation | tie |\n\
            | take_defender | c | tags | - |  | vip, x | | |\n\
            | hold | d | status | closed | | {\"native\": \"escalated\"} | human | |\n";
        let cases = read(&[Source::new(SourceId(0), "rule.cases.md", text)]).unwrap_or_else(|d| panic!("{d}"));
        let names: Vec<&str> = cases.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["a | b", "c", "d"]);
        assert_eq!(cases[2].input.defender.as_ref().unwrap().status.text(), "escalated");
        let input = &cases[0].input;
        assert_eq!(input.actor(Side::Sentinel, Field::Closing), Actor::Human);
        assert_eq!(input.actor(Side::Defender, Field::Closing), Actor::Automation);
        assert_eq!(input.order(Field::Closing), Order::Tie);
        assert_eq!(cases[1].input.defender.as_ref().unwrap().custom_tags, ["vip", "x"]);
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let head = "| case | field | defender | expect |\n|---|---|---|---|\n";
        for (text, expected) in [
            ("| case | filed | expect |\n|---|---|---|\n".to_owned(), "cases have no column `filed`"),
            ("| case | by | expect |\n|---|---|---|\n".to_owned(), "right of the side"),
            ("| field | expect |\n|---|---|\n".to_owned(), "needs the column `case`"),
            (format!("{head}| a | status | closed |\n"), "the row has 3 cells, the table 4 columns"),
            (format!("{head}a | status | closed | hold\n"), "begins with `|`"),
            ("case | expect\n---|---\na | hold\n".to_owned(), "begins with `|`"),
            (format!("{head}| a | status | closd | hold |\n"), "`closd` is no status"),
            (format!("{head}| a | status | {{\"value\" | hold |\n"), "HL1010"),
            (format!("{head}| a | status | closed | hold |\n| a | status | closed | hold |\n"), "two cases `a`"),
        ] {
            let told = told(&text);
            assert!(told.contains(expected), "{text}\n{told}");
        }
    }
}
