//! What the binder decides, by text.

use super::bind;
use crate::catalog::{Env, MemoryCatalog};
use crate::diagnostic::{Code, Diagnostics, Source, SourceId};
use crate::plan::{self, Plan};
use crate::syntax;
use crate::value::{Batch, Schema, Type};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn env() -> Env {
    let mut catalog = MemoryCatalog::default();
    let schema = Schema::of([
        ("Timestamp", Type::Datetime),
        ("Host", Type::String),
        ("Port", Type::Int),
        ("Size", Type::Long),
        ("Extra", Type::Dynamic),
    ]);
    let batch = Batch::empty(&schema);
    catalog.insert_batch("Traffic", schema, batch);
    Env::new(Arc::new(catalog), 638_000_000_000_000_000)
}

fn plans(text: &str) -> Result<(Vec<Plan>, Diagnostics), Diagnostics> {
    let source = Source::new(SourceId(0), "test", text);
    bind(&syntax::parse(&source)?, &env(), None)
}

/// The columns of the last result, as `name:type`.
fn schema(text: &str) -> String {
    let (plans, _) = plans(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    let fields = plans.last().unwrap().root.schema.fields().to_vec();
    fields.iter().map(|f| format!("{}:{}", f.name, f.ty)).collect::<Vec<_>>().join(" ")
}

fn codes(text: &str) -> Vec<Code> {
    plans(text).expect_err(text).0.iter().map(|d| d.code).collect()
}

fn explained(text: &str) -> String {
    let (plans, _) = plans(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    plan::explain(&plan::optimize(plans.last().unwrap().clone(), &env()).root)
}

#[test]
fn columns_get_the_names_that_kusto_gives() {
    assert_eq!(schema("print 1, x = 'a', 2.5"), "print_0:long x:string print_2:real");
    assert_eq!(
        schema("Traffic | project Extra.a.b, Extra['c'], Size + 1"),
        "Extra_a_b:dynamic Extra_c:dynamic Column1:long"
    );
    assert_eq!(
        schema("Traffic | summarize count(), sum(Size), arg_max(Timestamp, Host), max(Size) - min(Size) by Port"),
        "Port:int count_:long sum_Size:long Timestamp:datetime Host:string Column1:long"
    );
    assert_eq!(
        schema("Traffic | summarize percentiles(Size, 5, 99.9)"),
        "percentile_Size_5:long percentile_Size_99_9:long"
    );
    assert_eq!(
        schema("Traffic | project Host, Size | join kind=inner (Traffic | project Host, Host1 = Port) on Host"),
        "Host:string Size:long Host2:string Host1:int"
    );
    assert_eq!(schema("Traffic | project x = Size | union (print x = 'a')"), "x_long:long x_string:string");
    assert_eq!(schema("Traffic | extend Size = 1.5 | project-away Extra, T*"), "Host:string Port:int Size:real");
}

#[test]
fn types_convert_where_kusto_converts_them() {
    assert_eq!(schema("print a = int(1) + int(2), b = 1 + 2.5, c = 1d / 1h"), "a:long b:real c:real");
    assert!(plans("Traffic | where Port == '443' and Extra.n > 3 and Extra has 'x'").is_ok());
    assert!(explained("Traffic | where Host == 3").contains("==(Host, \"3\")"));
    assert_eq!(codes("Traffic | where Host > 3"), [Code::NotComparable]);
    assert_eq!(codes("Traffic | where Extra.a == Extra.b"), [Code::NotComparable]);
    assert_eq!(codes("Traffic | where Size"), [Code::WrongType]);
    assert_eq!(codes("print 'a' + 'b'"), [Code::WrongType]);
}

#[test]
fn each_fault_is_told_once_and_later_ones_too() {
    let text = "Traffic | extend a = Hots | where a > 1 and Prot == 2 | summarize count() by a";
    let found = plans(text).expect_err("two columns are unknown");
    let told: Vec<(Code, Option<&str>)> = found.0.iter().map(|d| (d.code, d.help.as_deref())).collect();
    let expected = |name| (Code::UnknownColumn, Some(name));
    assert_eq!(told, [expected("did you mean `Host`?"), expected("did you mean `Port`?")]);
    assert_eq!(codes("Trafic | where x == y | project z"), [Code::UnknownTable]);
    assert_eq!(codes("let f = (n:long) { n + nothing }; print f(1), f(2)"), [Code::UnknownName]);
}

#[test]
fn functions_see_where_they_were_declared() {
    let text = "let limit = 7; let f = (t:(*), limit:long = 5, Port:long = 9) { t | where Size > Port and Size > limit }; Traffic | invoke f() | count";
    assert!(explained(text).contains("filter and(>(Size, tolong(Port)), >(Size, 5))"), "{}", explained(text));
    assert_eq!(codes("let f = (x:long) { f(x) }; print f(1)"), [Code::Recursion]);
    assert_eq!(
        codes("let f = (p:int) { toscalar(Traffic | where Port == p | count) }; Traffic | extend n = f(Port)"),
        [Code::NotConstant]
    );
    assert_eq!(codes("let x = 1;"), [Code::NoResult]);
}

#[test]
fn joins_spell_out_their_kind() {
    let text = explained("Traffic | join (Traffic | where Port == 22) on Host | project Host, Port1");
    assert!(text.contains("join Inner on Host == Host right [Port1 = Port]"), "{text}");
    assert!(text.contains("distinct on Host"), "{text}");
    assert_eq!(codes("Traffic | join Traffic on Nowhere"), [Code::JoinKeyMissing, Code::JoinKeyMissing]);
    assert_eq!(codes("Traffic | join Traffic on $left.Host == $right.Port"), [Code::NotComparable]);
}

#[test]
fn scans_learn_what_is_read_and_when() {
    let text =
        "Traffic | where Timestamp between (datetime(2024-01-01) .. 1d) | extend h = Host | summarize count() by Port";
    let plan = explained(text);
    let scan = plan.lines().last().unwrap_or_default();
    assert_eq!(
        scan.trim(),
        "scan Traffic [Timestamp, Port] time 2024-01-01T00:00:00.0000000Z to 2024-01-02T00:00:00.0000000Z"
    );
    assert!(explained("Traffic | count").contains("scan Traffic [Timestamp]"), "a scan keeps one column");
    let twice = plans(text).unwrap().0.pop().map(|p| plan::optimize(plan::optimize(p, &env()), &env())).unwrap();
    assert_eq!(plan::explain(&twice.root), plan);
}

#[test]
fn window_functions_need_order() {
    assert_eq!(codes("Traffic | extend n = row_number()"), [Code::WindowNeedsOrder]);
    assert_eq!(schema("Traffic | sort by Size | extend n = row_number(1, Host != prev(Host)) | project n"), "n:long");
    assert_eq!(schema("Traffic | sort by Size | where Size > prev(Size) | project Size"), "Size:long");
}

#[test]
fn partitions_stay_apart() {
    let applied =
        "Traffic | mv-apply e = Extra to typeof(long) on (top 1 by e | summarize t = sum(e)) | project Host, t";
    assert_eq!(schema(applied), "Host:string t:long");
    assert!(explained(applied).contains("by $row0"), "{}", explained(applied));
    assert_eq!(schema("Traffic | partition by Host (summarize n = count() by Port)"), "Port:int n:long");
}

#[test]
fn long_lists_and_deep_chains_bind_quickly() {
    let items: Vec<String> = (0..20_000).map(|n| format!("'host{n}'")).collect();
    let terms: Vec<String> = (0..2_000).map(|n| format!("Port == {n}")).collect();
    let text = format!("Traffic | where Host in ({}) | where {}", items.join(","), terms.join(" or "));
    let source = Source::new(SourceId(0), "test", text);
    let query = syntax::parse(&source).unwrap();
    let start = Instant::now();
    assert!(bind(&query, &env(), None).is_ok());
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn what_is_not_built_is_named() {
    assert_eq!(codes("Traffic | evaluate sql_request('a', 'b')"), [Code::NeverSupported]);
    assert_eq!(codes("Traffic | evaluate autoclusters()"), [Code::UnknownFunction]);
    for (text, code) in [
        ("print parse_user_agent('x', 'device')", Code::NotBuiltYet),
        ("print hash_many(1, 2)", Code::NotBuiltYet),
        ("print ai_embed_text('x', 'y')", Code::NeverSupported),
        ("print cursor_current()", Code::NeverSupported),
        ("stored_query_result('x')", Code::NeverSupported),
        ("print node_degree_in(1)", Code::WrongValue),
        ("print geo_distance_2point(1, 2, 3, 4)", Code::UnknownFunction),
        ("print _Im_Alert()", Code::NotBuiltYet),
        ("let f = (a: long) { a }; print f(1, a = 2)", Code::UnknownArgument),
        ("macro-expand kind=both entity_group [database('x')] as X (Traffic)", Code::WrongValue),
    ] {
        assert_eq!(codes(text), [code], "{text}");
    }
    assert_eq!(codes("cluster('far').database('x').Elsewhere | take 1"), [Code::NeverSupported]);
    let (_, warnings) = plans("cluster('far').database('x').Traffic | take 1").unwrap();
    assert_eq!(warnings.0.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::IgnoredHint]);
}

#[test]
fn a_pattern_has_only_so_many_edges() {
    let with = |edges: usize| {
        let pattern: String = (0..edges).map(|n| format!("(n{n})-[e{n}]->")).collect();
        format!("Traffic | make-graph Host --> Host | graph-match {pattern}(z) project e0.Port")
    };
    assert_eq!(schema(&with(200)), "e0_Port:int");
    assert_eq!(codes(&with(201)), [Code::TooDeep]);
}

#[test]
fn a_call_with_several_results_becomes_several_columns() {
    let all = "series_fft_Extra_real:dynamic series_fft_Extra_imag:dynamic";
    assert_eq!(schema("Traffic | project series_fft(Extra)"), all);
    assert_eq!(schema("Traffic | project (a) = series_fft(Extra)"), "a:dynamic series_fft_Extra_imag:dynamic");
    assert_eq!(schema("Traffic | project Port | extend a = series_stats(dynamic([1]))"), "Port:int a:real");
    assert_eq!(schema("print (a, b) = series_stats(dynamic([1]))"), "a:real b:long");
    assert_eq!(
        schema("Traffic | summarize series_fft(make_list(Size)) by Port"),
        "Port:int series_fft_list_Size_real:dynamic series_fft_list_Size_imag:dynamic"
    );
    assert_eq!(schema("let series_fft = (n: long) { n + 1 }; print series_fft(1)"), "print_0:long");
    assert_eq!(codes("print 1 + series_stats(dynamic([1]))"), [Code::NotScalar]);
    assert_eq!(codes("print (a, b, c) = series_fft(dynamic([1]))"), [Code::WrongArgumentCount]);
    assert_eq!(codes("print (a, b) = 1"), [Code::WrongArgumentCount]);
}

#[test]
fn what_a_query_sets_and_asserts_is_known_before_it_runs() {
    assert_eq!(explained("set query_bin_auto_size = 5; print bin_auto(12)"), explained("print 10"));
    assert_eq!(
        schema("set query_bin_auto_size = 1h; Traffic | summarize by bin_auto(Timestamp)"),
        "Timestamp:datetime"
    );
    assert_eq!(codes("print bin_auto(12)"), [Code::WrongValue]);
    assert_eq!(explained("print assert(1 < 2, 'no')"), explained("print true"));
    assert_eq!(codes("print assert(1 > 2, 'no')"), [Code::WrongValue]);
    assert_eq!(codes("Traffic | where assert(Port > 2, 'no')"), [Code::UnknownName]);
}

#[test]
fn the_least_long_needs_its_own_literal() {
    assert_eq!(codes("print -9223372036854775808"), [Code::BadLiteral]);
    assert_eq!(schema("print long(-9223372036854775808)"), "print_0:long");
    assert_eq!(schema("datatable(n: long) [-9223372036854775808]"), "n:long");
}

#[test]
fn externaldata_says_what_is_read_and_shows_no_secret() {
    let text = "let base = 'https://a.example/';
        externaldata(ip:string, n:long)[strcat(base, 'x.txt'), h@'https://a.example/y.csv.gz?sv=1&sig=s3cret;k3y']
        with (ignoreFirstRecord=true) | where n > 1 | project n";
    let plan = explained(text);
    let external = "external [https://a.example/x.txt as txt, https://a.example/y.csv.gz as csv] without the first record \
                    (ip, n)";
    assert!(plan.contains(external), "{plan}");
    assert_eq!(schema("externaldata(a:string, b:dynamic) ['x.json'] with (format=multijson)"), "a:string b:dynamic");
    let (plans, _) = plans(text).unwrap();
    let debug = format!("{plans:?}");
    assert!(!debug.contains("s3cret") && !debug.contains("k3y"), "{debug}");
}

#[test]
fn externaldata_refuses_what_it_does_not_know() {
    let with = |properties: &str| codes(&format!("externaldata(a:string) ['x.csv'] with ({properties})"));
    assert_eq!(with("format='avro'"), [Code::NotBuiltYet]);
    assert_eq!(with("format='cvs'"), [Code::UnknownFormat]);
    assert_eq!(with("ignoreFirstRecord=maybe"), [Code::WrongValue]);
    assert_eq!(with("ignoreFirst=true"), [Code::BadParameter]);
    let mapped = |format: &str, property: &str| {
        with(&format!(r#"format='{format}', ingestionMapping='[{{"Column":"a","Properties":{{{property}}}}}]'"#))
    };
    assert_eq!(mapped("csv", r#""Path":"$.a""#), [Code::WrongValue]);
    assert_eq!(mapped("json", r#""Ordinal":"1""#), [Code::WrongValue]);
    assert_eq!(mapped("json", r#""Path":"$.a[""#), [Code::WrongValue]);
    assert_eq!(mapped("json", r#""Path":"$.a", "Transform":"SourceLocation""#), [Code::WrongValue]);
    assert_eq!(codes("externaldata(a:string, a:long) ['x.orc']"), [Code::DuplicateColumn, Code::NotBuiltYet]);
    assert_eq!(codes("externaldata(a:string) [strcat('x', toscalar(Traffic | count))]"), [Code::NotConstant]);
    assert!(
        plans(r#"externaldata(a:string) ['x'] with (format='txt', ingestionMapping='[{"column":"a","ordinal":0}]')"#)
            .is_ok()
    );
}

#[test]
fn a_call_is_computed_once_for_all_of_its_results() {
    for text in ["Traffic | extend series_stats(Extra)", "Traffic | project (a, b, c) = series_stats(Extra), Port"] {
        assert_eq!(explained(text).matches("series_stats(").count(), 1, "{}", explained(text));
    }
    assert_eq!(
        schema("Traffic | project Port, Extra | extend (a, b) = series_stats(Extra)"),
        "Port:int Extra:dynamic a:real b:long"
    );
}

#[test]
fn several_results_end_their_statement() {
    for (text, count) in
        [("fork (count) (take 1)", 2), ("facet by Host, Port with (take 1)", 3), ("evaluate preview(1)", 2)]
    {
        assert_eq!(plans(&format!("Traffic | {text}")).unwrap().0.len(), count, "{text}");
        assert_eq!(codes(&format!("Traffic | {text} | count")), [Code::NotTabular], "{text}");
        assert_eq!(codes(&format!("let T = Traffic | {text}; T")), [Code::NotTabular], "{text}");
    }
}

#[test]
fn plugins_tell_their_arguments_apart() {
    let counts =
        "evaluate activity_counts_metrics(Host, Timestamp, datetime(2024-01-01), datetime(2024-02-01), 1d, Port)";
    let columns = "Timestamp:datetime Port:int count:long dcount:long new_dcount:long aggregated_dcount:long";
    assert_eq!(schema(&format!("Traffic | {counts}")), columns);
    let basket = "Traffic | project Host, Size | evaluate basket('~', Size)";
    assert_eq!(schema(basket), "SegmentId:long Count:long Percent:real Host:string");
    assert_eq!(codes("Traffic | evaluate basket(7)"), [Code::WrongValue]);
    assert_eq!(codes("Traffic | evaluate session_count(Host, Host, 1, 2, 3, 4)"), [Code::WrongType]);
    assert_eq!(codes("Traffic | evaluate session_count(Host)"), [Code::WrongArgumentCount]);
}

#[test]
fn operators_over_whole_tables_name_their_columns() {
    let nested = "Traffic | top-nested 2 of Host with others='x' by sum(Size), top-nested of p = Port by n = count()";
    assert_eq!(schema(nested), "Host:string aggregated_Host:long p:int n:long");
    let pairs = "Traffic | project Host | parse-kv Host as (a:long) with (pair_delimiter=' '";
    assert_eq!(schema(&format!("{pairs}, kv_delimiter='=')")), "Host:string a:long");
    assert_eq!(codes(&format!("{pairs})")), [Code::BadParameter]);
    assert_eq!(schema("Traffic | sort by Size | partition by Host (project p = prev(Size))"), "p:long");
    assert_eq!(schema("find in (Traffic) where Port == 1"), schema("find in (Traffic) where Size == 1"));
}
