//! Operators over whole tables, and those with several results or queries of their own.

mod find;
mod kv;
mod nested;
pub(in crate::bind::operator) mod plugin;
mod several;
mod window;

use crate::bind::Binder;
use crate::bind::scope::Rows;
use crate::diagnostic::Span;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::library::table::{Argument, REDUCE, REDUCE_SOURCE, SAMPLE};
use crate::plan::{Expr, RelationKind};
use crate::syntax::ast::{self, OperatorParameter};
use crate::value::{Type, Value};
use crate::{bind::operator::parameter_span, bind::operator::parameter_text};

impl Binder<'_> {
    /// `sample n`: some rows by chance, of each partition where there are partitions.
    pub(super) fn sample(&mut self, rows: Rows, count: &ast::Expr, span: Span) -> Rows {
        let count = self.row_count(count);
        let known = count.and_then(|c| c.as_literal().cloned().or_else(|| self.probed_constant(&c)));
        let (Some(count), false) = (known, rows.open) else { return rows };
        let place =
            |name: &crate::plan::ColumnName| rows.schema().index_of(name).map(|index| (index, name.to_string()));
        let keys = rows.hidden.iter().filter_map(place);
        let keys = keys.map(|(index, name)| ("partition", Argument::Column { table: 0, index, name }));
        let arguments = std::iter::once(("NumberOfRows", Argument::Constant(count))).chain(keys).collect();
        let known = rows.clone();
        let sampled = self.apply(&SAMPLE, rows, arguments, None, span);
        Rows { relation: sampled.relation, source: None, ..known }
    }

    /// `consume`: the columns, and no row.
    pub(super) fn consume(&mut self, rows: Rows, parameters: &[OperatorParameter], span: Span) -> Rows {
        self.hints(parameters);
        rows.then(span, |input| {
            let schema = input.schema.clone();
            (RelationKind::Take { input, count: Expr::literal(Value::Long(0), Type::Long, span) }, schema)
        })
    }

    /// `reduce kind=source by text with threshold=0.1, characters="x"`
    pub(super) fn reduce(
        &mut self,
        rows: Rows,
        parameters: &[OperatorParameter],
        by: &ast::Expr,
        with: &[OperatorParameter],
        span: Span,
    ) -> Rows {
        let [kind] = self.parameters(parameters, &["kind"]);
        let [threshold, characters] = self.parameters(with, &["threshold", "characters"]);
        let function = match kind.as_ref().map(|k| (parameter_text(k), parameter_span(k))) {
            None => &REDUCE,
            Some((text, _)) if text == "source" => &REDUCE_SOURCE,
            Some((text, at)) => {
                let near = nearest(&text, ["source"]);
                let diagnostic = Diagnostic::error(Code::WrongValue, at, format!("no kind `{text}` here"));
                self.report(diagnostic.with_suggestion(near));
                return Rows::unknown(span);
            }
        };
        let value = self.over(&rows, |b| b.scalar(by));
        let threshold = threshold.map(|t| (self.option(&t, Type::Real), "threshold"));
        let characters = characters.map(|c| (self.option(&c, Type::String), "characters"));
        let (Some(value), false) = (value, rows.open) else { return Rows::unknown(span) };
        let Some(value) = self.ok(crate::bind::coerce::convert(value, Type::String)) else {
            return Rows::unknown(span);
        };
        let mut arguments = vec![];
        for (given, name) in [threshold, characters].into_iter().flatten() {
            let Some(given) = given else { return Rows::unknown(span) };
            arguments.push((name, Argument::Constant(given)));
        }
        let known = rows.clone();
        let reduced = self.apply_to(function, rows, value, arguments, None, span);
        if std::ptr::eq(function, &REDUCE) { reduced } else { Rows { relation: reduced.relation, ..known } }
    }

    /// The constant of an option, of a type.
    fn option(&mut self, option: &OperatorParameter, ty: Type) -> Option<Value> {
        let name = &*option.name.text;
        let given = self.literal(&option.value, name)?;
        let given = self.ok(crate::bind::coerce::assign(given, ty, name))?;
        given.as_literal().cloned()
    }
}
