//! Follows where numbers come from, beside the machine that computes them.
//!
//! The shadow of an instruction is drawn after it has run: the machine has
//! the numbers, the shadow has the expressions that gave them. A number whose
//! origin it loses is a number without one, which costs a try and no truth.

use rustc_hash::FxHashMap;

use super::course::Course;
use super::entry::Input;
use super::expression::{Comparison, Expressions, Node, Term};
use crate::machine::{Condition, Effect, Operand, Operation, Rest, Temp};
use crate::registers::{Flags, Part, Register};

const FLAGS: [Flags; 6] = [
    Flags::CF,
    Flags::PF,
    Flags::AF,
    Flags::ZF,
    Flags::SF,
    Flags::OF,
];

/// Where a flag comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// No input had a part in it.
    Numbers,
    /// The flags of this comparison.
    Comparison(u32),
    /// Bit 0 of a term.
    Bit(Term),
}

/// Who wrote a byte of memory last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Origin {
    /// Nobody: it is as it was at the entry.
    #[default]
    Entry,
    /// The run, with a number.
    Number,
    /// The run or the entry, with this byte of this expression.
    Byte(Node, u8),
}

/// The expressions behind registers, flags and memory.
pub(super) struct Shadow {
    pub expressions: Expressions,
    registers: [Option<Node>; 16],
    flags: [Source; FLAGS.len()],
    comparisons: Vec<Comparison>,
    memory: FxHashMap<u64, [Origin; 8]>,
    temps: Vec<Option<Node>>,
    /// How many answers the processor has given.
    answers: u32,
    /// What `rsi`, `rdi` and `rcx` came from before the string instruction that ran last.
    pub block: [Option<Node>; 3],
}

impl Shadow {
    /// The shadow of a run that is about to begin.
    pub(super) fn new(course: &Course<'_>) -> Self {
        let mut shadow = Self {
            expressions: Expressions::default(),
            registers: [None; 16],
            flags: [Source::Numbers; FLAGS.len()],
            comparisons: Vec::new(),
            memory: FxHashMap::default(),
            temps: vec![None; 256],
            answers: 0,
            block: [None; 3],
        };
        for register in (0..16).map(Register) {
            let input = Input::Register(register);
            if register != Register::RSP {
                shadow.name(course, input, register);
            }
        }
        shadow.write_number(course.from, course.word().into());
        shadow
    }

    fn name(&mut self, course: &Course<'_>, input: Input, register: Register) {
        let number = course.machine.get(register).unwrap_or_default();
        self.registers[register.index()] = self.expressions.input(input, number).node;
    }

    /// Draws the shadow of a call by convention, which was the one of this number.
    pub(super) fn call(&mut self, course: &Course<'_>, number: u32) {
        let preserved = course.preserved_by_callee();
        for register in (0..16).map(Register) {
            if !preserved.contains(register) && register != Register::RSP {
                self.name(course, course.left(number, register), register);
            }
        }
        self.registers[Register::RSP.index()] = None;
        self.flags = [Source::Numbers; FLAGS.len()];
        let stack_pointer = course.stack_pointer();
        if stack_pointer > course.touched && stack_pointer - course.touched < 1 << 16 {
            self.write_number(course.touched, stack_pointer - course.touched);
        }
    }

    /// What a general register came from.
    pub(super) fn register(&self, register: Register) -> Option<Node> {
        self.registers.get(register.index()).copied().flatten()
    }

    /// The term of an operand of the instruction that ran last.
    pub(super) fn operand(&self, course: &Course<'_>, operand: Operand) -> Term {
        let value = course.machine.operand(operand);
        let node = match operand {
            Operand::Temp(temp) if value.known().is_some() => self.temps[usize::from(temp.0)],
            _ => None,
        };
        Term {
            number: value.words[0],
            node,
        }
    }

    /// Draws the shadow of an instruction that has run, or faulted.
    pub(super) fn follow(&mut self, course: &Course<'_>, effects: &[Effect]) {
        let mut accesses = course.machine.accesses().iter();
        for effect in effects {
            match *effect {
                Effect::Read { into, part } => {
                    let term = self.read(course, into, part);
                    self.keep(course, into, term);
                }
                Effect::Write { part, value, rest } => {
                    let value = self.operand(course, value);
                    self.write(course, part, value, rest);
                }
                Effect::Compute {
                    into,
                    operation,
                    bits,
                    inputs,
                } => {
                    let inputs = inputs.map(|input| self.operand(course, input));
                    let node = match inputs.iter().any(|input| input.node.is_some()) {
                        true => self.expressions.operation(operation, bits, inputs).node,
                        false => None,
                    };
                    self.temps[usize::from(into.0)] = node;
                }
                Effect::Opaque {
                    into,
                    bits,
                    determined: false,
                    ..
                } if bits <= 64 => {
                    let number = course.machine.operand(Operand::Temp(into)).words[0];
                    let input = Input::Answer(self.answers);
                    self.answers += 1;
                    let term = self.expressions.input(input, number);
                    self.keep(course, into, term);
                }
                Effect::Address { into, .. }
                | Effect::Opaque { into, .. }
                | Effect::ReadFlags { into } => self.temps[usize::from(into.0)] = None,
                Effect::Load { into, .. } => {
                    let access = accesses.next();
                    let term =
                        access.map(|access| self.load(course, into, access.address, access.bytes));
                    self.keep(course, into, term.unwrap_or_default());
                }
                Effect::Store { value, .. } => {
                    let value = self.operand(course, value);
                    if let Some(access) = accesses.next() {
                        self.store(access.address, access.bytes, value.node);
                    }
                }
                Effect::SetFlags {
                    set,
                    operation,
                    bits,
                    inputs,
                    result,
                    unless_zero,
                } => {
                    if unless_zero
                        .is_some_and(|count| course.machine.operand(count).known() == Some(0))
                    {
                        continue;
                    }
                    let of = Comparison {
                        operation,
                        bits,
                        inputs: inputs.map(|input| self.operand(course, input)),
                        result: self.operand(course, result),
                    };
                    self.set_flags(set, of);
                }
                Effect::WriteFlags { set, .. }
                | Effect::UndefineFlags { set, .. }
                | Effect::LoadFlags { set, .. } => self.set_source(set, Source::Numbers),
                Effect::FlagFrom { flag, value } => {
                    let value = self.operand(course, value);
                    self.set_source(flag, Source::Bit(value));
                }
                Effect::Test { into, condition } => {
                    let node = self.test(course, into, condition);
                    self.temps[usize::from(into.0)] = node;
                }
                Effect::Block(_) => self.block(course),
                Effect::Take { .. } => {}
            }
        }
    }

    fn keep(&mut self, course: &Course<'_>, into: Temp, term: Term) {
        let known = course.machine.operand(Operand::Temp(into)).known();
        self.temps[usize::from(into.0)] = known.and(term.node);
    }

    fn read(&mut self, course: &Course<'_>, into: Temp, part: Part) -> Term {
        let node = match part.register.is_general() {
            true => self.registers[part.register.index()],
            false => None,
        };
        if node.is_none() {
            return Term::default();
        }
        let number = course.machine.operand(Operand::Temp(into)).words[0];
        let whole = Term {
            // Only the bits of the part are known here, and no others are read.
            number: number.wrapping_shl(part.low.into()),
            node,
        };
        self.expressions.part(whole, part.low, part.bits)
    }

    fn write(&mut self, course: &Course<'_>, part: Part, value: Term, rest: Rest) {
        let register = part.register;
        if !register.is_general() {
            return;
        }
        let old = self.registers[register.index()];
        let new = match (part.bits, rest) {
            (64.., _) => value.node,
            (bits, Rest::Zero) if value.node.is_some() => {
                self.expressions.truncate(value, bits).node
            }
            (_, Rest::Zero) => None,
            (bits, Rest::Keep) if value.node.is_some() || old.is_some() => {
                let old = Term {
                    number: course.machine.value(register).words[0],
                    node: old,
                };
                self.expressions.insert(old, part.low, bits, value).node
            }
            _ => None,
        };
        self.registers[register.index()] = new;
    }

    fn set_flags(&mut self, set: Flags, of: Comparison) {
        let symbolic = of
            .inputs
            .iter()
            .chain([&of.result])
            .any(|term| term.node.is_some());
        let source = match symbolic {
            true => {
                self.comparisons.push(of);
                Source::Comparison(self.comparisons.len() as u32 - 1)
            }
            false => Source::Numbers,
        };
        self.set_source(set, source);
    }

    fn set_source(&mut self, set: Flags, source: Source) {
        for (flag, slot) in FLAGS.into_iter().zip(&mut self.flags) {
            if set.contains(flag) {
                *slot = source;
            }
        }
    }

    fn test(&mut self, course: &Course<'_>, into: Temp, condition: Condition) -> Option<Node> {
        let number = course.machine.operand(Operand::Temp(into)).known()?;
        let mut sources = FLAGS
            .into_iter()
            .zip(self.flags)
            .filter(|&(flag, _)| condition.flags().contains(flag))
            .map(|(_, source)| source);
        let source = sources.next()?;
        if sources.any(|other| other != source) {
            return None;
        }
        match source {
            Source::Numbers => None,
            Source::Comparison(of) => {
                let of = self.comparisons[of as usize];
                self.expressions.test(condition, of, number).node
            }
            Source::Bit(bit) => {
                let bit = self.expressions.truncate(bit, 1);
                let negated = bit.number != number;
                let inputs = [bit, Term::number(u64::from(negated)), Term::default()];
                bit.node
                    .and_then(|_| self.expressions.operation(Operation::Xor, 8, inputs).node)
            }
        }
    }

    /// A string instruction: what it leaves are numbers.
    fn block(&mut self, course: &Course<'_>) {
        self.block = [Register::RSI, Register::RDI, Register::RCX]
            .map(|register| self.registers[register.index()]);
        for register in [Register::RSI, Register::RDI, Register::RCX, Register::RAX] {
            self.registers[register.index()] = None;
        }
        self.set_source(Flags::ARITHMETIC, Source::Numbers);
        for access in course.machine.accesses() {
            if access.is_store {
                self.write_number(access.address, access.bytes);
            }
        }
    }

    // ---- memory ----

    fn load(&mut self, course: &Course<'_>, into: Temp, address: u64, bytes: u64) -> Term {
        if bytes == 0 || bytes > 8 {
            return Term::default();
        }
        let number = course.machine.operand(Operand::Temp(into)).words[0];
        let first = self.origin(address);
        let all = |origin: &dyn Fn(u64) -> Origin| {
            (0..bytes).all(|i| self.origin(address.wrapping_add(i)) == origin(i))
        };
        let node = match first {
            Origin::Entry if all(&|_| Origin::Entry) && is_variable(course, address) => {
                let input = Input::Memory(address, bytes as u8);
                let node = self.expressions.input(input, number).node;
                self.store(address, bytes, node);
                return Term { number, node };
            }
            Origin::Byte(node, index)
                if all(&|i| Origin::Byte(node, index.wrapping_add(i as u8))) =>
            {
                (node, u16::from(index) * 8)
            }
            _ => return Term::default(),
        };
        let whole = Term {
            number: number.wrapping_shl(node.1.into()),
            node: Some(node.0),
        };
        self.expressions.part(whole, node.1, bytes as u16 * 8)
    }

    /// What was stored last from this address on.
    pub(super) fn stored_at(&self, address: u64) -> Option<Node> {
        match self.origin(address) {
            Origin::Byte(node, 0) => Some(node),
            _ => None,
        }
    }

    fn origin(&self, address: u64) -> Origin {
        let word = self.memory.get(&(address / 8));
        word.map_or(Origin::Entry, |word| word[(address % 8) as usize])
    }

    fn store(&mut self, address: u64, bytes: u64, node: Option<Node>) {
        match node {
            Some(node) if bytes <= 8 => {
                for i in 0..bytes {
                    self.set_origin(address.wrapping_add(i), Origin::Byte(node, i as u8));
                }
            }
            _ => self.write_number(address, bytes),
        }
    }

    fn write_number(&mut self, address: u64, bytes: u64) {
        let mut done = 0;
        while done < bytes {
            let at = address.wrapping_add(done);
            let first = at % 8;
            let count = (bytes - done).min(8 - first);
            let word = self.memory.entry(at / 8).or_default();
            word[first as usize..(first + count) as usize].fill(Origin::Number);
            done += count;
        }
    }

    fn set_origin(&mut self, address: u64, origin: Origin) {
        self.memory.entry(address / 8).or_default()[(address % 8) as usize] = origin;
    }
}

/// Whether memory that nobody has written may hold something else at the entry.
fn is_variable(course: &Course<'_>, address: u64) -> bool {
    let section = course
        .scene
        .layout
        .place_of(address)
        .and_then(|place| course.scene.around.image.section(place.section));
    section.is_none_or(|section| section.flags.write)
}
