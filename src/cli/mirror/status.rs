//! `huntline mirror status`: what each table holds, whether rows arrive as they used to, and what is missing.
//!
//! The form for reading leaves out columns that say nothing; every other form has all of them, always.

use super::super::args::StatusArgs;
use super::super::context::{Context, Failure};
use super::super::{input, output};
use super::{long, report, text, time};
use crate::catalog::device;
use crate::diagnostic::nearest;
use crate::mirror::rhythm::{Gap, HOUR, Rhythm, RhythmOptions, rhythm};
use crate::mirror::{self, Mirror, TableStatus};
use crate::value::datetime::{self, TICKS_PER_SECOND};
use crate::value::{QueryResult, Type, Value, timespan};
use std::process::ExitCode;

/// The exit code of a table whose rows do not arrive.
const STALE: u8 = 3;
/// Ticks of lag that are usual where files are brought once a day.
const DAILY: i64 = 26 * HOUR;
/// Columns that the form for reading leaves out when they are empty, 0 or false in every row.
pub const OPTIONAL: [&str; 6] = ["Stale", "Gaps", "Duplicates", "Rejects", "LastPull", "LastPullError"];

/// A table and how its rows arrive.
pub struct Judged {
    status: TableStatus,
    rhythm: Rhythm,
}

/// Prints the report; exit code 3 for rows that should have come and have not, where that was asked.
pub fn run(context: &Context, args: &StatusArgs) -> Result<ExitCode, Failure> {
    let limit = args.stale.as_deref().map(|span| input::span(span, "--stale")).transpose()?;
    let all = mirror::status(&Mirror::open(&context.mirror)?)?;
    let absent = absent(&args.tables, &all)?;
    if all.is_empty() {
        context.say(&format!(
            "the mirror at {} is empty: bring files with `huntline import`, or rows with `huntline mirror pull`",
            context.mirror.display()
        ));
    }
    let wanted = |status: &TableStatus| args.tables.is_empty() || args.tables.contains(&status.table);
    let tables: Vec<Judged> = judge(all.into_iter().filter(wanted), context.now);
    let found = if args.gaps { gaps(&tables) } else { listing(&tables) };
    output::print_brief(context, found, &OPTIONAL, args.format)?;
    if !args.gaps {
        tell(context, &tables);
    }
    let stale = if limit.is_some() || args.check { stale(&tables, limit, &absent) } else { vec![] };
    for line in &stale {
        context.say(line);
    }
    Ok(if stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(STALE) })
}

/// The tables that were asked for and have no rows.
fn absent(asked: &[String], all: &[TableStatus]) -> Result<Vec<String>, Failure> {
    let absent: Vec<String> = asked.iter().filter(|name| !all.iter().any(|t| t.table == **name)).cloned().collect();
    match absent.iter().find(|name| device::known_table(name).is_none()) {
        None => Ok(absent),
        Some(unknown) => {
            let hint = nearest(unknown, device::names()).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
            Err(Failure::usage(format!("no table is called `{unknown}`{hint}")))
        }
    }
}

/// Looks at the rhythm of every table.
pub fn judge(tables: impl IntoIterator<Item = TableStatus>, now: i64) -> Vec<Judged> {
    let one = |status: TableStatus| {
        // A pull brings rows within the hour. Files mostly come once a day, and the day before is then complete.
        let patience = if status.last_pull.is_some() { RhythmOptions::default().patience } else { DAILY };
        let options = RhythmOptions { patience, ..RhythmOptions::default() };
        let rhythm = rhythm(&status.hours, status.last, now, &options);
        Judged { status, rhythm }
    };
    tables.into_iter().map(one).collect()
}

/// A row a table. `Gaps` and `Stale` are null where a table has no rhythm yet.
pub fn listing(tables: &[Judged]) -> QueryResult {
    let columns = [
        ("Table", Type::String),
        ("Rows", Type::Long),
        ("Files", Type::Long),
        ("Bytes", Type::Long),
        ("First", Type::Datetime),
        ("Last", Type::Datetime),
        ("Lag", Type::Timespan),
        ("Stale", Type::Bool),
        ("Gaps", Type::Long),
        ("Duplicates", Type::Long),
        ("Rejects", Type::Long),
        ("Imports", Type::Long),
        ("LastPull", Type::Datetime),
        ("LastPullError", Type::String),
    ];
    let row = |Judged { status, rhythm }: &Judged| {
        let known = |value: Value| if rhythm.known { value } else { Value::Null };
        [
            text(&status.table),
            long(status.rows),
            long(status.files),
            long(status.bytes),
            time(status.first),
            time(status.last),
            rhythm.lag.map_or(Value::Null, Value::Timespan),
            known(Value::Bool(rhythm.stale)),
            known(long(rhythm.gaps.len() as u64)),
            long(status.duplicates),
            long(status.rejects),
            long(status.imports),
            time(status.last_pull),
            text(status.last_pull_error.as_deref().unwrap_or_default()),
        ]
    };
    report(columns, tables.iter().map(row))
}

/// A row a gap.
fn gaps(tables: &[Judged]) -> QueryResult {
    let columns = [
        ("Table", Type::String),
        ("From", Type::Datetime),
        ("To", Type::Datetime),
        ("Expected", Type::Long),
        ("Found", Type::Long),
    ];
    let gaps = tables.iter().flat_map(|t| t.rhythm.gaps.iter().map(|gap| (t.status.table.as_str(), gap)));
    let row = |(table, gap): (&str, &Gap)| {
        let expected = long(gap.expected.round() as u64);
        [text(table), time(Some(gap.from)), time(Some(gap.to)), expected, long(gap.found)]
    };
    report(columns, gaps.map(row))
}

/// What the numbers alone do not say.
fn tell(context: &Context, tables: &[Judged]) {
    let with: Vec<&Judged> = tables.iter().filter(|t| !t.rhythm.gaps.is_empty()).collect();
    let count: usize = with.iter().map(|t| t.rhythm.gaps.len()).sum();
    if count > 0 {
        let (gaps, in_tables) = (counted(count, "gap"), counted(with.len(), "table"));
        context.say(&format!("{gaps} in {in_tables}: `huntline mirror status --gaps` lists them"));
    }
    let young = tables.iter().filter(|t| !t.rhythm.known && t.status.last.is_some());
    let young: Vec<&str> = young.map(|t| t.status.table.as_str()).collect();
    if !young.is_empty() {
        context.say(&format!("too young to have a rhythm, so that gaps are not known: {}", young.join(", ")));
    }
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A line for each table whose rows do not arrive: older than a limit, or by the table's own rhythm.
fn stale(tables: &[Judged], limit: Option<i64>, absent: &[String]) -> Vec<String> {
    let late = tables.iter().filter(|t| match (limit, t.rhythm.lag) {
        (Some(limit), Some(lag)) => lag > limit,
        _ => t.rhythm.stale,
    });
    let late = late.map(|Judged { status, rhythm }| {
        let lag = rhythm.lag.map(|lag| timespan::format(lag - lag.rem_euclid(TICKS_PER_SECOND))).unwrap_or_default();
        let last = status.last.map(datetime::format).unwrap_or_default();
        format!("stale: `{}` has its last event at {last}, {lag} ago", status.table)
    });
    let failed = tables.iter().filter_map(|t| Some((&t.status.table, t.status.last_pull_error.as_ref()?)));
    let failed = failed.map(|(table, why)| format!("stale: the last pull of `{table}` failed: {why}"));
    late.chain(absent.iter().map(|name| format!("stale: `{name}` has no rows"))).chain(failed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::datetime::{TICKS_PER_DAY, from_date};

    fn start() -> i64 {
        from_date(2026, 6, 1).unwrap()
    }

    fn table(name: &str, days: i64) -> TableStatus {
        let hours: std::collections::BTreeMap<i64, u64> =
            (0..days * 24).filter(|h| *h < 250 || *h >= 253).map(|h| (start() + h * HOUR, 100)).collect();
        TableStatus {
            table: name.to_owned(),
            rows: hours.values().sum(),
            files: 1,
            bytes: 1000,
            first: Some(start()),
            last: hours.keys().last().map(|h| h + HOUR - 1),
            imports: 1,
            hours,
            ..TableStatus::default()
        }
    }

    #[test]
    fn gaps_are_counted_and_listed_and_unknown_for_young_tables() {
        let judged = judge([table("Old", 14), table("Young", 1)], start() + 14 * TICKS_PER_DAY + 2 * HOUR);
        let rows: Vec<Vec<Value>> = listing(&judged).iter_rows().collect();
        assert_eq!((&rows[0][7], &rows[0][8]), (&Value::Bool(false), &Value::Long(1)));
        assert_eq!((&rows[1][7], &rows[1][8]), (&Value::Null, &Value::Null));
        let listed: Vec<Vec<Value>> = gaps(&judged).iter_rows().collect();
        let (from, to) = (start() + 250 * HOUR, start() + 253 * HOUR);
        let times = [from, to].map(Value::Datetime);
        assert_eq!(listed.len(), 1);
        assert_eq!((&listed[0][1..3], &listed[0][3..]), (&times[..], &[Value::Long(300), Value::Long(0)][..]));
    }

    #[test]
    fn columns_that_say_nothing_are_not_for_reading() {
        let judged = judge([table("Old", 14)], start() + 14 * TICKS_PER_DAY);
        let report = output::for_reading(listing(&judged), &OPTIONAL);
        let names: Vec<&str> = report.schema.names().collect();
        assert_eq!(names, ["Table", "Rows", "Files", "Bytes", "First", "Last", "Lag", "Gaps", "Imports"]);
    }

    #[test]
    fn stale_is_what_is_older_than_the_limit_or_than_usual() {
        let at = |lag: i64| judge([table("Old", 14)], start() + 14 * TICKS_PER_DAY + lag);
        assert_eq!(stale(&at(5 * HOUR), None, &[]), [""; 0], "files come once a day");
        assert_eq!(stale(&at(30 * HOUR), None, &[]).len(), 1);
        assert_eq!(stale(&at(5 * HOUR), Some(4 * HOUR), &[]).len(), 1);
        assert_eq!(stale(&at(30 * HOUR), Some(48 * HOUR), &[]), [""; 0]);
        assert_eq!(stale(&[], None, &["DeviceInfo".to_owned()]), ["stale: `DeviceInfo` has no rows"]);
        let mut pulled = table("Old", 14);
        pulled.last_pull = Some(start());
        assert_eq!(stale(&judge([pulled], start() + 14 * TICKS_PER_DAY + 5 * HOUR), None, &[]).len(), 1);
    }
}
