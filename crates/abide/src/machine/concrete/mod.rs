//! The concrete evaluator: runs effects on a state of numbers.
//!
//! Vector arithmetic is computed on integers, without masks; other results are unknown byte by
//! byte, and a step whose course, addresses or divisors depend on an unknown byte
//! is [`Step::Undetermined`]. Everything that is known is what the processor
//! would have computed.

mod blocks;
mod flags;
mod layout;
mod memory;
mod value;
mod vectors;

use super::arithmetic::{evaluate, mask};
use super::vectors::{Function, Input};
use super::{Effect, Effects, Flow, GsBase, Operand, Operation, Reference, Rest, Target, Temp};
use crate::inputs::{ImageSymbol, Place};
use crate::registers::{Flags, Part, Register};
use flags::FlagState;
pub use layout::Layout;
pub use memory::{Filling, Memory, random};
use rustc_hash::FxHashMap;
pub use value::Value;
use value::bytes_mask;

/// The bytes that an area of no fixed size (`xsave`) is taken to have.
const VARIABLE_AREA: u64 = 4096;

/// Where control leaves to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// A place in the image.
    Place(Place),
    /// A symbol that the image does not define.
    External(ImageSymbol),
    /// An address where the image has nothing.
    Address(u64),
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Control goes on, by a jump, a branch or to the next instruction.
    Continue(Place),
    /// A jump out of the image.
    Leave(Destination),
    /// A call; the return address is pushed.
    Call(Destination),
    /// A return to this address.
    Return(u64),
    /// `syscall` or `int n`; the next instruction follows. What the kernel
    /// changes is for the caller to say.
    System(Place),
    /// `iret`.
    InterruptReturn,
    /// `hlt`, with the next instruction.
    Halt(Place),
    /// The program ends here.
    Stop,
    /// The processor raises an exception.
    Fault(Fault),
    /// The model left something open that decides how to go on.
    Undetermined(Undetermined),
    /// The lifter has no effects for the instruction.
    Unknown(&'static str),
}

/// An exception of the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// #DE.
    Divide,
    /// #GP: an operand that must be aligned is not.
    Misaligned,
}

/// What was needed and is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undetermined {
    /// The condition of a branch.
    Branch,
    /// The address of a load or store.
    Address,
    /// The target of a jump, call or return.
    Target,
    /// A divisor or dividend.
    Division,
    /// The count or the direction of a string instruction.
    Block,
    /// A string instruction of more elements than are worth running.
    Length,
}

/// An access to memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// The lowest address.
    pub address: u64,
    /// The length, in bytes.
    pub bytes: u64,
    /// Whether memory was written.
    pub is_store: bool,
}

/// What ends a step early.
enum End {
    Fault(Fault),
    Undetermined(Undetermined),
}

/// A processor with its memory.
pub struct Machine<'a> {
    layout: &'a Layout<'a>,
    registers: [Value; Register::COUNT],
    flags: FlagState,
    memory: Memory<'a>,
    temps: Vec<Value>,
    accesses: Vec<Access>,
    answers: Option<Answers>,
    base: GsBase,
}

/// What the processor answers where the instruction's inputs do not tell:
/// `cpuid`, `rdtsc`, `in`.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// Answers by their number; those that are not here are small random ones.
    pub chosen: FxHashMap<u32, u64>,
    /// Random answers follow from this.
    pub seed: u64,
    given: u32,
}

impl Answers {
    fn next(&mut self, bits: u16) -> Value {
        let number = self.given;
        self.given += 1;
        let chosen = self.chosen.get(&number).copied();
        let answer = chosen.unwrap_or_else(|| random(self.seed, number.into()) & 0xffff_ffff);
        Value::number(answer).truncated(bits)
    }
}

impl<'a> Machine<'a> {
    /// A machine whose registers and memory hold random numbers that follow
    /// from the seed; DF is clear.
    #[must_use]
    pub fn new(layout: &'a Layout<'a>, seed: u64) -> Self {
        let mut machine = Self {
            layout,
            registers: [Value::default(); Register::COUNT],
            flags: FlagState::random(seed),
            memory: Memory::new(layout, seed),
            temps: vec![Value::default(); 256],
            accesses: Vec::new(),
            answers: None,
            base: GsBase::default(),
        };
        for (number, register) in (0..).zip(machine.registers.iter_mut()) {
            for (i, word) in (0..).zip(register.words.iter_mut()) {
                *word = memory::random(!seed, 8 * number + i);
            }
            let width = Register(number as u8).width();
            *register = register.truncated(width);
        }
        machine
    }

    /// Sets a register's low 64 bits, and the rest to zero.
    pub fn set(&mut self, register: Register, value: u64) {
        self.set_value(register, Value::number(value));
    }

    /// Sets a register.
    pub fn set_value(&mut self, register: Register, value: Value) {
        if let Some(slot) = self.registers.get_mut(register.index()) {
            *slot = value.truncated(register.width());
        }
    }

    /// A register's low 64 bits, if they are known.
    #[must_use]
    pub fn get(&self, register: Register) -> Option<u64> {
        let register = self.registers.get(register.index());
        register.map_or(Some(0), |value| value.known())
    }

    /// A register's value.
    #[must_use]
    pub fn value(&self, register: Register) -> Value {
        self.registers
            .get(register.index())
            .copied()
            .unwrap_or_default()
    }

    /// Sets the flags of `set`.
    pub fn set_flags(&mut self, set: Flags, values: Flags) {
        self.flags.write(set, values);
    }

    /// Whether a flag is set; `None` if it is unknown or undefined.
    #[must_use]
    pub fn flag(&self, flag: Flags) -> Option<bool> {
        self.flags.get(flag)
    }

    /// The flags that have no certain value now.
    #[must_use]
    pub fn open_flags(&self) -> Flags {
        self.flags.open()
    }

    /// Says what the processor answers; without, its answers are open.
    pub fn set_answers(&mut self, answers: Answers) {
        self.answers = Some(answers);
    }

    /// Which base GS has.
    #[must_use]
    pub const fn base(&self) -> GsBase {
        self.base
    }

    /// The memory.
    pub fn memory(&mut self) -> &mut Memory<'a> {
        &mut self.memory
    }

    /// The accesses to memory of the last step, in order; one that faulted is the last.
    #[must_use]
    pub fn accesses(&self) -> &[Access] {
        &self.accesses
    }

    /// Runs one instruction, which is at `place`.
    ///
    /// After [`Step::Fault`], [`Step::Undetermined`] and [`Step::Unknown`] the
    /// state may have changed in part.
    pub fn step(&mut self, effects: &Effects, place: Place) -> Step {
        let next = Place {
            offset: place.offset.wrapping_add(i64::from(effects.length)),
            ..place
        };
        self.execute(&effects.list, effects.flow, next)
    }

    /// Runs one instruction, given in parts: its effects, its flow, and the
    /// place of the instruction behind it.
    pub fn execute(&mut self, effects: &[Effect], flow: Flow, next: Place) -> Step {
        self.accesses.clear();
        for effect in effects {
            match self.run(effect) {
                Ok(()) => {}
                Err(End::Fault(fault)) => return Step::Fault(fault),
                Err(End::Undetermined(what)) => return Step::Undetermined(what),
            }
        }
        let step = self.follow(flow, next);
        self.base = self.base.behind(flow);
        if let (Flow::Far { .. }, Step::Continue(to)) = (flow, step) {
            self.narrow(next, to);
        }
        step
    }

    /// Intel SDM vol. 1, 3.4.1.1: from 64-bit code to 32-bit code the upper halves of general
    /// registers are not preserved. That of SP is taken to be, as a stack below 4 GiB has it.
    fn narrow(&mut self, behind: Place, to: Place) {
        let from = Place {
            offset: behind.offset - 1,
            ..behind
        };
        let image = self.layout.image();
        if image.bits_at(to) >= image.bits_at(from) {
            return;
        }
        for register in Register::NARROWED {
            self.registers[register.index()].words[0] ^= u64::from(u32::MAX) << 32;
        }
    }

    fn follow(&self, flow: Flow, next: Place) -> Step {
        match flow {
            Flow::Next => Step::Continue(next),
            Flow::Jump(target) => self.leave(target, |destination| match destination {
                Destination::Place(place) => Step::Continue(place),
                outside => Step::Leave(outside),
            }),
            Flow::Branch { target, taken, .. } => match self.operand(taken).known() {
                None => Step::Undetermined(Undetermined::Branch),
                Some(0) => Step::Continue(next),
                Some(_) => match self.direct(target) {
                    Destination::Place(place) => Step::Continue(place),
                    outside => Step::Leave(outside),
                },
            },
            Flow::Call(target) => self.leave(target, Step::Call),
            Flow::Return(address) => match self.operand(address).known() {
                Some(address) => Step::Return(address),
                None => Step::Undetermined(Undetermined::Target),
            },
            Flow::Far { address, .. } => {
                self.leave(Target::Indirect(address), |destination| match destination {
                    Destination::Place(place) => Step::Continue(place),
                    outside => Step::Leave(outside),
                })
            }
            Flow::SetMode(_) | Flow::SwapBase | Flow::WriteBase => Step::Continue(next),
            Flow::InterruptReturn { .. } => Step::InterruptReturn,
            Flow::System(_) => Step::System(next),
            Flow::Halt => Step::Halt(next),
            Flow::Stop => Step::Stop,
            Flow::Unknown(reason) => Step::Unknown(reason),
        }
    }

    fn leave(&self, target: Target, then: impl Fn(Destination) -> Step) -> Step {
        match target {
            Target::Direct(reference) => then(self.direct(reference)),
            Target::Indirect(operand) => match self.operand(operand).known() {
                Some(address) => then(self.destination(address)),
                None => Step::Undetermined(Undetermined::Target),
            },
        }
    }

    fn direct(&self, reference: Reference) -> Destination {
        match reference {
            Reference::Place(place) => Destination::Place(place),
            Reference::External(symbol, 0) => Destination::External(symbol),
            other => self.destination(self.layout.resolve(other)),
        }
    }

    /// What is at an address.
    #[must_use]
    pub fn destination(&self, address: u64) -> Destination {
        if let Some(place) = self.layout.place_of(address) {
            return Destination::Place(place);
        }
        match self.layout.external_at(address) {
            Some(symbol) => Destination::External(symbol),
            None => Destination::Address(address),
        }
    }

    fn run(&mut self, effect: &Effect) -> Result<(), End> {
        match *effect {
            Effect::Read { into, part } => {
                let register = self.registers.get(part.register.index());
                let value = register.map_or_else(Value::default, |register| {
                    register.part(part.low, part.bits)
                });
                self.keep(into, value);
            }
            Effect::Write { part, value, rest } => self.write(part, value, rest),
            Effect::Address { into, reference } => {
                let address = self.layout.resolve(reference);
                self.keep(into, Value::number(address));
            }
            Effect::Compute {
                into,
                operation,
                bits,
                inputs,
            } => {
                let value = self.compute(operation, bits, inputs)?;
                self.keep(into, value);
            }
            Effect::Opaque {
                into,
                bits,
                determined,
                function,
                ..
            } => {
                let value = match (&mut self.answers, function) {
                    (Some(answers), _) if !determined && bits <= 64 => answers.next(bits),
                    (_, Some(function)) => self.vector(function, bits),
                    _ => Value::open(bits),
                };
                self.keep(into, value);
            }
            Effect::Load {
                into,
                address,
                bits,
                align,
                segment,
            } => {
                let at = self.access(address, bits, align, segment, false)?;
                let value = match bits {
                    0 => Value::open(512),
                    _ => self.memory.read(at, bits.div_ceil(8)),
                };
                self.keep(into, value);
            }
            Effect::Store {
                address,
                value,
                bits,
                align,
                segment,
            } => {
                let at = self.access(address, bits, align, segment, true)?;
                self.store(at, value, bits);
            }
            Effect::SetFlags {
                set,
                operation,
                bits,
                inputs,
                result,
                unless_zero,
            } => {
                let inputs = inputs.map(|input| self.operand(input));
                let (result, count) = (
                    self.operand(result),
                    unless_zero.map(|count| self.operand(count)),
                );
                self.flags.set(set, operation, bits, inputs, result, count);
            }
            Effect::Take { .. } => {}
            Effect::WriteFlags { set, values } => self.flags.write(set, values),
            Effect::UndefineFlags { set, .. } => self.flags.leave_open(set),
            Effect::FlagFrom { flag, value } => {
                let value = self.operand(value);
                self.flags.load_bit(flag, value);
            }
            Effect::ReadFlags { into } => {
                let word = self.flags.word();
                self.keep(into, word);
            }
            Effect::LoadFlags { set, value } => {
                let value = self.operand(value);
                self.flags.load(set, value);
            }
            Effect::Test { into, condition } => {
                let value = match self.flags.holds(condition) {
                    Some(holds) => Value::number(u64::from(holds)),
                    None => Value::open(8),
                };
                self.keep(into, value);
            }
            Effect::Block(block) => self.block(block)?,
        }
        Ok(())
    }

    fn keep(&mut self, into: Temp, value: Value) {
        self.temps[usize::from(into.0)] = value;
    }

    /// The value of an operand of the instruction that ran last.
    #[must_use]
    pub fn operand(&self, operand: Operand) -> Value {
        match operand {
            Operand::Temp(temp) => self.temps[usize::from(temp.0)],
            Operand::Constant(number) => Value::number(number),
        }
    }

    /// The low `bits` (at most 64) of an operand, if they are known.
    fn number(&self, operand: Operand, bits: u8) -> Option<u64> {
        let number = match operand {
            Operand::Constant(number) => number,
            Operand::Temp(temp) => {
                let value = &self.temps[usize::from(temp.0)];
                let open = value.unknown & bytes_mask(u16::from(bits.div_ceil(8)));
                (open == 0).then_some(value.words[0])?
            }
        };
        Some(number & mask(bits))
    }

    fn write(&mut self, part: Part, value: Operand, rest: Rest) {
        let value = self.operand(value);
        if let Some(register) = self.registers.get_mut(part.register.index()) {
            register.insert(part.low, part.bits, value, rest == Rest::Zero);
        }
    }

    fn compute(&self, operation: Operation, bits: u8, inputs: [Operand; 3]) -> Result<Value, End> {
        if let [Some(a), Some(b), Some(c)] = inputs.map(|input| self.number(input, bits)) {
            let result = evaluate(operation, bits, [a, b, c]).ok_or(End::Fault(Fault::Divide))?;
            return Ok(Value::number(result));
        }
        let values = inputs.map(|input| self.operand(input).truncated(u16::from(bits)));
        open_result(operation, bits, values)
    }

    fn vector(&self, function: Function, bits: u16) -> Value {
        let inputs = function.inputs.map(|input| match input {
            Input::Nothing => Value::default(),
            Input::Register(part) => self.value(part.register).part(part.low, part.bits),
            Input::Loaded(temp) => self.operand(Operand::Temp(temp)),
        });
        vectors::compute(&function, bits, inputs)
    }

    /// Checks and notes an access, and returns its address with the segment's base.
    fn access(
        &mut self,
        address: Operand,
        bits: u16,
        align: u8,
        segment: Option<Register>,
        is_store: bool,
    ) -> Result<u64, End> {
        let address = self
            .number(address, 64)
            .ok_or(End::Undetermined(Undetermined::Address))?;
        let address = address.wrapping_add(segment.map_or(0, segment_base));
        let bytes = match bits {
            0 => VARIABLE_AREA,
            _ => u64::from(bits.div_ceil(8)),
        };
        self.accesses.push(Access {
            address,
            bytes,
            is_store,
        });
        if !address.is_multiple_of(u64::from(align.max(1))) {
            return Err(End::Fault(Fault::Misaligned));
        }
        Ok(address)
    }

    fn store(&mut self, at: u64, value: Operand, bits: u16) {
        match bits {
            0 => self.memory.open(at, VARIABLE_AREA),
            513.. => self.memory.open(at, u64::from(bits.div_ceil(8))),
            _ => {
                let value = self.operand(value);
                self.memory.write(at, bits.div_ceil(8), value);
            }
        }
    }
}

/// A base far from everything else.
fn segment_base(segment: Register) -> u64 {
    let (_, number) = segment.file();
    0x7040_0000_0000 + (u64::from(number) << 32)
}

/// A result of inputs that are unknown in part: bit by bit operations keep the
/// bytes that are known.
fn open_result(operation: Operation, bits: u8, inputs: [Value; 3]) -> Result<Value, End> {
    let [a, b, c] = inputs;
    let width = Value::open(u16::from(bits)).unknown;
    let unknown = match operation {
        Operation::Copy | Operation::Not => a.unknown,
        Operation::And => unknown_unless(a, b, 0x00),
        Operation::Or => unknown_unless(a, b, 0xff),
        Operation::Xor => a.unknown | b.unknown,
        Operation::ZeroExtend { from } => a.unknown & Value::open(u16::from(from)).unknown,
        Operation::Select => match c.known() {
            Some(chosen) => return Ok(if chosen & 1 == 1 { a } else { b }),
            None => width,
        },
        Operation::Divide
        | Operation::Remainder
        | Operation::DivideSigned
        | Operation::RemainderSigned => {
            return Err(End::Undetermined(Undetermined::Division));
        }
        _ => width,
    };
    let numbers = [a.words[0], b.words[0], c.words[0]];
    let mut value = Value::number(evaluate(operation, bits, numbers).unwrap_or_default());
    value.words[0] &= mask(bits);
    value.unknown = unknown & width;
    Ok(value)
}

/// The unknown bytes of `a` and `b`, but for those where the other is `absorbs`.
fn unknown_unless(a: Value, b: Value, absorbs: u8) -> u64 {
    let decided = |value: Value| {
        let bytes = value.words[0].to_le_bytes();
        (0..8)
            .filter(|&i| value.unknown >> i & 1 == 0 && bytes[i] == absorbs)
            .fold(0, |mask, i| mask | 1 << i)
    };
    a.unknown & !decided(b) | b.unknown & !decided(a)
}
