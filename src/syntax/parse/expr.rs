//! Expressions, by precedence climbing:
//! `or` < `and` < equality, `in`, `between` < relation < `+ -` < `* / %` < string operators < sign < member, index.
//!
//! The tree may be taller than the brackets are deep, since `a - b - c` leans to the left. [`Context::tallest`] keeps the
//! height of what was built last, so that no tree gets taller than [`MAX_HEIGHT`]: whoever walks it later may recurse.
//!
//! [`Context::tallest`]: super::input::Context::tallest

use super::combinator::{closed, need, token, within};
use super::input::Tokens;
use super::name::assigned_names;
use super::primary::{operand, star};
use super::problem::{self, Parsed};
use super::tabular::tabular;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, ListOp, TextOp, TextRelation};
use crate::syntax::token::TokenKind;
use nom::Parser;
use nom::combinator::opt;

/// How tall an expression may be.
pub const MAX_HEIGHT: usize = 400;

/// From here on a chain of `and` or `or` is built as a balanced tree.
const LONG_CHAIN: usize = 16;

/// How strongly an operator binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Equality,
    Relation,
    Sum,
    Product,
    Text,
    /// Tighter than any operator.
    Operand,
}

impl Level {
    /// The next tighter level.
    fn tighter(self) -> Level {
        match self {
            Level::Or => Level::And,
            Level::And => Level::Equality,
            Level::Equality => Level::Relation,
            Level::Relation => Level::Sum,
            Level::Sum => Level::Product,
            Level::Product => Level::Text,
            Level::Text | Level::Operand => Level::Operand,
        }
    }
}

/// An operator between two operands, and how many tokens it takes.
#[derive(Clone, Copy)]
struct Infix {
    kind: InfixKind,
    level: Level,
    tokens: usize,
}

#[derive(Clone, Copy)]
enum InfixKind {
    Binary(BinaryOp),
    List(ListOp),
    Between { negated: bool },
}

/// A scalar expression (or a table's name): no `name =`, no pipe.
pub fn expression(input: Tokens<'_>) -> Parsed<'_, Expr> {
    climb(input, Level::Or)
}

/// An expression where nothing else can stand.
pub fn need_expression(input: Tokens<'_>) -> Parsed<'_, Expr> {
    super::combinator::firmly(input, expression, "an expression")
}

/// `expression`, or `name = expression`, or `(a, b) = expression`.
pub fn named_expression(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, names) = opt(assigned_names).parse(input)?;
    let Some(names) = names else {
        return expression(input);
    };
    let (rest, value) = need_expression(rest)?;
    Ok((rest, Expr { kind: ExprKind::Named { names, value: Box::new(value) }, span: rest.since(input.span()) }))
}

/// A named expression, or `*` alone.
pub fn argument(input: Tokens<'_>) -> Parsed<'_, Expr> {
    match (input.kind(0), input.kind(1)) {
        (Some(TokenKind::Star), Some(TokenKind::CloseParen | TokenKind::Comma)) => star(input),
        _ => named_expression(input),
    }
}

/// An operand and the operators of at least a level that follow it.
fn climb(input: Tokens<'_>, level: Level) -> Parsed<'_, Expr> {
    let (mut rest, mut left, mut height) = measured(input, operand)?;
    // Comparisons do not chain: after one, only looser operators may follow.
    let mut ceiling = Level::Text;
    while let Some(infix) = infix(rest).filter(|infix| infix.level >= level && infix.level <= ceiling) {
        let chains = matches!(infix.level, Level::Or | Level::And | Level::Sum | Level::Product);
        let (after, (built, taller)) = match infix.kind {
            InfixKind::Binary(op @ (BinaryOp::And | BinaryOp::Or)) => logical(rest, op, infix, (left, height))?,
            _ => comparison(rest, infix, (left, height))?,
        };
        (rest, left, height) = (after, built, taller);
        ceiling = if chains { infix.level } else { looser(infix.level) };
        check_height(input, rest, height)?;
    }
    input.context.tallest.set(input.context.tallest.get().max(height));
    Ok((rest, left))
}

fn looser(level: Level) -> Level {
    match level {
        Level::Text => Level::Product,
        Level::Relation => Level::Equality,
        _ => Level::And,
    }
}

/// Runs a parser and says how tall what it built is.
fn measured<'a>(
    input: Tokens<'a>,
    parser: impl Fn(Tokens<'a>) -> Parsed<'a, Expr>,
) -> Result<(Tokens<'a>, Expr, usize), nom::Err<problem::Problem>> {
    let tallest = &input.context.tallest;
    let before = tallest.replace(0);
    let result = parser(input);
    let height = tallest.replace(before);
    result.map(|(rest, built)| (rest, built, height))
}

/// Refuses what has grown too tall.
pub fn check_height<'a>(start: Tokens<'a>, rest: Tokens<'a>, height: usize) -> Result<(), nom::Err<problem::Problem>> {
    if height <= MAX_HEIGHT {
        return Ok(());
    }
    let span = rest.since(start.span());
    problem::fail::<()>(Diagnostic::error(Code::TooDeep, span, format!("more than {MAX_HEIGHT} operators in a row")))
        .map(|_| ())
}

/// `left and right and ...`, all of one operator.
fn logical<'a>(mut input: Tokens<'a>, op: BinaryOp, first: Infix, left: (Expr, usize)) -> Parsed<'a, (Expr, usize)> {
    let mut height = left.1;
    let mut terms = vec![left.0];
    let mut signs = Vec::new();
    while let Some(infix) = infix(input).filter(|infix| infix.level == first.level) {
        let (rest, right, tall) = measured(input.skip(infix.tokens), |i| right_operand(i, infix.level))?;
        signs.push(input.span());
        terms.push(right);
        height = height.max(tall);
        input = rest;
    }
    let levels = if terms.len() > LONG_CHAIN { terms.len().ilog2() as usize + 1 } else { terms.len() - 1 };
    Ok((input, (chain(op, terms, &signs), height + levels)))
}

/// Joins terms: leaning to the left when there are few, balanced when there are many.
fn chain(op: BinaryOp, terms: Vec<Expr>, signs: &[Span]) -> Expr {
    let balanced = terms.len() > LONG_CHAIN;
    let mut terms = terms.into_iter();
    if balanced {
        return balance(op, &mut terms, signs);
    }
    let first = terms.next().unwrap_or(Expr { kind: ExprKind::Missing, span: Span::default() });
    terms.zip(signs).fold(first, |left, (right, sign)| binary(op, *sign, left, right))
}

/// One more term than signs; the middle sign becomes the root.
fn balance(op: BinaryOp, terms: &mut impl Iterator<Item = Expr>, signs: &[Span]) -> Expr {
    let middle = signs.len() / 2;
    match (signs.get(..middle), signs.get(middle), signs.get(middle + 1..)) {
        (Some(before), Some(sign), Some(after)) => {
            let left = balance(op, terms, before);
            let right = balance(op, terms, after);
            binary(op, *sign, left, right)
        }
        _ => terms.next().unwrap_or(Expr { kind: ExprKind::Missing, span: Span::default() }),
    }
}

fn binary(op: BinaryOp, op_span: Span, left: Expr, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    Expr { kind: ExprKind::Binary { op, op_span, left: Box::new(left), right: Box::new(right) }, span }
}

fn right_operand(input: Tokens<'_>, level: Level) -> Parsed<'_, Expr> {
    super::combinator::firmly(input, |i| climb(i, level.tighter()), "an expression")
}

/// One operator and what is on its right.
fn comparison<'a>(input: Tokens<'a>, infix: Infix, left: (Expr, usize)) -> Parsed<'a, (Expr, usize)> {
    let after = input.skip(infix.tokens);
    let op_span = after.since(input.span());
    let (left, tall) = left;
    let start = left.span;
    let before = input.context.tallest.replace(0);
    let value = Box::new(left);
    let (rest, kind) = match infix.kind {
        InfixKind::Binary(op) => {
            let (rest, right) = right_operand(after, infix.level)?;
            (rest, ExprKind::Binary { op, op_span, left: value, right: Box::new(right) })
        }
        InfixKind::List(op) => {
            let (rest, items) = list_operand(after)?;
            (rest, ExprKind::List { op, op_span, value, items })
        }
        InfixKind::Between { negated } => {
            let (rest, ((low, high), _)) =
                super::combinator::firmly(after, within(TokenKind::OpenParen, bounds), "`(low .. high)`")?;
            (rest, ExprKind::Between { negated, op_span, value, low: Box::new(low), high: Box::new(high) })
        }
    };
    let height = tall.max(input.context.tallest.replace(before)) + 1;
    Ok((rest, (Expr { kind, span: rest.since(start) }, height)))
}

/// `low .. high`
fn bounds(input: Tokens<'_>) -> Parsed<'_, (Expr, Expr)> {
    let (input, low) = need_expression(input)?;
    let (input, _) = need(TokenKind::DotDot)(input)?;
    let (input, high) = need_expression(input)?;
    Ok((input, (low, high)))
}

/// `(a, b)`, `(T | project x)`, or a single operand without parentheses.
fn list_operand(input: Tokens<'_>) -> Parsed<'_, Vec<Expr>> {
    let Ok((mut rest, opener)) = token(TokenKind::OpenParen)(input) else {
        let (rest, only) = super::combinator::firmly(input, operand, "a list in parentheses")?;
        return Ok((rest, vec![only]));
    };
    let (after, first) = super::combinator::firmly(rest, tabular, "an expression")?;
    let mut items = vec![first];
    rest = after;
    while let Ok((after, _)) = token(TokenKind::Comma)(rest) {
        let (after, item) = need_expression(after)?;
        items.push(item);
        rest = after;
    }
    let (rest, _) = closed(rest, opener, "`,`")?;
    Ok((rest, items))
}

/// The operator that the input starts with.
fn infix(input: Tokens<'_>) -> Option<Infix> {
    use BinaryOp as B;
    let binary = |op, level| Some(Infix { kind: InfixKind::Binary(op), level, tokens: 1 });
    match input.kind(0)? {
        TokenKind::Equal => binary(B::Equal, Level::Equality),
        TokenKind::NotEqual => binary(B::NotEqual, Level::Equality),
        TokenKind::Less => binary(B::Less, Level::Relation),
        TokenKind::LessOrEqual => binary(B::LessOrEqual, Level::Relation),
        TokenKind::Greater => binary(B::Greater, Level::Relation),
        TokenKind::GreaterOrEqual => binary(B::GreaterOrEqual, Level::Relation),
        TokenKind::Plus => binary(B::Add, Level::Sum),
        TokenKind::Minus => binary(B::Subtract, Level::Sum),
        TokenKind::Star => binary(B::Multiply, Level::Product),
        TokenKind::Slash => binary(B::Divide, Level::Product),
        TokenKind::Percent => binary(B::Modulo, Level::Product),
        TokenKind::EqualTilde => binary(B::EqualTilde, Level::Text),
        TokenKind::NotEqualTilde => binary(B::NotEqualTilde, Level::Text),
        TokenKind::Colon => binary(B::SearchTerm, Level::Text),
        TokenKind::Name | TokenKind::Keyword => infix_word(input),
        _ => None,
    }
}

/// Operators that are words.
fn infix_word(input: Tokens<'_>) -> Option<Infix> {
    let of = |kind, level, tokens| Some(Infix { kind, level, tokens });
    let list = |case_sensitive, negated| InfixKind::List(ListOp::In { case_sensitive, negated });
    let text = input.text(0);
    match text {
        "or" => of(InfixKind::Binary(BinaryOp::Or), Level::Or, 1),
        "and" => of(InfixKind::Binary(BinaryOp::And), Level::And, 1),
        // `in range(...)` belongs to `make-series`.
        "in" if input.text(1) == "range" => None,
        "in" => of(list(true, false), Level::Equality, 1),
        "!in" => of(list(true, true), Level::Equality, 1),
        "in~" => of(list(false, false), Level::Equality, 1),
        "!in~" => of(list(false, true), Level::Equality, 1),
        "has_any" => of(InfixKind::List(ListOp::HasAny), Level::Equality, 1),
        "has_all" => of(InfixKind::List(ListOp::HasAll), Level::Equality, 1),
        "between" => of(InfixKind::Between { negated: false }, Level::Equality, 1),
        "!between" => of(InfixKind::Between { negated: true }, Level::Equality, 1),
        "matches" if input.text(1) == "regex" => of(InfixKind::Binary(BinaryOp::MatchesRegex), Level::Text, 2),
        _ => of(InfixKind::Binary(BinaryOp::Text(text_operator(text)?)), Level::Text, 1),
    }
}

/// True when the input goes on with an operator that may stand after `*`.
pub fn compares(input: Tokens<'_>) -> bool {
    infix(input).is_some_and(|infix| matches!(infix.level, Level::Equality | Level::Text | Level::And | Level::Or))
}

/// `has` and its family, in every spelling.
fn text_operator(word: &str) -> Option<TextOp> {
    use TextRelation as R;
    let old = matches!(word, "notcontains" | "notcontainscs" | "notlike" | "notlikecs");
    let (negated, rest) = match word.strip_prefix(if old { "not" } else { "!" }) {
        Some(rest) => (true, rest),
        None => (false, word),
    };
    let (relation, case_sensitive) = match rest {
        "has" => (R::Has, false),
        "has_cs" => (R::Has, true),
        "hasprefix" => (R::HasPrefix, false),
        "hasprefix_cs" => (R::HasPrefix, true),
        "hassuffix" => (R::HasSuffix, false),
        "hassuffix_cs" => (R::HasSuffix, true),
        "contains" => (R::Contains, false),
        "contains_cs" | "containscs" => (R::Contains, true),
        "startswith" => (R::StartsWith, false),
        "startswith_cs" => (R::StartsWith, true),
        "endswith" => (R::EndsWith, false),
        "endswith_cs" => (R::EndsWith, true),
        "like" => (R::Like, false),
        "likecs" => (R::Like, true),
        _ => return None,
    };
    Some(TextOp { relation, case_sensitive, negated })
}
