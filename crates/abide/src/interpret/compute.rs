//! Arithmetic on values: what stays linear stays a term, the rest is a named function.

use super::known::Known;
use super::state::State;
use super::terms::{Base, BaseId, Function, Location, Terms, Value, mask};
use crate::machine::arithmetic::evaluate;
use crate::machine::{Condition, Operation};
use crate::registers::Register;

impl Terms {
    /// The low `bits` bits of a value, where nothing more is known of it.
    pub fn truncate(&mut self, value: Value, bits: u8) -> Value {
        if bits >= 64 || value == Value::ANYTHING {
            return value;
        }
        if let Some(number) = value.as_constant() {
            return Value::constant(number & mask(bits));
        }
        let value = self.strip_for_low_bits(value, bits);
        if let Some(number) = value.as_constant() {
            return Value::constant(number & mask(bits));
        }
        if value.offset == 0
            && let Some(base) = self.sole_base(value)
            && fits(self.inherent_known(base), bits)
        {
            return value;
        }
        let offset = (value.offset as u64 & mask(bits)) as i64;
        let value = Value { offset, ..value };
        self.named_function(Function::Truncate, bits, [value, Value::constant(0)])
    }

    /// Takes off functions that leave the low bits as they are.
    pub(super) fn strip_for_low_bits(&mut self, mut value: Value, low_bits: u8) -> Value {
        for _ in 0..8 {
            let inner = self.parts(value.term).iter().find_map(|&(base, factor)| {
                let Base::Function {
                    function,
                    bits,
                    inputs,
                } = self.get(base)
                else {
                    return None;
                };
                let inner = match function {
                    Function::Truncate if bits >= low_bits => inputs[0],
                    Function::Insert { low: 0 } if bits >= low_bits => inputs[1],
                    Function::Operation(
                        Operation::SignExtend { from } | Operation::ZeroExtend { from },
                    ) if from >= low_bits => inputs[0],
                    Function::Operation(Operation::And) => match inputs[1].as_constant() {
                        Some(by) if by & mask(low_bits) == mask(low_bits) => inputs[0],
                        _ => return None,
                    },
                    _ => return None,
                };
                Some((base, factor, inner))
            });
            let Some((base, factor, inner)) = inner else {
                break;
            };
            let outer = self.single_term(base);
            let outer = Value {
                term: outer,
                offset: 0,
            };
            let without = self.combine(value, factor.wrapping_neg(), outer);
            match self.combine(without, factor, inner) {
                // Too long to be written down: it stays as it was.
                Value::ANYTHING => break,
                shorter => value = shorter,
            }
        }
        value
    }

    /// `bits` bits of a value from bit `low` on.
    pub fn slice_bits(&mut self, value: Value, low: u8, bits: u8) -> Value {
        if low == 0 {
            return self.truncate(value, bits);
        }
        if value == Value::ANYTHING {
            return value;
        }
        if let Some(number) = value.as_constant() {
            return Value::constant(number >> (low & 63) & mask(bits));
        }
        if let Some(Base::Function {
            function: Function::Insert { low: at },
            bits: width,
            inputs,
        }) = self.as_base(value)
        {
            if at == low && width == bits {
                return self.truncate(inputs[1], bits);
            }
            if low >= at.saturating_add(width) || at >= low.saturating_add(bits) {
                return self.slice_bits(inputs[0], low, bits);
            }
        }
        self.named_function(Function::Slice { low }, bits, [value, Value::constant(0)])
    }

    /// A value with `bits` bits from `low` on replaced.
    pub fn insert_bits(&mut self, old: Value, low: u8, bits: u8, new: Value) -> Value {
        if old == Value::ANYTHING || new == Value::ANYTHING {
            return Value::ANYTHING;
        }
        let new = self.truncate(new, bits);
        if let (Some(old), Some(new)) = (old.as_constant(), new.as_constant()) {
            let field = mask(bits) << low;
            return Value::constant(old & !field | (new << low) & field);
        }
        // The same bits written again: the older write is gone.
        let old = match self.as_base(old) {
            Some(Base::Function {
                function: Function::Insert { low: at },
                bits: width,
                inputs,
            }) if at == low && width <= bits => inputs[0],
            _ => old,
        };
        if low == 0 && new == self.truncate(old, bits) {
            return old;
        }
        self.named_function(Function::Insert { low }, bits, [old, new])
    }

    fn function(&mut self, operation: Operation, bits: u8, inputs: [Value; 2]) -> Value {
        if inputs.contains(&Value::ANYTHING) {
            return Value::ANYTHING;
        }
        self.named_function(Function::Operation(operation), bits, inputs)
    }
}

/// Whether a number is one of so many bits, zero-extended.
pub(super) fn fits(known: Known, bits: u8) -> bool {
    bits >= 64 || (known.low >= 0 && known.high as u64 <= mask(bits))
}

impl State {
    /// The low `bits` bits of a value.
    pub fn truncate(&self, terms: &mut Terms, value: Value, bits: u8) -> Value {
        if bits >= 64 || value == Value::ANYTHING {
            return value;
        }
        let is_address = bits == self.address_bits(terms);
        // A part of what is wider may be written as its low bits, which fit.
        if !(self.is_low && is_address) && fits(self.range(terms, value), bits) {
            return value;
        }
        if is_address && let Some(address) = self.address_of_word(terms, value) {
            return address;
        }
        terms.truncate(value, bits)
    }

    /// How many bits of an address are all of it.
    const fn address_bits(&self, terms: &Terms) -> u8 {
        match self.is_low {
            true => 32,
            false => terms.word_bits(),
        }
    }

    /// An address that fits a word of less than 64 bits, written without its width: addresses do
    /// not wrap, so that a sum of an address and distances is one still. What is added to an
    /// address of the frame counts as a signed number there.
    fn address_of_word(&self, terms: &mut Terms, value: Value) -> Option<Value> {
        let value = terms.strip_for_low_bits(value, self.address_bits(terms));
        let base = terms.address_in(value)?;
        let is_own = matches!(terms.get(base), Base::Frame | Base::Section(_));
        if self.is_low && !is_own {
            return None;
        }
        let near = Value {
            offset: i64::from(value.offset as i32),
            ..value
        };
        if terms.get(base) != Base::Frame {
            return Some(near);
        }
        let mut address = near;
        for (id, factor) in terms.parts(value.term).to_vec() {
            if id == base || self.is_distance(terms, id, factor) {
                continue;
            }
            let part = terms.value_of_base(id);
            let signed = self.signed_word(terms, part);
            address = terms.combine(address, factor.wrapping_neg(), part);
            address = terms.combine(address, factor, signed);
        }
        (address != Value::ANYTHING).then_some(address)
    }

    /// Whether so many times a base is a signed number of a word.
    fn is_distance(&self, terms: &Terms, id: BaseId, factor: i64) -> bool {
        let known = self.known(terms, terms.value_of_base(id)).scale(factor);
        let fits = known.low >= i64::from(i32::MIN) && known.high <= i64::from(i32::MAX);
        fits || matches!(
            terms.get(id),
            // That of SP is how far a helper that calls itself has got.
            Base::Phi { distance: true, .. }
                | Base::Phi {
                    location: Location::Register(Register::RSP),
                    ..
                }
                | Base::Function {
                    function: Function::Operation(Operation::SignExtend { .. }),
                    ..
                }
        )
    }

    fn signed_word(&self, terms: &mut Terms, value: Value) -> Value {
        let from = self.address_bits(terms);
        let inputs = [value, Value::constant(0)];
        let function = Function::Operation(Operation::SignExtend { from });
        terms.named_function(function, 64, inputs)
    }

    /// The result of an operation. `bits` is its width; the result is zero-extended.
    pub fn compute(
        &mut self,
        terms: &mut Terms,
        operation: Operation,
        bits: u8,
        [a, b, c]: [Value; 3],
    ) -> Value {
        if let (Some(a), Some(b), Some(c)) = (a.as_constant(), b.as_constant(), c.as_constant())
            && let Some(result) = evaluate(operation, bits, [a, b, c])
        {
            return Value::constant(result);
        }
        let exact = match operation {
            Operation::Copy => a,
            Operation::Add => terms.add(a, b),
            Operation::Subtract => terms.subtract(a, b),
            Operation::AddCarry => {
                let sum = terms.add(a, b);
                terms.add(sum, c)
            }
            Operation::SubtractBorrow => {
                let difference = terms.subtract(a, b);
                terms.subtract(difference, c)
            }
            Operation::Not => terms.subtract(Value::constant(u64::MAX), a),
            Operation::Negate => terms.scale(a, -1),
            Operation::ShiftLeft if b.as_constant().is_some() => {
                let count = b.as_constant().unwrap_or(0);
                if count >= u64::from(bits) {
                    return Value::constant(0);
                }
                terms.scale(a, 1_i64.wrapping_shl(count as u32))
            }
            Operation::Multiply => match (a.as_constant(), b.as_constant()) {
                (Some(factor), _) => terms.scale(b, factor as i64),
                (_, Some(factor)) => terms.scale(a, factor as i64),
                _ => return terms.function(operation, bits, [a.min(b), a.max(b)]),
            },
            Operation::ZeroExtend { from } => return self.truncate(terms, a, from),
            Operation::SignExtend { from } => return self.sign_extend(terms, a, from, bits),
            Operation::And => return self.and(terms, bits, a, b),
            Operation::Or => return self.or(terms, bits, a, b),
            Operation::Xor if a == b && a != Value::ANYTHING => return Value::constant(0),
            Operation::Select => return self.select(terms, bits, a, b, c),
            Operation::LowestSet | Operation::HighestSet if self.known(terms, a).low > 0 => {
                return self.found_bit(terms, operation, bits, a);
            }
            Operation::ShiftRight => match self.shifted_back(terms, bits, a, b) {
                Some(quotient) => return quotient,
                None => return self.open_function(terms, operation, bits, [a, b, c]),
            },
            _ => return self.open_function(terms, operation, bits, [a, b, c]),
        };
        self.truncate(terms, exact, bits)
    }

    /// What was counted in multiples of 2^`by` and is shifted right by that many bits.
    fn shifted_back(&self, terms: &mut Terms, bits: u8, value: Value, by: Value) -> Option<Value> {
        let by = by.as_constant().filter(|&by| by < u64::from(bits))? as u32;
        let quotient = terms.divided(value, by)?;
        let known = self.range(terms, quotient);
        let is_exact = known.low >= 0 && known.high as u64 <= mask(bits) >> by;
        (is_exact && fits(self.range(terms, value), bits)).then_some(quotient)
    }

    fn open_function(
        &mut self,
        terms: &mut Terms,
        operation: Operation,
        bits: u8,
        [a, b, c]: [Value; 3],
    ) -> Value {
        let (first, second) = match c.as_constant() {
            Some(0) => (a, b),
            _ => (terms.function(Operation::Copy, 64, [a, b]), c),
        };
        let result = terms.function(operation, bits, [first, second]);
        if operation == Operation::ShiftRight
            && let Some(count) = b.as_constant()
        {
            let known = self.known(terms, a);
            if fits(known, bits) && known.low >= 0 && result != Value::ANYTHING {
                let count = count.min(63) as u32;
                self.learn(
                    terms,
                    result,
                    Known::between(known.low >> count, known.high >> count),
                );
            }
        }
        result
    }

    /// The number of a bit that there is: nothing of the old target is left.
    fn found_bit(
        &mut self,
        terms: &mut Terms,
        operation: Operation,
        bits: u8,
        source: Value,
    ) -> Value {
        let found = terms.function(operation, bits, [source, Value::constant(0)]);
        if found != Value::ANYTHING {
            self.learn(terms, found, Known::between(0, 63));
        }
        found
    }

    fn sign_extend(&mut self, terms: &mut Terms, a: Value, from: u8, bits: u8) -> Value {
        let low = self.truncate(terms, a, from);
        if fits(self.known(terms, low), from - 1) {
            return low;
        }
        let low = terms.strip_for_low_bits(low, from);
        terms.function(
            Operation::SignExtend { from },
            bits,
            [low, Value::constant(0)],
        )
    }

    fn and(&mut self, terms: &mut Terms, bits: u8, a: Value, b: Value) -> Value {
        let (a, b) = if a.as_constant().is_some() {
            (b, a)
        } else {
            (a, b)
        };
        if a == b {
            return self.truncate(terms, a, bits);
        }
        let Some(by) = b.as_constant() else {
            return self.and_of_values(terms, bits, a, b);
        };
        let by = by & mask(bits);
        if by == mask(bits) {
            return self.truncate(terms, a, bits);
        }
        // Where the bits that are cleared are known, a number is taken away.
        let cleared = !by & mask(bits);
        let width = 64 - cleared.leading_zeros() as u8;
        if let Some(low) = self.known(terms, a).modulo(width) {
            let less = a.plus(((low & cleared) as i64).wrapping_neg());
            return self.truncate(terms, less, bits);
        }
        let ones = by.trailing_ones() as u8;
        if by == mask(ones) {
            return self.low_bits(terms, a, ones);
        }
        // A mask of high bits takes the low ones away: what stays is linear.
        let zeros = by.trailing_zeros() as u8;
        if by == mask(bits) & !mask(zeros) {
            let whole = self.truncate(terms, a, bits);
            let low = self.low_bits(terms, whole, zeros);
            let rounded = terms.subtract(whole, low);
            self.learn_rounded(terms, whole, rounded);
            return rounded;
        }
        let known = self.known(terms, a);
        let result = terms.function(Operation::And, bits, [a, Value::constant(by)]);
        if known.low >= 0 && result != Value::ANYTHING {
            self.learn(terms, result, Known::between(0, known.high));
        }
        result
    }

    /// What is rounded down to a multiple is no less than zero where the number is not.
    fn learn_rounded(&mut self, terms: &Terms, whole: Value, rounded: Value) {
        let known = self.range(terms, whole);
        if known.low >= 0 && rounded != Value::ANYTHING {
            self.learn(terms, rounded, Known::between(0, known.high));
        }
    }

    fn and_of_values(&mut self, terms: &mut Terms, bits: u8, a: Value, b: Value) -> Value {
        let known = [a, b].map(|value| self.known(terms, value));
        let natural = known.iter().filter(|known| known.low >= 0);
        let bound = natural.map(|known| known.high).min();
        // What is clear in either of them is clear.
        let clear = known.iter().filter(|known| known.residue == 0);
        let clear = clear.map(|known| known.log2).max().unwrap_or(0);
        let result = terms.function(Operation::And, bits, [a.min(b), a.max(b)]);
        if (bound.is_some() || clear > 0) && result != Value::ANYTHING {
            let range = bound.map_or(Known::ANY, |high| Known::between(0, high));
            self.learn(terms, result, range.and(Known::congruent(clear, 0)));
        }
        result
    }

    /// `a` modulo 2^bits, as an `And`, which keeps how it relates to `a`.
    fn low_bits(&mut self, terms: &mut Terms, a: Value, bits: u8) -> Value {
        let known = self.known(terms, a);
        if let Some(residue) = known.modulo(bits) {
            return Value::constant(residue);
        }
        if fits(known, bits) {
            return a;
        }
        if bits >= 32 {
            return self.truncate(terms, a, bits);
        }
        let a = terms.strip_for_low_bits(a, bits);
        terms.function(Operation::And, 64, [a, Value::constant(mask(bits))])
    }

    fn or(&mut self, terms: &mut Terms, bits: u8, a: Value, b: Value) -> Value {
        if a == b || b.as_constant() == Some(0) {
            return self.truncate(terms, a, bits);
        }
        if a.as_constant() == Some(0) {
            return self.truncate(terms, b, bits);
        }
        let (a, b) = if a.as_constant().is_some() {
            (b, a)
        } else {
            (a, b)
        };
        if let Some(by) = b.as_constant() {
            if by & mask(bits) == mask(bits) {
                return Value::constant(mask(bits));
            }
            // Bits that are known to be clear are added.
            let width = 64 - by.leading_zeros() as u8;
            if self
                .known(terms, a)
                .modulo(width)
                .is_some_and(|low| low & by == 0)
            {
                let sum = a.plus(by as i64);
                return self.truncate(terms, sum, bits);
            }
        }
        terms.function(Operation::Or, bits, [a, b])
    }

    fn select(&mut self, terms: &mut Terms, bits: u8, a: Value, b: Value, c: Value) -> Value {
        if let Some(chosen) = c.as_constant() {
            let value = if chosen == 0 { b } else { a };
            return self.truncate(terms, value, bits);
        }
        if a == b {
            return self.truncate(terms, a, bits);
        }
        let distance = terms.subtract(a, b);
        let (first, rest) = match distance.as_constant() {
            // One of two addresses in one section, or of two numbers: `b + (c ? a - b : 0)`.
            Some(_) => (b, distance),
            None => (
                Value::constant(0),
                terms.function(Operation::Copy, 64, [a, b]),
            ),
        };
        let chosen = terms.function(Operation::Select, 64, [rest, c]);
        if chosen == Value::ANYTHING {
            return chosen;
        }
        if let Some(number) = distance.as_constant() {
            let number = number as i64;
            let range = Known::exactly(0).or(Known::exactly(number));
            self.learn(terms, chosen, range);
            self.set_choices(chosen.term, vec![0, number]);
        } else {
            let a = self.known_if(terms, a, c, true);
            let either = a.or(self.known_if(terms, b, c, false));
            if !either.is_any() {
                self.learn(terms, chosen, either);
            }
        }
        let value = terms.add(first, chosen);
        self.truncate(terms, value, bits)
    }

    /// What is known of a value where a condition is as it is said: a difference that does not
    /// borrow is a natural number.
    fn known_if(&self, terms: &mut Terms, value: Value, condition: Value, holds: bool) -> Known {
        let known = self.known(terms, value);
        let (condition, borrows) = terms.without_negation(condition, holds);
        let Some(Base::Function {
            function: Function::Condition(Condition::Below, Operation::Subtract),
            bits: 64,
            inputs: [a, b],
        }) = terms.as_base(condition)
        else {
            return known;
        };
        let all = self.known(terms, a);
        match !borrows && all.low >= 0 && terms.subtract(a, b) == value {
            true => known.and(Known::between(0, all.high)),
            false => known,
        }
    }
}
