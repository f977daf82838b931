//! The texts that are told apart: columns, and what is made of one column of texts or JSON.
//!
//! In: the rows that passed. Out: each row's text as the number of a distinct one. What is made of a text is made once for
//! each text of the dictionary that some row has.

use super::{Fold, reads_columns};
use crate::backend::polars::lowering::Lowering;
use crate::backend::polars::sieve::reader::Coded;
use crate::backend::polars::sieve::rows::{Passed, Sieve};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, ExprKind};
use crate::value::{Schema, Type};
use ::polars::prelude::{
    DataFrame, Expr as PolarsExpr, IntoColumn, IntoLazy, PolarsError, PolarsResult, StringChunked,
};
use polars_arrow::array::Utf8ViewArray;
use std::collections::HashMap;
use std::sync::Arc;

/// A text of each row.
pub(super) struct Text {
    /// The column that it is, or that it is made of.
    column: Arc<str>,
    /// What is made of the column's text.
    made: Option<PolarsExpr>,
    /// The same as the plan has it.
    plan: Expr,
}

/// The name of what is made.
const MADE: &str = "\u{1}made";

impl Lowering<'_> {
    /// The place among a fold's texts of an expression that is a text of one column; none when it is not.
    pub(super) fn text(&self, expr: &Expr, fold: &mut Fold, input: &Schema) -> Result<Option<usize>, Diagnostic> {
        let Some(column) = one_text_column(expr, input) else { return Ok(None) };
        if let Some(known) = fold.texts.iter().position(|text| text.plan == *expr) {
            return Ok(Some(known));
        }
        let made = match &expr.kind {
            ExprKind::Column(_) => None,
            _ => Some(self.expr(expr, input)?.alias(MADE)),
        };
        fold.texts.push(Text { column, made, plan: expr.clone() });
        Ok(Some(fold.texts.len() - 1))
    }
}

/// The one column that a text reads, where it is a column of texts or JSON.
fn one_text_column(expr: &Expr, input: &Schema) -> Option<Arc<str>> {
    let mut columns: Vec<Arc<str>> = Vec::new();
    expr.visit(&mut |inner| {
        if let ExprKind::Column(name) = &inner.kind
            && !columns.contains(name)
        {
            columns.push(name.clone());
        }
    });
    let [column] = columns.as_slice() else { return None };
    let of_texts = input.field(column).is_some_and(|field| matches!(field.ty, Type::String | Type::Dynamic));
    (expr.ty == Type::String && of_texts && reads_columns(expr)).then(|| column.clone())
}

/// A column of the rows.
enum Own {
    /// Texts by number.
    Coded(Arc<Coded>),
    /// JSON with nulls.
    Cells(DataFrame),
}

/// The texts of the rows, each by its number.
pub(super) fn coded(fold: &Fold, sieve: &Sieve<'_>, rows: &Passed) -> PolarsResult<Vec<Arc<Coded>>> {
    let mut columns: HashMap<&str, Own> = HashMap::new();
    for text in &fold.texts {
        if !columns.contains_key(&*text.column) {
            columns.insert(&text.column, own(sieve, rows, &text.column)?);
        }
    }
    let text = |text: &Text| match (columns.get(&*text.column), &text.made) {
        (Some(Own::Coded(coded)), None) => Ok(coded.clone()),
        (Some(Own::Coded(coded)), Some(made)) => made_of(coded, &text.column, made).map(Arc::new),
        (Some(Own::Cells(cells)), Some(made)) => made_by_row(cells, made).map(Arc::new),
        (_, _) => Err(PolarsError::ComputeError(format!("`{}` holds no texts", text.column).into())),
    };
    fold.texts.iter().map(text).collect()
}

/// A column of the rows. In one of JSON null is no text, and has no number: where there are nulls, the rows are told one by
/// one.
fn own(sieve: &Sieve<'_>, rows: &Passed, column: &str) -> PolarsResult<Own> {
    let Some(field) = sieve.schema.field(column).filter(|field| field.ty == Type::Dynamic) else {
        return Ok(Own::Coded(Arc::new(sieve.codes(rows, column)?)));
    };
    if let Some(coded) = sieve.dictionary(rows, column) {
        return Ok(Own::Coded(Arc::new(coded)));
    }
    let cells = sieve.cells_of(rows, [field])?.lazy().select([sieve.stored.value(field)]).collect()?;
    match cells.column(column)?.str()? {
        texts if texts.has_nulls() => Ok(Own::Cells(cells)),
        texts => Ok(Own::Coded(Arc::new(Coded::of(texts)))),
    }
}

/// What an expression makes of the texts of a column.
fn made_of(own: &Coded, column: &str, made: &PolarsExpr) -> PolarsResult<Coded> {
    let own = used(own);
    let rows = own.values.len();
    let texts = StringChunked::with_chunk(column.into(), own.values).into_column();
    let made = made_by_row(&DataFrame::new(rows, vec![texts])?, made)?;
    let codes = own.codes.iter().map(|code| made.codes.get(*code as usize).copied().unwrap_or_default());
    Ok(Coded { codes: codes.collect(), values: made.values })
}

/// What an expression makes of each row.
fn made_by_row(own: &DataFrame, made: &PolarsExpr) -> PolarsResult<Coded> {
    // Beside the column, so that a constant is repeated for each row.
    let frame = own.clone().lazy().with_columns([made.clone()]).collect()?;
    Ok(Coded::of(frame.column(MADE)?.str()?))
}

/// The same texts without values that are of no row.
fn used(own: &Coded) -> Coded {
    let mut numbers: Vec<u32> = vec![u32::MAX; own.values.len()];
    let (mut codes, mut values) = (Vec::with_capacity(own.codes.len()), Vec::new());
    for code in &own.codes {
        let Some(number) = numbers.get_mut(*code as usize) else { continue };
        if *number == u32::MAX {
            *number = values.len() as u32;
            values.push(own.values.value(*code as usize));
        }
        codes.push(*number);
    }
    Coded { codes, values: Utf8ViewArray::from_slice_values(values.as_slice()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::polars::prelude::{col, lit};

    fn texts_of(coded: &Coded) -> Vec<&str> {
        coded.codes.iter().map(|code| coded.values.value(*code as usize)).collect()
    }

    #[test]
    fn texts_are_made_once_for_each_that_is_used() {
        let values = Utf8ViewArray::from_slice_values(["b", "unused", "a", "c"]);
        let own = Coded { codes: vec![2, 0, 0, 3, 2], values };
        assert_eq!(texts_of(&used(&own)), ["a", "b", "b", "c", "a"]);
        assert_eq!(used(&own).values.len(), 3);
        let made = made_of(&own, "T", &col("T").eq(lit("a")).cast(::polars::prelude::DataType::String).alias(MADE));
        let made = made.unwrap();
        assert_eq!(texts_of(&made), ["true", "false", "false", "false", "true"]);
        assert_eq!(made.values.len(), 2);
    }
}
