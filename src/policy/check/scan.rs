//! Quick looks into statements: whether they leave a loop, what they assign to.
//!
//! In: statements. Out: facts about their form. Never: a finding.

use rhai::{ASTFlags, ASTNode, Expr, Stmt};
use std::collections::BTreeSet;

/// Whether statements leave the loop around them by `break`, or the function.
pub(super) fn leaves(statements: &[Stmt], breaks: bool) -> bool {
    let mut found = false;
    let mut path = Vec::new();
    for statement in statements {
        statement.walk(&mut path, &mut |path| {
            let inner = path
                .iter()
                .rev()
                .skip(1)
                .any(|n| matches!(n, ASTNode::Stmt(Stmt::While(..) | Stmt::Do(..) | Stmt::For(..))));
            found |= match path.last() {
                Some(ASTNode::Stmt(Stmt::BreakLoop(_, flags, _))) => {
                    breaks && !inner && flags.contains(ASTFlags::BREAK)
                }
                Some(ASTNode::Stmt(Stmt::Return(..))) => !breaks,
                _ => false,
            };
            true
        });
    }
    found
}

/// The variables that are assigned to.
pub(super) fn assigned(statements: &[Stmt], names: &mut BTreeSet<String>) {
    let mut path = Vec::new();
    for statement in statements {
        statement.walk(&mut path, &mut |path| {
            if let Some(ASTNode::Stmt(Stmt::Assignment(parts))) = path.last()
                && let Some(name) = root(&parts.1.lhs)
            {
                names.insert(name);
            }
            true
        });
    }
}

/// The variable at the beginning of `a.b[c]`.
pub(super) fn root(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Variable(v, ..) => Some(v.1.to_string()),
        Expr::Dot(pair, ..) | Expr::Index(pair, ..) => root(&pair.lhs),
        _ => None,
    }
}
