//! What functions and operators mean.
//!
//! In: nothing but values. Out: for each function a record (name, signatures, examples) and a kernel, a plain Rust function
//! on single values. The binder reads the records, the backends translate them, the documentation is printed from them.
//! A kernel serves three times: it folds constants, it runs where a backend has no translation of its own, and it is the
//! oracle that a translation is tested against.
//!
//! Adding a function is one record in its family file. There is no other list.

mod address;
pub mod aggregate;
mod arguments;
mod compare;
pub(crate) mod convert;
mod digest;
mod function;
pub(crate) mod json_path;
pub mod kusto;
pub mod operator;
pub(crate) mod regex;
pub mod scalar;
mod signature;
pub mod table;
pub mod text;
mod xml;

pub use function::{
    AggregateFunction, AggregateKernel, Example, Function, Kernel, Native, NativeAggregate, Nulls, ResultColumn,
    Volatility,
};
pub use signature::{Accepts, Parameter, ResultName, Returns, Signature};

use std::collections::HashMap;
use std::sync::LazyLock;

/// Every scalar function and operator by name and alias.
static SCALARS: LazyLock<HashMap<&'static str, &'static Function>> = LazyLock::new(|| {
    let all = scalar::FAMILIES.iter().flat_map(|family| family.functions.iter());
    all.flat_map(|f| std::iter::once(f.name).chain(f.aliases.iter().copied()).map(move |name| (name, f))).collect()
});

/// Every aggregation function by name and alias.
static AGGREGATES: LazyLock<HashMap<&'static str, &'static AggregateFunction>> = LazyLock::new(|| {
    let all = aggregate::FAMILIES.iter().flat_map(|functions| functions.iter());
    all.flat_map(|f| std::iter::once(f.name).chain(f.aliases.iter().copied()).map(move |name| (name, f))).collect()
});

/// The scalar function (or operator, by its KQL spelling: `+`, `has`, `=~`) of that name or alias.
pub fn scalar_function(name: &str) -> Option<&'static Function> {
    SCALARS.get(name).copied()
}

/// The aggregation function of that name or alias.
pub fn aggregate_function(name: &str) -> Option<&'static AggregateFunction> {
    AGGREGATES.get(name).copied()
}

/// The names that a user may call, scalar and aggregate, for suggestions and reference.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    SCALARS
        .keys()
        .chain(AGGREGATES.keys())
        .copied()
        .filter(|n| n.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}
