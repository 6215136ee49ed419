//! Only the sources of GMP are wanted: `cargo xtask pairs` assembles a file of them for Windows.

fn main() {}
