//! `project` and its family, `extend`, `serialize`: which columns, by which names, in which order.

use crate::bind::Binder;
use crate::bind::call::shared_results;
use crate::bind::coerce::is_column;
use crate::bind::list::texts_of;
use crate::bind::naming::{Projected, Projection, conversion_target, result_name, schema_of};
use crate::bind::scope::Rows;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::plan::{ColumnName, Expr, RelationKind};
use crate::syntax::ast::{self, ReorderOrder};
use crate::value::Schema;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

/// How an operator names and places its columns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::bind::operator) enum Style {
    /// New columns only.
    Project,
    /// Beside the input's, replacing those of the same name.
    Extend,
}

impl Binder<'_> {
    /// `project a, b = c`
    pub(in crate::bind::operator) fn project(&mut self, rows: Rows, columns: &[ast::Expr], span: Span) -> Rows {
        let mut projection = Projection::default();
        let (_, windowed) =
            self.over_windows(&rows, span, |b| b.project_items(&mut projection, columns, Style::Project));
        let lost = rows.open || !rows.poisoned.is_empty();
        let open = lost && columns.iter().any(|c| matches!(c.kind, ast::ExprKind::Star));
        let rows = windowed.unwrap_or(rows);
        let rows = shared_results(&rows, &mut projection, span).unwrap_or(rows);
        Rows { open, ..projected(rows, projection, span) }
    }

    /// `extend a = 1`
    pub(in crate::bind::operator) fn extend(&mut self, rows: Rows, columns: &[ast::Expr], span: Span) -> Rows {
        let mut projection = Projection::over(rows.columns(span));
        let (_, windowed) =
            self.over_windows(&rows, span, |b| b.project_items(&mut projection, columns, Style::Extend));
        let shared = shared_results(windowed.as_ref().unwrap_or(&rows), &mut projection, span);
        match shared.or(windowed) {
            // the own columns of window functions and of calls with several results go: exactly the projection's stay
            Some(windowed) => Rows { open: rows.open, ..projected(windowed, projection, span) },
            None => extended(rows, projection, span),
        }
    }

    /// `serialize a = 1`: the rows keep their order, and window functions may run.
    pub(in crate::bind::operator) fn serialize(&mut self, rows: Rows, columns: &[ast::Expr], span: Span) -> Rows {
        let rows = Rows { serialized: true, ..rows };
        if columns.is_empty() { rows } else { self.extend(rows, columns, span) }
    }

    /// Adds each item to the projection. All of them read the input.
    pub(in crate::bind::operator) fn project_items(
        &mut self,
        projection: &mut Projection,
        items: &[ast::Expr],
        style: Style,
    ) {
        for item in items {
            self.project_item(projection, item, style);
        }
    }

    fn project_item(&mut self, projection: &mut Projection, item: &ast::Expr, style: Style) {
        match &item.kind {
            ast::ExprKind::Star => {
                for (name, value) in self.all_columns(item.span).unwrap_or_default() {
                    projection.add(&name, Some(value), true);
                }
            }
            ast::ExprKind::Named { names, value } => self.named_item_of(projection, names, value, style),
            _ => {
                if let Some(call) = self.call_of_several(item) {
                    return self.add_results(projection, &[], call, item.span, true);
                }
                let value = self.scalar(item);
                match column_of(item) {
                    // a column by its own name: `extend` has it already
                    Some(_) if style == Style::Extend && value.as_ref().is_some_and(is_own_column(item)) => {}
                    Some(name) if value.as_ref().is_none_or(is_column) => {
                        let declared = projection.declare(&name, value, item.span, false);
                        self.ok(declared);
                    }
                    _ => {
                        let name = result_name(item).unwrap_or_else(|| projection.unnamed());
                        projection.add(&name, value, style == Style::Extend);
                    }
                }
            }
        }
    }

    /// `a = value`, `(a, b) = f(x)`
    pub(in crate::bind::operator) fn named_item_of(
        &mut self,
        projection: &mut Projection,
        names: &[ast::Name],
        value: &ast::Expr,
        style: Style,
    ) {
        if let Some(call) = self.call_of_several(value) {
            return self.add_results(projection, names, call, value.span, style == Style::Project);
        }
        let bound = self.scalar(value);
        let [name] = names else {
            let span = names.first().map_or(value.span, |n| n.span);
            if bound.is_some() {
                self.report(Diagnostic::error(Code::WrongArgumentCount, span, "there is one value for these names"));
            }
            for name in names {
                projection.add(&name.text, None, true);
            }
            return;
        };
        let replace = style == Style::Extend || bound.as_ref().is_some_and(is_column);
        let declared = projection.declare(&name.text, bound, name.span, replace);
        self.ok(declared);
    }

    /// `project-away a*, b`
    pub(in crate::bind::operator) fn project_away(&mut self, rows: Rows, columns: &[ast::Name], span: Span) -> Rows {
        let Some(away) = self.matching(&rows, columns) else { return Rows { open: true, ..rows } };
        keep(rows, |name| !away.contains(name), span)
    }

    /// `project-keep a*, b`: in the input's order.
    pub(in crate::bind::operator) fn project_keep(&mut self, rows: Rows, columns: &[ast::Name], span: Span) -> Rows {
        let Some(kept) = self.matching(&rows, columns) else { return Rows { open: true, ..rows } };
        keep(rows, |name| kept.contains(name), span)
    }

    /// The columns that names and wildcards match.
    fn matching(&mut self, rows: &Rows, names: &[ast::Name]) -> Option<HashSet<ColumnName>> {
        let mut found = HashSet::new();
        let mut complete = true;
        for name in names {
            let before = found.len();
            found.extend(matching_columns(rows, name));
            complete &= found.len() > before || self.is_known(rows, name) || is_wildcard(name);
        }
        complete.then_some(found)
    }

    /// True when the rows have the column; else it is reported.
    fn is_known(&mut self, rows: &Rows, name: &ast::Name) -> bool {
        if rows.schema().field(&name.text).is_some() {
            return true;
        }
        if !rows.open {
            let near = nearest(&name.text, rows.schema().names()).map(str::to_owned);
            let diagnostic =
                Diagnostic::error(Code::UnknownColumn, name.span, format!("no column `{}` here", name.text));
            self.report(diagnostic.with_suggestion(near.as_deref()));
        }
        false
    }

    /// `project-rename new = old`
    pub(in crate::bind::operator) fn project_rename(&mut self, rows: Rows, columns: &[ast::Expr], span: Span) -> Rows {
        let mut renamed = rows.columns(span);
        for item in columns {
            let Some((new, old)) = rename_of(item) else {
                let message = "`project-rename` takes `new = old`, both of them columns";
                self.report(Diagnostic::error(Code::UnexpectedToken, item.span, message));
                continue;
            };
            let place = renamed.iter().position(|(_, e)| is_named(e, &old.text));
            let Some(place) = place else {
                self.is_known(&rows, old);
                continue;
            };
            if renamed.iter().enumerate().any(|(at, (name, _))| at != place && *name == new.text) {
                let message = format!("there is a column `{}` already", new.text);
                self.report(Diagnostic::error(Code::DuplicateColumn, new.span, message));
                continue;
            }
            if let Some((name, _)) = renamed.get_mut(place) {
                *name = new.text.clone();
            }
        }
        of_columns(rows, renamed, span)
    }

    /// `project-reorder a, b* asc`: the others follow.
    pub(in crate::bind::operator) fn project_reorder(
        &mut self,
        rows: Rows,
        columns: &[(ast::Name, Option<(ReorderOrder, Span)>)],
        span: Span,
    ) -> Rows {
        let mut order: Vec<ColumnName> = vec![];
        for (name, sorting) in columns {
            let mut matched = matching_columns(&rows, name);
            if matched.is_empty() && !is_wildcard(name) {
                self.is_known(&rows, name);
            }
            if let Some((sorting, _)) = sorting {
                matched.sort_by(|a, b| ordering(a, b, *sorting));
            }
            for column in matched {
                if !order.contains(&column) {
                    order.push(column);
                }
            }
        }
        let rest: Vec<ColumnName> =
            rows.schema().fields().iter().map(|f| f.name.clone()).filter(|n| !order.contains(n)).collect();
        order.extend(rest);
        by_names(rows, order, span)
    }

    /// `project-by-names dynamic(["a", "b*"])`: columns by names that are values; unknown ones are left out.
    pub(in crate::bind::operator) fn project_by_names(
        &mut self,
        rows: Rows,
        columns: &[ast::Expr],
        span: Span,
    ) -> Rows {
        let mut order: Vec<ColumnName> = vec![];
        for item in columns {
            let Some(bound) = self.literal(item, "a name of a column") else { return Rows::unknown(span) };
            let texts = bound.as_literal().map(texts_of).unwrap_or_default();
            for text in texts {
                let name = ast::Name { text: text.into(), span: item.span, quoted: false };
                for column in matching_columns(&rows, &name) {
                    if !order.contains(&column) {
                        order.push(column);
                    }
                }
            }
        }
        by_names(rows, order, span)
    }
}

/// The column that an item is, by its own name or through a conversion to the type it has.
fn column_of(item: &ast::Expr) -> Option<String> {
    match &item.kind {
        ast::ExprKind::Parenthesized(inner) => column_of(inner),
        ast::ExprKind::Name(name) => Some(name.text.to_string()),
        ast::ExprKind::Call(call) if conversion_target(&call.name.text).is_some() => match call.arguments.as_slice() {
            [only] => column_of(only),
            _ => None,
        },
        _ => None,
    }
}

/// Tells whether a value is the column that the item names (and not another one by an alias).
fn is_own_column(item: &ast::Expr) -> impl Fn(&Expr) -> bool {
    let name = column_of(item);
    move |value| name.as_deref().is_some_and(|name| is_named(value, name))
}

fn is_named(value: &Expr, name: &str) -> bool {
    matches!(&value.kind, crate::plan::ExprKind::Column(column) if &**column == name)
}

fn rename_of(item: &ast::Expr) -> Option<(&ast::Name, &ast::Name)> {
    let ast::ExprKind::Named { names, value } = &item.kind else { return None };
    match (names.as_slice(), &value.kind) {
        ([new], ast::ExprKind::Name(old)) => Some((new, old)),
        _ => None,
    }
}

fn is_wildcard(name: &ast::Name) -> bool {
    !name.quoted && name.text.contains('*')
}

/// The columns that a name or wildcard matches, in the input's order.
pub(in crate::bind::operator) fn matching_columns(rows: &Rows, name: &ast::Name) -> Vec<ColumnName> {
    let fields = rows.schema().fields().iter().map(|f| f.name.clone()).filter(|n| !rows.hidden.contains(n));
    if is_wildcard(name) {
        fields.filter(|f| wildcard_matches(&name.text, f)).collect()
    } else {
        fields.filter(|f| *f == name.text).collect()
    }
}

/// `a*b*`: each star any text.
pub(in crate::bind) fn wildcard_matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some((_, behind)) = rest.split_once(part) else { return false };
        rest = behind;
    }
    rest.is_empty()
}

fn ordering(a: &str, b: &str, order: ReorderOrder) -> Ordering {
    let plain = || a.to_lowercase().cmp(&b.to_lowercase());
    match order {
        ReorderOrder::Ascending => plain(),
        ReorderOrder::Descending => plain().reverse(),
        ReorderOrder::GrannyAscending => granny(a, b),
        ReorderOrder::GrannyDescending => granny(a, b).reverse(),
    }
}

/// Texts with numbers in them, the numbers by value: `a9` before `a10`.
fn granny(a: &str, b: &str) -> Ordering {
    let (a, b) = (pieces(a), pieces(b));
    a.cmp(&b)
}

fn pieces(text: &str) -> Vec<(String, u128)> {
    let mut out: Vec<(String, u128)> = vec![(String::new(), 0)];
    let mut digits = false;
    for c in text.to_lowercase().chars() {
        if let Some(digit) = c.to_digit(10) {
            digits = true;
            if let Some((_, number)) = out.last_mut() {
                *number = number.saturating_mul(10).saturating_add(u128::from(digit));
            }
            continue;
        }
        if std::mem::take(&mut digits) {
            out.push((String::new(), 0));
        }
        if let Some((letters, _)) = out.last_mut() {
            letters.push(c);
        }
    }
    out
}

/// Rows of exactly the projection's columns.
pub(in crate::bind::operator) fn projected(rows: Rows, projection: Projection, span: Span) -> Rows {
    let columns = projection.into_columns();
    let poisoned = poisoned(&columns);
    let mut pairs: Vec<(ColumnName, Expr)> = columns.into_iter().map(Projected::into_pair).collect();
    let hidden = rows.hidden_columns(span).into_iter().filter(|(name, _)| !pairs.iter().any(|(n, _)| n == name));
    let hidden: Vec<(ColumnName, Expr)> = hidden.collect();
    pairs.extend(hidden);
    let schema = Arc::new(schema_of(&pairs));
    let mut rows = rows.then(span, |input| (RelationKind::Project { input, columns: pairs }, schema));
    rows.poisoned = poisoned;
    rows.open = false;
    rows.loose = false;
    rows
}

/// Rows of the input's columns and those that were added or replaced.
pub(in crate::bind::operator) fn extended(rows: Rows, projection: Projection, span: Span) -> Rows {
    let columns = projection.into_columns();
    let schema = Arc::new(Schema::new(columns.iter().map(Projected::field)));
    let new = poisoned(&columns);
    let untouched: HashSet<ColumnName> = columns.iter().filter(|c| c.untouched).map(|c| c.name.clone()).collect();
    let pairs: Vec<(ColumnName, Expr)> =
        columns.into_iter().filter(|c| !c.untouched).map(Projected::into_pair).collect();
    if pairs.is_empty() {
        return rows;
    }
    let mut rows = rows.then(span, |input| (RelationKind::Extend { input, columns: pairs }, schema));
    rows.poisoned.retain(|p| untouched.contains(p));
    rows.poisoned.extend(new);
    rows
}

fn poisoned(columns: &[Projected]) -> Vec<ColumnName> {
    columns.iter().filter(|c| c.value.is_none()).map(|c| c.name.clone()).collect()
}

/// Rows with some of the columns.
fn keep(rows: Rows, wanted: impl Fn(&ColumnName) -> bool, span: Span) -> Rows {
    let columns =
        rows.columns(span).into_iter().filter(|(name, _)| wanted(name) || rows.hidden.contains(name)).collect();
    of_columns(rows, columns, span)
}

/// Rows with columns by name, in that order.
pub(in crate::bind::operator) fn by_names(rows: Rows, names: Vec<ColumnName>, span: Span) -> Rows {
    let hidden = rows.hidden.iter().filter(|h| !names.contains(h));
    let fields = names.iter().chain(hidden).filter_map(|n| rows.schema().field(n));
    let columns = fields.map(|f| (f.name.clone(), Expr::column(f.name.clone(), f.ty, span))).collect();
    of_columns(rows, columns, span)
}

/// Rows with columns of the input under new names or in a new order; what else is known of them stays.
fn of_columns(rows: Rows, columns: Vec<(ColumnName, Expr)>, span: Span) -> Rows {
    let schema = Arc::new(schema_of(&columns));
    let poisoned = columns.iter().filter(|(_, e)| rows.poisoned.iter().any(|p| is_named(e, p)));
    let poisoned = poisoned.map(|(name, _)| name.clone()).collect();
    let mut rows = rows.then(span, |input| (RelationKind::Project { input, columns }, schema));
    rows.poisoned = poisoned;
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_in_order() {
        assert!(wildcard_matches("Device*", "DeviceName"));
        assert!(wildcard_matches("*Name", "DeviceName"));
        assert!(wildcard_matches("a*b*c", "aXbYbc"));
        assert!(!wildcard_matches("a*b", "aXc"));
        assert!(!wildcard_matches("aba*aba", "aba"));
    }

    #[test]
    fn granny_counts() {
        assert_eq!(granny("a9", "a10"), Ordering::Less);
        assert_eq!(granny("b1", "a10"), Ordering::Greater);
    }
}
