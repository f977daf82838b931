//! Conditions that are asked of groups instead of rows: that a key which is made of a text is not empty.
//!
//! In: the conditions on a table, and the keys. Out: those that need not be asked of rows, over the columns of the groups. To
//! ask them of rows, each row's key would be made twice.

use super::source::Source;
use crate::library::Native;
use crate::plan::{ColumnName, Expr, ExprKind};
use crate::value::Type;

/// Takes such conditions out of those of a single table.
pub(super) fn take(sources: &mut [Source<'_>], keys: &[(ColumnName, Expr)]) -> Vec<Expr> {
    let [source] = sources else { return vec![] };
    let made = keys.iter().filter_map(|(name, key)| Some((name, source.over(key)?)));
    let made = made.filter(|(_, key)| key.ty == Type::String && !matches!(key.kind, ExprKind::Column(_)));
    let made: Vec<(&ColumnName, Expr)> = made.collect();
    let mut late = Vec::new();
    source.conditions.retain(|condition| {
        let of_groups = of_groups(condition, &made);
        let stays = of_groups.is_none();
        late.extend(of_groups);
        stays
    });
    late
}

/// The condition over the groups' columns.
fn of_groups(condition: &Expr, made: &[(&ColumnName, Expr)]) -> Option<Expr> {
    let ExprKind::Call { function, arguments } = &condition.kind else { return None };
    let [text] = arguments.as_slice() else { return None };
    if function.native != Some(Native::IsNotEmpty) {
        return None;
    }
    let (name, key) = made.iter().find(|(_, key)| key == text)?;
    let column = Expr::column((*name).clone(), key.ty, text.span);
    Some(Expr { kind: ExprKind::Call { function, arguments: vec![column] }, ..condition.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::library;

    fn call(name: &str, argument: Expr, ty: Type) -> Expr {
        let function = library::scalar_function(name).unwrap();
        Expr { kind: ExprKind::Call { function, arguments: vec![argument] }, ty, span: Span::default() }
    }

    fn column(name: &str) -> Expr {
        Expr::column(name, Type::String, Span::default())
    }

    #[test]
    fn only_a_key_that_is_made_is_asked_late() {
        let name: ColumnName = "Lower".into();
        let key = call("tolower", column("FileName"), Type::String);
        let made = [(&name, key.clone())];
        let late = of_groups(&call("isnotempty", key.clone(), Type::Bool), &made);
        assert_eq!(late, Some(call("isnotempty", column("Lower"), Type::Bool)));
        assert_eq!(of_groups(&call("isempty", key, Type::Bool), &made), None);
        assert_eq!(of_groups(&call("isnotempty", column("FileName"), Type::Bool), &made), None);
    }
}
