//! Verdicts against the processor: functions run, and what they leave is compared.
//!
//! A function that is proved runs in a guarded child, on random registers and
//! memory. A run that returns and has changed what its contract keeps
//! contradicts the proof; there must be none. One that is refuted runs until
//! its violation shows.
//!
//! `link` gives the image addresses and `load` puts it there; `place` tells where all else lies, for
//! code of either width; `entry` makes states, to a `taste`; `memory` maps what is touched, `guard`
//! catches what happens to registers that are `stopped`, `steps` follows a run through what its proof
//! expects (`watch`), `returned` judges its end. `run` puts them together, `gate` leads into 32-bit
//! code. `outcome` says how a run ended, and `children` what is done with that; `coverage` and
//! `report` count.

#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

pub mod children;
pub mod coverage;
pub mod entry;
mod fault;
pub mod filling;
mod gate;
mod guard;
pub mod link;
pub mod load;
mod memory;
pub mod outcome;
mod place;
pub mod report;
mod returned;
pub mod run;
mod steps;
mod stopped;
mod taste;
pub mod unit;
pub mod watch;
