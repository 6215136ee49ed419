//! Results as text for people and for programs.

pub mod objdump;
