//! The kernel tried from outside: built, booted, typed to, and made to fail.

mod boot;
mod faults;
mod image;
mod keys;
mod shell;
mod stress;
mod support;
