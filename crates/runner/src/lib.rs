//! Verdicts against the processor: functions run, and what they leave is compared.
//!
//! A function that is proved runs in a guarded child, on random registers and
//! memory. A run that returns and has changed what its contract keeps
//! contradicts the proof; there must be none. One that is refuted runs until
//! its violation shows.
//!
//! `link` gives the image addresses and `load` puts it there; `place`
//! tells where all else lies; `entry` makes states, to a `taste`; `memory` maps what is
//! touched, `guard` catches what happens, `run` puts them together, `outcome` says how it
//! ended, and `children` what is done with that. `coverage` and `report` count. Code of 32 bits runs in [`narrow`].

#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

pub mod children;
pub mod coverage;
pub mod entry;
mod fault;
pub mod filling;
mod guard;
pub mod link;
pub mod load;
mod memory;
pub mod narrow;
pub mod outcome;
mod place;
pub mod report;
pub mod run;
mod taste;
pub mod unit;
pub mod watch;
