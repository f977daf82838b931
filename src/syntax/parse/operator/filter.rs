//! `where`, `take`, `sample`, `count` and other operators with hardly more than one operand.

use crate::syntax::ast::OperatorKind;
use crate::syntax::parse::combinator::{firmly, need_word, word};
use crate::syntax::parse::expr::{named_expression, need_expression};
use crate::syntax::parse::input::Tokens;
use crate::syntax::parse::name::{any_name, name};
use crate::syntax::parse::operator::not_built;
use crate::syntax::parse::parameter::{parameter_named, parameters};
use crate::syntax::parse::problem::Parsed;
use crate::syntax::parse::schema::row_schema;
use nom::Parser;
use nom::combinator::{map, opt};
use nom::sequence::preceded;

/// `where predicate`
pub fn where_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &[], true)?;
    let (rest, predicate) = need_expression(rest)?;
    Ok((rest, OperatorKind::Where { parameters, predicate }))
}

/// `take count`
pub fn take_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &[], true)?;
    let (rest, count) = need_expression(rest)?;
    Ok((rest, OperatorKind::Take { parameters, count }))
}

/// `sample count`
pub fn sample_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    map(need_expression, |count| OperatorKind::Sample { count }).parse(input)
}

/// `sample-distinct count of expr`
pub fn sample_distinct_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, count) = need_expression(input)?;
    let (rest, _) = need_word("of")(rest)?;
    let (rest, of) = firmly(rest, named_expression, "an expression")?;
    Ok((rest, OperatorKind::SampleDistinct { count, of }))
}

/// `count`, `count as Name`
pub fn count_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let alias = preceded(word("as"), |i| firmly(i, name, "a name"));
    map(opt(alias), |name| OperatorKind::Count { name }).parse(input)
}

/// `as Name`
pub fn as_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &[], false)?;
    let (rest, name) = firmly(rest, any_name, "a name")?;
    Ok((rest, OperatorKind::As { parameters, name }))
}

/// `consume`
pub fn consume_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    map(|i| parameters(i, &["decodeblocks"], false), |parameters| OperatorKind::Consume { parameters }).parse(input)
}

/// `getschema`
pub fn getschema_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    match parameter_named(input, "kind") {
        Ok((_, kind)) => not_built(kind.name.span.to(kind.value.span), "`kind=` of `getschema`"),
        Err(_) => Ok((input, OperatorKind::GetSchema)),
    }
}

/// `assert-schema (a:long)`
pub fn assert_schema_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    map(row_schema, |columns| OperatorKind::AssertSchema { columns }).parse(input)
}
