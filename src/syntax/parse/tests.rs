//! What the parser makes of texts, right and wrong.

use super::parse;
use crate::diagnostic::{Code, Source, SourceId};
use crate::syntax::ast::*;
use crate::value::{Json, Type, Value};
use std::time::{Duration, Instant};

fn source(text: &str) -> Source {
    Source::new(SourceId(0), "q", text)
}

fn query(text: &str) -> Query {
    parse(&source(text)).unwrap_or_else(|found| panic!("{text}\n{found}"))
}

/// The faults of a text: code, and the text that each points at.
fn faults(text: &str) -> Vec<(Code, String)> {
    let source = source(text);
    let found = parse(&source).expect_err(text);
    found.0.iter().map(|d| (d.code, d.span.map_or(String::new(), |span| source.slice(span).to_owned()))).collect()
}

fn fault(code: Code, at: &str) -> (Code, String) {
    (code, at.to_owned())
}

/// The first expression of `print expr`.
fn printed(expr: &str) -> Expr {
    let query = query(&format!("print {expr}"));
    let Some(Statement::Expression(Expr { kind: ExprKind::Pipeline(pipeline), .. })) =
        query.statements.into_iter().next()
    else {
        panic!("{expr} is no print");
    };
    match pipeline.source {
        Source_::Operator(Operator { kind: OperatorKind::Print { mut columns }, .. }) => columns.remove(0),
        _ => panic!("{expr} is no print"),
    }
}

use crate::syntax::ast::Source as Source_;

fn literal(expr: &str) -> (Value, LiteralKind) {
    match printed(expr).kind {
        ExprKind::Literal(literal) => (literal.value, literal.kind),
        other => panic!("{expr}: {other:?}"),
    }
}

/// An expression with every operator in parentheses.
fn shape(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Binary { op, left, right, .. } => format!("({} {op:?} {})", shape(left), shape(right)),
        ExprKind::Between { value, low, high, .. } => {
            format!("({} Between {} {})", shape(value), shape(low), shape(high))
        }
        ExprKind::List { op, value, items, .. } => {
            format!("({} {op:?} {})", shape(value), items.iter().map(shape).collect::<Vec<_>>().join(","))
        }
        ExprKind::Unary { negative, operand } => format!("({} {})", if *negative { "-" } else { "+" }, shape(operand)),
        ExprKind::Member { base, member } => format!("{}.{}", shape(base), shape(member)),
        ExprKind::Index { base, index } => format!("{}[{}]", shape(base), shape(index)),
        ExprKind::Name(name) => name.text.to_string(),
        ExprKind::Literal(literal) => literal.text.to_string(),
        ExprKind::Parenthesized(inner) => shape(inner),
        other => format!("{other:?}"),
    }
}

#[test]
fn precedence_is_kustos() {
    for (text, expected) in [
        ("a or b and c", "(a Or (b And c))"),
        ("a == b + c * d", "(a Equal (b Add (c Multiply d)))"),
        ("a > b == c", "((a Greater b) Equal c)"),
        ("a == b > c", "(a Equal (b Greater c))"),
        ("a - b - c", "((a Subtract b) Subtract c)"),
        ("-a.b[0]", "(- a.b[0])"),
        ("- 1", "(- 1)"),
        ("a -1", "(a Subtract 1)"),
        // The string operators bind tighter than arithmetic.
        ("a + b =~ c", "(a Add (b EqualTilde c))"),
        (
            "a in (1, 2) and b between (1 .. 3)",
            "((a In { case_sensitive: true, negated: false } 1,2) And (b Between 1 3))",
        ),
    ] {
        assert_eq!(shape(&printed(text)), expected, "{text}");
    }
    assert_eq!(faults("print a == b == c"), [fault(Code::UnexpectedToken, "==")]);
}

#[test]
fn literals_have_their_values() {
    let day = 864_000_000_000_i64;
    for (text, value, kind) in [
        ("0x1F", Value::Long(31), LiteralKind::Number),
        ("-9223372036854775808", Value::Long(i64::MIN), LiteralKind::Number),
        ("1.", Value::Real(1.0), LiteralKind::Real),
        ("-1.5e3", Value::Real(-1500.0), LiteralKind::Real),
        ("1.5h", Value::Timespan(day / 16), LiteralKind::Timespan),
        ("-2days", Value::Timespan(-2 * day), LiteralKind::Timespan),
        ("timespan(1.02:03:04.5)", Value::Timespan(day + 73_845_000_000), LiteralKind::Typed(Type::Timespan)),
        ("time(1d)", Value::Timespan(day), LiteralKind::Typed(Type::Timespan)),
        ("int(-7)", Value::Int(-7), LiteralKind::Typed(Type::Int)),
        ("long(null)", Value::Null, LiteralKind::Typed(Type::Long)),
        ("real(-inf)", Value::Real(f64::NEG_INFINITY), LiteralKind::Typed(Type::Real)),
        ("bool(1)", Value::Bool(true), LiteralKind::Typed(Type::Bool)),
        ("False", Value::Bool(false), LiteralKind::Bool),
        ("datetime(0001-01-02)", Value::Datetime(day), LiteralKind::Typed(Type::Datetime)),
        ("date(\"0001-01-02\")", Value::Datetime(day), LiteralKind::Typed(Type::Datetime)),
        ("'a' \"b\" @'c'", Value::String("abc".into()), LiteralKind::String),
        ("h'secret'", Value::String("secret".into()), LiteralKind::String),
    ] {
        assert_eq!(literal(text), (value, kind), "{text}");
    }
    assert_eq!(literal("decimal(1.10)").0, Value::Decimal("1.10".parse().unwrap()));
    assert_eq!(literal("guid(74be27de-1e4e-49d9-b579-fe0b331d3642)").1, LiteralKind::Typed(Type::Guid));
}

#[test]
fn dynamic_is_json_as_kusto_takes_it() {
    let json = |text: &str| match literal(text).0 {
        Value::Dynamic(json) => json,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(json("dynamic(null)"), Json::Null);
    assert_eq!(json("dynamic([1, -2.5, 'x', true, null,])"), serde_json::json!([1, -2.5, "x", true, null]));
    assert_eq!(json("dynamic({'a': {\"b\": []}, \"c\": 1d})"), serde_json::json!({"a": {"b": []}, "c": "1.00:00:00"}));
    assert_eq!(json("dynamic([datetime(2024-01-01)])"), serde_json::json!(["2024-01-01T00:00:00.0000000Z"]));
    assert_eq!(json("dynamic([ // first\n 1,\n 2 ])"), serde_json::json!([1, 2]));
}

#[test]
fn keywords_are_names_where_nothing_else_can_be() {
    for text in [
        "T | where kind == 'x' and on > 1 | summarize count = count() by step, limit, title",
        "T | extend from = 1, default = 2 | project from, default, range = 3",
        "T | project ['where'], x = ['a b'].['c d'].to",
        "let view = 1; let order = 2; print view + order",
        "T | where take > 1 | take 5",
        "let f = view () { T }; f | count as total",
        "T | parse x with from:string \"to\" to:string",
    ] {
        query(text);
    }
    assert_eq!(faults("T | project first"), [fault(Code::UnexpectedToken, "first")]);
    assert_eq!(faults("T | where s has 'x' and has == 1"), [fault(Code::MissingExpression, "has")]);
}

#[test]
fn one_run_tells_several_faults() {
    assert_eq!(
        faults("T | wher x > 1 | project a,, b | sort a | take 5; let = 3; U | take"),
        [
            fault(Code::UnknownOperator, "wher"),
            fault(Code::MissingExpression, ","),
            fault(Code::UnexpectedToken, "a"),
            fault(Code::MissingName, "="),
            fault(Code::MissingExpression, ""),
        ]
    );
}

#[test]
fn faults_point_at_their_cause() {
    for (text, code, at) in [
        ("T | where f(a | count", Code::UnclosedBracket, "("),
        ("T | where a)", Code::UnexpectedBracket, ")"),
        ("T where x > 1", Code::MissingPipe, "where"),
        ("T | where x = 1", Code::UnexpectedToken, "="),
        ("T | where \"abc", Code::UnclosedString, "\"abc"),
        ("T | where x == 'C:\\Windows'", Code::BadEscape, "\\W"),
        ("T | where x == ‘a’", Code::SmartQuote, "‘"),
        (".show tables", Code::ControlCommand, ".show"),
        ("T | join kin=inner (U) on x", Code::BadParameter, "kin"),
        ("print long(x)", Code::BadLiteral, "long(x)"),
        ("print 99999999999999999999", Code::BadLiteral, "99999999999999999999"),
        ("datatable(a:strin)[]", Code::UnexpectedToken, "strin"),
        ("let a = 1 let b = 2; print a", Code::UnexpectedToken, "let"),
        ("where x > 1", Code::UnexpectedToken, "where"),
        ("T | | take 1", Code::UnexpectedToken, "|"),
    ] {
        assert_eq!(faults(text), [fault(code, at)], "{text}");
    }
    assert_eq!(parse(&source(" // nothing\n")).expect_err("empty").0[0].code, Code::EmptyQuery);
    assert_eq!(parse(&source(" ; ;")).expect_err("empty").0[0].code, Code::EmptyQuery);
}

/// Runs on a stack of the size that test threads have, whatever `RUST_MIN_STACK` says.
fn on_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn depth_is_bounded_on_any_stack() {
    on_small_stack(|| {
        for (open, close) in
            [("(", ")"), ("f(", ")"), ("[", "]"), ("{", "}"), ("toscalar(T | where x in (", "))"), ("dynamic([", "])")]
        {
            let text = format!("print {}1{}", open.repeat(10_000), close.repeat(10_000));
            assert!(faults(&text).iter().any(|(code, _)| *code == Code::TooDeep), "{open}");
        }
        let deepest = format!("print {}1{}", "iff(a == b, c, ".repeat(199), ")".repeat(199));
        let tree = query(&deepest);
        assert_eq!(tree.clone(), tree);
        crate::syntax::format(&tree, &source(&deepest));
        assert_eq!(faults(&format!("print {}", "1 - ".repeat(5_000) + "1"))[0].0, Code::TooDeep);
        assert_eq!(faults(&format!("print a{}", ".b".repeat(5_000)))[0].0, Code::TooDeep);
        let nested = format!("print {}1{}", "(".repeat(100), (" + 1".repeat(50) + ")").repeat(100));
        assert_eq!(faults(&nested)[0].0, Code::TooDeep, "height counts through brackets");
    });
}

#[test]
fn long_queries_take_linear_time() {
    on_small_stack(|| {
        let values: Vec<String> = (0..20_000).map(|n| format!("'some longer indicator, number {n:08}'")).collect();
        let long = format!("T | where a has_any ({})", values.join(", "));
        let chain = format!("T | where {}", (0..20_000).map(|n| format!("a == {n}")).collect::<Vec<_>>().join(" or "));
        let started = Instant::now();
        for text in [&long, &chain] {
            let tree = query(text);
            let again = query(&crate::syntax::format(&tree, &source(text)));
            assert_eq!(again.statements.len(), 1);
        }
        // Generous, since this runs without optimization on a busy machine; quadratic time would be minutes.
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    });
}
