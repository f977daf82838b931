//! huntline runs copied advanced-hunting queries (KQL) on your own machine, over a local mirror of the Defender tables.

pub mod backend;
pub mod bind;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod connector;
pub mod diagnostic;
pub mod engine;
pub mod external;
pub mod fake;
pub mod generate;
pub mod incident;
pub mod ledger;
pub mod library;
pub mod mirror;
pub mod plan;
pub mod policy;
pub mod pull;
pub mod render;
pub mod sink;
pub mod sync;
pub mod syntax;
pub mod value;
