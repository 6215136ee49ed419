//! Proves or refutes that Rust and assembly keep the contract between them.
//!
//! Data moves one way, room by room; a room imports only from rooms before it:
//! [`registers`] → [`conventions`] → [`inputs`] → [`signatures`] → [`contracts`] → [`machine`]
//! → [`interpret`] → [`rules`] → [`report`]. [`project`] ties them together: files in, a report
//! out.

pub mod contracts;
pub mod conventions;
pub mod inputs;
pub mod interpret;
pub mod machine;
pub mod project;
pub mod registers;
pub mod report;
pub mod rules;
pub mod signatures;
