//! Functions that polars runs by itself, or that run over whole columns here. Each must equal its kernel; the tests of this
//! module hold them against it.
//!
//! In: a function and its operands. Out: a polars expression, or none where the kernel has to run.

mod arithmetic;
mod choice;
mod comparison;
mod conversion;
mod needles;
mod question;
mod set;
mod starts;
#[cfg(test)]
mod tests;
mod text;
mod time;

pub(super) use conversion::{converted, text_of_path};
pub(super) use needles::{Needle, Needles};
pub(super) use question::TextTest;
pub(super) use set::{in_texts, in_values};
pub(super) use text::text_expr;

use super::operand::Operand;
use crate::library::{Function, Native};
use crate::value::Type;
use ::polars::prelude::Expr;

/// Whether a null answer of a condition may as well be false: it may where only true counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// Null stays null.
    Kept,
    /// Null or false, whichever is easier.
    False,
}

/// The operand whose text a call asks about, and what it asks, the other operands being constants; none for a call that asks
/// anything else.
pub(super) fn text_test(native: Native, operands: &[Operand]) -> Option<(&Operand, TextTest)> {
    use Native as N;
    let first = |asked: Option<TextTest>| Some((operands.first()?, asked?));
    match native {
        N::Equal | N::NotEqual => text::equal(true, native == N::NotEqual, operands),
        N::EqualTilde | N::NotEqualTilde => text::equal(false, native == N::NotEqualTilde, operands),
        N::MatchesRegex => first(text::matches_regex(operands)),
        N::In | N::NotIn => first(set::is_in_texts(operands, native == N::NotIn)),
        N::InTilde | N::NotInTilde => first(set::is_in_tilde(operands, native == N::NotInTilde)),
        N::HasAny => first(set::has_any(operands)),
        N::HasAll => first(set::has_all(operands)),
        N::IsEmpty | N::IsNotEmpty => first(text::empty(native == N::IsNotEmpty, operands)),
        _ => first(text::relation(native, operands)),
    }
}

/// The translation of a call, or none where the kernel has to run.
pub(super) fn lower(function: &'static Function, operands: &[Operand], ty: Type, unknown: Unknown) -> Option<Expr> {
    use Native as N;
    let native = function.native?;
    // Equality is what polars has itself.
    if !matches!(native, N::Equal | N::NotEqual | N::IsEmpty | N::IsNotEmpty)
        && let Some((texts, asked)) = text_test(native, operands)
    {
        return Some(text::test(texts.expr(), function.name, asked));
    }
    match native {
        N::And | N::Or | N::Not => choice::logic(native, operands),
        N::Equal | N::NotEqual | N::Less | N::LessOrEqual | N::Greater | N::GreaterOrEqual => {
            comparison::compare(native, operands, unknown)
        }
        N::Between | N::NotBetween => comparison::between(native == N::NotBetween, operands),
        N::Add | N::Subtract | N::Multiply | N::Divide | N::Modulo => arithmetic::binary(native, operands, ty),
        N::Negate => arithmetic::negate(operands),
        N::In => set::is_in(operands, false),
        N::NotIn => set::is_in(operands, true),
        N::Iff | N::Case => choice::case(operands, ty),
        N::Coalesce => choice::coalesce(operands, ty),
        N::IsNull | N::IsNotNull | N::IsEmpty | N::IsNotEmpty => choice::test(native, operands),
        N::Bin => time::bin(operands, ty),
        N::BinAt => time::bin_at(operands, ty),
        N::StartOfDay => time::start_of_day(operands),
        N::ToLower | N::ToUpper => text::case(native == N::ToUpper, operands),
        N::Strlen => text::length(operands),
        N::Strcat => text::concat(operands),
        N::ToString | N::ToLong | N::ToInt | N::ToReal | N::ToDatetime | N::ParseJson => {
            conversion::convert(native, operands)
        }
        // Asked of texts above, unless what they are compared with is no constant.
        N::EqualTilde
        | N::NotEqualTilde
        | N::Has
        | N::HasCs
        | N::HasPrefix
        | N::HasPrefixCs
        | N::HasSuffix
        | N::HasSuffixCs
        | N::Contains
        | N::ContainsCs
        | N::StartsWith
        | N::StartsWithCs
        | N::EndsWith
        | N::EndsWithCs
        | N::NotHas
        | N::NotHasCs
        | N::NotHasPrefix
        | N::NotHasPrefixCs
        | N::NotHasSuffix
        | N::NotHasSuffixCs
        | N::NotContains
        | N::NotContainsCs
        | N::NotStartsWith
        | N::NotStartsWithCs
        | N::NotEndsWith
        | N::NotEndsWithCs
        | N::MatchesRegex
        | N::InTilde
        | N::NotInTilde
        | N::HasAny
        | N::HasAll => None,
    }
}
