//! The mirror as its user has it: the real program, real files, and what may happen to both.

mod faults;
mod filters;
mod held;
mod history;
mod kill;
mod status;
mod store;
