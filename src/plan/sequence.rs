//! What `scan` does: a row pattern of steps, each with a condition and assignments.

use super::{ColumnName, Expr};
use std::sync::Arc;

/// A `scan` over rows in order. Expressions read the columns of the current row by their names (declared ones have their
/// defaults there) and the last row of a step of the sequence by [`part_column`].
#[derive(Clone, Debug)]
pub struct Sequence {
    /// Rows of different values of these go through the steps each on their own.
    pub partition: Vec<Expr>,
    /// Columns that the operator adds, and their defaults: constants of the column's type.
    pub declared: Vec<(ColumnName, Expr)>,
    /// The steps, in order; their names are unique.
    pub steps: Vec<SequenceStep>,
    /// A `long` column, put last, with the number of the sequence that a row belongs to, from 0.
    pub match_id: Option<ColumnName>,
}

/// A step of a [`Sequence`].
#[derive(Clone, Debug)]
pub struct SequenceStep {
    /// Its name.
    pub name: Arc<str>,
    /// The step may be left out of a sequence.
    pub optional: bool,
    /// Which of its rows come out.
    pub output: StepOutput,
    /// A bool. It reads this step and those before it.
    pub condition: Expr,
    /// Values of columns of a row that matches; all of them read the row as it came.
    pub assignments: Vec<(ColumnName, Expr)>,
}

/// Which rows of a step come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepOutput {
    /// Every match.
    All,
    /// The last one of a row of matches of one sequence.
    Last,
    /// None.
    None,
}

impl Sequence {
    /// Its expressions.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let steps = self.steps.iter();
        let of_steps = steps.flat_map(|s| std::iter::once(&s.condition).chain(s.assignments.iter().map(|(_, e)| e)));
        self.partition.iter().chain(self.declared.iter().map(|(_, e)| e)).chain(of_steps)
    }

    /// Its expressions, to change.
    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let of_steps = self.steps.iter_mut().flat_map(|s| {
            let SequenceStep { condition, assignments, .. } = s;
            std::iter::once(condition).chain(assignments.iter_mut().map(|(_, e)| e))
        });
        self.partition.iter_mut().chain(self.declared.iter_mut().map(|(_, e)| e)).chain(of_steps)
    }
}

/// The column of something with a name of its own: a step of a [`Sequence`], a node or edge of a graph pattern. No column of
/// the user's begins so.
pub fn part_column(part: &str, column: &str) -> ColumnName {
    format!("${part}.{column}").into()
}

/// The part and its column, of a name that [`part_column`] made of one of these parts.
pub fn split_part_column<'n>(name: &'n str, part: &str) -> Option<&'n str> {
    name.strip_prefix('$')?.strip_prefix(part)?.strip_prefix('.')
}
