//! The processor as the judge of the lifter.
//!
//! An instruction form is run in a child process on random states, and what
//! has changed is compared with what the lifter's effects say: every register,
//! flag and byte of memory that the concrete evaluator knows must agree, and
//! only what it leaves open may differ.
//!
//! What needs privilege runs in a [`guest`], code of 32 bits by a far jump ([`narrow`]).
//!
//! Of every two runs the second agrees with the first in what the effects read
//! and in nothing else, so that a read that is left out shows too.
//!
//! [`form`] names forms, [`plan`] aims an instruction at memory, [`state`] makes
//! random states, [`processor`] and [`model`] run them, [`compare`] and [`twin`] judge.
//! [`guard`], [`shared`] and [`trampoline`] are what any run in a child needs.

#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

pub mod compare;
pub mod form;
pub mod guard;
pub mod guest;
pub mod model;
pub mod narrow;
pub mod plan;
pub mod processor;
pub mod random;
pub mod report;
pub mod shared;
pub mod state;
pub mod trampoline;
pub mod twin;
