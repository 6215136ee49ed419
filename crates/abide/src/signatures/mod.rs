//! What the two languages say of each other's symbols.

pub mod rust_source;
