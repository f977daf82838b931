//! Functions on numbers.

pub(super) mod distribution;
pub(super) mod elementary;

use crate::library::{Accepts, Parameter, Returns, Signature};
use crate::value::{Type, Value};

/// A real parameter.
const fn number(name: &'static str) -> Parameter {
    Parameter::new(name, Accepts::Type(Type::Real))
}

const REAL: Returns = Returns::Type(Type::Real);
const ONE: &[Signature] = &[Signature::new(&[number("number")], REAL)];

/// Applies a function of one real.
fn map(arguments: &[Value], function: impl Fn(f64) -> f64) -> Value {
    crate::library::arguments::or_null(crate::library::arguments::real(arguments, 0), |x| Value::Real(function(x)))
}
