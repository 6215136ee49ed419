//! Only the sources of OpenSSL are wanted: `cargo xtask pairs` makes a file of them as for Windows.

fn main() {}
