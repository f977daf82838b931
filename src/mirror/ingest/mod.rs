//! Bringing files into the mirror.
//!
//! In: paths. Out: rows in the store, and a report that counts everything that was not taken. A file is read as a stream
//! of rows; each row goes by the columns of its table into a frame; frames are sorted, split by day and written.

mod cell;
mod infer;
mod rows;
mod time;
mod token;

pub(super) use infer::{Kinds, convert};
pub(super) use rows::{Builder, Frame, RawColumn, TIMES};
