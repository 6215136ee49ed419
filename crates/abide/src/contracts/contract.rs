//! What one root promises: a convention, narrowed or replaced by configuration.

use std::sync::Arc;

use super::lowered::Held;
use super::{Interrupt, Lowered};
use crate::conventions::Convention;
use crate::registers::{Register, RegisterSet};
use crate::signatures::Origin;

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
    /// Bytes of stack arguments, with the home space below them, where a declaration or the
    /// configuration tells.
    pub stack_arguments: Option<u32>,
    /// Bytes of stack arguments that it takes off the stack when it returns, where that is known.
    pub pops: Option<u32>,
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
    /// Its stack may lie below 4 GiB, where 32-bit code reaches it.
    pub low_stack: bool,
    /// It leaves its caller's stack on purpose.
    pub switches_stack: bool,
    /// It is declared by a convention that is none of `conventions/`: nothing is told of it.
    pub is_unfamiliar: bool,
    /// What is declared of it, where a declaration was seen.
    pub declared: Option<Arc<Lowered>>,
    /// Why it differs from the convention, as the configuration says, or a gate.
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
            pops: if convention.callee_pops {
                None
            } else {
                Some(0)
            },
            wide_vectors: false,
            multiples: Vec::new(),
            work: 1,
            unwinds: false,
            never_returns: false,
            low_stack: false,
            switches_stack: false,
            is_unfamiliar: false,
            declared: None,
            reasons: Vec::new(),
        }
    }

    /// That of a function that is declared by a convention which is not known.
    #[must_use]
    pub fn unfamiliar(platform: &'static Convention) -> Self {
        Self {
            is_unfamiliar: true,
            ..Self::of(platform)
        }
    }

    /// Whether the configuration declares something of it.
    #[must_use]
    pub fn is_declared(&self) -> bool {
        !self.reasons.is_empty()
    }

    /// Whether C has its address in a table, whose type tells how it is called.
    #[must_use]
    pub fn is_typed_by_table(&self) -> bool {
        let declared = self.declared.as_ref();
        declared.is_some_and(|declared| declared.signature.origin == Origin::Tabled)
    }

    /// A handler's, which the hardware enters, and which calls functions of a convention.
    #[must_use]
    pub fn of_handler(interrupt: Interrupt, callees: &'static Convention) -> Self {
        Self {
            callees,
            stack_arguments: interrupt.frame_above_entry(),
            interrupt: Some(interrupt.clone()),
            ..Self::of(interrupt.convention())
        }
    }

    /// A handler's, by the gates that the unit's own code fills.
    #[must_use]
    pub fn of_gate(interrupt: Interrupt, callees: &'static Convention) -> Self {
        let reason = format!("the unit's code fills its gate: {}", interrupt.text());
        Self {
            reasons: vec![reason],
            ..Self::of_handler(interrupt, callees)
        }
    }

    /// The contract that a declaration makes.
    #[must_use]
    pub fn declared(declared: Lowered) -> Self {
        let convention = declared.convention;
        let mut arguments = declared.argument_registers();
        arguments.insert(Register::RSP);
        // What more arguments there are, no declaration says.
        let is_all = !declared.signature.variadic;
        if !is_all {
            arguments = arguments.union(convention.arguments);
        }
        Self {
            arguments,
            results: declared.result_registers(),
            stack_arguments: is_all.then_some(declared.stack_bytes),
            pops: declared.pops,
            never_returns: declared.signature.never_returns,
            declared: Some(Arc::new(declared)),
            ..Self::of(convention)
        }
    }

    /// The bytes of a return address, and of each word of the stack.
    #[must_use]
    pub fn word(&self) -> i64 {
        self.convention.word().into()
    }

    /// The same function by another convention.
    #[must_use]
    pub fn by(&self, convention: &'static Convention) -> Self {
        let declared = self.declared.as_ref();
        let lowered = declared.and_then(|own| Lowered::by(convention, &own.signature));
        Self {
            reasons: self.reasons.clone(),
            ..lowered.map_or_else(|| Self::of(convention), Self::declared)
        }
    }

    /// The same function by the ABI's letter, which defines of a narrow argument no bit but its
    /// own; `None` where that is the same.
    #[must_use]
    pub fn strict(&self) -> Option<Self> {
        let mut declared = Lowered::clone(self.declared.as_ref()?);
        let mut is_other = false;
        for piece in declared.arguments.iter_mut().filter(|p| p.bits < 32) {
            is_other |= piece.extension.take().is_some();
            // Section 3.2.3: of a `_Bool` all eight bits are defined.
            piece.bits = piece.bits.max(8);
        }
        is_other.then(|| Self {
            declared: Some(Arc::new(declared)),
            ..self.clone()
        })
    }

    /// Whether parameters are passed in a general register, here and in what it calls; others
    /// tell other things (System V's `rax` and `r10`). Of vector registers those that the root's
    /// own declaration leaves free.
    #[must_use]
    pub fn passes_parameters(&self, register: Register) -> bool {
        self.callees.parameters.contains(&register) || self.has_no_vector(register)
    }

    /// Whether a vector register would hold an argument, had the declaration one more.
    #[must_use]
    pub fn has_no_vector(&self, register: Register) -> bool {
        let declared = self.declared.as_ref();
        declared.is_some_and(|declared| !declared.signature.variadic)
            && !self.arguments.contains(register)
            && self.convention.vector_parameters.contains(&register)
    }

    /// Whether any vector register holds no argument that would hold one.
    #[must_use]
    pub fn lacks_vectors(&self) -> bool {
        let vectors = self.convention.vector_parameters.iter();
        vectors
            .into_iter()
            .any(|&vector| self.has_no_vector(vector))
    }

    /// Whether a declaration or the configuration tells what arguments there are.
    #[must_use]
    pub fn declares_arguments(&self) -> bool {
        let missing = self.convention.arguments.difference(self.arguments);
        self.declared.is_some() || missing.iter().next().is_some()
    }

    /// Whether it is declared to take nothing and to give nothing, as code is whose type nobody knows:
    /// `fn()` in Rust, `void (*)(void)` in C.
    #[must_use]
    pub fn is_declared_empty(&self) -> bool {
        self.declared.as_ref().is_some_and(|declared| {
            let signature = &declared.signature;
            signature.parameters.is_empty() && !signature.variadic && declared.results.is_empty()
        })
    }

    /// Whether a register points to something of which it is known what is where in it.
    #[must_use]
    pub fn has_pointee(&self, register: Register) -> bool {
        let declared = self.declared.as_ref();
        declared.is_some_and(|declared| declared.pointee_of(register).is_some())
    }

    /// The bits of a general register that hold nothing the root may use at its entry.
    ///
    /// A preserved register may be saved, but what it holds is its caller's.
    #[must_use]
    pub fn garbage_in(&self, register: Register) -> u64 {
        if !self.arguments.contains(register) {
            return u64::MAX;
        }
        let declared = self.declared.as_ref();
        let argument = declared.and_then(|declared| declared.argument_in(register));
        argument.map_or(0, |argument| above(argument.defined_bits()))
    }

    /// The bits of what the caller left on the stack that hold nothing the root may use, of up
    /// to eight bytes at an offset from SP at the entry. What is wider is not told.
    #[must_use]
    pub fn garbage_on_stack(&self, offset: i64, bytes: u16) -> u64 {
        let (Some(declared), Some(count)) = (&self.declared, self.stack_arguments) else {
            return 0;
        };
        let mut garbage = 0;
        for byte in 0..i64::from(bytes.min(8)) {
            let at = offset + byte - self.word();
            let is_held = |&(start, bits): &(u32, u32)| {
                let start = i64::from(start);
                (start..start + i64::from(bits.div_ceil(8))).contains(&at)
            };
            let held = declared
                .arguments
                .iter()
                .filter_map(|piece| match piece.held {
                    Held::Stack(start) => Some((start, piece.defined_bits())),
                    _ => None,
                });
            // What the configuration adds is as it says.
            let is_stated = at >= i64::from(declared.stack_bytes) && at < i64::from(count);
            if !is_stated && !held.into_iter().any(|piece| is_held(&piece)) {
                garbage |= 0xff << (8 * byte);
            }
        }
        garbage
    }

    /// Registers that the root may hold for nothing but to give them back.
    #[must_use]
    pub fn kept_for_caller(&self) -> RegisterSet {
        let general: RegisterSet = (0..16).map(Register).collect();
        let vectors = self.preserved.iter().filter(|r| r.is_vector()).collect();
        let owed = match self.interrupt {
            Some(_) => general.union(self.preserved),
            None => general.union(vectors),
        };
        owed.difference(self.arguments)
            .difference(self.convention.arguments)
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

/// The bits above the low ones.
fn above(bits: u32) -> u64 {
    u64::MAX.checked_shl(bits).unwrap_or(0)
}
