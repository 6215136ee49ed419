//! Abstract execution: values, states, joins, and control flow found as values become known.

mod boundaries;
mod branch;
mod code;
mod compute;
mod evaluate;
mod events;
mod explore;
mod floats;
mod forks;
mod frame;
mod functions;
mod gates;
mod join;
mod known;
mod linked;
mod numbers;
mod parallel;
mod red_zone;
pub mod replay;
mod slots;
mod state;
mod surroundings;
mod tables;
mod terms;
mod unwinding;

pub use boundaries::Boundaries;
pub use code::Code;
pub use events::{
    Aim, AssumedTable, Assumptions, Callee, Event, Exit, Facts, Home, Reason, Seen, Unwound, Use,
    Whereabouts,
};
pub use explore::{Analysis, Calls, Explored, Explorer};
pub use frame::Passed;
pub use gates::Gates;
pub use known::Known;
pub use linked::{Changes, Linked};
pub use parallel::in_parallel;
pub use red_zone::{Evidence, RedZone, User};
pub use slots::Slot;
pub use state::State;
pub use surroundings::Surroundings;
pub use terms::{Base, BaseId, Function, Garbage, TermId, Terms, Value};
pub use unwinding::UnwindTables;
