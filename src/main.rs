//! The `huntline` program.

fn main() {}
