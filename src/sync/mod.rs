//! Incidents of two services kept in step.
//!
//! In: both sides of an incident, what they last agreed on, a rule. Out: what is written where, what is held, why. The
//! decision is pure: [`pass::decide`] sees no connector, no ledger, no clock and no rule engine, only the ports
//! [`decision::Resolver`] and, for the run around it, [`port::Services`].

pub mod base;
pub mod decision;
pub mod input;
pub mod merge;
pub mod pass;
pub mod plan;
pub mod port;
pub mod run;
pub mod value;
