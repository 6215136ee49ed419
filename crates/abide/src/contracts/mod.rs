//! What binds whom: the choice of roots, and the contract of each.

mod roots;

pub use roots::{Derived, Root, roots_of};
