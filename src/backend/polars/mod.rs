//! The polars backend.
