//! Proves or refutes that Rust and assembly keep the contract between them.
//!
//! Data moves one way, room by room; a room imports only from rooms before it:
//! [`registers`] → [`inputs`] and on.

pub mod inputs;
pub mod machine;
pub mod project;
pub mod registers;
pub mod report;
pub mod rules;
pub mod signatures;
