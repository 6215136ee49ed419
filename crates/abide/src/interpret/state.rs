//! The abstract state between two instructions.

use std::sync::Arc;

use smallvec::SmallVec;

use super::forks::Fork;
use super::frame::Reach;
use super::known::Known;
use super::slots::Slot;
use super::terms::{Base, BaseId, Function, Garbage, Location, TermId, Terms, Value, congruent_to};
use crate::machine::{GsBase, Operation};
use crate::registers::{Register, RegisterSet};

/// How many registers have values.
pub(super) const TRACKED: usize = Register::TRACKED;

/// Where a flag's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagSource {
    /// Nothing that the analysis follows; the garbage that is in it, if any is.
    Open(Option<Garbage>),
    /// A known value.
    Known(bool),
    /// The flags of an operation.
    Operation {
        /// The operation.
        operation: Operation,
        /// Its width, in bits.
        bits: u8,
        /// Its first two inputs.
        inputs: [Value; 2],
        /// Its result.
        result: Value,
    },
}

impl FlagSource {
    /// The garbage that is in it, if any is.
    #[must_use]
    pub fn undefined(self, terms: &Terms) -> Option<Garbage> {
        match self {
            Self::Open(undefined) => undefined,
            Self::Known(_) => None,
            Self::Operation { inputs, result, .. } => {
                let [a, b] = inputs;
                let all = [result, a, b].into_iter();
                Garbage::surest(all.filter_map(|value| terms.undefined_source(value)))
            }
        }
    }
}

/// Of how many terms a state holds facts.
const MOST_FACTS: usize = 96;

/// How many values are put in place of their low bits, one after the other.
const MOST_REPLACED: u8 = 4;

/// A sum of bases with their factors, and a number.
struct Sum {
    parts: SmallVec<[(BaseId, i64); 4]>,
    offset: i64,
}

impl Sum {
    /// The sum with another value in the place of one of its parts.
    fn replacing(&self, index: usize, terms: &Terms, by: Value) -> Self {
        let mut parts = self.parts.clone();
        let (_, times) = parts.swap_remove(index);
        for &(base, factor) in terms.parts(by.term) {
            let factor = factor.wrapping_mul(times);
            match parts.iter_mut().find(|part| part.0 == base) {
                Some(part) => part.1 = part.1.wrapping_add(factor),
                None => parts.push((base, factor)),
            }
        }
        parts.retain(|part| part.1 != 0);
        let offset = self.offset.wrapping_add(by.offset.wrapping_mul(times));
        Self { parts, offset }
    }
}

/// Registers, frame, flags and facts at one point.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// What each register holds; of a vector register its low `widths` bytes.
    pub registers: [Value; TRACKED],
    /// For each vector register, how many low bytes `registers` speaks of; 0 where it is open.
    pub widths: [u8; 32],
    /// The frame, sorted by address.
    pub slots: Vec<Slot>,
    /// What branches taught of values, sorted by term.
    pub facts: Vec<(TermId, Known)>,
    /// The only numbers that a term may be, sorted by term.
    pub choices: Vec<(TermId, Vec<i64>)>,
    /// By what earlier ways are told apart.
    pub forks: Vec<Arc<Fork>>,
    /// CF.
    pub carry: FlagSource,
    /// ZF, SF, OF, PF and AF.
    pub status: FlagSource,
    /// DF: clear, set or not known.
    pub direction: Option<bool>,
    /// AC: clear, set or not known.
    pub alignment: Option<bool>,
    /// NT: clear, set or not known.
    pub nested: Option<bool>,
    /// An address of the frame is known outside of it.
    pub escaped: bool,
    /// Something was stored to the frame at an address that is not known to the byte.
    pub(super) scattered: bool,
    /// Where in the frame addresses of it are, or were, held.
    pub(super) addresses: Reach,
    /// Somebody who was given an address of the caller's area may have written there.
    pub callers_area_open: bool,
    /// The lowest address that was touched, as an offset from SP at the entry.
    pub touched: i64,
    /// The mode that the processor is in, in bits.
    pub mode: u8,
    /// Which base GS has.
    pub base: GsBase,
    /// The segment registers that may not be as they were at the entry.
    pub segments: RegisterSet,
    /// By way of 32-bit code: the frame, and what is named of the image, lies below 4 GiB.
    pub is_low: bool,
}

impl State {
    /// The state at the entry of a root.
    pub fn at_entry(terms: &mut Terms) -> Self {
        let mut registers = [Value::ANYTHING; TRACKED];
        for (number, value) in registers.iter_mut().enumerate() {
            *value = terms.base(Base::Entry(Register(number as u8)));
        }
        registers[Register::RSP.index()] = Value::FRAME;
        // 3.2.3: the processor is in x87 mode on entry, and no register of its stack is in use.
        registers[Register::X87_IN_USE.index()] = Value::constant(0);
        registers[Register::UPPER_IN_USE.index()] = Value::constant(0);
        Self {
            registers,
            widths: [64; 32],
            slots: vec![Slot {
                term: Value::FRAME.term,
                offset: 0,
                bytes: u16::from(terms.word() as u8),
                value: Value::RETURN_ADDRESS,
                exposed: false,
            }],
            facts: Vec::new(),
            choices: Vec::new(),
            forks: Vec::new(),
            carry: FlagSource::Open(None),
            status: FlagSource::Open(None),
            direction: Some(false),
            alignment: None,
            nested: None,
            escaped: false,
            scattered: false,
            addresses: Reach::NOWHERE,
            callers_area_open: false,
            touched: 0,
            mode: terms.word_bits(),
            is_low: false,
            base: GsBase::AsEntered,
            segments: RegisterSet::EMPTY,
        }
    }

    /// Becomes what another is but for its lists: slots, facts, choices and forks.
    pub(super) fn become_bare(&mut self, other: &Self) {
        // Field by field, in its own memory: a state is large.
        let Self {
            registers,
            widths,
            slots: _,
            facts: _,
            choices: _,
            forks: _,
            carry,
            status,
            direction,
            alignment,
            nested,
            escaped,
            scattered,
            addresses,
            callers_area_open,
            touched,
            mode,
            is_low,
            base,
            segments,
        } = other;
        self.slots.clear();
        self.facts.clear();
        self.choices.clear();
        self.forks.clear();
        self.registers = *registers;
        self.widths = *widths;
        self.carry = *carry;
        self.status = *status;
        self.direction = *direction;
        self.alignment = *alignment;
        self.nested = *nested;
        self.escaped = *escaped;
        self.scattered = *scattered;
        self.addresses = *addresses;
        self.callers_area_open = *callers_area_open;
        self.touched = *touched;
        self.mode = *mode;
        self.is_low = *is_low;
        self.base = *base;
        self.segments = *segments;
    }

    /// Becomes what another is.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.become_bare(other);
        self.slots.extend_from_slice(&other.slots);
        self.facts.extend_from_slice(&other.facts);
        self.choices.extend_from_slice(&other.choices);
        self.forks.extend_from_slice(&other.forks);
    }

    /// What a register holds.
    #[must_use]
    pub fn register(&self, register: Register) -> Value {
        self.registers
            .get(register.index())
            .copied()
            .unwrap_or(Value::ANYTHING)
    }

    /// Nothing is known of a vector register.
    pub fn open_vector(&mut self, register: Register) {
        self.registers[register.index()] = Value::ANYTHING;
        self.widths[usize::from(register.0 - 16)] = 0;
    }

    /// Nothing is known any more of a vector register's bits from `low` on.
    pub fn keep_below(&mut self, register: Register, low: u16) {
        let width = &mut self.widths[usize::from(register.0 - 16)];
        // What is narrower than 64 bits goes by a name of its own.
        if low < 64 || *width < 8 {
            return self.open_vector(register);
        }
        *width = (*width).min((low / 8) as u8);
    }

    /// SP.
    #[must_use]
    pub fn stack_pointer(&self) -> Value {
        self.registers[Register::RSP.index()]
    }

    /// What is known of a value here.
    #[must_use]
    pub fn known(&self, terms: &Terms, value: Value) -> Known {
        let mut range = self.range(terms, value);
        if terms.has_low_bits(value) {
            range = range.and(self.known_low_bits(terms, value));
        }
        if terms.may_align(value) {
            let sum = Sum {
                parts: terms.parts(value.term).into(),
                offset: value.offset,
            };
            return range.and(self.congruence(terms, &sum, MOST_REPLACED));
        }
        range
    }

    /// What is known of a value's range. Of its congruence there may be more in [`Self::known`].
    #[must_use]
    pub fn range(&self, terms: &Terms, value: Value) -> Known {
        if let Some(number) = value.as_constant() {
            return Known::exactly(number as i64);
        }
        let mut sum = Known::exactly(value.offset);
        if let Some(base) = terms.sole_base(value) {
            return sum.plus(self.known_base(terms, base));
        }
        for &(base, factor) in terms.parts(value.term) {
            sum = sum.plus(self.known_base(terms, base).scale(factor));
        }
        match self.fact(value.term) {
            Some(fact) => sum.and(fact.plus(Known::exactly(value.offset))),
            None => sum,
        }
    }

    fn known_base(&self, terms: &Terms, base: BaseId) -> Known {
        let inherent = terms.inherent_known(base);
        if self.facts.is_empty() {
            return inherent;
        }
        match self.fact(terms.single_term(base)) {
            Some(fact) => inherent.and(fact),
            None => inherent,
        }
    }

    /// The congruence of a value some of whose parts are the low bits of others.
    fn known_low_bits(&self, terms: &Terms, value: Value) -> Known {
        let mut sum = Known::exactly(value.offset);
        for &(base, factor) in terms.parts(value.term) {
            let mut part = self.known_base(terms, base);
            if let Some((inner, bits)) = terms.congruent_to(base) {
                let inner = self.known(terms, inner);
                let log2 = inner.log2.min(bits);
                part = part.and(Known::congruent(log2, inner.residue));
            }
            sum = sum.plus(part.scale(factor));
        }
        Known::congruent(sum.log2, sum.residue)
    }

    /// The congruence of a sum. Its low k bits stay the same where the low k bits of a value are
    /// replaced by that value: so is `x - (x & (2^k - 1))` a multiple of 2^k, whatever x is.
    fn congruence(&self, terms: &Terms, sum: &Sum, depth: u8) -> Known {
        let mut best = Known::exactly(sum.offset);
        for &(base, factor) in &sum.parts {
            best = best.plus(self.known_base(terms, base).scale(factor));
        }
        for (index, &(base, _)) in sum.parts.iter().enumerate() {
            let Some((inner, bits)) = terms.congruent_to(base) else {
                continue;
            };
            if depth == 0 || bits <= best.log2 || inner == Value::ANYTHING {
                continue;
            }
            let whole = self.congruence(terms, &sum.replacing(index, terms, inner), depth - 1);
            if whole.log2.min(bits) > best.log2 {
                best = Known::congruent(whole.log2.min(bits), whole.residue);
            }
        }
        Known::congruent(best.log2, best.residue)
    }

    /// The fact that is known of a term, if any.
    #[must_use]
    pub fn fact(&self, term: TermId) -> Option<Known> {
        let found = self.facts.binary_search_by_key(&term, |&(term, _)| term);
        Some(self.facts.get(found.ok()?)?.1)
    }

    /// Notes a fact of a value; returns false where it contradicts what is known.
    pub fn learn(&mut self, terms: &Terms, value: Value, fact: Known) -> bool {
        let before = self.known(terms, value);
        let now = before.and(fact);
        if now.is_empty() {
            return false;
        }
        if value.term == TermId(0) || value == Value::ANYTHING || now == before {
            return true;
        }
        self.learn_of_inputs(terms, value, now);
        let moved = now.plus(Known::exactly(value.offset.wrapping_neg()));
        if value.offset == i64::MIN || !(moved.is_bounded() || value.offset == 0) {
            return true;
        }
        self.set_fact(value.term, moved);
        true
    }

    /// What a fact of a function's result says of the low bits of its input.
    fn learn_of_inputs(&mut self, terms: &Terms, value: Value, fact: Known) {
        let Some(base) = terms.as_base(value) else {
            return;
        };
        if let Some((inner, bits)) = congruent_to(&base) {
            let log2 = fact.log2.min(bits);
            self.learn(terms, inner, Known::congruent(log2, fact.residue));
        }
        if let Base::Function {
            function: Function::Operation(Operation::TrailingZeros),
            bits,
            inputs: [inner, _],
        } = base
            && fact.low == fact.high
            && (0..i64::from(bits.min(62))).contains(&fact.low)
        {
            let zeros = fact.low as u8;
            self.learn(terms, inner, Known::congruent(zeros + 1, 1 << zeros));
        }
    }

    /// Sets what is known of a term.
    pub fn set_fact(&mut self, term: TermId, fact: Known) {
        let is_last = self.facts.last().is_none_or(|&(last, _)| last < term);
        if is_last && self.facts.len() < MOST_FACTS {
            return self.facts.push((term, fact));
        }
        match self.facts.binary_search_by_key(&term, |&(term, _)| term) {
            Ok(found) => self.facts[found].1 = fact,
            Err(_) if self.facts.len() >= MOST_FACTS => {}
            Err(place) => self.facts.insert(place, (term, fact)),
        }
    }

    /// The only numbers that a term may be, where they are few and known.
    #[must_use]
    pub fn choices_of(&self, term: TermId) -> Option<&[i64]> {
        let found = self.choices.binary_search_by_key(&term, |(term, _)| *term);
        Some(&self.choices.get(found.ok()?)?.1)
    }

    /// Sets the only numbers that a term may be; too many are as good as any.
    pub fn set_choices(&mut self, term: TermId, mut numbers: Vec<i64>) {
        numbers.sort_unstable();
        numbers.dedup();
        match self.choices.binary_search_by_key(&term, |(term, _)| *term) {
            Ok(found) if numbers.len() > 16 => {
                self.choices.remove(found);
            }
            Ok(found) => self.choices[found].1 = numbers,
            Err(_) if numbers.len() > 16 => {}
            Err(place) => self.choices.insert(place, (term, numbers)),
        }
    }

    /// What a register or slot holds.
    #[must_use]
    pub fn at(&self, location: Location) -> Option<Value> {
        match location {
            Location::Register(register) => self.registers.get(register.index()).copied(),
            Location::Slot(term, offset) => {
                let key = |slot: &Slot| (slot.term, slot.offset);
                let found = self.slots.binary_search_by_key(&(term, offset), key);
                Some(self.slots.get(found.ok()?)?.value)
            }
        }
    }

    /// Writes a value in place of a base that is known to equal it.
    pub fn replace(&mut self, terms: &mut Terms, base: BaseId, by: Value) {
        let old = terms.value_of_base(base);
        let mut renew = |value: &mut Value| {
            let factor = terms.factor_of(*value, base);
            if factor != 0 {
                let without = terms.combine(*value, factor.wrapping_neg(), old);
                let renewed = terms.combine(without, factor, by);
                if renewed != Value::ANYTHING {
                    *value = renewed;
                }
            }
        };
        self.registers.iter_mut().for_each(&mut renew);
        for slot in &mut self.slots {
            renew(&mut slot.value);
        }
    }

    /// A name is given to a new value: what still holds the old one loses the name.
    pub fn forget_name(&mut self, terms: &mut Terms, base: BaseId) {
        for register in &mut self.registers {
            if terms.depends(*register, base) {
                *register = terms.lost(*register);
            }
        }
        let mut slots = std::mem::take(&mut self.slots);
        slots.retain_mut(|slot| {
            if terms.depends(slot.address(), base) {
                return false;
            }
            if terms.depends(slot.value, base) {
                slot.value = terms.lost(slot.value);
            }
            true
        });
        self.slots = slots;
        self.forget_forks(terms, base);
        let gone = |term| terms.depends(Value { term, offset: 0 }, base);
        self.facts.retain(|&(term, _)| !gone(term));
        self.choices.retain(|(term, _)| !gone(*term));
        for source in [&mut self.carry, &mut self.status] {
            if let FlagSource::Operation { inputs, result, .. } = source
                && (inputs.iter().any(|&input| terms.depends(input, base))
                    || terms.depends(*result, base))
            {
                *source = FlagSource::Open(source.undefined(terms));
            }
        }
    }
}
