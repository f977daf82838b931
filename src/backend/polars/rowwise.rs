//! Functions on whole frames that treat every row by itself: they may run on one piece of a table after another.

use super::types;
use crate::value::Schema;
use ::polars::prelude::{AllowedOptimizations, DataFrame, LazyFrame, PolarsResult, Schema as PolarsSchema, SchemaRef};
use std::sync::Arc;

/// A lazy frame under a function; `schema` is what it yields. No optimization of polars passes, but pieces stream through.
pub(super) fn map(
    frame: LazyFrame,
    schema: &Schema,
    name: &'static str,
    function: impl Fn(DataFrame) -> PolarsResult<DataFrame> + Send + Sync + 'static,
) -> LazyFrame {
    let result: SchemaRef = Arc::new(types::polars_schema(schema));
    let schema = move |_: &PolarsSchema| Ok(result.clone());
    frame.map(function, AllowedOptimizations::STREAMING, Some(Arc::new(schema)), Some(name))
}
