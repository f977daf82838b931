//! The local store of telemetry.
