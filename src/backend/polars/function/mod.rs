//! Functions that polars runs by itself, or that run over whole columns here. Each must equal its kernel; the tests of this
//! module hold them against it.
//!
//! In: a function and its operands. Out: a polars expression, or none where the kernel has to run.

mod arithmetic;
mod choice;
mod comparison;
mod conversion;
mod set;
#[cfg(test)]
mod tests;
mod text;
mod time;

pub(super) use conversion::{converted, text_of_path};
pub(super) use set::in_values;

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

/// The translation of a call, or none where the kernel has to run.
pub(super) fn lower(function: &'static Function, operands: &[Operand], ty: Type, unknown: Unknown) -> Option<Expr> {
    use Native as N;
    let (native, name) = (function.native?, function.name);
    match native {
        N::And | N::Or | N::Not => choice::logic(native, operands),
        N::Equal | N::NotEqual | N::Less | N::LessOrEqual | N::Greater | N::GreaterOrEqual => {
            comparison::compare(native, operands, unknown)
        }
        N::Between | N::NotBetween => comparison::between(native == N::NotBetween, operands),
        N::EqualTilde | N::NotEqualTilde => text::equal(native == N::NotEqualTilde, name, operands),
        N::Add | N::Subtract | N::Multiply | N::Divide | N::Modulo => arithmetic::binary(native, operands, ty),
        N::Negate => arithmetic::negate(operands),
        N::Has
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
        | N::NotEndsWithCs => text::relation(native, name, operands),
        N::MatchesRegex => text::matches_regex(name, operands),
        N::In => set::is_in(name, operands, false),
        N::NotIn => set::is_in(name, operands, true),
        N::InTilde => set::is_in_tilde(name, operands, false),
        N::NotInTilde => set::is_in_tilde(name, operands, true),
        N::HasAny => set::has_any(name, operands),
        N::HasAll => set::has_all(name, operands),
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
    }
}
