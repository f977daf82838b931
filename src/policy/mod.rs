//! Rules: scripts that the user writes, tests and proves, and that decide every conflict.
//!
//! In: a script in rhai, questions. Out: decisions. Never: a file, a request, a clock; what a rule sees is what it is given.
//! The interpreter is confined to this module.

pub mod api;
mod branches;
pub mod cases;
pub mod check;
pub mod coverage;
pub mod definitions;
pub mod diff;
pub mod explain;
mod facts;
mod host;
mod presets;
pub mod replay;
pub mod scenario;
pub mod verify;

pub use branches::{Branch, BranchKind};
pub use host::{Rule, digest};
pub use presets::{PRESETS, Preset, preset};
