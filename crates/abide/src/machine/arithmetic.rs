//! What operations give on numbers, and the flags they set.
//!
//! Plain functions, so that every evaluator folds constants alike.

use super::{Condition, Operation};
use crate::registers::Flags;

/// The greatest number that divides both; of zero and another number that.
#[must_use]
pub const fn greatest_divisor(one: u64, other: u64) -> u64 {
    match other {
        0 => one,
        _ => greatest_divisor(other, one % other),
    }
}

/// The result of an operation of `bits` (1 … 64), zero-extended; `None` where
/// the processor raises a divide error.
#[must_use]
pub fn evaluate(operation: Operation, bits: u8, inputs: [u64; 3]) -> Option<u64> {
    let mask = mask(bits);
    let [a, b, c] = inputs.map(|input| input & mask);
    let width = u64::from(bits);
    let result = match operation {
        Operation::Copy => a,
        Operation::Add => a.wrapping_add(b),
        Operation::Subtract => a.wrapping_sub(b),
        Operation::AddCarry => a.wrapping_add(b).wrapping_add(c & 1),
        Operation::SubtractBorrow => a.wrapping_sub(b).wrapping_sub(c & 1),
        Operation::And => a & b,
        Operation::Or => a | b,
        Operation::Xor => a ^ b,
        Operation::Not => !a,
        Operation::Negate => a.wrapping_neg(),
        Operation::ShiftLeft => shift_left(a, b),
        Operation::ShiftRight => shift_right(a, b),
        Operation::ShiftArithmetic => (signed(a, bits) >> b.min(63)) as u64,
        Operation::RotateLeft => rotate_left(a, b % width, width),
        Operation::RotateRight => rotate_left(a, (width - b % width) % width, width),
        Operation::ShiftLeftDouble => shift_left(a, c) | shift_right(b, width.wrapping_sub(c)),
        Operation::ShiftRightDouble => shift_right(a, c) | shift_left(b, width.wrapping_sub(c)),
        Operation::Multiply => a.wrapping_mul(b),
        Operation::MultiplyHigh => ((u128::from(a) * u128::from(b)) >> bits) as u64,
        Operation::MultiplyHighSigned => (product(a, b, bits) >> bits) as u64,
        Operation::Divide => divide(a, b, c, bits)?.0,
        Operation::Remainder => divide(a, b, c, bits)?.1,
        Operation::DivideSigned => divide_signed(a, b, c, bits)?.0,
        Operation::RemainderSigned => divide_signed(a, b, c, bits)?.1,
        Operation::ZeroExtend { from } => a & self::mask(from),
        Operation::SignExtend { from } => signed(a, from) as u64,
        Operation::ByteSwap => a.swap_bytes() >> (64 - width),
        Operation::CountOnes => u64::from(a.count_ones()),
        Operation::TrailingZeros => u64::from(a.trailing_zeros()).min(width),
        Operation::LeadingZeros => u64::from(a.leading_zeros()) - (64 - width),
        Operation::LowestSet if a == 0 => b,
        Operation::LowestSet => u64::from(a.trailing_zeros()),
        Operation::HighestSet if a == 0 => b,
        Operation::HighestSet => u64::from(63 - a.leading_zeros()),
        Operation::Select if c & 1 == 1 => a,
        Operation::Select => b,
        Operation::Equal => u64::from(a == b),
        Operation::Deposit => deposit(a, b),
        Operation::Extract => extract(a, b),
    };
    Some(result & mask)
}

/// The flags after an operation, and those of them that it leaves undefined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlagValues {
    /// The flags that are set.
    pub values: Flags,
    /// The flags whose value the manual leaves open.
    pub undefined: Flags,
}

/// The arithmetic flags after an operation whose result is `result`
/// (Intel SDM vol. 2, the instructions' own pages).
#[must_use]
pub fn flags(operation: Operation, bits: u8, inputs: [u64; 3], result: u64) -> FlagValues {
    let mask = mask(bits);
    let [a, b, c] = inputs.map(|input| input & mask);
    let result = result & mask;
    let top = |value: u64| value >> (bits - 1) & 1 == 1;
    let mut flags = FlagValues {
        values: sign_zero_parity(result, bits),
        undefined: Flags::NONE,
    };
    let wide = |operation| evaluate(operation, bits, [a, b, c]).unwrap_or_default();
    match operation {
        Operation::Add | Operation::AddCarry => {
            let c = if operation == Operation::Add {
                0
            } else {
                c & 1
            };
            let sum = u128::from(a) + u128::from(b) + u128::from(c);
            flags.set(Flags::CF, sum > u128::from(mask));
            flags.set(Flags::OF, top((a ^ result) & (b ^ result)));
            flags.set(Flags::AF, (a ^ b ^ result) & 0x10 != 0);
        }
        Operation::Subtract | Operation::SubtractBorrow => {
            let c = if operation == Operation::Subtract {
                0
            } else {
                c & 1
            };
            flags.set(Flags::CF, u128::from(a) < u128::from(b) + u128::from(c));
            flags.set(Flags::OF, top((a ^ b) & (a ^ result)));
            flags.set(Flags::AF, (a ^ b ^ result) & 0x10 != 0);
        }
        Operation::And | Operation::Or | Operation::Xor => flags.undefined = Flags::AF,
        Operation::ShiftLeft | Operation::ShiftRight | Operation::ShiftArithmetic => {
            flags.shift(operation, bits, a, b, result);
        }
        Operation::ShiftLeftDouble | Operation::ShiftRightDouble => {
            flags.double_shift(operation, bits, a, c, result);
        }
        Operation::RotateLeft => {
            flags.set(Flags::CF, result & 1 == 1);
            flags.set(Flags::OF, top(result) != (result & 1 == 1));
            flags.undefined = if b == 1 { Flags::NONE } else { Flags::OF };
        }
        Operation::RotateRight => {
            flags.set(Flags::CF, top(result));
            flags.set(Flags::OF, top(result) != top(result << 1));
            flags.undefined = if b == 1 { Flags::NONE } else { Flags::OF };
        }
        Operation::MultiplyHigh => {
            let overflows = wide(Operation::MultiplyHigh) != 0;
            flags.product(overflows);
        }
        Operation::MultiplyHighSigned => {
            let low = wide(Operation::Multiply);
            let sign = if top(low) { mask } else { 0 };
            flags.product(wide(Operation::MultiplyHighSigned) != sign);
        }
        _ => flags.undefined = Flags::CF | Flags::OF | Flags::AF,
    }
    flags
}

impl FlagValues {
    fn set(&mut self, flag: Flags, value: bool) {
        if value {
            self.values = self.values | flag;
        }
    }

    fn shift(&mut self, operation: Operation, bits: u8, a: u64, count: u64, result: u64) {
        let width = u64::from(bits);
        let top = |value: u64| value >> (bits - 1) & 1 == 1;
        let last_out = match operation {
            Operation::ShiftLeft => shift_right(a, width.wrapping_sub(count)) & 1,
            Operation::ShiftRight => shift_right(a, count.wrapping_sub(1)) & 1,
            _ => (signed(a, bits) >> count.wrapping_sub(1).min(63)) as u64 & 1,
        };
        self.set(Flags::CF, last_out == 1);
        let overflow = match operation {
            Operation::ShiftLeft => top(result) != (last_out == 1),
            Operation::ShiftRight => top(a),
            _ => false,
        };
        self.set(Flags::OF, overflow);
        self.undefined = Flags::AF;
        if count != 1 {
            self.undefined = self.undefined | Flags::OF;
        }
        if count >= width && operation != Operation::ShiftArithmetic {
            self.undefined = self.undefined | Flags::CF;
        }
    }

    fn double_shift(&mut self, operation: Operation, bits: u8, a: u64, count: u64, result: u64) {
        let width = u64::from(bits);
        let top = |value: u64| value >> (bits - 1) & 1 == 1;
        let last_out = match operation {
            Operation::ShiftLeftDouble => shift_right(a, width.wrapping_sub(count)),
            _ => shift_right(a, count.wrapping_sub(1)),
        };
        self.set(Flags::CF, last_out & 1 == 1);
        self.set(Flags::OF, top(a) != top(result));
        self.undefined = Flags::AF;
        if count != 1 {
            self.undefined = self.undefined | Flags::OF;
        }
    }

    fn product(&mut self, overflows: bool) {
        self.set(Flags::CF | Flags::OF, overflows);
        self.undefined = Flags::SF | Flags::ZF | Flags::AF | Flags::PF;
    }
}

/// Whether a condition holds when the flags of `flags` are set.
#[must_use]
pub const fn holds(condition: Condition, flags: Flags) -> bool {
    let carry = flags.contains(Flags::CF);
    let zero = flags.contains(Flags::ZF);
    let sign = flags.contains(Flags::SF);
    let less = sign != flags.contains(Flags::OF);
    match condition {
        Condition::Overflow => flags.contains(Flags::OF),
        Condition::NoOverflow => !flags.contains(Flags::OF),
        Condition::Below => carry,
        Condition::AboveOrEqual => !carry,
        Condition::Equal => zero,
        Condition::NotEqual => !zero,
        Condition::BelowOrEqual => carry || zero,
        Condition::Above => !carry && !zero,
        Condition::Sign => sign,
        Condition::NoSign => !sign,
        Condition::Parity => flags.contains(Flags::PF),
        Condition::NoParity => !flags.contains(Flags::PF),
        Condition::Less => less,
        Condition::GreaterOrEqual => !less,
        Condition::LessOrEqual => zero || less,
        Condition::Greater => !zero && !less,
    }
}

/// Ones in the lowest `bits` (0 … 64).
#[must_use]
pub const fn mask(bits: u8) -> u64 {
    match bits {
        0 => 0,
        1..64 => u64::MAX >> (64 - bits),
        _ => u64::MAX,
    }
}

const fn signed(value: u64, bits: u8) -> i64 {
    let unused = 64 - bits as u32;
    (value.wrapping_shl(unused) as i64).wrapping_shr(unused)
}

const fn shift_left(value: u64, count: u64) -> u64 {
    if count < 64 { value << count } else { 0 }
}

const fn shift_right(value: u64, count: u64) -> u64 {
    if count < 64 { value >> count } else { 0 }
}

const fn rotate_left(value: u64, count: u64, width: u64) -> u64 {
    shift_left(value, count) | shift_right(value, width - count)
}

fn sign_zero_parity(result: u64, bits: u8) -> Flags {
    let mut flags = FlagValues {
        values: Flags::NONE,
        undefined: Flags::NONE,
    };
    flags.set(Flags::ZF, result == 0);
    flags.set(Flags::SF, result >> (bits - 1) & 1 == 1);
    flags.set(Flags::PF, (result as u8).count_ones().is_multiple_of(2));
    flags.values
}

fn product(a: u64, b: u64, bits: u8) -> i128 {
    i128::from(signed(a, bits)) * i128::from(signed(b, bits))
}

fn divide(a: u64, b: u64, c: u64, bits: u8) -> Option<(u64, u64)> {
    let dividend = u128::from(c) << bits | u128::from(a);
    let quotient = dividend.checked_div(u128::from(b))?;
    (quotient <= u128::from(mask(bits)))
        .then(|| (quotient as u64, (dividend % u128::from(b)) as u64))
}

fn divide_signed(a: u64, b: u64, c: u64, bits: u8) -> Option<(u64, u64)> {
    let dividend = i128::from(signed(c, bits)) << bits | i128::from(a);
    let divisor = i128::from(signed(b, bits));
    let quotient = dividend.checked_div(divisor)?;
    let is_representable = i128::from(signed(quotient as u64, bits)) == quotient;
    is_representable.then(|| (quotient as u64, (dividend % divisor) as u64))
}

fn deposit(mut source: u64, mask: u64) -> u64 {
    let mut result = 0;
    let mut left = mask;
    while left != 0 {
        let lowest = left & left.wrapping_neg();
        if source & 1 == 1 {
            result |= lowest;
        }
        source >>= 1;
        left ^= lowest;
    }
    result
}

fn extract(source: u64, mask: u64) -> u64 {
    let mut result = 0;
    let mut left = mask;
    let mut count = 0;
    while left != 0 {
        let lowest = left & left.wrapping_neg();
        if source & lowest != 0 {
            result |= 1 << count;
        }
        count += 1;
        left ^= lowest;
    }
    result
}
