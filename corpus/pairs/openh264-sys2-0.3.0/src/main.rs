//! Only the sources of openh264 are wanted: `cargo xtask pairs` assembles a file of them for Windows.

fn main() {}
