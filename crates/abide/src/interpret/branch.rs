//! Conditions as values, and what taking a branch teaches.

use super::compute::fits;
use super::frame::MOST_STACK;
use super::known::Known;
use super::state::{FlagSource, State};
use super::terms::{Base, Function, Terms, Value, low_bits_of, mask};
use crate::machine::{Condition, Operation};
use crate::registers::Flags;

impl State {
    /// The value of a condition: 1 or 0, or a name for it.
    pub fn condition(&self, terms: &mut Terms, condition: Condition) -> Value {
        let flags = condition.flags();
        let source = if flags == Flags::CF {
            self.carry
        } else if flags.contains(Flags::CF) && self.carry != self.status {
            let undefined = self.carry.undefined(terms);
            FlagSource::Open(undefined.or(self.status.undefined(terms)))
        } else {
            self.status
        };
        match source {
            FlagSource::Open(undefined) => terms.garbage(undefined),
            FlagSource::Known(set) => {
                let holds = set == (condition == Condition::Below);
                Value::constant(u64::from(holds))
            }
            FlagSource::Operation {
                operation,
                bits,
                inputs,
                result,
            } => match self.condition_of(terms, condition, operation, bits, inputs, result) {
                Value::ANYTHING => terms.garbage(source.undefined(terms)),
                value => value,
            },
        }
    }

    fn condition_of(
        &self,
        terms: &mut Terms,
        condition: Condition,
        operation: Operation,
        bits: u8,
        inputs: [Value; 2],
        result: Value,
    ) -> Value {
        let (positive, negated) = positive(condition);
        let of_result = matches!(
            positive,
            Condition::Equal | Condition::Sign | Condition::Parity
        );
        let (operation, inputs) = match operation {
            Operation::Subtract | Operation::And => (operation, inputs),
            // All three clear CF and OF, so that the result tells everything.
            Operation::Or | Operation::Xor => (Operation::And, [result, result]),
            _ if of_result => (Operation::And, [result, result]),
            Operation::Add => match as_subtraction(positive, bits, inputs) {
                Some(inputs) => (Operation::Subtract, inputs),
                None => return Value::ANYTHING,
            },
            _ => return Value::ANYTHING,
        };
        if inputs.contains(&Value::ANYTHING) {
            return Value::ANYTHING;
        }
        let value = match decide(self, terms, positive, operation, bits, inputs) {
            Some(holds) => Value::constant(u64::from(holds)),
            None => {
                let name =
                    terms.named_function(Function::Condition(positive, operation), bits, inputs);
                if name == Value::ANYTHING {
                    return name;
                }
                match self.fact(name.term) {
                    Some(fact) if fact.low == fact.high => Value::constant(fact.low as u64),
                    _ => name,
                }
            }
        };
        if negated {
            terms.subtract(Value::constant(1), value)
        } else {
            value
        }
    }

    /// Takes a branch: false where it cannot be taken.
    pub fn assume(&mut self, terms: &mut Terms, taken: Value, not_zero: bool) -> bool {
        if let Some(number) = taken.as_constant() {
            return (number != 0) == not_zero;
        }
        if taken == Value::ANYTHING {
            return true;
        }
        let (value, holds) = terms.without_negation(taken, not_zero);
        let Some(Base::Function {
            function: Function::Condition(condition, operation),
            bits,
            inputs,
        }) = terms.as_base(value)
        else {
            return self.assume_number(terms, taken, not_zero);
        };
        if !self.learn(terms, value, Known::exactly(i64::from(holds))) {
            return false;
        }
        let condition = if holds {
            condition
        } else {
            condition.negated()
        };
        let holds = match operation {
            Operation::Subtract => self.assume_order(terms, condition, bits, inputs),
            _ => {
                self.assume_test(terms, condition, bits, inputs)
                    && self.assume_result(terms, condition, bits, inputs)
            }
        };
        self.write_result_out(terms);
        self.take_ways(terms);
        holds
    }

    fn assume_number(&mut self, terms: &Terms, value: Value, not_zero: bool) -> bool {
        if not_zero {
            let known = self.known(terms, value);
            return self.learn(terms, value, without(known, 0));
        }
        self.learn(terms, value, Known::exactly(0))
    }

    fn assume_order(
        &mut self,
        terms: &mut Terms,
        condition: Condition,
        bits: u8,
        [a, b]: [Value; 2],
    ) -> bool {
        let (known_a, known_b) = (self.range(terms, a), self.range(terms, b));
        let ok = match restrict(condition, bits, known_a, known_b) {
            Some(fact) => self.learn(terms, a, fact),
            None => true,
        };
        let ok = ok
            && match restrict(mirrored(condition), bits, known_b, known_a) {
                Some(fact) => self.learn(terms, b, fact),
                None => true,
            };
        if ok && bits == terms.word_bits() && terms.is_frame(a) && terms.is_frame(b) {
            return self.assume_order_of_addresses(terms, condition, bits, [a, b]);
        }
        if ok && condition == Condition::Equal && bits == terms.word_bits() {
            let distance = terms.subtract(a, b);
            return distance == Value::ANYTHING || self.learn(terms, distance, Known::exactly(0));
        }
        ok
    }

    /// Two addresses of the frame: the stack does not wrap, so that their order is that of their
    /// distances from SP at the entry.
    fn assume_order_of_addresses(
        &mut self,
        terms: &mut Terms,
        condition: Condition,
        bits: u8,
        [a, b]: [Value; 2],
    ) -> bool {
        let distance = terms.subtract(a, b);
        let known = self.known(terms, distance);
        let far = MOST_STACK.min((mask(bits) >> 1) as i64);
        let is_near = known.low > -far && known.high < far;
        if distance == Value::ANYTHING || !(is_near || condition == Condition::Equal) {
            return true;
        }
        let fact = match condition {
            Condition::Equal => Known::exactly(0),
            Condition::Below | Condition::Less => Known::between(i64::MIN, -1),
            Condition::BelowOrEqual | Condition::LessOrEqual => Known::between(i64::MIN, 0),
            Condition::Above | Condition::Greater => Known::between(1, i64::MAX),
            Condition::AboveOrEqual | Condition::GreaterOrEqual => Known::between(0, i64::MAX),
            _ => return true,
        };
        let fact = known.and(fact).tightened();
        if !self.learn(terms, distance, fact) {
            return false;
        }
        if fact.low == fact.high {
            self.write_as_one(terms, distance, fact.low);
        }
        true
    }

    /// Two addresses are known to be so far apart: the newest name in their distance is written as
    /// what it is by the others, so that both are written alike.
    fn write_as_one(&mut self, terms: &mut Terms, distance: Value, number: i64) {
        let parts = terms.parts(distance.term).iter();
        let newest = parts.filter(|part| part.1.unsigned_abs() == 1).max();
        if let Some(&(base, factor)) = newest {
            // distance = factor × base + rest = number
            let rest = terms.combine(distance, factor.wrapping_neg(), terms.value_of_base(base));
            let by = terms.combine(Value::constant(number as u64), -1, rest);
            let by = terms.scale(by, factor);
            self.replace(terms, base, by);
        }
    }

    fn assume_test(
        &mut self,
        terms: &Terms,
        condition: Condition,
        bits: u8,
        [a, b]: [Value; 2],
    ) -> bool {
        if a != b {
            return condition != Condition::Equal || self.learn_low_bits_clear(terms, a, b);
        }
        let known = self.known(terms, a);
        let top = (mask(bits) >> 1) as i64;
        let fact = match condition {
            Condition::Equal => Known::exactly(0),
            Condition::NotEqual => without(known, 0),
            Condition::Sign if bits == 64 => Known::between(i64::MIN, -1),
            Condition::Sign => Known::between(top + 1, mask(bits) as i64),
            Condition::NoSign => Known::between(0, top),
            _ => return true,
        };
        self.learn(terms, a, fact)
    }

    /// What a test of two values by their bits says of the result, where an instruction keeps that.
    fn assume_result(
        &mut self,
        terms: &Terms,
        condition: Condition,
        bits: u8,
        tested: [Value; 2],
    ) -> bool {
        match self.status {
            FlagSource::Operation {
                operation: Operation::And,
                bits: of,
                inputs,
                result,
            } if inputs == tested
                && of == bits
                && tested != [result; 2]
                && result != Value::ANYTHING =>
            {
                self.assume_test(terms, condition, bits, [result; 2])
            }
            _ => true,
        }
    }

    /// Notes that the lowest bits of a value, which are tested by a mask, are clear.
    fn learn_low_bits_clear(&mut self, terms: &Terms, value: Value, by: Value) -> bool {
        let Some(by) = by.as_constant() else {
            return true;
        };
        let log2 = (by.trailing_ones() as u8).min(63);
        self.learn(terms, value, Known::congruent(log2, 0))
    }

    /// Writes the result of the operation that the flags come from as what it is without its
    /// width, where it is now known not to have wrapped: a counter stays a distance from its start.
    fn write_result_out(&mut self, terms: &mut Terms) {
        let FlagSource::Operation {
            operation,
            bits,
            inputs: [a, b],
            result,
        } = self.status
        else {
            return;
        };
        let Some(base) = terms.sole_base(result).filter(|_| result.offset == 0) else {
            return;
        };
        if low_bits_of(&terms.get(base)).is_none() {
            return;
        }
        let whole = match operation {
            Operation::Subtract => terms.subtract(a, b),
            Operation::Add => terms.add(a, b),
            _ => return,
        };
        let known = match operation {
            Operation::Subtract => self.known(terms, a).plus(self.known(terms, b).scale(-1)),
            _ => self.known(terms, a).plus(self.known(terms, b)),
        };
        if whole != Value::ANYTHING && fits(known, bits) {
            self.replace(terms, base, whole);
            self.learn(terms, whole, known);
        }
    }
}

impl Terms {
    /// A truth and whether it holds, of one that may be written as a negation: `1 - c`.
    pub(super) fn without_negation(&self, truth: Value, holds: bool) -> (Value, bool) {
        match self.parts(truth.term) {
            &[(base, -1)] if truth.offset == 1 => (self.value_of_base(base), !holds),
            _ => (truth, holds),
        }
    }

    /// The value that is this base once.
    #[must_use]
    pub fn value_of_base(&self, base: super::terms::BaseId) -> Value {
        Value {
            term: self.single_term(base),
            offset: 0,
        }
    }
}

/// The condition or its negation, whichever is the one that is named.
fn positive(condition: Condition) -> (Condition, bool) {
    match condition {
        Condition::NoOverflow
        | Condition::AboveOrEqual
        | Condition::NotEqual
        | Condition::Above
        | Condition::NoSign
        | Condition::NoParity
        | Condition::GreaterOrEqual
        | Condition::Greater => (condition.negated(), true),
        _ => (condition, false),
    }
}

/// The subtraction whose flags, the carry apart, are those of an addition: of the number's negation.
/// The least number has none.
fn as_subtraction(condition: Condition, bits: u8, [a, b]: [Value; 2]) -> Option<[Value; 2]> {
    let number = b.as_constant()? & mask(bits);
    let least = mask(bits) ^ (mask(bits) >> 1);
    let is_same = number != least && !condition.flags().contains(Flags::CF);
    is_same.then(|| [a, Value::constant(number.wrapping_neg() & mask(bits))])
}

/// The condition on `b - a` that holds when this one holds on `a - b`.
fn mirrored(condition: Condition) -> Condition {
    match condition {
        Condition::Below => Condition::Above,
        Condition::Above => Condition::Below,
        Condition::BelowOrEqual => Condition::AboveOrEqual,
        Condition::AboveOrEqual => Condition::BelowOrEqual,
        Condition::Less => Condition::Greater,
        Condition::Greater => Condition::Less,
        Condition::LessOrEqual => Condition::GreaterOrEqual,
        Condition::GreaterOrEqual => Condition::LessOrEqual,
        other => other,
    }
}

fn without(known: Known, number: i64) -> Known {
    Known {
        low: known.low.saturating_add(i64::from(known.low == number)),
        high: known.high.saturating_sub(i64::from(known.high == number)),
        ..Known::ANY
    }
}

/// What `a condition b` says of `a`. Values are zero-extended from `bits`.
fn restrict(condition: Condition, bits: u8, a: Known, b: Known) -> Option<Known> {
    let top = (mask(bits) >> 1) as i64;
    // Signed order is the order of the numbers where neither has its sign bit set.
    let signed_as_is = bits == 64 || (a.high <= top && b.high <= top && a.low >= 0 && b.low >= 0);
    let b_is_natural = b.low >= 0;
    let a_is_natural = a.low >= 0;
    Some(match condition {
        Condition::Equal => Known::between(b.low, b.high),
        Condition::NotEqual if b.low == b.high => without(a, b.low),
        Condition::Below if b_is_natural => Known::between(0, b.high.checked_sub(1)?),
        Condition::BelowOrEqual if b_is_natural => Known::between(0, b.high),
        Condition::Above if a_is_natural && b_is_natural => {
            Known::between(b.low.checked_add(1)?, i64::MAX)
        }
        Condition::AboveOrEqual if a_is_natural && b_is_natural => Known::between(b.low, i64::MAX),
        Condition::Less if signed_as_is => Known::between(i64::MIN, b.high.checked_sub(1)?),
        Condition::LessOrEqual if signed_as_is => Known::between(i64::MIN, b.high),
        Condition::Greater if signed_as_is => Known::between(b.low.checked_add(1)?, i64::MAX),
        Condition::GreaterOrEqual if signed_as_is => Known::between(b.low, i64::MAX),
        // A narrow signed number at or above a natural one is natural.
        Condition::Greater if b.low >= 0 && b.high <= top => {
            Known::between(b.low.checked_add(1)?, top)
        }
        Condition::GreaterOrEqual if b.low >= 0 && b.high <= top => Known::between(b.low, top),
        _ => return None,
    })
}

/// Decides a condition from ranges.
fn decide(
    state: &State,
    terms: &Terms,
    condition: Condition,
    operation: Operation,
    bits: u8,
    [a, b]: [Value; 2],
) -> Option<bool> {
    let (known_a, known_b) = (state.known(terms, a), state.known(terms, b));
    if operation != Operation::Subtract {
        return match condition {
            Condition::Equal if a == b => {
                if known_a.low > 0 || known_a.high < 0 {
                    Some(false)
                } else if known_a.low == 0 && known_a.high == 0 {
                    Some(true)
                } else {
                    None
                }
            }
            Condition::Equal => test_is_zero(known_a, b),
            Condition::Below | Condition::Overflow => Some(false),
            Condition::BelowOrEqual if a == b => {
                decide(state, terms, Condition::Equal, operation, bits, [a, b])
            }
            _ => None,
        };
    }
    if a == b {
        return match condition {
            Condition::Equal | Condition::BelowOrEqual | Condition::LessOrEqual => Some(true),
            Condition::Below | Condition::Less | Condition::Sign | Condition::Overflow => {
                Some(false)
            }
            _ => None,
        };
    }
    let natural = known_a.low >= 0 && known_b.low >= 0;
    let ordered = || Some((signed(known_a, bits)?, signed(known_b, bits)?));
    match condition {
        Condition::Equal if known_a.and(known_b).is_empty() => Some(false),
        Condition::Equal if known_a.low == known_a.high && known_a == known_b => Some(true),
        Condition::Below if natural => below(known_a, known_b),
        Condition::BelowOrEqual if natural => below(known_b, known_a).map(|above| !above),
        Condition::Less => ordered().and_then(|(a, b)| below(a, b)),
        Condition::LessOrEqual => ordered().and_then(|(a, b)| below(b, a).map(|above| !above)),
        _ => None,
    }
}

/// Whether one number is below another.
fn below(a: Known, b: Known) -> Option<bool> {
    if a.high < b.low {
        Some(true)
    } else if a.low >= b.high {
        Some(false)
    } else {
        None
    }
}

/// The range of a number of so many bits, zero-extended, as a signed one.
fn signed(known: Known, bits: u8) -> Option<Known> {
    let top = (mask(bits) >> 1) as i64;
    if bits == 64 || (known.low >= 0 && known.high <= top) {
        return Some(known);
    }
    let is_negative = known.low > top && known.high <= mask(bits) as i64;
    is_negative.then(|| known.plus(Known::exactly((mask(bits) as i64 + 1).wrapping_neg())))
}

/// `test x, mask`: decided where the masked bits of x are known.
fn test_is_zero(known: Known, by: Value) -> Option<bool> {
    let by = by.as_constant()?;
    let width = 64 - by.leading_zeros() as u8;
    let low = known.modulo(width)?;
    Some(low & by == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsigned_bound_bounds_both_sides() {
        let fact = restrict(Condition::BelowOrEqual, 32, Known::ANY, Known::exactly(5));
        assert_eq!(fact, Some(Known::between(0, 5)));
    }

    #[test]
    fn narrow_numbers_have_a_sign() {
        let minus_two = Known::exactly(0xffff_fffe);
        assert_eq!(signed(minus_two, 32), Some(Known::exactly(-2)));
        assert_eq!(signed(Known::between(0x7fff_ffff, 0x8000_0000), 32), None);
        assert_eq!(signed(Known::between(-1, 5), 32), None);
    }

    #[test]
    fn adding_sets_the_flags_of_subtracting_the_negation() {
        let a = Value::constant(7);
        let less = |number| as_subtraction(Condition::Less, 32, [a, Value::constant(number)]);
        assert_eq!(less(2), Some([a, Value::constant(0xffff_fffe)]));
        assert_eq!(less(0xffff_fffe), Some([a, Value::constant(2)]));
        assert_eq!(less(0x8000_0000), None);
        let two = Value::constant(2);
        assert_eq!(as_subtraction(Condition::Below, 32, [a, two]), None);
    }

    #[test]
    fn a_signed_bound_of_a_narrow_number_says_nothing_of_negative_ones() {
        let a = Known::bits(32);
        assert_eq!(restrict(Condition::Less, 32, a, Known::exactly(5)), None);
        let fact = restrict(Condition::GreaterOrEqual, 32, a, Known::exactly(5));
        assert_eq!(fact, Some(Known::between(5, i64::from(i32::MAX))));
    }
}
