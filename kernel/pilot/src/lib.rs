//! The host side of the kernel: boots its image under QEMU, types to it as a person would, reads
//! its screen and its serial line, and says how it ended.
//!
//! A [`Machine`] is one [`qemu`]. Its keyboard and its screen are reached through [`qmp`], its serial
//! line through [`serial`]; [`keyboard`] knows which keys write a text on a layout, and [`session`]
//! is the short visit that shows a kernel alive.

pub mod ending;
pub mod keyboard;
pub mod machine;
pub mod qemu;
pub mod qmp;
pub mod screen;
pub mod serial;
pub mod session;
pub mod variant;

pub use ending::Ending;
pub use keyboard::{Key, Layout};
pub use machine::Machine;
pub use qemu::Options;
pub use screen::Screen;
