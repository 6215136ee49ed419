//! `cargo abide`: the command line over the `abide` library.

fn main() {}
