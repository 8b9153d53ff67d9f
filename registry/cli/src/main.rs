//! The `registry` command.

fn main() {}
