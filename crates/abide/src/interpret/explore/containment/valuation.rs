//! Numbers for the bases of an abstract state.

use std::collections::HashMap;

use crate::interpret::known::Known;
use crate::interpret::state::{FlagSource, State};
use crate::interpret::terms::{Base, BaseId, Function, Terms, Value, mask};
use crate::machine::Operation;
use crate::machine::arithmetic::{evaluate, flags, holds};
use crate::machine::concrete::{Layout, Machine};
use crate::registers::{Flags, Register};

const STACK: u64 = 0x7ffe_0000_1008;

/// A machine at the entry of a root. Some registers hold small numbers and
/// numbers at the edges, which random ones never are.
pub(super) fn entry_machine<'a>(layout: &'a Layout<'a>, seed: u64) -> Machine<'a> {
    const EDGES: [u64; 8] = [
        0,
        1,
        7,
        0x7fff_ffff_ffff_fffc,
        0x8000_0000,
        0xffff_ffff,
        u64::MAX,
        0x1_0000_0080,
    ];
    let mut machine = Machine::new(layout, seed);
    for number in 0..16 {
        let pick = seed.wrapping_mul(0x9e37_79b9).wrapping_add(number * 7) >> 3;
        if pick.is_multiple_of(2) {
            let edge = EDGES[(pick >> 1) as usize % EDGES.len()];
            machine.set(Register(number as u8), edge);
        }
    }
    machine.set(Register::RSP, STACK);
    machine
}

/// A number for each base, found as the registers and slots that hold it are compared.
pub(super) struct Valuation<'a> {
    terms: &'a Terms,
    layout: &'a Layout<'a>,
    entry: Machine<'a>,
    numbers: HashMap<BaseId, u64>,
}

impl<'a> Valuation<'a> {
    pub(super) fn new(terms: &'a Terms, layout: &'a Layout<'a>, seed: u64) -> Self {
        Self {
            terms,
            layout,
            entry: entry_machine(layout, seed),
            numbers: HashMap::new(),
        }
    }

    /// Whether the numbers of a machine lie in an abstract state.
    pub(super) fn contains(
        &mut self,
        state: &State,
        machine: &mut Machine<'_>,
    ) -> Result<(), String> {
        // Slots tell of bases that their own addresses are written with: twice is enough.
        for _ in 0..3 {
            for (value, number, bits) in self.constraints(state, machine) {
                self.match_value(value, number, bits)?;
            }
        }
        for (&base, &number) in &self.numbers.clone() {
            holds_for(self.terms.inherent_known(base), number, "a base", base)?;
            if let Some(computed) = self.compute(base)
                && computed != number
            {
                let what = self.terms.get(base);
                return Err(format!("{what:?} is {computed:x} and {number:x}"));
            }
        }
        for &(term, fact) in &state.facts {
            if let Some(number) = self.value(Value { term, offset: 0 }) {
                holds_for(fact, number, "a fact", term)?;
            }
        }
        for (term, choices) in &state.choices {
            let number = self.value(Value {
                term: *term,
                offset: 0,
            });
            if number.is_some_and(|number| !choices.contains(&(number as i64))) {
                return Err(format!("{term:?} is {number:?}, of {choices:?}"));
            }
        }
        self.check_callers_area(state, machine)?;
        self.check_flags(state.carry, Flags::CF, machine)?;
        let others = Flags::ARITHMETIC & !Flags::CF;
        self.check_flags(state.status, others, machine)?;
        if let Some(set) = state.direction
            && machine.flag(Flags::DF).is_some_and(|flag| flag != set)
        {
            return Err("the direction flag".into());
        }
        Ok(())
    }

    /// What the caller left on the stack is as it was, where no slot says otherwise.
    fn check_callers_area(
        &mut self,
        state: &State,
        machine: &mut Machine<'_>,
    ) -> Result<(), String> {
        let is_written = |offset: i64| {
            state.slots.iter().any(|slot| {
                let distance = offset.wrapping_sub(slot.offset);
                slot.term == Value::FRAME.term && (0..i64::from(slot.bytes)).contains(&distance)
            })
        };
        if state.callers_area_open {
            return Ok(());
        }
        for offset in (8..96).step_by(8) {
            let address = STACK.wrapping_add(offset as u64);
            let now = machine.memory().read(address, 8);
            let before = self.entry.memory().read(address, 8);
            let changed = |byte: i64| {
                let is_known = now.unknown >> byte & 1 == 0;
                is_known && (now.words[0] ^ before.words[0]) >> (8 * byte) & 0xff != 0
            };
            if (0..8).any(|byte| changed(byte) && !is_written(offset + byte)) {
                return Err(format!("the caller's word at {offset} was written"));
            }
        }
        Ok(())
    }

    /// The flags of the operation that they are said to come from.
    fn check_flags(
        &mut self,
        source: FlagSource,
        set: Flags,
        machine: &Machine<'_>,
    ) -> Result<(), String> {
        let FlagSource::Operation {
            operation,
            bits,
            inputs: [a, b],
            ..
        } = source
        else {
            return Ok(());
        };
        let takes_carry = matches!(operation, Operation::AddCarry | Operation::SubtractBorrow);
        let (Some(a), Some(b), false) = (self.value(a), self.value(b), takes_carry) else {
            return Ok(());
        };
        let result = evaluate(operation, bits, [a, b, 0]).unwrap_or_default();
        let expected = flags(operation, bits, [a, b, 0], result);
        for flag in [Flags::CF, Flags::ZF, Flags::SF, Flags::OF, Flags::PF] {
            let counts = set.contains(flag) && !expected.undefined.contains(flag);
            let holds = expected.values.contains(flag);
            if counts && machine.flag(flag).is_some_and(|set| set != holds) {
                return Err(format!(
                    "{flag:?} after {operation:?}{bits} of {a:x} and {b:x}"
                ));
            }
        }
        Ok(())
    }

    /// What the state says and what the machine has, with how many low bits count.
    fn constraints(&mut self, state: &State, machine: &mut Machine<'_>) -> Vec<(Value, u64, u8)> {
        let mut all = Vec::new();
        for number in 0..16 {
            let register = Register(number);
            if let Some(number) = machine.get(register) {
                all.push((state.register(register), number, 64));
            }
        }
        for number in 0..16 {
            let register = Register::vector(number);
            let bits = state.widths[usize::from(number)].min(8) * 8;
            if let Some(number) = machine.get(register) {
                all.push((state.register(register), number, bits));
            }
        }
        for slot in &state.slots {
            let Some(address) = self.value(slot.address()) else {
                continue;
            };
            let bytes = slot.bytes.min(8);
            if let Some(number) = machine.memory().read(address, bytes).known() {
                all.push((slot.value, number, bytes as u8 * 8));
            }
        }
        all
    }

    fn match_value(&mut self, value: Value, number: u64, bits: u8) -> Result<(), String> {
        if value == Value::ANYTHING || bits == 0 {
            return Ok(());
        }
        let mut rest = number.wrapping_sub(value.offset as u64);
        let mut open = None;
        for &(base, factor) in self.terms.parts(value.term) {
            match self.number(base) {
                Some(number) => rest = rest.wrapping_sub(number.wrapping_mul(factor as u64)),
                None if open.is_some() => return Ok(()),
                None => open = Some((base, factor)),
            }
        }
        match open {
            None if rest & mask(bits) == 0 => Ok(()),
            None => Err(format!("{} is not {number:x}", self.written(value))),
            Some((base, 1)) if bits == 64 => {
                self.numbers.insert(base, rest);
                Ok(())
            }
            Some((base, -1)) if bits == 64 => {
                self.numbers.insert(base, rest.wrapping_neg());
                Ok(())
            }
            Some(_) => Ok(()),
        }
    }

    fn written(&self, value: Value) -> String {
        let parts = self.terms.parts(value.term).iter();
        let parts: Vec<String> = parts
            .map(|&(base, factor)| match self.terms.get(base) {
                Base::Function {
                    function,
                    bits,
                    inputs,
                } => {
                    let [a, b] = inputs.map(|input| self.written(input));
                    format!("{factor}*{function:?}{bits}({a}, {b})")
                }
                other => format!("{factor}*{other:?}"),
            })
            .collect();
        format!("{} {:+x}", parts.join(" + "), value.offset)
    }

    fn value(&mut self, value: Value) -> Option<u64> {
        if value == Value::ANYTHING {
            return None;
        }
        let mut sum = value.offset as u64;
        for &(base, factor) in self.terms.parts(value.term) {
            sum = sum.wrapping_add(self.number(base)?.wrapping_mul(factor as u64));
        }
        Some(sum)
    }

    fn number(&mut self, base: BaseId) -> Option<u64> {
        if let Some(&number) = self.numbers.get(&base) {
            return Some(number);
        }
        let number = self.compute(base)?;
        self.numbers.insert(base, number);
        Some(number)
    }

    /// The number that follows from what the base is.
    fn compute(&mut self, base: BaseId) -> Option<u64> {
        match self.terms.get(base) {
            Base::Frame => Some(STACK),
            Base::ReturnAddress => self.entry.memory().read(STACK, 8).known(),
            Base::Entry(register) => self.entry.get(register),
            Base::Argument(offset, bytes) => {
                let address = STACK.wrapping_add(offset as u64);
                self.entry.memory().read(address, bytes.min(8)).known()
            }
            Base::Section(section) => {
                let start = crate::inputs::Place { section, offset: 0 };
                Some(self.layout.address_of(start))
            }
            Base::Memory(address, bytes) => {
                let address = self.value(address)?;
                self.entry.memory().read(address, bytes.into()).known()
            }
            Base::Function {
                function,
                bits,
                inputs,
            } => self.function(function, bits, inputs),
            _ => None,
        }
    }

    fn function(&mut self, function: Function, bits: u8, [a, b]: [Value; 2]) -> Option<u64> {
        if let Function::Operation(operation) = function {
            let (first, second, third) = match self.pair(a) {
                Some([first, second]) => (first, second, b),
                None if operation == Operation::Select => (a, Value::constant(0), b),
                None => (a, b, Value::constant(0)),
            };
            let [a, b, c] = [self.value(first)?, self.value(second)?, self.value(third)?];
            return evaluate(operation, bits, [a, b, c]);
        }
        let (a, b) = (self.value(a)?, self.value(b)?);
        Some(match function {
            // Of what is wider the low 64 bits are looked at.
            Function::Half { low: 0 } | Function::Whole => a,
            Function::Half { .. } => return None,
            Function::Truncate => a & mask(bits),
            Function::Slice { low } => a >> low & mask(bits),
            Function::Insert { low } => {
                let field = mask(bits) << low;
                a & !field | b << low & field
            }
            Function::Condition(condition, operation) => {
                let result = evaluate(operation, bits, [a, b, 0])?;
                let flags = flags(operation, bits, [a, b, 0], result);
                u64::from(holds(condition, flags.values))
            }
            Function::Operation(_) => return None,
        })
    }

    /// Two inputs that stand as one, for an operation of three.
    fn pair(&self, value: Value) -> Option<[Value; 2]> {
        match self.terms.as_base(value)? {
            Base::Function {
                function: Function::Operation(Operation::Copy),
                inputs,
                ..
            } => Some(inputs),
            _ => None,
        }
    }
}

fn holds_for(
    known: Known,
    number: u64,
    what: &str,
    of: impl std::fmt::Debug,
) -> Result<(), String> {
    let signed = number as i64;
    let low = number & mask(known.log2);
    if known.low <= signed && signed <= known.high && low == known.residue {
        return Ok(());
    }
    Err(format!("{what} of {of:?}: {number:x} is not in {known:?}"))
}
