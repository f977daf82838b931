//! Plans built by hand, run end to end.

use super::PolarsBackend;
use crate::backend::Backend;
use crate::catalog::{DataFile, Env, FileLayout, MemoryCatalog, Table, TableSource};
use crate::diagnostic::Span;
use crate::library::{AggregateFunction, Function, ResultName};
use crate::plan::{Aggregate, Expr, ExprKind, JoinKind, Plan, Relation, RelationKind, ScanBounds, SharedId, SortKey};
use crate::value::datetime::{TICKS_PER_SECOND, UNIX_EPOCH};
use crate::value::{Batch, QueryResult, Schema, Type, Value};
use std::sync::Arc;

const S: fn() -> Span = Span::default;

fn long(n: i64) -> Value {
    Value::Long(n)
}

fn text(t: &str) -> Value {
    Value::String(t.to_owned())
}

fn column(name: &str, ty: Type) -> Expr {
    Expr::column(name, ty, S())
}

fn literal(value: Value, ty: Type) -> Expr {
    Expr::literal(value, ty, S())
}

fn table(pairs: &[(&'static str, Type)], rows: Vec<Vec<Value>>) -> Relation {
    let schema = Schema::of(pairs.iter().copied());
    let batch = Batch::from_rows(&schema, rows);
    Relation::new(RelationKind::Values(Arc::new(batch)), schema, S())
}

fn relation(kind: RelationKind, pairs: &[(&'static str, Type)]) -> Relation {
    Relation::new(kind, Schema::of(pairs.iter().copied()), S())
}

fn run(root: Relation) -> QueryResult {
    let env = Env::new(Arc::new(MemoryCatalog::default()), 0);
    let plan = Plan { root, visualization: None, ordered: true };
    PolarsBackend.explain(&plan, &env).unwrap();
    PolarsBackend.execute(&plan, &env).unwrap()
}

fn rows(root: Relation) -> Vec<Vec<Value>> {
    run(root).iter_rows().collect()
}

static DOUBLE: Function = Function::new("double", &[], |a| long(a[0].as_i64().unwrap() * 2), "");
static UPPER: Function = Function::new("upper", &[], |a| text(&a[0].as_str().unwrap().to_uppercase()), "");
static LARGE: Function = Function::new("large", &[], |a| Value::Bool(a[0].as_i64().unwrap() > 1), "");
static ALWAYS_SEVEN: Function = Function::new("seven", &[], |_| long(7), "").volatile();
static LAST: AggregateFunction =
    AggregateFunction::new("last", &[], ResultName::None, |a| vec![a[0].last().cloned().unwrap_or(Value::Null)], "");

fn call(function: &'static Function, arguments: Vec<Expr>, ty: Type) -> Expr {
    Expr { kind: ExprKind::Call { function, arguments }, ty, span: S() }
}

fn people() -> Relation {
    let row = |id: Value, name: &str, real: Value| vec![id, text(name), real];
    table(
        &[("Id", Type::Long), ("Name", Type::String), ("X", Type::Real)],
        vec![
            row(long(1), "a", Value::Real(f64::NAN)),
            row(Value::Null, "b", Value::Null),
            row(long(3), "a", Value::Real(-0.5)),
            row(long(2), "", Value::Real(2.0)),
        ],
    )
}

#[test]
fn kernels_run_over_columns_and_nulls_do_not_pass_a_filter() {
    let filtered = Relation {
        kind: RelationKind::Filter {
            predicate: call(&LARGE, vec![column("Id", Type::Long)], Type::Bool),
            input: Box::new(people()),
        },
        ..people()
    };
    let projected = relation(
        RelationKind::Project {
            input: Box::new(filtered),
            columns: vec![
                ("Twice".into(), call(&DOUBLE, vec![column("Id", Type::Long)], Type::Long)),
                ("Up".into(), call(&UPPER, vec![column("Name", Type::String)], Type::String)),
                ("Seven".into(), call(&ALWAYS_SEVEN, vec![], Type::Long)),
            ],
        },
        &[("Twice", Type::Long), ("Up", Type::String), ("Seven", Type::Long)],
    );
    assert_eq!(rows(projected), [[long(6), text("A"), long(7)], [long(4), text(""), long(7)]]);
}

#[test]
fn constants_keep_the_number_of_rows() {
    let one = relation(
        RelationKind::Project { input: Box::new(people()), columns: vec![("C".into(), literal(long(1), Type::Long))] },
        &[("C", Type::Long)],
    );
    assert_eq!(rows(one).len(), 4);
    let empty =
        Relation::new(RelationKind::Values(Arc::new(Batch { columns: vec![], rows: 1 })), Schema::default(), S());
    let print = relation(
        RelationKind::Project {
            input: Box::new(empty),
            columns: vec![("x".into(), literal(Value::Null, Type::String))],
        },
        &[("x", Type::String)],
    );
    assert_eq!(rows(print), [[text("")]]);
}

#[test]
fn sorts_put_nan_beside_the_nulls() {
    let sorted = |descending, nulls_first| {
        let keys = vec![SortKey { expr: column("X", Type::Real), descending, nulls_first }];
        let sorted = Relation { kind: RelationKind::Sort { input: Box::new(people()), keys }, ..people() };
        rows(sorted).into_iter().map(|mut r| format!("{:?}", r.remove(2))).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(sorted(true, false), "Real(2.0) Real(-0.5) Real(NaN) Null");
    assert_eq!(sorted(false, true), "Null Real(NaN) Real(-0.5) Real(2.0)");
}

#[test]
fn groups_by_kernel_keep_their_order() {
    let aggregate = Aggregate {
        name: "L".into(),
        function: &LAST,
        arguments: vec![column("Id", Type::Long)],
        more: vec![],
        ty: Type::Long,
        span: S(),
    };
    let by = |keys: Vec<(Arc<str>, Expr)>, pairs: &[(&'static str, Type)], input: Relation| {
        relation(RelationKind::Summarize { input: Box::new(input), keys, aggregates: vec![aggregate.clone()] }, pairs)
    };
    let key = ("Name".into(), column("Name", Type::String));
    let grouped = by(vec![key.clone()], &[("Name", Type::String), ("L", Type::Long)], people());
    let expected = [[text("a"), long(3)], [text("b"), Value::Null], [text(""), long(2)]];
    assert_eq!(rows(grouped), expected);
    let nobody = table(&[("Id", Type::Long), ("Name", Type::String)], vec![]);
    assert_eq!(rows(by(vec![], &[("L", Type::Long)], nobody.clone())), [[Value::Null]]);
    assert!(rows(by(vec![key], &[("Name", Type::String), ("L", Type::Long)], nobody)).is_empty());
}

#[test]
fn joins_match_nulls_and_fill_strings() {
    let other = || {
        table(
            &[("Id", Type::Long), ("Note", Type::String), ("N", Type::Long)],
            vec![
                vec![long(1), text("one"), long(10)],
                vec![Value::Null, text("none"), long(20)],
                vec![long(9), text("nine"), long(30)],
            ],
        )
    };
    let joined = |kind, pairs: &[(&'static str, Type)]| {
        let keys = vec![(column("Id", Type::Long), column("Id", Type::Long))];
        let right_columns = vec![("Id".into(), "Id1".into()), ("Note".into(), "Note".into()), ("N".into(), "N".into())];
        let (left, right) = (Box::new(people()), Box::new(other()));
        let root = relation(RelationKind::Join { left, right, kind, keys, right_columns }, pairs);
        rows(root).iter().map(|r| format!("{:?}/{:?}", r[0], r.last().unwrap())).collect::<Vec<_>>()
    };
    let all: &[(&'static str, Type)] = &[
        ("Id", Type::Long),
        ("Name", Type::String),
        ("X", Type::Real),
        ("Id1", Type::Long),
        ("N", Type::Long),
        ("Note", Type::String),
    ];
    assert_eq!(joined(JoinKind::Inner, all), [r#"Long(1)/String("one")"#, r#"Null/String("none")"#]);
    assert_eq!(
        joined(JoinKind::LeftOuter, all),
        [r#"Long(1)/String("one")"#, r#"Null/String("none")"#, r#"Long(3)/String("")"#, r#"Long(2)/String("")"#,]
    );
    assert_eq!(joined(JoinKind::RightOuter, all).len(), 3);
    assert_eq!(joined(JoinKind::FullOuter, all).len(), 5);
    let left: &[(&'static str, Type)] = &[("Id", Type::Long), ("Name", Type::String)];
    assert_eq!(joined(JoinKind::LeftSemi, left), [r#"Long(1)/String("a")"#, r#"Null/String("b")"#]);
    assert_eq!(joined(JoinKind::LeftAnti, left).len(), 2);
    let right: &[(&'static str, Type)] = &[("Id1", Type::Long), ("Note", Type::String)];
    assert_eq!(joined(JoinKind::RightAnti, right), [r#"Long(9)/String("nine")"#]);
}

#[test]
fn tables_in_expressions_and_shared_ones() {
    let ids = || Relation { kind: RelationKind::Shared { id: SharedId(1), input: Box::new(people()) }, ..people() };
    let inside = Expr {
        kind: ExprKind::InTable {
            value: Box::new(column("Id", Type::Long)),
            table: Box::new(ids()),
            case_sensitive: true,
            negated: true,
        },
        ty: Type::Bool,
        span: S(),
    };
    let range = relation(
        RelationKind::Range {
            from: literal(long(0), Type::Long),
            to: Expr { kind: ExprKind::Scalar(Box::new(ids())), ty: Type::Long, span: S() },
            step: literal(long(1), Type::Long),
        },
        &[("Id", Type::Long)],
    );
    let filtered = relation(RelationKind::Filter { input: Box::new(range), predicate: inside }, &[("Id", Type::Long)]);
    assert_eq!(rows(filtered), [[long(0)]]);
}

#[test]
fn foreign_files_are_adapted_and_pruned() {
    use ::polars::prelude::{Column, DataFrame, DataType, ParquetWriter, TimeUnit};
    let folder = tempfile::tempdir().unwrap();
    let start = 1_700_000_000_000_000_i64;
    let write = |name: &str, from: i64, unit: TimeUnit| {
        let path = folder.path().join(name);
        let times: Vec<i64> = (0..10)
            .map(|n| (start + (from + n) * 1_000_000) * if unit == TimeUnit::Nanoseconds { 1000 } else { 1 })
            .collect();
        let time = Column::new("Timestamp".into(), times).cast(&DataType::Datetime(unit, None)).unwrap();
        let small = Column::new("Small".into(), (0..10).map(|n| n as i16).collect::<Vec<i16>>());
        let note = Column::new("Note".into(), (0..10).map(|n| (n % 2 == 0).then_some("x")).collect::<Vec<_>>());
        let mut frame = DataFrame::new(10, vec![time, small, note]).unwrap();
        ParquetWriter::new(std::fs::File::create(&path).unwrap()).finish(&mut frame).unwrap();
        path
    };
    let paths = [write("a.parquet", 0, TimeUnit::Microseconds), write("b.parquet", 100, TimeUnit::Nanoseconds)];
    let schema = super::scan_foreign_schema(&paths[0]).unwrap();
    assert_eq!(schema.field("Timestamp").unwrap().ty, Type::Datetime);
    assert_eq!(schema.field("Small").unwrap().ty, Type::Int);
    let schema = Schema::of([
        ("Timestamp", Type::Datetime),
        ("Small", Type::Int),
        ("Note", Type::String),
        ("Absent", Type::String),
    ]);
    let files = paths.iter().map(|path| DataFile { path: path.clone(), ..DataFile::default() }).collect();
    let source = TableSource::Files { files, layout: FileLayout::Foreign, renamed: Arc::default() };
    let table =
        Arc::new(Table { name: "T".into(), schema: schema.clone(), time_column: Some("Timestamp".into()), source });
    let ticks = |second: i64| UNIX_EPOCH + (start / 1_000_000 + second) * TICKS_PER_SECOND;
    let scan = |bounds| Relation::new(RelationKind::Scan { table: table.clone(), bounds }, schema.clone(), S());
    let all = rows(scan(ScanBounds::default()));
    assert_eq!(all.len(), 20);
    assert_eq!(all[11], [Value::Datetime(ticks(101)), Value::Int(1), text(""), text("")]);
    assert_eq!(rows(scan(ScanBounds { from: Some(ticks(102)), to: Some(ticks(105)) })).len(), 4);
    let counted =
        relation(RelationKind::Project { input: Box::new(scan(ScanBounds::default())), columns: vec![] }, &[]);
    assert_eq!(run(counted).rows(), 20);
}

/// Two files of the mirror, a day each, with ten rows: `Timestamp` with ticks, `N` counting down, and texts to make it wide.
fn mirror_table(folder: &std::path::Path) -> Arc<Table> {
    use ::polars::prelude::{Column, DataFrame, DataType, ParquetWriter, TimeUnit, TimeZone};
    let names = ["A", "B", "C", "D", "E", "F"];
    let mut fields = vec![("Timestamp", Type::Datetime), ("N", Type::Long)];
    fields.extend(names.map(|name| (name, Type::String)));
    let files = (0..2_i64).map(|day| {
        let path = folder.join(format!("{day}.parquet"));
        let micros: Vec<i64> = (0..10).map(|row| day * 86_400_000_000 + row).collect();
        let dtype = DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC));
        let numbers: Vec<Option<i64>> = (0..10).map(|row| (row != 3).then_some(100 - day * 10 - row)).collect();
        let mut columns = vec![
            Column::new("Timestamp".into(), micros).cast(&dtype).unwrap(),
            Column::new("Timestamp__tick".into(), vec![7_i8; 10]),
            Column::new("N".into(), numbers),
        ];
        columns.extend(names.map(|name| Column::new(name.into(), vec!["x"; 10])));
        let mut frame = DataFrame::new(10, columns).unwrap();
        ParquetWriter::new(std::fs::File::create(&path).unwrap()).finish(&mut frame).unwrap();
        let first = UNIX_EPOCH + day * 86_400 * TICKS_PER_SECOND + 7;
        DataFile { path, rows: Some(10), time_range: Some((first, first + 90)), ..DataFile::default() }
    });
    let source = TableSource::Files { files: files.collect(), layout: FileLayout::Mirror, renamed: Arc::default() };
    Arc::new(Table { name: "T".into(), schema: Schema::of(fields), time_column: Some("Timestamp".into()), source })
}

fn scan_of(table: &Arc<Table>) -> Relation {
    let kind = RelationKind::Scan { table: table.clone(), bounds: ScanBounds::default() };
    Relation::new(kind, table.schema.clone(), S())
}

#[test]
fn conditions_on_time_are_exact_to_the_tick() {
    let folder = tempfile::tempdir().unwrap();
    let table = mirror_table(folder.path());
    let later = crate::library::scalar_function(">").unwrap();
    let after = |ticks: i64| {
        let predicate = call(
            later,
            vec![column("Timestamp", Type::Datetime), literal(Value::Datetime(UNIX_EPOCH + ticks), Type::Datetime)],
            Type::Bool,
        );
        let kind = RelationKind::Filter { input: Box::new(scan_of(&table)), predicate };
        Relation { kind, ..scan_of(&table) }
    };
    for (ticks, expected) in [(-1, 20), (6, 20), (7, 19), (16, 19), (17, 18), (97, 10), (i64::MAX / 1000, 0)] {
        assert_eq!(rows(after(ticks)).len(), expected, "{ticks}");
    }
    let env = Env::new(Arc::new(MemoryCatalog::default()), 0);
    let explain = |root| PolarsBackend.explain(&Plan { root, visualization: None, ordered: false }, &env).unwrap();
    assert!(explain(after(7)).contains("FILTER"));
    assert!(!explain(after(6)).contains("FILTER"), "the manifest answers it");
}

#[test]
fn the_top_of_files_is_that_of_a_full_sort() {
    let folder = tempfile::tempdir().unwrap();
    let table = mirror_table(folder.path());
    let sorted = |descending, nulls_first| {
        let keys = vec![SortKey { expr: column("N", Type::Long), descending, nulls_first }];
        Relation { kind: RelationKind::Sort { input: Box::new(scan_of(&table)), keys }, ..scan_of(&table) }
    };
    let take = |input: Relation, count: i64| {
        let kind = RelationKind::Take { input: Box::new(input.clone()), count: literal(long(count), Type::Long) };
        Relation { kind, ..input }
    };
    for (descending, nulls_first) in [(true, false), (true, true), (false, true), (false, false)] {
        let all = rows(sorted(descending, nulls_first));
        for count in [0, 1, 3, 17, 18, 19, 20, 50] {
            let top = rows(take(sorted(descending, nulls_first), count));
            assert_eq!(top, all[..(count as usize).min(20)], "{descending} {nulls_first} {count}");
        }
    }
    assert_eq!(rows(take(scan_of(&table), 5)).len(), 5);
    assert_eq!(rows(take(scan_of(&table), 15)).len(), 15);
}

#[test]
fn elements_become_rows_and_empty_arrays_none() {
    let json = |text: &str| Value::Dynamic(serde_json::from_str(text).unwrap());
    let input = table(
        &[("Id", Type::Long), ("D", Type::Dynamic)],
        vec![
            vec![long(1), json(r#"[1, "2", null]"#)],
            vec![long(2), json("[]")],
            vec![long(3), Value::Null],
            vec![long(4), json(r#"{"a": 1, "b": [2]}"#)],
            vec![long(5), json("7")],
        ],
    );
    let expand = |ty: Type| {
        let kind = RelationKind::MvExpand {
            input: Box::new(input.clone()),
            columns: vec![crate::plan::MvColumn { name: "E".into(), value: column("D", Type::Dynamic), ty }],
            item_index: Some("I".into()),
            bag_as_array: false,
            limit: Some(2),
        };
        rows(relation(kind, &[("Id", Type::Long), ("E", ty), ("I", Type::Long)]))
    };
    let expected = [
        [long(1), json("1"), long(0)],
        [long(1), json(r#""2""#), long(1)],
        [long(3), Value::Null, long(0)],
        [long(4), json(r#"{"a":1}"#), long(0)],
        [long(4), json(r#"{"b":[2]}"#), long(1)],
        [long(5), json("7"), long(0)],
    ];
    assert_eq!(expand(Type::Dynamic), expected);
    let longs: Vec<Value> = expand(Type::Long).into_iter().map(|mut row| row.remove(1)).collect();
    assert_eq!(longs, [long(1), long(2), Value::Null, Value::Null, Value::Null, long(7)]);
}
