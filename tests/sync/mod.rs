//! Incidents kept in step, end to end: the real clients, ledger and rules against the HTTP twin of both services.

mod cli;
mod judge;
mod kill;
mod mocks;
mod run;
mod world;
