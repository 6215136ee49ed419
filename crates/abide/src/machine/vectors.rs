//! Vector arithmetic that the concrete evaluator computes.
//!
//! The abstract evaluator leaves its results open, so that it is no effect of its own but what an
//! [`Effect::Opaque`](super::Effect::Opaque) says beside.

use super::Temp;
use crate::registers::Part;

/// How an open result is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Function {
    /// What is computed.
    pub operation: VectorOperation,
    /// The width of its elements, in bits.
    pub element: u8,
    /// `a`, `b` and `c`.
    pub inputs: [Input; 3],
    /// The immediate, where the instruction has one.
    pub immediate: Option<u8>,
}

/// What goes into a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Input {
    /// Nothing.
    Nothing,
    /// What a register holds before the instruction writes.
    Register(Part),
    /// What the instruction loaded.
    Loaded(Temp),
}

/// An operation on vectors. `a`, `b` and `c` are the first, second and third inputs; what works in
/// parts of 128 bits does so in each of them, and in one of 64 bits where the vector is no wider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VectorOperation {
    /// One element of `a` and the same of `b`.
    Each(Each),
    /// One element of `a`.
    Alone(Alone),
    /// Every element of `a`, by the immediate or the low 64 bits of `b`.
    Shift(Shift),
    /// Every part of `a` as one number, by so many bytes.
    ShiftBytes {
        /// Whether to the left.
        left: bool,
    },
    /// The bytes of `b`, and above them those of `a`, from the byte on that the immediate names.
    AlignRight,
    /// Products of neighbours, of signed elements, summed: `pmaddwd`.
    MultiplyAdd,
    /// The same of unsigned bytes of `a` and signed ones of `b`, saturated: `pmaddubsw`.
    MultiplyAddBytes,
    /// Sums of differences of eight bytes: `psadbw`.
    SumDifferences,
    /// Products of the even elements of half the width: `pmuludq`, `pmuldq`.
    MultiplyEven {
        /// Whether they are signed.
        signed: bool,
    },
    /// Elements of `a`, then of `b`, saturated to half their width.
    Pack {
        /// Whether what they are saturated to is signed.
        signed: bool,
    },
    /// Elements of `a` and `b` in turn.
    Unpack {
        /// Of the upper halves.
        high: bool,
    },
    /// The bytes of `a` that those of `b` name: `pshufb`.
    ShuffleBytes,
    /// The four elements of `a` that the immediate names: `pshufd`, `pshufw`.
    Shuffle,
    /// The same of the lower or upper half of each part, of which the other half stays.
    ShuffleHalf {
        /// Of the upper one.
        high: bool,
    },
    /// Lower elements of `a` and upper ones of `b`, as the immediate says: `shufps`, `shufpd`.
    ShuffleTwo,
    /// Neighbours of `a`, then of `b`.
    Horizontal {
        /// What is done with both.
        each: Each,
    },
    /// Elements of `a`, extended to the width of elements.
    Extend {
        /// From this width, in bits.
        from: u8,
        /// As signed numbers.
        signed: bool,
    },
    /// The lowest element of `a`, which may have 128 bits, in each place.
    Broadcast,
    /// The low 128 bits and the high ones, of `a` or `b`, as the immediate says: `vperm2i128`.
    Permute128,
    /// The four elements of all of `a` that the immediate names: `vpermq`.
    PermuteFour,
    /// The elements of `b` that those of `a` name: `vpermd`.
    PermuteBy,
    /// Bit by bit what the immediate says of `a`, `b` and `c`: `vpternlog`.
    Ternary,
    /// Of `b` where the immediate has a bit, else of `a`; of words, again in each part.
    Blend,
    /// Of `b` where the sign of `c` is set, else of `a`.
    BlendBy,
    /// The signs of all elements of `a`: `pmovmskb`.
    Signs,
    /// The least element of `a` as an unsigned number, and in the second element its place, the first
    /// of several: `phminposuw`.
    MinimumPosition,
    /// A bit for each pair of elements of `a` and `b` that the immediate's relation holds of: `vpcmpb`.
    Compare {
        /// Whether they are signed.
        signed: bool,
        /// How many elements there are.
        count: u8,
        /// Whether `c` is a mask, whose clear bits are clear in the result.
        masked: bool,
    },
    /// A bit for each pair of elements that have a set bit in common, or for each that have none:
    /// `vptestmb`, `vptestnmb`.
    HaveCommon {
        /// Whether for those that have one.
        any: bool,
        /// How many elements there are.
        count: u8,
        /// Whether `c` is a mask, whose clear bits are clear in the result.
        masked: bool,
    },
    /// `a` as it is.
    Copy,
    /// Of `b` where `c`, a mask, has a bit, else of `a`.
    Select,
    /// Parts of 128 bits, lower ones of `a` and upper ones of `b`, as the immediate says:
    /// `vshufi64x2`.
    ShuffleParts,
    /// The elements of `a` and `b`, in one row, that those of `c` name: `vpermt2q`.
    PermuteTwo,
    /// The elements of `b`, and above them those of `a`, from the one on that the immediate names:
    /// `valignq`.
    AlignElements,
    /// The product, without carries, of the halves of each part that the immediate names:
    /// `pclmulqdq`.
    MultiplyCarryless,
    /// All ones in each element for which `a`, a mask, has a bit: `vpmovm2b`.
    FromMask,
    /// A bit for each element of `a` whose sign is set: `vpmovb2m`.
    ToMask {
        /// How many elements there are.
        count: u8,
    },
    /// The words of `a & b`, all in one by `|`, which is zero where no bit is set in both: `ptest`.
    Common,
    /// The same of `!a & b`.
    OnlySecond,
}

/// What is done with two elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Each {
    /// `a + b`.
    Add,
    /// `a + b`, saturated as a signed number.
    AddSigned,
    /// `a + b`, saturated as an unsigned number.
    AddUnsigned,
    /// `a - b`.
    Subtract,
    /// `a - b`, saturated as a signed number.
    SubtractSigned,
    /// `a - b`, saturated as an unsigned number.
    SubtractUnsigned,
    /// All ones where `a == b`, else 0.
    Equal,
    /// All ones where `a > b` as signed numbers, else 0.
    Greater,
    /// The lesser as signed numbers.
    MinimumSigned,
    /// The lesser as unsigned numbers.
    MinimumUnsigned,
    /// The greater as signed numbers.
    MaximumSigned,
    /// The greater as unsigned numbers.
    MaximumUnsigned,
    /// `(a + b + 1) >> 1` as unsigned numbers.
    Average,
    /// The low half of `a * b`.
    MultiplyLow,
    /// The high half of unsigned `a * b`.
    MultiplyHigh,
    /// The high half of signed `a * b`.
    MultiplyHighSigned,
    /// Signed `a * b`, rounded to its upper bits but one: `pmulhrsw`.
    MultiplyRounded,
    /// `a`, 0 or `-a`, by the sign of `b`: `psignw`.
    Sign,
    /// `a & b`.
    And,
    /// `!a & b`.
    AndNot,
    /// `a | b`.
    Or,
    /// `a ^ b`.
    Xor,
    /// `a` shifted by its own count.
    Shift(Shift),
}

/// What is done with one element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alone {
    /// Its absolute value.
    Absolute,
    /// It stays where its number is even, and is what the even one below is where it is odd, or the
    /// other way round: `movsldup`, `movshdup`, `movddup`.
    Duplicate {
        /// Whether the odd ones stay.
        odd: bool,
    },
}

/// Which way an element is shifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shift {
    /// To the left.
    Left,
    /// To the right, with zeros.
    Right,
    /// To the right, with its sign.
    Arithmetic,
    /// To the left, and in again at the right.
    RotateLeft,
    /// To the right, and in again at the left.
    RotateRight,
}
