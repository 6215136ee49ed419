//! What one instruction does, in terms that every instruction set shares.
//!
//! An instruction is a short straight list of effects, then its [`Flow`].
//! Effects read registers and memory into [`Temp`]s, compute, and write back;
//! all reads of the old state come from `Read`, `Load` and `Condition`, in
//! list order, so that an evaluator runs the list from first to last.

use super::vectors::Function;
use crate::inputs::{ImageSymbol, Place};
use crate::registers::{Flags, Part, Register, RegisterSet};

/// The result of an effect, valid until the end of its instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Temp(pub u8);

/// A temporary or a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operand {
    /// The result of an earlier effect of the same instruction.
    Temp(Temp),
    /// A number, already extended to 64 bits.
    Constant(u64),
}

/// What becomes of a register's bits above a part that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rest {
    /// They stay.
    Keep,
    /// They become zero up to the register's full width.
    Zero,
}

/// An address that the linker or the program counter gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reference {
    /// A place in the image.
    Place(Place),
    /// A symbol that the image does not define, plus a number of bytes.
    External(ImageSymbol, i64),
    /// The address of the global offset table.
    Got,
    /// The entry of the global offset table that holds the symbol's address:
    /// a load from it gives that address.
    GotEntry(ImageSymbol),
}

/// An operation on bits. Operands are taken modulo the effect's width.
///
/// `a`, `b`, `c` are the first, second and third inputs; a result has the
/// effect's width unless it is said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `a`.
    Copy,
    /// `a + b`.
    Add,
    /// `a - b`.
    Subtract,
    /// `a + b + c`, where `c` is 0 or 1.
    AddCarry,
    /// `a - b - c`, where `c` is 0 or 1.
    SubtractBorrow,
    /// `a & b`.
    And,
    /// `a | b`.
    Or,
    /// `a ^ b`.
    Xor,
    /// `!a`.
    Not,
    /// `0 - a`.
    Negate,
    /// `a << b`; 0 where `b` is the width or more. The instruction's own
    /// reduction of its count is applied already.
    ShiftLeft,
    /// Logical `a >> b`.
    ShiftRight,
    /// Arithmetic `a >> b`; copies of the sign where `b` is the width or more.
    ShiftArithmetic,
    /// `a` rotated left by `b` modulo the width.
    RotateLeft,
    /// `a` rotated right by `b` modulo the width.
    RotateRight,
    /// `a : b` shifted left by `c`, the upper half: `shld`.
    ShiftLeftDouble,
    /// `b : a` shifted right by `c`, the lower half: `shrd`.
    ShiftRightDouble,
    /// The low half of `a * b`.
    Multiply,
    /// The high half of unsigned `a * b`.
    MultiplyHigh,
    /// The high half of signed `a * b`.
    MultiplyHighSigned,
    /// Unsigned quotient of `c : a` by `b`; faults if it does not fit.
    Divide,
    /// Unsigned remainder of `c : a` by `b`.
    Remainder,
    /// Signed quotient of `c : a` by `b`; faults if it does not fit.
    DivideSigned,
    /// Signed remainder of `c : a` by `b`.
    RemainderSigned,
    /// `a`, of `from` bits, zero-extended to the effect's width.
    ZeroExtend {
        /// The width of `a`, in bits.
        from: u8,
    },
    /// `a`, of `from` bits, sign-extended to the effect's width.
    SignExtend {
        /// The width of `a`, in bits.
        from: u8,
    },
    /// The bytes of `a` in the opposite order.
    ByteSwap,
    /// The number of bits set in `a`.
    CountOnes,
    /// The number of zero bits below the lowest one; the width if `a` is 0.
    TrailingZeros,
    /// The number of zero bits above the highest one; the width if `a` is 0.
    LeadingZeros,
    /// The index of the lowest bit set; `b` if `a` is 0 (`bsf`).
    LowestSet,
    /// The index of the highest bit set; `b` if `a` is 0 (`bsr`).
    HighestSet,
    /// `a` if `c` is 1, else `b`.
    Select,
    /// 1 if `a == b`, else 0.
    Equal,
    /// `pdep`: the low bits of `a` to the places of the bits of `b`.
    Deposit,
    /// `pext`: the bits of `a` at the places of the bits of `b`, gathered low.
    Extract,
}

/// A condition on flags, as the low four bits of `jcc` encode it, and on counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Condition {
    /// OF.
    Overflow,
    /// Not OF.
    NoOverflow,
    /// CF: unsigned below.
    Below,
    /// Not CF.
    AboveOrEqual,
    /// ZF.
    Equal,
    /// Not ZF.
    NotEqual,
    /// CF or ZF.
    BelowOrEqual,
    /// Neither CF nor ZF.
    Above,
    /// SF.
    Sign,
    /// Not SF.
    NoSign,
    /// PF.
    Parity,
    /// Not PF.
    NoParity,
    /// SF differs from OF.
    Less,
    /// SF equals OF.
    GreaterOrEqual,
    /// ZF, or SF differs from OF.
    LessOrEqual,
    /// Not ZF, and SF equals OF.
    Greater,
}

impl Condition {
    /// The condition that holds exactly when this one does not.
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Self::Overflow => Self::NoOverflow,
            Self::NoOverflow => Self::Overflow,
            Self::Below => Self::AboveOrEqual,
            Self::AboveOrEqual => Self::Below,
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::BelowOrEqual => Self::Above,
            Self::Above => Self::BelowOrEqual,
            Self::Sign => Self::NoSign,
            Self::NoSign => Self::Sign,
            Self::Parity => Self::NoParity,
            Self::NoParity => Self::Parity,
            Self::Less => Self::GreaterOrEqual,
            Self::GreaterOrEqual => Self::Less,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
        }
    }

    /// The flags that the condition reads.
    #[must_use]
    pub const fn flags(self) -> Flags {
        match self {
            Self::Overflow | Self::NoOverflow => Flags::OF,
            Self::Below | Self::AboveOrEqual => Flags::CF,
            Self::Equal | Self::NotEqual => Flags::ZF,
            Self::BelowOrEqual | Self::Above => Flags(Flags::CF.0 | Flags::ZF.0),
            Self::Sign | Self::NoSign => Flags::SF,
            Self::Parity | Self::NoParity => Flags::PF,
            Self::Less | Self::GreaterOrEqual => Flags(Flags::SF.0 | Flags::OF.0),
            Self::LessOrEqual | Self::Greater => Flags(Flags::SF.0 | Flags::OF.0 | Flags::ZF.0),
        }
    }
}

/// One step of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Reads a part of a register, zero-extended.
    Read {
        /// The result.
        into: Temp,
        /// What is read.
        part: Part,
    },
    /// Writes a part of a register.
    Write {
        /// What is written.
        part: Part,
        /// The value, of which the low `part.bits` bits count.
        value: Operand,
        /// What becomes of the bits above the part.
        rest: Rest,
    },
    /// The address of a place or symbol.
    Address {
        /// The result.
        into: Temp,
        /// The address.
        reference: Reference,
    },
    /// Computes; the result is zero-extended from `bits` to 64.
    Compute {
        /// The result.
        into: Temp,
        /// What is computed.
        operation: Operation,
        /// The width, in bits (8, 16, 32 or 64).
        bits: u8,
        /// `a`, `b` and `c`; unused ones are the constant 0.
        inputs: [Operand; 3],
    },
    /// A result that the model leaves open: any function of what the
    /// instruction reads (vector arithmetic, `cpuid`, …). Two of them in one
    /// instruction are two functions. One of an instruction that reads nothing
    /// (`pcmpeqd xmm0, xmm0`) is a constant.
    Opaque {
        /// The result.
        into: Temp,
        /// Its width, in bits; above 512 only for what is stored whole (`fxsave`).
        bits: u16,
        /// Whether the instruction's own inputs determine it (vector
        /// arithmetic), or the machine's state (`cpuid`, `rdtsc`, `in`).
        determined: bool,
        /// Vector registers, a bit each, that reach every lane of the result.
        lanes: u32,
        /// How the concrete evaluator computes it, where it does.
        function: Option<Function>,
    },
    /// What this part of a register holds goes into results that are left open.
    Take {
        /// The part.
        part: Part,
    },
    /// Reads memory, zero-extended.
    Load {
        /// The result.
        into: Temp,
        /// The address, segment base apart.
        address: Operand,
        /// The width, in bits; 0 where it is not fixed (`xsave`).
        bits: u16,
        /// The alignment, in bytes, that the instruction demands on pain of #GP; 1 for none.
        align: u8,
        /// `fs` or `gs`, whose base is added and which never reaches the stack's frame.
        segment: Option<Register>,
    },
    /// Writes memory.
    Store {
        /// The address, segment base apart.
        address: Operand,
        /// The value, of which the low `bits` bits count.
        value: Operand,
        /// The width, in bits; 0 where it is not fixed (`xsave`).
        bits: u16,
        /// The alignment, in bytes, that the instruction demands; 1 for none.
        align: u8,
        /// `fs` or `gs`.
        segment: Option<Register>,
    },
    /// Sets arithmetic flags from an operation, by that operation's rules
    /// (Intel SDM vol. 1, appendix A); flags of `set` that the operation leaves
    /// undefined become undefined. For products, CF and OF tell whether the
    /// full product fits the width, unsigned for `MultiplyHigh` and signed for
    /// `MultiplyHighSigned`, whichever half `result` is.
    SetFlags {
        /// The flags that change.
        set: Flags,
        /// The operation whose flags they are: `Subtract` for `cmp`, `And` for `test`.
        operation: Operation,
        /// The width, in bits.
        bits: u8,
        /// The operation's inputs.
        inputs: [Operand; 3],
        /// The operation's result.
        result: Operand,
        /// Apply only if this operand is not zero (shifts by a variable count).
        unless_zero: Option<Operand>,
    },
    /// Sets flags to a known value.
    WriteFlags {
        /// The flags that change.
        set: Flags,
        /// Their new values.
        values: Flags,
    },
    /// Leaves flags undefined, or defined by something that the model leaves
    /// open (vector compares).
    UndefineFlags {
        /// The flags that change.
        set: Flags,
        /// Whether they are undefined by the manual, rather than open in the model.
        undefined: bool,
    },
    /// Copies one flag's value into CF, or any flag: `bt` and its relatives.
    FlagFrom {
        /// The flag that changes.
        flag: Flags,
        /// Its new value, in bit 0.
        value: Operand,
    },
    /// All flags as a word, as `pushf` stores it.
    ReadFlags {
        /// The result.
        into: Temp,
    },
    /// Sets the flags of `set` from a word, as `popf` reads it.
    LoadFlags {
        /// The flags that may change.
        set: Flags,
        /// The word.
        value: Operand,
    },
    /// 1 if a condition holds, else 0.
    Test {
        /// The result.
        into: Temp,
        /// The condition.
        condition: Condition,
    },
    /// A string instruction as a whole, its repetition included.
    Block(Block),
}

/// A string instruction on `[rsi]` and `[rdi]`, stepping by DF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Block {
    /// What it does to each element.
    pub operation: BlockOperation,
    /// The element's width, in bits.
    pub bits: u8,
    /// The width of the addresses and of the count, in bits.
    pub address: u8,
    /// `rep` or `repe`: `Some(true)`; `repne`: `Some(false)`; once: `None`.
    pub repeat: Option<bool>,
}

/// What a string instruction does to each element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockOperation {
    /// `movs`: `[rdi] = [rsi]`.
    Move,
    /// `stos`: `[rdi] = rax`.
    Store,
    /// `lods`: `rax = [rsi]`.
    Load,
    /// `cmps`: compares `[rsi]` with `[rdi]`.
    Compare,
    /// `scas`: compares `rax` with `[rdi]`.
    Scan,
    /// `ins`: `[rdi] = port dx`.
    Input,
    /// `outs`: `port dx = [rsi]`.
    Output,
}

/// Which base GS has, of the two that `swapgs` exchanges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum GsBase {
    /// As at the entry.
    #[default]
    AsEntered,
    /// The other one.
    Exchanged,
    /// One of the two was written: nothing is told of them.
    Written,
}

impl GsBase {
    /// The base behind an instruction that this follows.
    #[must_use]
    pub const fn behind(self, flow: Flow) -> Self {
        match (flow, self) {
            (Flow::SwapBase, Self::AsEntered) => Self::Exchanged,
            (Flow::SwapBase, Self::Exchanged) => Self::AsEntered,
            (Flow::WriteBase, _) => Self::Written,
            _ => self,
        }
    }
}

/// Where control goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// A place that the instruction names.
    Direct(Reference),
    /// A computed address.
    Indirect(Operand),
}

/// What follows the instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flow {
    /// The next instruction.
    Next,
    /// Somewhere else.
    Jump(Target),
    /// Somewhere else if the operand is not zero, otherwise the next
    /// instruction. `condition` names the flags' condition where there is one.
    Branch {
        /// The place to go to.
        target: Reference,
        /// Not zero: go.
        taken: Operand,
        /// The condition on flags that `taken` tests; none for `jrcxz` and `loop`.
        condition: Option<Condition>,
    },
    /// Somewhere else, with the next instruction's address already pushed by
    /// the effects.
    Call(Target),
    /// To the address that the effects popped.
    Return(Operand),
    /// `iret`: RIP, CS, RFLAGS, RSP and SS come from the stack.
    InterruptReturn {
        /// The width of each, in bits.
        bits: u8,
    },
    /// Somewhere in another segment, by an address and a selector that the effects have: the
    /// segment tells the mode that the processor goes on in.
    Far {
        /// The address.
        address: Operand,
        /// The selector, in its low 16 bits.
        selector: Operand,
    },
    /// The next instruction, after the base of GS was exchanged with the kernel's (`swapgs`).
    SwapBase,
    /// The next instruction, after a base of GS may have been written.
    WriteBase,
    /// The next instruction, after CR0 was set to this.
    SetMode(Operand),
    /// `syscall`, `sysenter`, `int n`, `tdcall`: the kernel or what is below it, which takes addresses
    /// from these registers as they are before, too; then the next instruction.
    System(RegisterSet),
    /// `hlt`: never comes back in a program; in a kernel the next instruction
    /// follows after an interrupt.
    Halt,
    /// Never comes back: `ud2`, `int3`.
    Stop,
    /// What the model has no effects for; the text says why.
    Unknown(&'static str),
}

/// One instruction. A lifter fills it anew, so that one buffer serves all instructions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effects {
    /// Its length, in bytes.
    pub length: u8,
    /// What it does, in order.
    pub list: Vec<Effect>,
    /// What follows.
    pub flow: Flow,
}

impl Effects {
    /// A buffer for a lifter to fill.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            length: 0,
            list: Vec::new(),
            flow: Flow::Next,
        }
    }
}

impl Default for Effects {
    fn default() -> Self {
        Self::new()
    }
}
