//! What one root promises: a convention, narrowed or replaced by configuration.

use super::Interrupt;
use crate::conventions::{CALLED_BY_HANDLERS, Convention};
use crate::registers::{Register, RegisterSet};

/// The contract of a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// The convention that it starts from.
    pub convention: &'static Convention,
    /// The convention of the functions that it calls.
    pub callees: &'static Convention,
    /// It is entered by the hardware, not by a call.
    pub interrupt: Option<Interrupt>,
    /// Registers that hold something for the root at its entry.
    pub arguments: RegisterSet,
    /// Registers that hold something for the caller at the return.
    pub results: RegisterSet,
    /// Registers that hold their entry value at the return.
    pub preserved: RegisterSet,
    /// Bytes of stack arguments, where the configuration tells.
    pub stack_arguments: Option<u32>,
    /// It takes or returns vectors of more than 128 bits.
    pub wide_vectors: bool,
    /// Registers that hold a multiple of 2^n at the entry.
    pub multiples: Vec<(Register, u8)>,
    /// How many times the usual work its analysis may take.
    pub work: u32,
    /// Its unwind table is right where that cannot be told.
    pub unwinds: bool,
    /// It never returns.
    pub never_returns: bool,
    /// It leaves its caller's stack on purpose.
    pub switches_stack: bool,
    /// Why it differs from the convention, as the configuration says.
    pub reasons: Vec<String>,
}

impl Contract {
    /// The convention as it is.
    #[must_use]
    pub const fn of(convention: &'static Convention) -> Self {
        Self {
            convention,
            callees: convention,
            interrupt: None,
            arguments: convention.arguments,
            results: convention.results,
            preserved: convention.preserved,
            stack_arguments: None,
            wide_vectors: false,
            multiples: Vec::new(),
            work: 1,
            unwinds: false,
            never_returns: false,
            switches_stack: false,
            reasons: Vec::new(),
        }
    }

    /// Whether the configuration declares something of it.
    #[must_use]
    pub fn is_declared(&self) -> bool {
        !self.reasons.is_empty()
    }

    /// A handler's, which the hardware enters.
    #[must_use]
    pub fn of_handler(interrupt: Interrupt) -> Self {
        Self {
            callees: CALLED_BY_HANDLERS,
            stack_arguments: interrupt.frame_above_entry(),
            interrupt: Some(interrupt.clone()),
            ..Self::of(interrupt.convention())
        }
    }

    /// General registers that hold nothing the root may use at its entry.
    ///
    /// A preserved register may be saved, but what it holds is its caller's.
    #[must_use]
    pub fn undefined_at_entry(&self) -> RegisterSet {
        let general: RegisterSet = (0..16).map(Register).collect();
        general.difference(self.arguments)
    }

    /// How many registers of the x87 stack hold results at the return.
    #[must_use]
    pub fn x87_results(&self) -> u8 {
        let results = (0..8).map(Register::x87);
        results.filter(|&st| self.results.contains(st)).count() as u8
    }

    /// Registers that a caller finds changed after a call.
    #[must_use]
    pub fn clobbers(&self, register: Register) -> bool {
        register != Register::RSP && !self.preserved.contains(register)
    }
}
