//! The flags, each set, clear or open.

use super::memory::random;
use super::value::Value;
use crate::machine::arithmetic::{flags, holds};
use crate::machine::{Condition, Operation};
use crate::registers::Flags;

/// The bit of RFLAGS that is always 1, and IF, which programs run with.
const ALWAYS: u64 = 0x202;

/// The values of all flags.
#[derive(Debug, Clone, Copy)]
pub(super) struct FlagState {
    values: Flags,
    /// Flags whose value the manual or the model leaves open.
    open: Flags,
}

impl FlagState {
    pub(super) fn random(seed: u64) -> Self {
        Self {
            values: Flags(random(seed, u64::MAX) as u32) & Flags::ARITHMETIC,
            open: Flags::NONE,
        }
    }

    pub(super) fn write(&mut self, set: Flags, values: Flags) {
        self.values = self.values & !set | values & set;
        self.open = self.open & !set;
    }

    pub(super) fn leave_open(&mut self, set: Flags) {
        self.open = self.open | set;
    }

    pub(super) fn open(&self) -> Flags {
        self.open
    }

    pub(super) fn get(&self, flag: Flags) -> Option<bool> {
        (!self.open.intersects(flag)).then(|| self.values.contains(flag))
    }

    pub(super) fn set(
        &mut self,
        set: Flags,
        operation: Operation,
        bits: u8,
        inputs: [Value; 3],
        result: Value,
        unless_zero: Option<Value>,
    ) {
        let width = Value::open(u16::from(bits)).unknown;
        let is_open = |value: &Value| value.unknown & width != 0;
        match unless_zero.map(Value::known) {
            Some(Some(0)) => return,
            Some(None) => return self.leave_open(set),
            _ => {}
        }
        if inputs.iter().any(is_open) || is_open(&result) {
            return self.leave_open(set);
        }
        let numbers = inputs.map(|input| input.words[0]);
        let new = flags(operation, bits, numbers, result.words[0]);
        self.write(set, new.values);
        self.leave_open(new.undefined & set);
    }

    pub(super) fn load_bit(&mut self, flag: Flags, value: Value) {
        if value.unknown & 1 != 0 {
            return self.leave_open(flag);
        }
        let is_set = value.words[0] & 1 == 1;
        self.write(flag, if is_set { flag } else { Flags::NONE });
    }

    pub(super) fn load(&mut self, set: Flags, value: Value) {
        self.write(set, Flags(value.words[0] as u32));
        for byte in 0..4 {
            if value.unknown >> byte & 1 == 1 {
                self.leave_open(set & Flags(0xff << (8 * byte)));
            }
        }
    }

    pub(super) fn word(&self) -> Value {
        let mut word = Value::number(u64::from(self.values.0) | ALWAYS);
        for byte in 0..4 {
            if self.open.intersects(Flags(0xff << (8 * byte))) {
                word.unknown |= 1 << byte;
            }
        }
        word
    }

    pub(super) fn holds(&self, condition: Condition) -> Option<bool> {
        (!self.open.intersects(condition.flags())).then(|| holds(condition, self.values))
    }
}
