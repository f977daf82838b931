//! Brings the rows of a hunting service into the mirror, every one of them.
//!
//! In: a service that answers queries ([`Hunting`]), a mirror that keeps what it is given ([`Store`]), time ([`Machine`]).
//! Out: rows in the mirror, each commit durable, and a report a table. Never: an answer that may have been cut off; a call
//! beyond the service's quota; a row that is read before newer ones.
//!
//! How it knows what is missing: the service counts the rows of each hour in one query. An hour is due when that count
//! differs from the count that the mirror noted when it last took the hour, so late rows are found in any hour, and an
//! hour without news is not read again. Adjacent due hours are read together, up to a number of rows that stays clear of
//! the service's limits. What is cut off all the same, or has fewer rows than were counted, is counted anew in finer steps
//! and read in parts, down to a single tick; what never comes whole is told, stays due, and holds up no older rows. All
//! tables get what is due of their last day before any gets older rows. An hour's count is noted in the same commit as
//! the last of its rows, so a run that ends early is resumed by the next one; rows that come twice are dropped by the
//! mirror.

mod answer;
mod bins;
mod cell;
mod kql;
mod machine;
mod pace;
mod port;
mod report;
mod run;
mod source;
mod tables;
#[cfg(test)]
mod tests;

pub use machine::{Machine, Tokio};
pub use port::{Added, HuntFailure, Hunting, Page, Question, Store};
pub use report::{Progress, PullReport, TableReport};
pub use run::{Options, Pull, Since};
pub use source::{Limits, Source};
pub use tables::{PullTable, choose, enabled};
