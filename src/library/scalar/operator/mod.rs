//! Operators, each a function under its KQL spelling: arithmetic, comparison, logic, relations of texts, lists.

pub(super) mod arithmetic;
pub(super) mod comparison;
pub(super) mod list;
pub(super) mod logic;
pub(super) mod text;
