//! The parts of OData that both lists speak: `$filter`, `$orderby`, and pages with an opaque link to the next one.
//!
//! In: query text and records as JSON. Out: a decision per record, an order, a range with its link. Anything that is not
//! understood is an error with a message for the caller's 400; nothing is ignored.

mod filter;
mod page;

pub(super) use filter::{Filter, Literal, Op};
pub(super) use page::{order, page};
