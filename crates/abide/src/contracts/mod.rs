//! What binds whom: the choice of roots, and the contract of each.

mod configuration;
mod contract;
mod roots;

pub use configuration::{Configuration, Declared, Error};
pub use contract::Contract;
pub use roots::{Derived, Root, RootChoice, has_assembly, roots_of};
