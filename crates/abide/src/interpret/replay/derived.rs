//! What of a run may depend on what a vector register held at the entry.
//!
//! Not all vector arithmetic is computed. But where nothing of what a register holds at the exit comes
//! from what it held at the entry, runs that differ in that alone end alike: at most one of them
//! gives it back.

use std::collections::BTreeSet;

use crate::machine::concrete::{Access, Machine};
use crate::machine::{Effect, Flow, Operand, Rest, Target};
use crate::registers::{Part, Register, RegisterSet};

/// The most bytes that one register has.
const WIDEST: u64 = 64;
/// How many low bits of a vector register are watched by themselves.
const LOW: u16 = 128;

/// Follows what comes from the low bits of a vector register at the entry.
pub(super) struct Derived {
    /// The registers whose low bits may come from it, and those whose others may.
    low: RegisterSet,
    high: RegisterSet,
    /// Words of memory that may, by their addresses.
    memory: BTreeSet<u64>,
    temps: Vec<bool>,
    /// What the instruction has read so far may.
    is_read: bool,
    /// The way that the run takes, or where it stores, may.
    pub decides: bool,
}

impl Derived {
    pub(super) fn from(register: Register) -> Self {
        Self {
            low: RegisterSet::of(&[register]),
            high: RegisterSet::EMPTY,
            memory: BTreeSet::new(),
            temps: vec![false; 256],
            is_read: false,
            decides: false,
        }
    }

    /// Whether what a register holds in its low bits may come from it, or how the run got here.
    pub(super) fn reaches(&self, register: Register) -> bool {
        self.decides || self.low.contains(register)
    }

    /// A function was called that leaves what it likes in all but these.
    pub(super) fn called(&mut self, preserved: RegisterSet) {
        self.low = self.low.intersection(preserved);
        self.high = RegisterSet::EMPTY;
    }

    /// Follows an instruction that has run.
    pub(super) fn follow(&mut self, machine: &Machine<'_>, effects: &[Effect], flow: Flow) {
        self.is_read = false;
        let mut accesses = machine.accesses().iter();
        for effect in effects {
            self.effect(effect, &mut accesses);
        }
        let decides = match flow {
            Flow::Branch { taken, .. } => self.operand(taken),
            Flow::Jump(Target::Indirect(to)) | Flow::Call(Target::Indirect(to)) => self.operand(to),
            Flow::Return(to) | Flow::Far { address: to, .. } => self.operand(to),
            _ => false,
        };
        self.decides |= decides;
    }

    fn effect<'a>(&mut self, effect: &Effect, accesses: &mut impl Iterator<Item = &'a Access>) {
        match *effect {
            Effect::Read { into, part } => {
                let is = self.part(part);
                self.is_read |= is;
                self.temps[usize::from(into.0)] = is;
            }
            Effect::Take { part } => self.is_read |= self.part(part),
            Effect::Address { into, .. }
            | Effect::ReadFlags { into }
            | Effect::Test { into, .. } => self.temps[usize::from(into.0)] = false,
            Effect::Compute { into, inputs, .. } => {
                let is = inputs.into_iter().any(|input| self.operand(input));
                self.temps[usize::from(into.0)] = is;
            }
            Effect::Opaque { into, lanes, .. } => {
                let mut lanes = (0..32).filter(|number| lanes >> number & 1 == 1);
                let is = lanes.any(|number| self.part(Part::low(Register::vector(number), 512)));
                self.temps[usize::from(into.0)] = is || self.is_read;
            }
            Effect::Load { into, address, .. } => {
                self.decides |= self.operand(address);
                let is = accesses.next().is_none_or(|access| self.is_in(access));
                self.is_read |= is;
                self.temps[usize::from(into.0)] = is;
            }
            Effect::Store { address, value, .. } => {
                self.decides |= self.operand(address);
                let is = self.operand(value);
                if let Some(access) = accesses.next() {
                    self.store(access, is);
                }
            }
            Effect::SetFlags { inputs, result, .. } => {
                let mut all = inputs.into_iter().chain([result]);
                self.decides |= all.any(|input| self.operand(input));
            }
            Effect::FlagFrom { value, .. } | Effect::LoadFlags { value, .. } => {
                self.decides |= self.operand(value);
            }
            Effect::Write { part, value, rest } => self.write(part, self.operand(value), rest),
            Effect::Block(_) => {
                let general = (0..16).map(Register).collect();
                let is = !self.memory.is_empty() || !self.low.intersection(general).is_empty();
                self.decides |= is;
            }
            Effect::WriteFlags { .. } | Effect::UndefineFlags { .. } => {}
        }
    }

    fn operand(&self, operand: Operand) -> bool {
        match operand {
            Operand::Constant(_) => false,
            Operand::Temp(temp) => self.temps[usize::from(temp.0)],
        }
    }

    fn part(&self, part: Part) -> bool {
        let (low, high) = halves(part);
        low && self.low.contains(part.register) || high && self.high.contains(part.register)
    }

    fn write(&mut self, part: Part, is: bool, rest: Rest) {
        let register = part.register;
        let whole = part.low + part.bits;
        let fills_low = part.low == 0 && (rest == Rest::Zero || whole >= LOW.min(register.width()));
        let fills_high = rest == Rest::Zero || part.low <= LOW && whole >= register.width();
        let (low, high) = halves(part);
        put(&mut self.low, register, low && is, fills_low);
        put(&mut self.high, register, high && is, fills_high);
    }

    fn is_in(&self, access: &Access) -> bool {
        words(access).any(|word| self.memory.contains(&word))
    }

    fn store(&mut self, access: &Access, is: bool) {
        // Areas of `fxsave` and its like take all registers.
        let is = is || access.bytes > WIDEST && !self.low.is_empty();
        let end = access.address.saturating_add(access.bytes);
        for word in words(access) {
            let is_whole = word >= access.address && end - word >= 8;
            if is {
                self.memory.insert(word);
            } else if is_whole {
                self.memory.remove(&word);
            }
        }
    }
}

/// Whether a part has low bits, and whether it has others.
const fn halves(part: Part) -> (bool, bool) {
    (part.low < LOW, part.low + part.bits > LOW)
}

fn put(set: &mut RegisterSet, register: Register, is: bool, fills: bool) {
    if is {
        set.insert(register);
    } else if fills {
        set.remove(register);
    }
}

/// The aligned words of 8 bytes that an access touches.
fn words(access: &Access) -> impl Iterator<Item = u64> + use<> {
    let first = access.address & !7;
    let end = access.address.saturating_add(access.bytes);
    (first..end).step_by(8)
}
