//! Vector arithmetic on numbers (Intel SDM vol. 2).

use super::value::Value;
use crate::machine::arithmetic::mask;
use crate::machine::vectors::{Alone, Each, Function, Shift, VectorOperation};

/// The bits of the widest vector.
const BITS: usize = 512;
/// The bits of the parts that most instructions work in.
const PART: usize = 128;

/// A vector and the width of its elements, none of which lies in two words.
#[derive(Clone, Copy)]
struct Lanes {
    words: [u64; BITS / 64],
    /// Of an element, in bits.
    bits: usize,
}

impl Lanes {
    /// The same in elements of another width.
    fn by(self, bits: usize) -> Self {
        Self { bits, ..self }
    }

    /// An element, as an unsigned number.
    fn get(&self, i: usize) -> u64 {
        let at = i * self.bits;
        let word = self.words.get(at / 64).copied().unwrap_or_default();
        word >> (at % 64) & mask(self.bits as u8)
    }

    /// An element, as a signed number.
    fn signed(&self, i: usize) -> i64 {
        sign_extended(self.get(i), self.bits)
    }

    fn set(&mut self, i: usize, number: u64) {
        let at = i * self.bits;
        let mask = mask(self.bits as u8);
        if let Some(word) = self.words.get_mut(at / 64) {
            *word = *word & !(mask << (at % 64)) | (number & mask) << (at % 64);
        }
    }
}

const fn sign_extended(number: u64, bits: usize) -> i64 {
    let unused = 64 - bits as u32;
    ((number << unused) as i64) >> unused
}

/// The least and the greatest signed number of so many bits.
const fn signed_range(bits: usize) -> (i64, i64) {
    let high = i64::MAX >> (64 - bits);
    (-high - 1, high)
}

/// The result's low `bits`; open where a byte of an input is.
pub(super) fn compute(function: &Function, bits: u16, inputs: [Value; 3]) -> Value {
    if inputs.iter().any(|input| !input.is_known()) {
        return Value::open(bits);
    }
    let element = usize::from(function.element);
    let inputs = inputs.map(|input| Lanes {
        words: input.words,
        bits: element,
    });
    let work = Work {
        element,
        bits: usize::from(bits),
        inputs,
        immediate: function.immediate,
    };
    work.run(function.operation).truncated(bits)
}

/// One operation and what it works on.
struct Work {
    /// Of an element, in bits.
    element: usize,
    /// Of the result.
    bits: usize,
    inputs: [Lanes; 3],
    immediate: Option<u8>,
}

impl Work {
    fn run(&self, operation: VectorOperation) -> Value {
        use VectorOperation as V;
        let [a, b, c] = self.inputs;
        match operation {
            V::Each(each) => self.each(|i| self.two(each, a.get(i), b.get(i))),
            V::Alone(alone) => self.each(|i| self.one(alone, i)),
            V::Shift(shift) => {
                let count = self.immediate.map_or(b.by(64).get(0), u64::from);
                self.each(|i| self.shifted(shift, a.get(i), count))
            }
            V::ShiftBytes { left } => self.shifted_bytes(left),
            V::AlignRight => self.aligned(),
            V::MultiplyAdd => self.multiplied_and_added(),
            V::MultiplyAddBytes => self.bytes_multiplied_and_added(),
            V::SumDifferences => self.summed_differences(),
            V::MultiplyEven { signed } => self.multiplied_even(signed),
            V::Pack { signed } => self.packed(signed),
            V::Unpack { high } => self.unpacked(high),
            V::ShuffleBytes => self.shuffled_bytes(),
            V::Shuffle => self.each(|i| a.get(i & !3 | self.chosen(i))),
            V::ShuffleHalf { high } => self.each(|i| match (i & 4 != 0) == high {
                true => a.get(i & !3 | self.chosen(i)),
                false => a.get(i),
            }),
            V::ShuffleTwo => self.shuffled_of_two(),
            V::Horizontal { each } => self.horizontal(each),
            V::Extend { from, signed } => {
                let a = a.by(from.into());
                self.each(|i| match signed {
                    true => a.signed(i) as u64,
                    false => a.get(i),
                })
            }
            V::Broadcast => self.broadcast(),
            V::Permute128 => self.permuted_halves(),
            V::PermuteFour => self.each(|i| a.get(i & !3 | self.chosen(i))),
            V::PermuteBy => {
                let count = self.count() as u64;
                self.each(|i| b.get((a.get(i) % count) as usize))
            }
            V::Ternary => self.each(|i| self.ternary([a.get(i), b.get(i), c.get(i)])),
            V::Blend => self.each(|i| match self.immediate() >> (i % 8) & 1 {
                1 => b.get(i),
                _ => a.get(i),
            }),
            V::BlendBy => self.each(|i| if c.signed(i) < 0 { b.get(i) } else { a.get(i) }),
            V::Signs => self.signs(),
            V::MinimumPosition => self.minimum_position(),
            V::Compare {
                signed,
                count,
                masked,
            } => self.mask_of(count, masked, |i| match signed {
                true => self.is_related(a.signed(i), b.signed(i)),
                false => self.is_related(a.get(i), b.get(i)),
            }),
            V::HaveCommon { any, count, masked } => {
                self.mask_of(count, masked, |i| (a.get(i) & b.get(i) != 0) == any)
            }
            V::Copy => self.each(|i| a.get(i)),
            V::Select => self.each(|i| match c.words[0] >> i & 1 {
                1 => b.get(i),
                _ => a.get(i),
            }),
            V::ShuffleParts => self.shuffled_parts(),
            V::PermuteTwo => {
                let count = self.count();
                self.each(|i| match c.get(i) as usize % (2 * count) {
                    of_second if of_second >= count => b.get(of_second - count),
                    of_first => a.get(of_first),
                })
            }
            V::AlignElements => {
                let count = self.count();
                self.each(|i| match i + self.immediate() % count {
                    of_first if of_first >= count => a.get(of_first - count),
                    of_second => b.get(of_second),
                })
            }
            V::MultiplyCarryless => self.multiplied_without_carries(),
            V::FromMask => self.each(|i| match a.words[0] >> i & 1 {
                1 => u64::MAX,
                _ => 0,
            }),
            V::ToMask { count } => self.mask_of(count, false, |i| a.signed(i) < 0),
            V::Common => any_bits(|i| a.words[i] & b.words[i]),
            V::OnlySecond => any_bits(|i| !a.words[i] & b.words[i]),
        }
    }

    /// How many elements the result has.
    const fn count(&self) -> usize {
        self.bits / self.element
    }

    /// How many elements a part has.
    fn in_part(&self) -> usize {
        self.bits.min(PART) / self.element
    }

    fn immediate(&self) -> usize {
        self.immediate.unwrap_or_default().into()
    }

    /// The element that the immediate names for a place, of four.
    fn chosen(&self, i: usize) -> usize {
        self.immediate() >> (2 * (i % 4)) & 3
    }

    /// A result of elements, each by its number.
    fn each(&self, element: impl Fn(usize) -> u64) -> Value {
        self.in_elements_of(self.element, element)
    }

    /// The same, of elements of another width.
    fn in_elements_of(&self, bits: usize, element: impl Fn(usize) -> u64) -> Value {
        let words = Value::default().words;
        let mut result = Lanes { words, bits };
        for i in 0..self.bits / bits {
            result.set(i, element(i));
        }
        Value {
            words: result.words,
            ..Value::default()
        }
    }

    fn two(&self, each: Each, a: u64, b: u64) -> u64 {
        let bits = self.element;
        let ones = mask(bits as u8);
        let (low, high) = signed_range(bits);
        let (x, y) = (sign_extended(a, bits), sign_extended(b, bits));
        let all_if = |holds: bool| if holds { u64::MAX } else { 0 };
        match each {
            Each::Add => a.wrapping_add(b),
            Each::AddSigned => (x + y).clamp(low, high) as u64,
            Each::AddUnsigned => (a + b).min(ones),
            Each::Subtract => a.wrapping_sub(b),
            Each::SubtractSigned => (x - y).clamp(low, high) as u64,
            Each::SubtractUnsigned => a.saturating_sub(b),
            Each::Equal => all_if(a == b),
            Each::Greater => all_if(x > y),
            Each::MinimumSigned => x.min(y) as u64,
            Each::MinimumUnsigned => a.min(b),
            Each::MaximumSigned => x.max(y) as u64,
            Each::MaximumUnsigned => a.max(b),
            Each::Average => (a + b + 1) >> 1,
            Each::MultiplyLow => a.wrapping_mul(b),
            Each::MultiplyHigh => (a * b) >> bits,
            Each::MultiplyHighSigned => ((x * y) >> bits) as u64,
            Each::MultiplyRounded => ((((x * y) >> (bits - 2)) + 1) >> 1) as u64,
            Each::Sign => a.wrapping_mul(y.signum() as u64),
            Each::And => a & b,
            Each::AndNot => !a & b,
            Each::Or => a | b,
            Each::Xor => a ^ b,
            Each::Shift(shift) => self.shifted(shift, a, b),
        }
    }

    fn one(&self, alone: Alone, i: usize) -> u64 {
        let a = self.inputs[0];
        match alone {
            Alone::Absolute => a.signed(i).unsigned_abs(),
            Alone::Duplicate { odd } => a.get(i & !1 | usize::from(odd)),
        }
    }

    fn shifted(&self, shift: Shift, a: u64, count: u64) -> u64 {
        let bits = self.element as u64;
        match shift {
            Shift::RotateLeft => rotated_left(a, count % bits, bits),
            Shift::RotateRight => rotated_left(a, (bits - count % bits) % bits, bits),
            Shift::Left | Shift::Right if count >= bits => 0,
            Shift::Left => a << count,
            Shift::Right => a >> count,
            Shift::Arithmetic => (sign_extended(a, self.element) >> count.min(bits - 1)) as u64,
        }
    }

    fn shifted_bytes(&self, left: bool) -> Value {
        let (count, part) = (self.immediate(), self.in_part());
        self.each(|i| {
            let (start, at) = (i / part * part, i % part);
            let from = match left {
                true => at.checked_sub(count),
                false => Some(at + count).filter(|&from| from < part),
            };
            from.map_or(0, |from| self.inputs[0].get(start + from))
        })
    }

    fn aligned(&self) -> Value {
        let [a, b, _] = self.inputs;
        let part = self.in_part();
        self.each(|i| {
            let (start, from) = (i / part * part, i % part + self.immediate());
            match from / part {
                0 => b.get(start + from),
                1 => a.get(start + from - part),
                _ => 0,
            }
        })
    }

    /// Elements of the result are twice as wide as those that are multiplied.
    fn multiplied_and_added(&self) -> Value {
        let [a, b, _] = self.inputs;
        let product = |i: usize| a.signed(i).wrapping_mul(b.signed(i));
        self.in_elements_of(2 * self.element, |i| {
            product(2 * i).wrapping_add(product(2 * i + 1)) as u64
        })
    }

    fn bytes_multiplied_and_added(&self) -> Value {
        let [a, b, _] = self.inputs;
        let product = |i: usize| a.get(i) as i64 * b.signed(i);
        let (low, high) = signed_range(16);
        self.in_elements_of(16, |i| {
            (product(2 * i) + product(2 * i + 1)).clamp(low, high) as u64
        })
    }

    fn summed_differences(&self) -> Value {
        let [a, b, _] = self.inputs;
        self.in_elements_of(64, |i| {
            let bytes = 8 * i..8 * i + 8;
            bytes.map(|i| a.get(i).abs_diff(b.get(i))).sum()
        })
    }

    fn multiplied_even(&self, signed: bool) -> Value {
        let [a, b, _] = self.inputs.map(|input| input.by(self.element / 2));
        self.each(|i| match signed {
            true => a.signed(2 * i).wrapping_mul(b.signed(2 * i)) as u64,
            false => a.get(2 * i).wrapping_mul(b.get(2 * i)),
        })
    }

    fn packed(&self, signed: bool) -> Value {
        let [a, b, _] = self.inputs;
        let (narrow, part) = (self.element / 2, self.in_part());
        let (low, high) = match signed {
            true => signed_range(narrow),
            false => (0, mask(narrow as u8) as i64),
        };
        self.in_elements_of(narrow, |i| {
            let (start, at) = (i / (2 * part) * part, i % (2 * part));
            let element = match at < part {
                true => a.signed(start + at),
                false => b.signed(start + at - part),
            };
            element.clamp(low, high) as u64
        })
    }

    fn unpacked(&self, high: bool) -> Value {
        let [a, b, _] = self.inputs;
        let part = self.in_part();
        self.each(|i| {
            let from = i / part * part + i % part / 2 + if high { part / 2 } else { 0 };
            if i % 2 == 0 { a.get(from) } else { b.get(from) }
        })
    }

    fn shuffled_bytes(&self) -> Value {
        let [a, b, _] = self.inputs;
        let part = self.in_part();
        self.each(|i| match b.get(i) {
            0x80.. => 0,
            index => a.get(i / part * part + index as usize % part),
        })
    }

    fn shuffled_of_two(&self) -> Value {
        let [a, b, _] = self.inputs;
        let part = self.in_part();
        self.each(|i| {
            let (start, at) = (i / part * part, i % part);
            let from = match part {
                // The immediate has a bit for each of the result's elements.
                2 => self.immediate() >> i & 1,
                _ => self.chosen(at),
            };
            let of = if at < part / 2 { a } else { b };
            of.get(start + from)
        })
    }

    fn horizontal(&self, each: Each) -> Value {
        let [a, b, _] = self.inputs;
        let part = self.in_part();
        self.each(|i| {
            let (start, at) = (i / part * part, i % part);
            let of = if at < part / 2 { a } else { b };
            let from = start + 2 * (at % (part / 2));
            self.two(each, of.get(from), of.get(from + 1))
        })
    }

    /// Each bit is the one of the immediate that the inputs' bits name.
    fn ternary(&self, [a, b, c]: [u64; 3]) -> u64 {
        let chosen = (0..8).filter(|index| self.immediate() >> index & 1 == 1);
        let of = |input: u64, is_set: usize| if is_set == 1 { input } else { !input };
        chosen.fold(0, |all, index| {
            all | of(a, index >> 2) & of(b, index >> 1 & 1) & of(c, index & 1)
        })
    }

    fn broadcast(&self) -> Value {
        let (a, size) = (self.inputs[0].by(8), self.element / 8);
        self.in_elements_of(8, |i| a.get(i % size))
    }

    fn permuted_halves(&self) -> Value {
        let [a, b, _] = self.inputs.map(|input| input.by(64));
        self.in_elements_of(64, |i| {
            let choice = self.immediate() >> (i / 2 * 4);
            let from = choice % 2 * 2 + i % 2;
            match (choice & 8 != 0, choice & 2 != 0) {
                (true, _) => 0,
                (false, false) => a.get(from),
                (false, true) => b.get(from),
            }
        })
    }

    /// As many as the input has, which `bits` does not tell: the instruction's form does, and above
    /// its width the input is zero.
    fn signs(&self) -> Value {
        let count = BITS / self.element;
        let signs = (0..count.min(64)).filter(|&i| self.inputs[0].signed(i) < 0);
        Value::number(signs.fold(0, |all, i| all | 1 << i))
    }

    fn minimum_position(&self) -> Value {
        let a = self.inputs[0];
        let least = (0..self.count()).min_by_key(|&i| a.get(i)).unwrap_or(0);
        self.each(|i| match i {
            0 => a.get(least),
            1 => least as u64,
            _ => 0,
        })
    }

    /// Of four parts the immediate names each by two bits, of two each by one.
    fn shuffled_parts(&self) -> Value {
        let [a, b, _] = self.inputs.map(|input| input.by(64));
        let parts = self.bits / PART;
        let width = parts / 2;
        self.in_elements_of(64, |i| {
            let part = i / 2;
            let chosen = self.immediate() >> (part * width) & (parts - 1);
            let of = if part < parts / 2 { a } else { b };
            of.get(2 * chosen + i % 2)
        })
    }

    fn multiplied_without_carries(&self) -> Value {
        let [a, b, _] = self.inputs.map(|input| input.by(64));
        let (of_a, of_b) = (self.immediate() & 1, self.immediate() >> 4 & 1);
        self.in_elements_of(64, |i| {
            let (x, y) = (a.get(i & !1 | of_a), b.get(i & !1 | of_b));
            let set = (0..64).filter(|bit| y >> bit & 1 == 1);
            let product = set.fold(0, |sum, bit| sum ^ u128::from(x) << bit);
            (product >> (64 * (i % 2))) as u64
        })
    }

    /// A mask with a bit for each element of which something holds.
    fn mask_of(&self, count: u8, masked: bool, holds: impl Fn(usize) -> bool) -> Value {
        let set = (0..usize::from(count)).filter(|&i| holds(i));
        let bits = set.fold(0, |all, i| all | 1 << i);
        Value::number(match masked {
            true => bits & self.inputs[2].words[0],
            false => bits,
        })
    }

    /// The relation that the immediate names (Intel SDM vol. 2, `VPCMPB`).
    fn is_related<T: Ord>(&self, a: T, b: T) -> bool {
        match self.immediate() & 7 {
            0 => a == b,
            1 => a < b,
            2 => a <= b,
            3 => false,
            4 => a != b,
            5 => a >= b,
            6 => a > b,
            _ => true,
        }
    }
}

/// An element of so many bits, rotated by less than that.
const fn rotated_left(a: u64, count: u64, bits: u64) -> u64 {
    match count {
        0 => a,
        _ => a << count | a >> (bits - count),
    }
}

/// All words in one, which is zero where all are.
fn any_bits(word: impl Fn(usize) -> u64) -> Value {
    Value::number((0..BITS / 64).fold(0, |all, i| all | word(i)))
}
