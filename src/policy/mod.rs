//! Rules: scripts that the user writes, tests and proves, and that decide every conflict.
//!
//! In: a script in rhai, questions. Out: decisions. Never: a file, a request, a clock; what a rule sees is what it is given.
//! The interpreter is confined to this module.

pub mod api;
mod facts;
mod host;
mod presets;
pub mod scenario;

pub use host::{Rule, digest};
pub use presets::{PRESETS, Preset, preset};
