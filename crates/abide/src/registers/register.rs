//! Registers, numbered densely over all files of the x86 family, and their parts.

use std::fmt;

/// A whole register, in its widest form: `rax`, `zmm3`, `k1`, `st0`.
///
/// The numbers are dense, so that tables and sets of registers are arrays and
/// bit masks. General registers are numbered as the processor encodes them:
/// `rax`, `rcx`, `rdx`, `rbx`, `rsp`, `rbp`, `rsi`, `rdi`, `r8` … `r15`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Register(pub u8);

/// A register file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum File {
    /// `rax` … `r15`.
    General,
    /// `zmm0` … `zmm31`, of which `ymm` and `xmm` are the low parts.
    Vector,
    /// `k0` … `k7`.
    Mask,
    /// `st0` … `st7` by physical place, of which `mm0` … `mm7` are the low parts.
    X87,
    /// `es`, `cs`, `ss`, `ds`, `fs`, `gs`.
    Segment,
    /// `mxcsr`, the x87 control word, the x87 status and tag words, how many x87 registers are
    /// in use, and whether upper halves of vector registers are.
    Control,
}

impl Register {
    /// How many registers there are.
    pub const COUNT: usize = 75;
    /// How many of them, from the first on, conventions speak of one by one: the general and
    /// the vector registers, and what controls floating point.
    pub const TRACKED: usize = 52;

    /// The general registers of 32-bit code, SP apart: on the way there from 64-bit code their upper
    /// halves are not preserved (Intel SDM vol. 1, 3.4.1.1).
    pub const NARROWED: [Self; 7] = [
        Self::RAX,
        Self::RCX,
        Self::RDX,
        Self::RBX,
        Self::RBP,
        Self::RSI,
        Self::RDI,
    ];

    /// The accumulator.
    pub const RAX: Self = Self(0);
    /// The counter.
    pub const RCX: Self = Self(1);
    /// The data register.
    pub const RDX: Self = Self(2);
    /// The base register.
    pub const RBX: Self = Self(3);
    /// The stack pointer.
    pub const RSP: Self = Self(4);
    /// The frame pointer.
    pub const RBP: Self = Self(5);
    /// The source index.
    pub const RSI: Self = Self(6);
    /// The destination index.
    pub const RDI: Self = Self(7);
    /// `r8`.
    pub const R8: Self = Self(8);
    /// `r9`.
    pub const R9: Self = Self(9);
    /// `r10`.
    pub const R10: Self = Self(10);
    /// `r11`.
    pub const R11: Self = Self(11);
    /// `r12`.
    pub const R12: Self = Self(12);
    /// `r13`.
    pub const R13: Self = Self(13);
    /// `r14`.
    pub const R14: Self = Self(14);
    /// `r15`.
    pub const R15: Self = Self(15);
    /// SSE's control and status.
    pub const MXCSR: Self = Self(48);
    /// The x87 control word.
    pub const X87_CONTROL: Self = Self(49);
    /// How many registers of the x87 stack are in use, as the tag word tells; all eight are
    /// where MMX is.
    pub const X87_IN_USE: Self = Self(50);
    /// 1 where bits above 128 of `zmm0` … `zmm15` are in use, as the processor tracks it:
    /// an instruction has written them, and no `vzeroupper` has run since.
    pub const UPPER_IN_USE: Self = Self(51);
    /// The segment that string instructions write to.
    pub const ES: Self = Self::segment(0);
    /// The stack's segment.
    pub const SS: Self = Self::segment(2);
    /// The segment of data.
    pub const DS: Self = Self::segment(3);
    /// A segment with a base of its own.
    pub const FS: Self = Self::segment(4);
    /// Another.
    pub const GS: Self = Self::segment(5);
    /// The x87 status and tag words, with the stack's top.
    pub const X87_STATUS: Self = Self(74);

    /// The general register that the processor encodes as `number` (0 … 15).
    #[must_use]
    pub const fn general(number: u8) -> Self {
        Self(number & 15)
    }

    /// `zmm0` … `zmm31`.
    #[must_use]
    pub const fn vector(number: u8) -> Self {
        Self(16 + (number & 31))
    }

    /// `k0` … `k7`.
    #[must_use]
    pub const fn mask(number: u8) -> Self {
        Self(52 + (number & 7))
    }

    /// `st0` … `st7`, or the `mm` register in it.
    #[must_use]
    pub const fn x87(number: u8) -> Self {
        Self(60 + (number & 7))
    }

    /// `es`, `cs`, `ss`, `ds`, `fs`, `gs`, as the processor encodes them (0 … 5).
    #[must_use]
    pub const fn segment(number: u8) -> Self {
        Self(68 + number % 6)
    }

    /// The file that the register belongs to, and its number there.
    #[must_use]
    pub const fn file(self) -> (File, u8) {
        match self.0 {
            n @ 0..16 => (File::General, n),
            n @ 16..48 => (File::Vector, n - 16),
            n @ 48..50 => (File::Control, n - 48),
            n @ 50..52 => (File::Control, n - 47),
            n @ 52..60 => (File::Mask, n - 52),
            n @ 60..68 => (File::X87, n - 60),
            n @ 68..74 => (File::Segment, n - 68),
            _ => (File::Control, 2),
        }
    }

    /// Whether it is one of `rax` … `r15`.
    #[must_use]
    pub const fn is_general(self) -> bool {
        self.0 < 16
    }

    /// Whether it is what controls floating point, or tells what of it is in use.
    #[must_use]
    pub const fn is_control(self) -> bool {
        self.0 >= Self::MXCSR.0 && self.0 <= Self::UPPER_IN_USE.0
    }

    /// Whether it is one of `es`, `cs`, `ss`, `ds`, `fs`, `gs`.
    #[must_use]
    pub const fn is_segment(self) -> bool {
        matches!(self.file(), (File::Segment, _))
    }

    /// Whether it is one of `zmm0` … `zmm31`.
    #[must_use]
    pub const fn is_vector(self) -> bool {
        self.0 >= 16 && self.0 < 48
    }

    /// The register's full width, in bits.
    #[must_use]
    pub const fn width(self) -> u16 {
        match self.file() {
            (File::General | File::Mask, _) => 64,
            (File::Vector, _) => 512,
            (File::X87, _) => 80,
            (File::Segment, _) => 16,
            (File::Control, 1) => 16,
            (File::Control, 3 | 4) => 64,
            (File::Control, _) => 32,
        }
    }

    /// The bits by which it controls floating point, where conventions ask for them to be kept:
    /// not the sticky exceptions, nor what is reserved.
    #[must_use]
    pub const fn control_bits(self) -> u64 {
        match self {
            Self::MXCSR => 0xffc0,
            Self::X87_CONTROL => 0x0f3f,
            _ => u64::MAX,
        }
    }

    /// The register's index in dense tables.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The register of this name in its widest or 64-bit form (`rbx`, `xmm6`, `k1`, `x87cw`).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        if name == "x87cw" {
            return Some(Self::X87_CONTROL);
        }
        if let Some(narrow) = name.strip_prefix('e') {
            let wide = Self::named(&format!("r{narrow}"));
            return wide.filter(|wide| wide.0 < 8);
        }
        if let Some(number) = name
            .strip_prefix("xmm")
            .or_else(|| name.strip_prefix("ymm"))
            .or_else(|| name.strip_prefix("zmm"))
        {
            let number: u8 = number.parse().ok()?;
            return (number < 32).then(|| Self::vector(number));
        }
        (0..Self::COUNT as u8)
            .map(Self)
            .find(|register| register.to_string() == name)
    }
}

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const GENERAL: [&str; 16] = [
            "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11",
            "r12", "r13", "r14", "r15",
        ];
        const SEGMENT: [&str; 6] = ["es", "cs", "ss", "ds", "fs", "gs"];
        const CONTROL: [&str; 5] = [
            "mxcsr",
            "x87 control word",
            "x87 status",
            "x87 registers in use",
            "upper halves in use",
        ];
        match self.file() {
            (File::General, n) => f.write_str(GENERAL[usize::from(n)]),
            (File::Vector, n) => write!(f, "xmm{n}"),
            (File::Mask, n) => write!(f, "k{n}"),
            (File::X87, n) => write!(f, "st{n}"),
            (File::Segment, n) => f.write_str(SEGMENT[usize::from(n)]),
            (File::Control, n) => f.write_str(CONTROL.get(usize::from(n)).unwrap_or(&"?")),
        }
    }
}

impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A contiguous part of a register: `ah` is bits 8 … 15 of `rax`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Part {
    /// The register.
    pub register: Register,
    /// The lowest bit of the part.
    pub low: u16,
    /// The width of the part, in bits.
    pub bits: u16,
}

impl Part {
    /// The low `bits` bits of a register.
    #[must_use]
    pub const fn low(register: Register, bits: u16) -> Self {
        Self {
            register,
            low: 0,
            bits,
        }
    }
}

/// A set of registers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RegisterSet(u128);

impl RegisterSet {
    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// The set of the registers given.
    #[must_use]
    pub const fn of(registers: &[Register]) -> Self {
        let mut set = Self(0);
        let mut i = 0;
        while i < registers.len() {
            set.0 |= 1 << registers[i].0;
            i += 1;
        }
        set
    }

    /// Whether the register is in the set.
    #[must_use]
    pub const fn contains(self, register: Register) -> bool {
        self.0 & (1 << register.0) != 0
    }

    /// Puts a register into the set.
    pub const fn insert(&mut self, register: Register) {
        self.0 |= 1 << register.0;
    }

    /// Takes a register out of the set.
    pub const fn remove(&mut self, register: Register) {
        self.0 &= !(1 << register.0);
    }

    /// The vector registers from one number up to another, that one not included.
    #[must_use]
    pub const fn of_vectors(from: u8, to: u8) -> Self {
        let mut set = Self::EMPTY;
        let mut number = from;
        while number < to {
            set.insert(Register::vector(number));
            number += 1;
        }
        set
    }

    /// What is in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The registers, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = Register> {
        (0..Register::COUNT as u8)
            .map(Register)
            .filter(move |&register| self.contains(register))
    }
}

impl FromIterator<Register> for RegisterSet {
    fn from_iter<I: IntoIterator<Item = Register>>(registers: I) -> Self {
        let mut set = Self::EMPTY;
        for register in registers {
            set.insert(register);
        }
        set
    }
}

impl fmt::Debug for RegisterSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
