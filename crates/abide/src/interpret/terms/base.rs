//! Bases: what the analysis cannot take apart.

use super::{Garbage, Location, Value, mask};
use crate::inputs::{ImageSymbol, Place, SectionId};
use crate::machine::{Condition, Operation};
use crate::registers::Register;

/// What the analysis cannot take apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Base {
    /// SP at the entry of the root.
    Frame,
    /// No identity: see [`Value::ANYTHING`].
    Anything,
    /// The return address of the root.
    ReturnAddress,
    /// A register at the entry; of a wider register its low bits, as many as the place holds.
    Entry(Register),
    /// What the caller left at this offset from SP at the entry, and how many bytes of it.
    Argument(i64, u16),
    /// The start of a section.
    Section(SectionId),
    /// The address of a symbol that the unit does not define.
    External(ImageSymbol),
    /// The address of the global offset table.
    Got,
    /// The address of a symbol's entry in the global offset table.
    GotEntry(ImageSymbol),
    /// Constant memory at this address: `bytes` of it, zero-extended.
    Memory(Value, u8),
    /// A pure function; its result has `bits` bits.
    Function {
        /// What is computed.
        function: Function,
        /// The width.
        bits: u8,
        /// The inputs.
        inputs: [Value; 2],
    },
    /// The result of an instruction that the analysis does not follow: a load
    /// from elsewhere, a vector move, what a call leaves behind.
    Site {
        /// The calling context.
        context: u32,
        /// The instruction.
        place: Place,
        /// Which of its results: a [`Register`] number or a temporary's.
        output: u8,
        /// The number of low bits that may be set.
        bits: u8,
        /// It is what a call left in a register that the callee may clobber.
        lost: Option<Register>,
    },
    /// A value that differs between the ways into a block.
    Phi {
        /// The block.
        block: u32,
        /// The location that names it; others share it that hold the same.
        location: Location,
        /// It is a distance from the location's first value, rather than the value itself.
        distance: bool,
        /// Garbage that reaches it on some way.
        undefined: Option<Garbage>,
        /// The lowest bit that this one may make undefined.
        undefined_from: u8,
        /// An address of the frame reaches it on some way.
        frame: bool,
        /// It is counted from what the caller gave, on every way.
        callers: bool,
    },
    /// A value that is no longer written down: the name was taken over by a later turn of a
    /// loop, or it is a function of too many others.
    Lost {
        /// A number of its own: two of them are never known to be equal.
        number: u32,
        /// Garbage that is in it.
        undefined: Option<Garbage>,
        /// The lowest bit that this one may make undefined.
        undefined_from: u8,
        /// An address of the frame is in it.
        frame: bool,
    },
    /// The flags as a word.
    FlagsWord {
        /// The calling context.
        context: u32,
        /// The instruction that read them.
        place: Place,
        /// DF: clear, set or not known.
        direction: Option<bool>,
        /// AC.
        alignment: Option<bool>,
        /// NT.
        nested: Option<bool>,
    },
}

/// A pure function of one or two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// An operation of the machine.
    Operation(Operation),
    /// The low bits of the input.
    Truncate,
    /// The first input with `bits` at `low` replaced by the second.
    Insert {
        /// The lowest replaced bit.
        low: u8,
    },
    /// The first input shifted right, then truncated: `ah`.
    Slice {
        /// The lowest bit taken.
        low: u8,
    },
    /// 64 bits of the first input, which is wider than a value usually is.
    Half {
        /// The lowest bit taken.
        low: u8,
    },
    /// The 128 bits that have the first input below and the second above.
    Whole,
    /// 1 if the condition holds after the operation on the inputs, else 0.
    Condition(Condition, Operation),
}

pub(super) fn is_operation(base: Base, operation: Operation) -> bool {
    matches!(base, Base::Function { function: Function::Operation(found), .. } if found == operation)
}

/// The value that a base is the low bits of, and how many.
#[must_use]
pub(in crate::interpret) fn low_bits_of(base: &Base) -> Option<(Value, u8)> {
    match *base {
        Base::Function {
            function: Function::Truncate,
            bits,
            inputs,
        } => Some((inputs[0], bits)),
        Base::Function {
            function: Function::Operation(Operation::And),
            inputs: [inner, by],
            ..
        } => {
            let by = by.as_constant()?;
            let bits = by.trailing_ones() as u8;
            (by != 0 && by == mask(bits)).then_some((inner, bits))
        }
        _ => None,
    }
}

/// The value that a base has the low bits of, be what is above them zeros or copies of a sign, and
/// how many.
#[must_use]
pub(in crate::interpret) fn congruent_to(base: &Base) -> Option<(Value, u8)> {
    match *base {
        Base::Function {
            function: Function::Operation(Operation::SignExtend { from }),
            inputs,
            ..
        } => Some((inputs[0], from)),
        _ => low_bits_of(base),
    }
}
