//! Results to pictures.
