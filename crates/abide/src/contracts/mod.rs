//! What binds whom: the choice of roots, and the contract of each.

mod by_value;
mod configuration;
mod contract;
mod decorated;
mod gates;
mod helpers;
mod interrupt;
mod lowered;
mod modes;
mod platform;
mod references;
mod remarks;
mod roots;
mod stated;
mod statics;
mod told;

pub use configuration::{Allowed, Configuration, Declared, Error, Profile, fits};
pub use contract::Contract;
pub use decorated::{decorated, imported};
pub use gates::Gate;
pub use helpers::helper_of_32_bits;
pub use interrupt::Interrupt;
pub use lowered::{Held, Lowered, Piece};
pub use modes::{CodeMode, SegmentMode};
pub use platform::{convention_at, platform_of};
pub(crate) use remarks::told_nearest;
pub use remarks::{nearest_symbol, without_nearest};
pub use roots::{
    Derived, Root, RootChoice, handed_out, has_assembly, has_code, is_judged, roots_of,
};
pub use stated::{Instruction, Stated, Table};
pub use statics::{Static, Statics};
pub use told::Told;
