//! How a run ended, and what it broke.

use std::fmt;

use abide::registers::Register;

use crate::watch::Broken;

/// What a run did that its contract forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    /// It returned with another value in a preserved register.
    Clobbered(Register),
    /// It returned with SP so far from where it belongs, in bytes.
    StackPointer(i64),
    /// It returned with the direction flag set.
    Direction,
    /// It returned with registers of the x87 stack in use, or another rounding or exception mask.
    FloatingPoint,
    /// It returned with upper halves of vector registers in use.
    UpperInUse,
    /// It called a function with SP at so much modulo 16.
    MisalignedCall(u8),
    /// It called a function with the direction flag set.
    DirectionAtCall,
    /// It accessed the stack where alignment is demanded and missing.
    MisalignedAccess,
    /// It stepped over a page of its stack.
    Unprobed,
    /// It went where no code is.
    LeftCode,
    /// It ran an instruction that the proof did not visit.
    Strayed,
}

impl Breach {
    /// Whether a run can show that a rule is violated: of others it does not tell where a value came
    /// from, who might be interrupted, or what an unwinder would find.
    #[must_use]
    pub fn shows(rule: &str) -> bool {
        matches!(
            rule,
            "clobbered_register"
                | "unbalanced_stack"
                | "direction_flag"
                | "misaligned_call"
                | "misaligned_stack_access"
                | "unprobed_frame"
                | "dirty_fp_state"
                | "missing_vzeroupper"
        )
    }

    /// The rule that it violates.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Strayed => "no rule",
            Self::Clobbered(_) => "clobbered_register",
            Self::StackPointer(_) | Self::LeftCode => "unbalanced_stack",
            Self::Direction | Self::DirectionAtCall => "direction_flag",
            Self::FloatingPoint => "dirty_fp_state",
            Self::UpperInUse => "missing_vzeroupper",
            Self::MisalignedCall(_) => "misaligned_call",
            Self::MisalignedAccess => "misaligned_stack_access",
            Self::Unprobed => "unprobed_frame",
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clobbered(register) => write!(f, "{register} is clobbered"),
            Self::StackPointer(distance) => write!(f, "rsp is {distance} off at the return"),
            Self::Direction => f.write_str("the direction flag is set at the return"),
            Self::FloatingPoint => {
                f.write_str("the state of floating point is another at the return")
            }
            Self::UpperInUse => f.write_str("upper halves are in use at the return"),
            Self::MisalignedCall(rest) => write!(f, "a call with rsp at {rest} modulo 16"),
            Self::DirectionAtCall => f.write_str("a call with the direction flag set"),
            Self::MisalignedAccess => f.write_str("a misaligned access to the stack"),
            Self::Unprobed => f.write_str("a page of the stack is stepped over"),
            Self::LeftCode => f.write_str("control goes where no code is"),
            Self::Strayed => f.write_str("control goes where the proof did not"),
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ending {
    /// It did not begin.
    #[default]
    None,
    /// The child died of it.
    Died,
    /// It returned to its caller.
    Returned,
    /// It called what never comes back.
    NeverReturns,
    /// It showed a violation, and went no further.
    Stopped,
    /// It broke what the proof assumes: it read past the end of a table, say.
    Departed,
    /// It took too long.
    TimeOut,
    /// It touched more memory than there is for a run, or the stack's end.
    OutOfMemory,
    /// It touched what cannot be mapped.
    Unmappable,
    /// The processor raised something else.
    Signal(i32),
}

impl Ending {
    /// In words, for counts.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::None => "did not begin",
            Self::Died => "killed its child",
            Self::Returned => "returned",
            Self::NeverReturns => "called what never returns",
            Self::Stopped => "stopped at a violation",
            Self::Departed => "broke what the proof assumes",
            Self::TimeOut => "took too long",
            Self::OutOfMemory => "touched too much memory",
            Self::Unmappable => "touched what cannot be mapped",
            Self::Signal(libc::SIGILL) => "met what is no instruction of this processor",
            Self::Signal(libc::SIGFPE) => "divided by zero",
            Self::Signal(_) => "was ended by a signal",
        }
    }
}

/// What is told of a run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// The first thing that it broke.
    pub breach: Option<Breach>,
    /// The assumption of its proof that it broke before anything else.
    pub broken: Option<Broken>,
    /// It went to a function that is taken to keep its convention, whose doing all later is.
    pub left: bool,
    /// Where the processor was when a signal ended it.
    pub at: u64,
    /// The address that it could not touch, if that ended it.
    pub address: Option<u64>,
    /// The general registers then, or at the end.
    pub general: [u64; 16],
    /// Where above the return address it changed its caller's frame furthest, in bytes.
    pub callers_frame: u64,
}
