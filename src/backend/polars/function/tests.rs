//! Translations against the kernels that they stand for.

use super::{Unknown, lower};
use crate::backend::Backend;
use crate::backend::polars::PolarsBackend;
use crate::backend::polars::operand::Operand;
use crate::backend::polars::types::{Cells, batch_to_frame, column};
use crate::backend::polars::{aggregate, kernel};
use crate::catalog::{Env, MemoryCatalog};
use crate::diagnostic::Span;
use crate::library::{self, Function};
use crate::plan::{Aggregate, Expr, Plan, Relation, RelationKind};
use crate::value::{Batch, Field, Json, Schema, Type, Value};
use ::polars::prelude::{Engine, IntoLazy, LazyFrame};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use std::sync::Arc;

/// A value of a type, the odd ones often.
fn value(ty: Type) -> BoxedStrategy<Value> {
    let texts = || {
        prop_oneof![
            Just(String::new()),
            prop::sample::select(vec![
                "cmd",
                "CMD.exe",
                "net user",
                "NET",
                "dotnet",
                "ärger Ärger",
                "ﬀ K",
                "a_b",
                "x-enc"
            ])
            .prop_map(str::to_owned),
            "[aAbB .äÄ]{0,6}",
        ]
    };
    let some = match ty {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Int => prop_oneof![-3..4_i32, any::<i32>()].prop_map(Value::Int).boxed(),
        Type::Long => prop_oneof![-3..4_i64, any::<i64>()].prop_map(Value::Long).boxed(),
        Type::Real => {
            prop_oneof![(-3..4_i32).prop_map(f64::from), Just(f64::NAN), Just(-0.0), Just(f64::INFINITY), -1e9..1e9]
                .prop_map(Value::Real)
                .boxed()
        }
        Type::Datetime => prop_oneof![0..5_i64, 0..=crate::value::datetime::MAX].prop_map(Value::Datetime).boxed(),
        Type::Timespan => prop_oneof![-3..4_i64, any::<i64>()].prop_map(Value::Timespan).boxed(),
        Type::Guid => (0..3_u128).prop_map(Value::Guid).boxed(),
        Type::Decimal => (-30..30_i64).prop_map(|n| Value::Decimal(rust_decimal::Decimal::new(n, 1))).boxed(),
        Type::String => return texts().prop_map(Value::String).boxed(),
        Type::Dynamic => prop_oneof![
            texts().prop_map(|t| Value::Dynamic(Json::String(t))),
            prop::collection::vec(texts(), 0..4).prop_map(|t| Value::Dynamic(Json::from(t))),
            (-3..4_i64).prop_map(|n| Value::Dynamic(Json::from(vec![n, 1]))),
        ]
        .boxed(),
    };
    prop_oneof![1 => Just(Value::Null), 5 => some].boxed()
}

/// A value of which a few add up without an overflow: a debug build of polars stops at one, where others wrap.
fn summable(value: Value) -> Value {
    match value {
        Value::Long(n) => Value::Long(n >> 8),
        Value::Timespan(n) => Value::Timespan(n >> 8),
        other => other,
    }
}

/// How a native function is called: by the types of its operands and its result.
fn calls() -> Vec<(&'static str, Vec<Type>, Type)> {
    use Type::{Bool, Datetime, Dynamic, Guid, Int, Long, Real, String, Timespan};
    let mut calls = Vec::new();
    for name in ["==", "!=", "<", "<=", ">", ">="] {
        calls.extend([Bool, Int, Long, Real, Datetime, Timespan, Guid, String].map(|ty| (name, vec![ty, ty], Bool)));
    }
    for name in ["between", "!between"] {
        calls.extend([Long, Real, Datetime, String].map(|ty| (name, vec![ty, ty, ty], Bool)));
        calls.push((name, vec![Datetime, Datetime, Timespan], Bool));
    }
    for name in ["has", "contains", "startswith", "endswith", "hasprefix", "hassuffix"] {
        for form in ["", "_cs"] {
            for negated in ["", "!"] {
                let name: &'static str = Box::leak(format!("{negated}{name}{form}").into_boxed_str());
                calls.push((name, vec![String, String], Bool));
            }
        }
    }
    for name in ["=~", "!~"] {
        calls.push((name, vec![String, String], Bool));
    }
    for name in ["in", "!in"] {
        calls.extend([Long, Datetime, Guid, String, Real].map(|ty| (name, vec![ty, ty, ty], Bool)));
        calls.extend([Long, Datetime, String].map(|ty| (name, vec![ty, Dynamic], Bool)));
    }
    for name in ["in~", "!in~", "has_any", "has_all"] {
        calls.push((name, vec![String, Dynamic], Bool));
        calls.push((name, vec![String, String, String], Bool));
    }
    for name in ["+", "-", "*", "/", "%"] {
        calls.push((name, vec![Long, Long], Long));
        calls.push((name, vec![Int, Int], Long));
        calls.push((name, vec![Real, Real], Real));
    }
    for (name, left, right, ty) in [
        ("+", Datetime, Timespan, Datetime),
        ("+", Timespan, Datetime, Datetime),
        ("-", Datetime, Timespan, Datetime),
        ("-", Datetime, Datetime, Timespan),
        ("+", Timespan, Timespan, Timespan),
        ("-", Timespan, Timespan, Timespan),
        ("*", Timespan, Long, Timespan),
        ("/", Timespan, Long, Timespan),
        ("/", Timespan, Timespan, Real),
        ("%", Timespan, Timespan, Timespan),
    ] {
        calls.push((name, vec![left, right], ty));
    }
    calls.extend([Long, Real, Int].map(|ty| ("negate", vec![ty], ty)));
    calls.extend(["and", "or"].map(|name| (name, vec![Bool, Bool], Bool)));
    calls.push(("not", vec![Bool], Bool));
    calls.extend([Long, String, Dynamic, Guid].map(|ty| ("iff", vec![Bool, ty, ty], ty)));
    calls.extend([Long, String].map(|ty| ("case", vec![Bool, ty, Bool, ty, ty], ty)));
    calls.extend([Long, String, Real].map(|ty| ("coalesce", vec![ty, ty, ty], ty)));
    for name in ["isnull", "isnotnull", "isempty", "isnotempty"] {
        calls.extend([Long, String, Dynamic].map(|ty| (name, vec![ty], Bool)));
    }
    for from in [Bool, Int, Long, Real, Datetime, Timespan, String, Dynamic] {
        calls.extend(
            [("tolong", Long), ("toreal", Real), ("tostring", String)].map(|(name, to)| (name, vec![from], to)),
        );
    }
    calls.extend([(Datetime, Timespan), (Timespan, Timespan), (Long, Long)].map(|(ty, by)| ("bin", vec![ty, by], ty)));
    calls.extend([(Datetime, Timespan), (Long, Long)].map(|(ty, by)| ("bin_at", vec![ty, by, ty], ty)));
    calls.push(("startofday", vec![Datetime], Datetime));
    calls.extend(["tolower", "toupper"].map(|name| (name, vec![String], String)));
    calls.push(("strlen", vec![String], Long));
    calls.push(("parse_json", vec![String], Dynamic));
    calls.push(("strcat", vec![String, String, String], String));
    calls
}

fn run(frame: LazyFrame) -> ::polars::prelude::DataFrame {
    frame.collect_with_engine(Engine::Streaming).unwrap().unwrap_single()
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Real(x), Value::Real(y)) => x.is_nan() && y.is_nan() || (x - y).abs() <= 1e-9 * x.abs() || x == y,
        _ => a == b,
    }
}

/// Rows of operands as a frame with a column for each.
fn frame_of(types: &[Type], rows: &[Vec<Value>]) -> (Schema, LazyFrame) {
    let names = ["a", "b", "c", "d", "e"];
    let schema = Schema::of(names.iter().copied().zip(types.iter().copied()));
    let frame = batch_to_frame(&Batch::from_rows(&schema, rows.iter().cloned()), &schema).unwrap();
    (schema, frame.lazy())
}

fn check(
    function: &'static Function,
    types: &[Type],
    ty: Type,
    rows: &[Vec<Value>],
    constants: u32,
) -> Result<(), String> {
    let (schema, frame) = frame_of(types, rows);
    let is_constant = |at: usize| constants & (1 << at) != 0;
    let first = rows.first().cloned().unwrap_or_default();
    let operands: Vec<Operand> = schema
        .fields()
        .iter()
        .enumerate()
        .map(|(at, field)| match is_constant(at) {
            true => Operand::Constant(first[at].clone(), field.ty),
            false => Operand::Column(column(&field.name), field.ty),
        })
        .collect();
    let Some(translated) = lower(function, &operands, ty, Unknown::Kept) else { return Ok(()) };
    let by_kernel = kernel::call(function, &operands, ty, &column("a"));
    let result = run(frame.with_columns([translated.alias("translated"), by_kernel.alias("kernel")]));
    let cells = |name: &str| Cells::new(result.column(name).unwrap(), ty).unwrap();
    let (translated, by_kernel) = (cells("translated"), cells("kernel"));
    for (at, row) in rows.iter().enumerate() {
        let (got, expected) = (translated.value(at), by_kernel.value(at));
        if !same(&got, &expected) {
            let name = function.name;
            return Err(format!("{name} {row:?} constants {constants:b} of {first:?}: {got:?}, not {expected:?}"));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn functions_equal_their_kernels(seed in any::<u64>()) {
        let mut runner = proptest::test_runner::TestRunner::new_with_rng(
            ProptestConfig::default(),
            proptest::test_runner::TestRng::from_seed(
                proptest::test_runner::RngAlgorithm::ChaCha,
                &std::array::from_fn::<u8, 32, _>(|i| seed.to_le_bytes()[i % 8]),
            ),
        );
        let mut wrong = Vec::new();
        for (name, types, ty) in calls() {
            let function = library::scalar_function(name).unwrap_or_else(|| panic!("no {name}"));
            let row: Vec<BoxedStrategy<Value>> = types.iter().map(|ty| value(*ty)).collect();
            let rows = prop::collection::vec(row, 1..12).new_tree(&mut runner).unwrap().current();
            let all_but_first = (1_u32 << types.len()) - 2;
            for constants in [0, all_but_first, all_but_first & 2, 1] {
                if constants.count_ones() < types.len() as u32 {
                    wrong.extend(check(function, &types, ty, &rows, constants).err());
                }
            }
        }
        prop_assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn aggregations_equal_their_kernels(rows in prop::collection::vec((0..3_i64, any::<u64>()), 0..30), seed in any::<u64>()) {
        let mut runner = proptest::test_runner::TestRunner::new_with_rng(
            ProptestConfig::default(),
            proptest::test_runner::TestRng::from_seed(
                proptest::test_runner::RngAlgorithm::ChaCha,
                &std::array::from_fn::<u8, 32, _>(|i| seed.to_le_bytes()[i % 8]),
            ),
        );
        let mut wrong = Vec::new();
        for (name, types, ty) in aggregations() {
            let rows: Vec<Vec<Value>> = rows.iter().map(|(group, _)| {
                let mut row: Vec<Value> =
                    types.iter().map(|ty| summable(value(*ty).new_tree(&mut runner).unwrap().current())).collect();
                row.push(Value::Long(*group));
                row
            }).collect();
            wrong.extend(check_aggregation(name, &types, ty, &rows).err());
            wrong.extend(check_by_plan(name, &types, ty, &rows, vec![]).err());
        }
        for (name, types, ty) in lists() {
            let constants = if name.starts_with("percentile") { vec![Value::Long(50)] } else { vec![Value::Long(3)] };
            let rows: Vec<Vec<Value>> = rows.iter().map(|(group, _)| {
                let mut row: Vec<Value> =
                    types.iter().map(|ty| value(*ty).new_tree(&mut runner).unwrap().current()).collect();
                row.push(Value::Long(*group));
                row
            }).collect();
            wrong.extend(check_by_plan(name, &types, ty, &rows, constants).err());
        }
        prop_assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// Aggregations over lists of cells.
fn lists() -> Vec<(&'static str, Vec<Type>, Type)> {
    use Type::{Bool, Datetime, Dynamic, Int, Long, Real, String, Timespan};
    let mut all = vec![];
    for ty in [Int, Long, Datetime, Timespan, Real] {
        all.push(("percentile", vec![ty], if ty == Int { Long } else { ty }));
    }
    for ty in [Int, Long, Datetime, Timespan, Real, String, Bool] {
        all.extend(["make_list", "make_set"].map(|name| (name, vec![ty], Dynamic)));
        all.extend(["make_list_if", "make_set_if"].map(|name| (name, vec![ty, Bool], Dynamic)));
    }
    all
}

/// Runs an aggregation as a plan, with constants as its last arguments, and its kernel.
fn check_by_plan(
    name: &str,
    types: &[Type],
    ty: Type,
    rows: &[Vec<Value>],
    constants: Vec<Value>,
) -> Result<(), String> {
    let function = library::aggregate_function(name).unwrap();
    let names = ["a", "b", "c"];
    let schema = Schema::of(names.iter().copied().zip(types.iter().copied().chain([Type::Long])));
    let (group, arguments) = schema.fields().split_last().unwrap();
    let column = |f: &Field| Expr::column(f.name.clone(), f.ty, Span::default());
    let mut exprs: Vec<Expr> = arguments.iter().map(column).collect();
    exprs.extend(constants.iter().map(|v| Expr::literal(v.clone(), Type::Long, Span::default())));
    let more = if name.starts_with("arg_") { vec![("more".into(), types[1])] } else { vec![] };
    let mut result = vec![("g", Type::Long), ("result", ty)];
    result.extend(more.iter().map(|(_, ty)| ("more", *ty)));
    let aggregates =
        vec![Aggregate { name: "result".into(), function, arguments: exprs, more, ty, span: Span::default() }];
    let batch = Batch::from_rows(&schema, rows.iter().cloned());
    let input = Box::new(Relation::new(RelationKind::Values(Arc::new(batch)), schema.clone(), Span::default()));
    let keys = vec![("g".into(), column(group))];
    let kind = RelationKind::Summarize { input, keys, aggregates };
    let root = Relation::new(kind, Schema::of(result), Span::default());
    let plan = Plan { root, visualization: None, ordered: false };
    let got = PolarsBackend.execute(&plan, &Env::new(Arc::new(MemoryCatalog::default()), 0)).unwrap();
    for row in got.iter_rows() {
        let members: Vec<&Vec<Value>> = rows.iter().filter(|r| r[types.len()] == row[0]).collect();
        let mut lists: Vec<Vec<Value>> =
            (0..types.len()).map(|at| members.iter().map(|r| r[at].clone()).collect()).collect();
        lists.extend(constants.iter().map(|v| vec![v.clone(); members.len()]));
        let mut expected = crate::value::Column::empty(ty);
        expected.push((function.kernel)(&lists)[0].clone());
        let expected = expected.value(0);
        let rough = ty == Type::Real && lists[0].iter().any(|v| v.as_f64().is_some_and(|x| x.abs() > 1e8));
        if !(rough || same(&row[1], &expected)) {
            return Err(format!("{name} {lists:?}: {:?}, not {expected:?}", row[1]));
        }
    }
    Ok(())
}

fn aggregations() -> Vec<(&'static str, Vec<Type>, Type)> {
    use Type::{Bool, Datetime, Guid, Int, Long, Real, String, Timespan};
    let mut all =
        vec![("countif", vec![Bool], Long), ("arg_max", vec![Long, String], Long), ("arg_min", vec![Int, Real], Int)];
    for ty in [Int, Long, Real, Timespan] {
        all.push(("sum", vec![ty], if ty == Int { Long } else { ty }));
        all.push(("sumif", vec![ty, Bool], if ty == Int { Long } else { ty }));
    }
    for ty in [Int, Long, Real] {
        all.push(("avg", vec![ty], Real));
        all.push(("avgif", vec![ty, Bool], Real));
    }
    for ty in [Bool, Int, Long, Real, Datetime, Timespan, Guid, String] {
        all.extend(["min", "max", "take_any"].map(|name| (name, vec![ty], ty)));
        all.extend(["minif", "maxif", "take_anyif"].map(|name| (name, vec![ty, Bool], ty)));
        all.push(("dcount", vec![ty], Long));
        all.push(("dcountif", vec![ty, Bool], Long));
    }
    all.extend(["stdev", "variance"].map(|name| (name, vec![Real], Real)));
    all
}

fn check_aggregation(name: &str, types: &[Type], ty: Type, rows: &[Vec<Value>]) -> Result<(), String> {
    let function = library::aggregate_function(name).unwrap();
    let mut all = types.to_vec();
    all.push(Type::Long);
    let (schema, frame) = frame_of(&all, rows);
    let (group, arguments) = schema.fields().split_last().unwrap();
    let operands: Vec<Operand> = arguments.iter().map(|f| Operand::Column(column(&f.name), f.ty)).collect();
    let more = if name.starts_with("arg_") { vec![("more".into(), types[1])] } else { vec![] };
    let exprs = arguments.iter().map(|f| Expr::column(f.name.clone(), f.ty, Span::default())).collect();
    let plan = Aggregate { name: "result".into(), function, arguments: exprs, more, ty, span: Span::default() };
    let Some(native) = aggregate::native(&plan, &operands) else { return Ok(()) };
    let result = run(frame.group_by_stable([column(&group.name)]).agg(native));
    let read = |name: &str, ty: Type| Cells::new(result.column(name).unwrap(), ty).unwrap();
    let (groups, results) = (read(&group.name, Type::Long), read("result", ty));
    for at in 0..result.height() {
        let members = rows.iter().filter(|row| row[types.len()] == groups.value(at));
        let mut lists: Vec<Vec<Value>> = vec![vec![]; types.len()];
        for row in members {
            lists.iter_mut().zip(row).for_each(|(list, value)| list.push(value.clone()));
        }
        let mut expected = crate::value::Column::empty(ty);
        let all = (function.kernel)(&lists);
        expected.push(all[0].clone());
        let (got, expected) = (results.value(at), expected.value(0));
        // Sums depend on the order of the additions; those of huge numbers lose all digits.
        let rough = ty == Type::Real && lists[0].iter().any(|v| v.as_f64().is_some_and(|x| x.abs() > 1e8));
        if !(rough || same(&got, &expected)) {
            return Err(format!("{name} {lists:?}: {got:?}, not {expected:?}"));
        }
        if let Some(more) = all.get(1).filter(|_| lists[0].iter().any(|v| !v.is_null())) {
            let chosen = read("more", types[1]).value(at);
            let pairs = lists[0].iter().zip(&lists[1]);
            let valid = pairs.filter(|(by, _)| **by == all[0]).any(|(_, value)| same(value, &chosen));
            if !valid {
                return Err(format!("{name} {lists:?}: {chosen:?}, not {more:?}"));
            }
        }
    }
    Ok(())
}
