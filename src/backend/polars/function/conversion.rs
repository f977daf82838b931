//! Conversions between types.

use super::arithmetic::cast;
use crate::backend::polars::json::{self, Step};
use crate::backend::polars::operand::Operand;
use crate::library::Native;
use crate::library::convert;
use crate::value::{Type, Value};
use ::polars::prelude::Expr;

/// A conversion that keeps or widens the cells; all others need the kernel.
pub(super) fn convert(native: Native, operands: &[Operand]) -> Option<Expr> {
    let [operand] = operands else { return None };
    match (native, operand.ty()) {
        (Native::ToString, Type::String)
        | (Native::ToLong, Type::Long | Type::Datetime | Type::Timespan)
        | (Native::ToInt, Type::Int)
        | (Native::ToReal, Type::Real)
        | (Native::ToDatetime, Type::Datetime)
        | (Native::ParseJson, Type::Dynamic) => Some(operand.expr()),
        (Native::ToLong, Type::Int | Type::Bool) => Some(cast(operand, Type::Long)),
        (Native::ToReal, Type::Int | Type::Long | Type::Datetime | Type::Timespan) => Some(cast(operand, Type::Real)),
        // A text is its own form in a dynamic column, but that an empty one is null there.
        (Native::ParseJson, Type::String) => Some(json::of_text(operand.expr())),
        _ => None,
    }
}

/// `tostring()` of a member, from the text of the whole.
pub(in crate::backend::polars) fn text_of_path(base: Expr, steps: &[Step]) -> Option<Expr> {
    json::path_text(base, steps)
}

/// A value in another type, as the library's conversions have it; missing where there is none.
pub(in crate::backend::polars) fn converted(value: &Value, ty: Type) -> Value {
    let found = match ty {
        Type::Bool => convert::boolean(value).map(Value::Bool),
        Type::Int => convert::int(value).map(Value::Int),
        Type::Long => convert::long(value).map(Value::Long),
        Type::Real => convert::double(value).map(Value::Real),
        Type::Decimal => convert::decimal(value).map(Value::Decimal),
        Type::Datetime => convert::time(value).map(Value::Datetime),
        Type::Timespan => convert::span(value).map(Value::Timespan),
        Type::Guid => convert::guid(value).map(Value::Guid),
        Type::String => Some(Value::String(convert::text(value).into_owned())),
        Type::Dynamic => convert::json(value).map(Value::Dynamic),
    };
    found.unwrap_or(Value::missing(ty))
}
