//! Proves or refutes that Rust and assembly keep the contract between them.
