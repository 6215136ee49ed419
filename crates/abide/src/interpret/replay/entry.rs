//! Entry states: what a run begins with, and what the functions that it calls leave.

use std::collections::BTreeMap;

use crate::contracts::{Contract, Interrupt, Piece};
use crate::machine::arithmetic::mask;
use crate::machine::concrete::{Answers, Filling, Layout, Machine, Value, random};
use crate::registers::{Flags, InstructionSet, Register};
use crate::signatures::Extension;

/// Where the root returns to: an address that nothing else has.
pub const RETURN_ADDRESS: u64 = 0x7e7e_7e7e;
/// How far the stack reaches below and above SP at the entry.
const STACK_DEPTH: u64 = 16 << 20;
const STACK_HEIGHT: u64 = 1 << 20;
/// Where in its region a pointer leads. Where 32 bits of it are a count, they are a small one.
const REGION_START: u64 = 0x40;

/// Where a process has what.
struct Space {
    /// SP at the entry lies this high, give or take some multiples of its alignment.
    stack: u64,
    /// Memory that arguments point to: one region for each, apart from one another.
    regions: u64,
    region_size: u64,
    region_count: u64,
    /// Memory that holds pointers to such regions.
    pointers: Filling,
    /// The end of user space.
    end: u64,
}

const OF_64_BITS: Space = Space {
    stack: 0x7ffe_4000_0000,
    regions: 0x2000_0000_0000,
    region_size: 1 << 32,
    region_count: 1 << 13,
    pointers: Filling {
        base: 0x2000_0000_0000 + REGION_START,
        mask: 0xfff << 32,
    },
    end: 0x7fff_ffff_0000,
};

/// Where 64-bit code goes by way of 32-bit code: all below 4 GiB.
const OF_BOTH: Space = Space {
    pointers: Filling {
        base: OF_32_BITS.regions + REGION_START,
        mask: 0x3ff << 20,
    },
    ..OF_32_BITS
};

const OF_32_BITS: Space = Space {
    stack: 0xbf40_0000,
    regions: 0x8000_0000,
    region_size: 1 << 19,
    region_count: 1 << 11,
    pointers: Filling {
        base: (0x8000_0000 + REGION_START) * 0x1_0000_0001,
        mask: (0x3ff << 20) * 0x1_0000_0001,
    },
    end: 0xffff_0000,
};

impl Space {
    const fn of(contract: &Contract) -> &'static Self {
        match contract.convention.set {
            InstructionSet::X86 => &OF_32_BITS,
            InstructionSet::X86_64 if contract.low_stack => &OF_BOTH,
            InstructionSet::X86_64 => &OF_64_BITS,
        }
    }

    const fn region(&self, number: u64) -> u64 {
        let number = (number + 0x1000) % self.region_count;
        self.regions + self.region_size * number + REGION_START
    }
}

/// Memory that holds pointers.
pub(super) const fn pointers(contract: &Contract) -> Filling {
    Space::of(contract).pointers
}

/// A number that a run does not make itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Input {
    /// A register at the entry.
    Register(Register),
    /// Memory at the entry: the lowest address and how many bytes (at most 8).
    Memory(u64, u8),
    /// What the call of this number, counted from 0, left in a register.
    Left(u32, Register),
    /// The same of a register in which its declaration returns so many low bits, or none.
    Partly(u32, Register, u8),
    /// What the processor answers, by the number of the answer: `cpuid`, `rdtsc`.
    Answer(u32),
}

/// What the inputs are that nobody has chosen one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Usual {
    /// Each argument points to memory of its own.
    Pointers,
    /// Each argument is this number.
    Number(u64),
    /// Pointers and small numbers, by the seed.
    Mixed,
}

/// A state that the convention lets a root be entered in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Entry {
    /// What the inputs are that are not in `chosen`.
    pub usual: Usual,
    /// What memory holds.
    pub filling: Filling,
    /// Random numbers follow from this.
    pub seed: u64,
    /// The inputs that were chosen.
    pub chosen: BTreeMap<Input, u64>,
    /// Callees leave something else in vector registers than they usually do.
    pub other_vectors: bool,
}

impl Entry {
    /// An entry without any choice.
    pub(super) const fn new(usual: Usual, filling: Filling, seed: u64) -> Self {
        Self {
            usual,
            filling,
            seed,
            chosen: BTreeMap::new(),
            other_vectors: false,
        }
    }

    /// SP at the entry. Its bits above those that the convention fixes differ between seeds.
    pub(super) fn stack_pointer(&self, contract: &Contract) -> u64 {
        let convention = contract.convention;
        let alignment = u64::from(convention.stack_alignment);
        let stack = Space::of(contract).stack;
        stack + alignment * (self.seed % 257) + u64::from(convention.entry_residue)
    }

    /// What an input is. For memory and answers this is only what was chosen.
    pub(super) fn value(&self, contract: &Contract, input: Input) -> u64 {
        let value = self.wide_value(contract, input);
        match input {
            Input::Register(register)
            | Input::Left(_, register)
            | Input::Partly(_, register, _)
                if register.is_general() =>
            {
                value & mask(contract.convention.set.bits())
            }
            _ => value,
        }
    }

    fn wide_value(&self, contract: &Contract, input: Input) -> u64 {
        if let Some(&chosen) = self.chosen.get(&input) {
            return chosen;
        }
        let garbage = self.garbage_bits(contract, input);
        match input {
            Input::Memory(..) | Input::Answer(_) => 0,
            Input::Register(register) if register.is_control() => self.control(register),
            Input::Register(register) if register.is_segment() => self.selector(register),
            _ if garbage == u64::MAX => self.garbage(input),
            Input::Register(register) => {
                let number =
                    self.argument(contract, register.0.into()) & !unaligned(contract, register);
                let number = match declared(contract, register) {
                    Some(piece) if piece.not_null && number == 0 => {
                        Space::of(contract).region(register.0.into())
                    }
                    Some(piece) => extended(piece, number),
                    None => number,
                };
                number & !garbage | self.garbage(input) & garbage
            }
            Input::Left(call, register) | Input::Partly(call, register, _) => {
                let number = self.argument(
                    contract,
                    u64::from(call) * 16 + 16 + register.index() as u64,
                );
                number & !garbage | self.garbage(input) & garbage
            }
        }
    }

    /// What controls floating point: rarely as processes begin, since a caller may choose.
    fn control(&self, register: Register) -> u64 {
        let way = (self.seed % 4) as usize;
        match register {
            // Flush to zero with denormals as zero; towards zero; up; as processes begin.
            Register::MXCSR => [0x9fc0, 0x7f80, 0x5f80, 0x1f80][way],
            // Double precision; towards zero; up, with division by zero told of; as processes begin.
            Register::X87_CONTROL => [0x027f, 0x0f7f, 0x0b7b, 0x037f][way],
            _ => 0,
        }
    }

    /// What selects a segment: one of user mode, each another, or none.
    fn selector(&self, register: Register) -> u64 {
        let (_, number) = register.file();
        match self.seed % 4 {
            3 => 0,
            turn => 0x23 + 8 * (u64::from(number) + 6 * turn),
        }
    }

    /// The bits of an input that hold nothing a conforming program may rely on.
    pub(super) fn garbage_bits(&self, contract: &Contract, input: Input) -> u64 {
        match input {
            Input::Register(register) => contract.garbage_in(register),
            Input::Left(_, register) if contract.convention.results.contains(register) => 0,
            Input::Left(..) => u64::MAX,
            Input::Partly(_, _, bits) => !mask(bits),
            Input::Memory(address, bytes) => {
                let stack_pointer = self.stack_pointer(contract);
                let offset = address.wrapping_sub(stack_pointer) as i64;
                match on_stack(stack_pointer, address) && offset >= contract.word() {
                    true => contract.garbage_on_stack(offset, bytes.into()),
                    false => 0,
                }
            }
            Input::Answer(_) => 0,
        }
    }

    fn argument(&self, contract: &Contract, number: u64) -> u64 {
        let space = Space::of(contract);
        match self.usual {
            Usual::Pointers => space.region(number),
            Usual::Number(small) => small,
            Usual::Mixed => match random(self.seed, number) % 8 {
                0..4 => space.region(number),
                4 => 0,
                kind => random(self.seed, !number) % (1 << (4 * (kind - 4))),
            },
        }
    }

    /// A number that is easily told from others, in each of its bytes.
    fn garbage(&self, input: Input) -> u64 {
        const EACH_BYTE: u64 = 0x0101_0101_0101_0101;
        let (first, register) = match input {
            Input::Left(_, register) | Input::Partly(_, register, _) => (0xd0, register),
            Input::Register(register) => (0xa0, register),
            Input::Memory(..) | Input::Answer(_) => return 0,
        };
        let number = (first + u64::from(register.0)) * EACH_BYTE;
        match self.other_vectors && register.is_vector() {
            true => !number,
            false => number,
        }
    }

    /// The start of memory that nothing else points to yet.
    pub(super) fn fresh_region(&self, contract: &Contract) -> u64 {
        Space::of(contract).region(1024 + self.chosen.len() as u64)
    }

    fn answers(&self) -> Answers {
        let chosen = self
            .chosen
            .iter()
            .filter_map(|(&input, &value)| match input {
                Input::Answer(number) => Some((number, value)),
                _ => None,
            });
        let mut answers = Answers::default();
        answers.chosen.extend(chosen);
        answers.seed = self.seed;
        answers
    }

    /// What is set of DF, AC and NT: of a handler whatever was interrupted had set.
    fn flags(&self, contract: &Contract) -> Flags {
        match contract.interrupt.is_some() && self.seed.is_multiple_of(2) {
            true => Flags::DF | Flags::AC,
            false => Flags::NONE,
        }
    }

    /// What a vector register holds at the entry that must be given back: no two words are the same.
    pub(super) fn vector(&self, contract: &Contract, register: Register) -> Value {
        let number = self.value(contract, Input::Register(register));
        Value {
            words: std::array::from_fn(|word| number ^ word as u64),
            ..Value::number(number)
        }
    }

    /// A machine in this state.
    pub(super) fn machine<'a>(&self, layout: &'a Layout<'a>, contract: &Contract) -> Machine<'a> {
        let mut machine = Machine::new(layout, self.seed);
        for register in (0..16).map(Register) {
            // Those that there are not are never read.
            machine.set(register, self.value(contract, Input::Register(register)));
        }
        // Where arguments are declared, what is in the other vector registers is garbage.
        if let Some(declared) = &contract.declared {
            let arguments = declared.argument_registers();
            for &register in contract.convention.vector_parameters {
                if !arguments.contains(register) {
                    let garbage = match self.other_vectors {
                        true => !VECTOR_GARBAGE,
                        false => VECTOR_GARBAGE,
                    };
                    machine.set(register, garbage);
                }
            }
        }
        machine.set_flags(Flags::DF | Flags::AC | Flags::NT, self.flags(contract));
        let is_handler = contract.interrupt.is_some();
        let vectors = (0..32).map(Register::vector);
        for register in vectors.filter(|&r| is_handler || contract.preserved.contains(r)) {
            machine.set_value(register, self.vector(contract, register));
        }
        let controls = Register::MXCSR.0..=Register::UPPER_IN_USE.0;
        for register in controls.map(Register) {
            machine.set(register, self.control(register));
        }
        for register in (0..6).map(Register::segment) {
            machine.set(register, self.selector(register));
        }
        machine.set_answers(self.answers());
        let stack_pointer = self.stack_pointer(contract);
        machine.set(Register::RSP, stack_pointer);
        let memory = machine.memory();
        memory.fill_with(self.filling);
        for (&input, &value) in &self.chosen {
            if let Input::Memory(address, bytes) = input {
                memory.write(address, bytes.into(), Value::number(value));
            }
        }
        let back = stack_pointer.wrapping_add_signed(resumes_at(contract));
        memory.write(back, contract.word() as u16, Value::number(RETURN_ADDRESS));
        machine
    }
}

/// How far above SP at the entry the address stands that the root goes back to, in bytes.
pub(super) fn resumes_at(contract: &Contract) -> i64 {
    let interrupt = contract.interrupt.as_ref();
    interrupt.and_then(Interrupt::resume_offset).unwrap_or(0)
}

/// What a vector register holds at the entry that is no argument.
pub(super) const VECTOR_GARBAGE: u64 = 0xb7b6_b5b4_b3b2_b1b0;

/// What is declared of a register.
fn declared(contract: &Contract, register: Register) -> Option<&Piece> {
    contract.declared.as_ref()?.argument_in(register)
}

/// A number as a caller fills the register of a narrow argument.
fn extended(piece: &Piece, number: u64) -> u64 {
    let low = number & mask(piece.bits.min(64) as u8);
    match piece.extension {
        Some(Extension::Sign) if piece.bits < 32 && low >> (piece.bits - 1) & 1 == 1 => {
            (low | !mask(piece.bits as u8)) & mask(32)
        }
        _ => low,
    }
}

/// The low bits that are zero at the entry by contract.
fn unaligned(contract: &Contract, register: Register) -> u64 {
    let multiples = contract.multiples.iter().filter(|&&(of, _)| of == register);
    multiples
        .map(|&(_, log2)| mask(log2))
        .fold(0, |all, bits| all | bits)
}

/// Whether the contract lets an input hold this.
pub(super) fn may_be(contract: &Contract, input: Input, value: u64) -> bool {
    match input {
        Input::Register(register) if value > mask(contract.convention.set.bits()) => {
            !register.is_general()
        }
        Input::Register(register) => {
            let is_declared = declared(contract, register).is_none_or(|piece| {
                let defined = value & mask(piece.defined_bits().min(64) as u8);
                defined == extended(piece, value) && !(piece.not_null && value == 0)
            });
            is_declared && value & unaligned(contract, register) == 0
        }
        _ => true,
    }
}

/// Whether an address is on the stack of a root that is entered with this SP.
pub(super) fn on_stack(stack_pointer: u64, address: u64) -> bool {
    (stack_pointer - STACK_DEPTH..stack_pointer + STACK_HEIGHT).contains(&address)
}

/// Whether a program may have memory there, its image apart. What is computed
/// from addresses of the image leads nowhere else.
pub(super) fn may_be_mapped(contract: &Contract, address: u64, bytes: u64) -> bool {
    let space = Space::of(contract);
    address >= space.regions
        && address
            .checked_add(bytes)
            .is_some_and(|end| end <= space.end)
}
