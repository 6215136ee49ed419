//! What is shown of a run, as data and as sentences.

use std::fmt;

use super::entry::{Input, RETURN_ADDRESS};
use crate::inputs::Place;
use crate::interpret::events::{Callee, Unwound};
use crate::registers::Register;

/// An input of the run that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The input.
    pub input: Input,
    /// What a person calls it: `rdi`, `dword [rdi + 0x8]`, `rax after call 1`.
    pub name: String,
    /// What it holds.
    pub value: u64,
    /// What it holds in the second run, where two runs are compared.
    pub or: Option<u64>,
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {:#x}", self.name, self.value)?;
        match self.or {
            Some(or) => write!(f, ", or {or:#x}"),
            None => Ok(()),
        }
    }
}

/// An instruction of the run that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayStep {
    /// The instruction.
    pub place: Place,
    /// What it did, the last time where it ran several times.
    pub what: What,
    /// How often it ran.
    pub times: u32,
}

/// What an instruction of a run did. Offsets count from SP at the entry, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It wrote the register. A value that the model does not compute is none.
    Register {
        /// The register.
        register: Register,
        /// What it held.
        was: Option<u64>,
        /// What it holds.
        is: Option<u64>,
    },
    /// It moved SP.
    StackPointer {
        /// The offset before.
        was: i64,
        /// The offset after.
        is: i64,
    },
    /// It wrote DF.
    Direction {
        /// What it is, if that is known.
        set: Option<bool>,
    },
    /// It accessed the stack.
    Slot {
        /// The lowest offset.
        offset: i64,
        /// How many bytes.
        bytes: u64,
        /// Whether it wrote.
        is_store: bool,
        /// What stands there (its low 64 bits).
        value: Option<u64>,
    },
    /// It accessed other memory.
    Access {
        /// The lowest address.
        address: u64,
        /// How many bytes.
        bytes: u64,
        /// Whether it wrote.
        is_store: bool,
    },
    /// It was a branch that an input decided.
    Branched {
        /// Whether it was taken.
        taken: bool,
    },
    /// It called a function by its convention, or left to it by a jump.
    Called {
        /// The function.
        callee: Callee,
        /// The offset of SP at the callee's entry.
        offset: i64,
    },
    /// It returned from the root.
    Returned {
        /// To where.
        to: u64,
        /// The offset of SP after it.
        offset: i64,
    },
    /// It returned from an interrupt.
    Resumed {
        /// The offset of SP before it.
        offset: i64,
    },
    /// Two runs differ here: in the address that is accessed or gone to, or in what is loaded.
    Differs {
        /// In the one run.
        one: u64,
        /// In the other.
        other: u64,
    },
    /// Two runs part at a branch.
    Parts {
        /// Whether the one run takes it, and not the other.
        one_takes: bool,
    },
    /// An unwinder was led astray before it ran.
    Unwound {
        /// What of the caller's state.
        part: Unwound,
        /// What it finds.
        found: u64,
        /// What it ought to find.
        expected: u64,
        /// SP at the entry, where both are addresses of the frame.
        from: Option<u64>,
    },
    /// There is no instruction.
    NoInstruction,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Register { register, was, is } => {
                write!(f, "{register} = {}, was {}", Known(is), Known(was))
            }
            Self::StackPointer { was, is } => {
                write!(f, "rsp = {}, was {}", Entry(is), Entry(was))
            }
            Self::Direction { set: Some(true) } => f.write_str("the direction flag is set"),
            Self::Direction { set: Some(false) } => f.write_str("the direction flag is clear"),
            Self::Direction { set: None } => f.write_str("the direction flag is not known"),
            Self::Slot {
                offset,
                bytes,
                is_store,
                value,
            } => {
                let verb = if is_store { "stores" } else { "loads" };
                write!(
                    f,
                    "{verb} {} at {}, {bytes} bytes",
                    Known(value),
                    Entry(offset)
                )
            }
            Self::Access {
                address,
                bytes,
                is_store,
            } => {
                let verb = if is_store { "stores to" } else { "loads from" };
                write!(f, "{verb} {address:#x}, {bytes} bytes")
            }
            Self::Branched { taken: true } => f.write_str("taken"),
            Self::Branched { taken: false } => f.write_str("not taken"),
            Self::Called { offset, .. } => write!(f, "leaves with rsp = {}", Entry(offset)),
            Self::Returned { to, offset } => match to {
                RETURN_ADDRESS => write!(f, "returns to the caller with rsp = {}", Entry(offset)),
                to => write!(
                    f,
                    "returns with rsp = {} to {to:#x}, which is not the return address",
                    Entry(offset)
                ),
            },
            Self::Resumed { offset } => {
                write!(f, "goes on by the words at {}", Entry(offset))
            }
            Self::Parts { one_takes: true } => f.write_str("taken in one run, not in the other"),
            Self::Parts { one_takes: false } => {
                f.write_str("not taken in one run, but in the other")
            }
            Self::Differs { one, other } => {
                write!(f, "{one:#x} in one run, {other:#x} in the other")
            }
            Self::Unwound {
                part,
                found,
                expected,
                from,
            } => {
                let part = match part {
                    Unwound::Frame => "rsp".to_owned(),
                    Unwound::ReturnAddress => "return address".to_owned(),
                    Unwound::Register(register) => register.to_string(),
                };
                let address = |number: u64| match from {
                    Some(from) => Entry(number.wrapping_sub(from) as i64).to_string(),
                    None => format!("{number:#x}"),
                };
                write!(
                    f,
                    "an unwinder finds the caller's {part} to be {}, and it is {}",
                    address(found),
                    address(expected)
                )
            }
            Self::NoInstruction => f.write_str("there is no instruction here"),
        }
    }
}

struct Known(Option<u64>);

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => write!(f, "{number:#x}"),
            None => f.write_str("something that is not computed"),
        }
    }
}

/// An offset from SP at the entry.
struct Entry(i64);

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("entry"),
            offset @ 1.. => write!(f, "entry + {offset:#x}"),
            offset => write!(f, "entry - {:#x}", offset.unsigned_abs()),
        }
    }
}
