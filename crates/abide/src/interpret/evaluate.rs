//! The abstract evaluator: runs the effects of an instruction on a state.

mod blocks;
mod halves;
mod plain;

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::boundaries::Boundaries;
use super::events::{Event, Reason, Record, Seen, Use};
use super::frame::Reach;
use super::known::Known;
use super::numbers::Entries;
use super::state::{FlagSource, State};
use super::terms::{Base, BaseId, Garbage, TermId, Terms, Value, mask};
use crate::contracts::{Held, Statics};
use crate::inputs::{Image, ImageSymbol, Place, RelocationKind, Resolved};
use crate::machine::{Effect, Operand, Reference, Rest, Temp};
use crate::registers::{Flags, Part, Register};

/// The output by which goes what a handler reads again of its frame.
const AGAIN: u8 = 127;
/// A page, and the guard below a stack, in bytes.
const PAGE: i64 = 4096;

/// Where an instruction stands: its place, and the calls that led to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct At {
    /// The instruction.
    pub place: Place,
    /// The calling context.
    pub context: u32,
}

/// Runs instructions on states.
pub(super) struct Evaluator<'image> {
    /// The image.
    pub image: &'image Image,
    /// The terms of this analysis.
    pub terms: Terms,
    /// The block that is being run.
    pub block: u32,
    /// What was seen in it so far.
    pub record: Record,
    /// Bytes below SP that stay as they are.
    pub red_zone: i64,
    /// Statics that are shared with compiled code.
    statics: Arc<Statics>,
    /// An address of the frame that stores are expected to stay below.
    pub guard: Option<Value>,
    /// Whether one may not have.
    pub passed_guard: bool,
    /// Where objects begin, if what constant tables hold is to be known.
    pub tables: Option<Arc<Boundaries>>,
    /// Whether a jump went to one of several places that a register may have held.
    pub chose_place: bool,
    /// Whether such a table was read.
    pub read_table: bool,
    /// The instructions that read constant memory at an address that varies, by what they read.
    pub readers: FxHashMap<TermId, BTreeSet<Place>>,
    /// Whether a vector register held garbage.
    has_garbage_vectors: bool,
    temps: Vec<Value>,
    /// How many of them the current instruction has set.
    temps_set: usize,
}

impl<'image> Evaluator<'image> {
    /// An evaluator with its own terms.
    #[must_use]
    pub(super) fn new(
        image: &'image Image,
        terms: Terms,
        red_zone: u32,
        statics: &Arc<Statics>,
    ) -> Self {
        let has_garbage_vectors = terms.contract().lacks_vectors();
        Self {
            image,
            terms,
            block: 0,
            record: Record::default(),
            red_zone: i64::from(red_zone),
            statics: Arc::clone(statics),
            guard: None,
            passed_guard: false,
            tables: None,
            chose_place: false,
            read_table: false,
            readers: FxHashMap::default(),
            has_garbage_vectors,
            temps: vec![Value::ANYTHING; 256],
            temps_set: 0,
        }
    }

    /// Notes an event.
    pub(super) fn record(&mut self, at: At, event: Event) {
        self.record.events.push(Seen {
            place: at.place,
            block: self.block,
            event,
        });
    }

    /// The value of an operand of the instruction that ran last.
    #[must_use]
    pub(super) fn operand(&self, operand: Operand) -> Value {
        match operand {
            Operand::Constant(number) => Value::constant(number),
            Operand::Temp(temp) => self.temps[usize::from(temp.0)],
        }
    }

    fn set(&mut self, temp: Temp, value: Value) {
        let index = usize::from(temp.0);
        self.temps[index] = value;
        self.temps_set = self.temps_set.max(index + 1);
    }

    /// Runs the effects of one instruction.
    pub(super) fn run(&mut self, state: &mut State, at: At, effects: &[Effect]) {
        self.temps_set = 0;
        let before = state.stack_pointer();
        for effect in effects {
            self.effect(state, at, effect);
        }
        if state.stack_pointer() != before {
            self.stack_moved(state);
        }
    }

    fn effect(&mut self, state: &mut State, at: At, effect: &Effect) {
        match *effect {
            Effect::Read { into, part } => {
                let value = self.read(state, at, into, part);
                self.set(into, value);
            }
            Effect::Write { part, value, rest } => {
                let value = self.operand(value);
                self.write(state, at, part, value, rest);
            }
            Effect::Address { into, reference } => {
                let value = self.reference(reference);
                self.set(into, value);
            }
            Effect::Compute {
                into,
                operation,
                bits,
                inputs,
            } => {
                let inputs = inputs.map(|input| self.operand(input));
                let value = match state.compute(&mut self.terms, operation, bits, inputs) {
                    Value::ANYTHING => self.terms.without_details(&inputs),
                    value => value,
                };
                self.set(into, value);
            }
            Effect::Opaque { into, lanes, .. } => {
                let value = self.of_lanes(state, lanes);
                self.set(into, value);
            }
            Effect::Take { part } => self.take(state, at, part),
            Effect::Load {
                into,
                address,
                bits,
                align,
                segment,
            } => {
                let address = self.operand(address);
                let value = match segment {
                    Some(_) => Value::ANYTHING,
                    None => self.load(state, at, address, bits, align),
                };
                let value = self.named_load(state, at, into, value, bits);
                self.set(into, value);
            }
            Effect::Store {
                address,
                value,
                bits,
                align,
                segment,
            } => {
                let (address, value) = (self.operand(address), self.operand(value));
                if segment.is_none() {
                    self.store(state, at, address, value, bits, align);
                } else {
                    self.record.assumptions.no_alias = true;
                    self.escape(state, value);
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
                let [a, b, _] = inputs.map(|input| narrowed(self.operand(input), bits));
                let source = FlagSource::Operation {
                    operation,
                    bits,
                    inputs: [a, b],
                    result: self.operand(result),
                };
                // A count of zero would leave them as they were.
                let source = match unless_zero {
                    None => source,
                    Some(_) => FlagSource::Open(source.undefined(&self.terms)),
                };
                self.set_source(state, set, source);
            }
            Effect::WriteFlags { set, values } => write_flags(state, set, values),
            Effect::UndefineFlags { set, .. } => {
                self.set_source(state, set, FlagSource::Open(None));
            }
            Effect::FlagFrom { flag, value } => {
                let undefined = self.terms.undefined_source(self.operand(value));
                self.set_source(state, flag, FlagSource::Open(undefined));
            }
            Effect::ReadFlags { into } => {
                let (direction, alignment, nested) =
                    (state.direction, state.alignment, state.nested);
                let value = self.named(
                    state,
                    Base::FlagsWord {
                        context: at.context,
                        place: at.place,
                        direction,
                        alignment,
                        nested,
                    },
                );
                self.set(into, value);
            }
            Effect::LoadFlags { set, value } => {
                let value = self.operand(value);
                self.load_flags(state, set, value);
            }
            Effect::Test { into, condition } => {
                let value = state.condition(&mut self.terms, condition);
                self.set(into, value);
            }
            Effect::Block(block) => self.block(state, at, block),
        }
    }

    /// What a register holds goes where it is not followed: an address of the frame with it.
    fn take(&mut self, state: &mut State, at: At, part: Part) {
        let value = state.register(part.register);
        self.escape(state, value);
        self.note_taken(at, value, part);
    }

    fn note_taken(&mut self, at: At, value: Value, part: Part) {
        if let Some(garbage) = self.garbage_in(value, mask_of(part))
            && self.is_in_place_of_argument(garbage.source)
            // Merges keep what they do not write, of a vector register that is only filled up.
            && !matches!(self.terms.get(garbage.source), Base::Entry(register) if register.is_vector())
        {
            let used = Use::Taken;
            self.record(at, Event::UndefinedUse { garbage, used });
        }
    }

    /// The garbage that a value comes from, if any of these bits may hold some.
    fn garbage_in(&self, value: Value, bits: u64) -> Option<Garbage> {
        let may_be = value != Value::ANYTHING
            && self.terms.is_undefined(value)
            && self.terms.undefined_bits(value) & bits != 0;
        may_be.then(|| self.terms.undefined_source(value))?
    }

    fn is_in_place_of_argument(&self, source: BaseId) -> bool {
        match self.terms.get(source) {
            Base::Entry(register) => self.terms.passes_parameters(register),
            Base::Argument(..) => true,
            _ => false,
        }
    }

    /// A result that is left open; garbage where one of these vector registers is all garbage.
    fn of_lanes(&mut self, state: &State, lanes: u32) -> Value {
        if !self.has_garbage_vectors {
            return Value::ANYTHING;
        }
        let lost = bits_of(lanes)
            .map(|index| state.registers[16 + index])
            .find(|&value| value != Value::ANYTHING && self.terms.is_undefined(value));
        lost.map_or(Value::ANYTHING, |value| self.terms.lost(value))
    }

    fn read(&mut self, state: &mut State, at: At, into: Temp, part: Part) -> Value {
        let register = part.register;
        if register.is_general() || register.is_control() {
            let value = state.register(register);
            let value = if value == Value::ANYTHING {
                let named = self.site(state, at, register.0, self.width_of(register));
                state.registers[register.index()] = named;
                named
            } else {
                value
            };
            return self.part_of(state, value, part);
        }
        if !register.is_vector() {
            return self.narrow(state, at, into, Value::ANYTHING, part.bits);
        }
        let width = u16::from(state.widths[usize::from(register.0 - 16)]) * 8;
        let value = state.register(register);
        if part.low != 0 {
            let high = match (part.low, part.bits) {
                (64, 64) => self.half_of_register(state, register, 64),
                _ => None,
            };
            let high = high.unwrap_or(Value::ANYTHING);
            return self.narrow(state, at, into, high, part.bits);
        }
        let value = match part.bits {
            bits if bits > width => {
                self.note_taken(at, value, part);
                Value::ANYTHING
            }
            bits @ ..=64 if self.terms.is_wide(value) => match self.terms.is_undefined(value) {
                true => self.terms.lost(value),
                false => {
                    let low = self.terms.half(value, 0).unwrap_or(Value::ANYTHING);
                    state.truncate(&mut self.terms, low, bits as u8)
                }
            },
            bits if bits < 64 && value != Value::ANYTHING => {
                state.truncate(&mut self.terms, value, bits as u8)
            }
            _ => value,
        };
        self.narrow(state, at, into, value, part.bits)
    }

    fn part_of(&mut self, state: &State, value: Value, part: Part) -> Value {
        if part.low == 0 {
            return state.truncate(&mut self.terms, value, part.bits as u8);
        }
        self.terms
            .slice_bits(value, part.low as u8, part.bits as u8)
    }

    /// A result of up to 64 bits has a name, so that copies of it are known to be equal.
    fn narrow(&mut self, state: &mut State, at: At, into: Temp, value: Value, bits: u16) -> Value {
        if value == Value::ANYTHING && bits <= 64 {
            self.site(state, at, 128 | into.0, bits as u8)
        } else {
            value
        }
    }

    fn named_load(
        &mut self,
        state: &mut State,
        at: At,
        into: Temp,
        value: Value,
        bits: u16,
    ) -> Value {
        match bits {
            0 => Value::ANYTHING,
            _ => self.narrow(state, at, into, value, bits),
        }
    }

    /// A new value that this instruction makes. What still goes by its name loses it.
    fn site(&mut self, state: &mut State, at: At, output: u8, bits: u8) -> Value {
        self.new_site(state, at, output, bits, None)
    }

    /// What a call leaves in a register that the callee may clobber.
    pub(super) fn left_by_call(&mut self, state: &mut State, at: At, register: Register) -> Value {
        self.has_garbage_vectors |= register.is_vector();
        self.new_site(
            state,
            at,
            register.0,
            self.width_of(register),
            Some(register),
        )
    }

    /// What a call returns in a register.
    pub(super) fn returned(&mut self, state: &mut State, at: At, register: Register) -> Value {
        self.new_site(state, at, register.0, self.width_of(register), None)
    }

    /// What a call returns in the low bits of a register; what is above them is garbage.
    pub(super) fn narrow_result(
        &mut self,
        state: &mut State,
        at: At,
        register: Register,
        value: Value,
        bits: u32,
    ) -> Value {
        let above = self.left_by_call(state, at, register);
        self.terms.insert_bits(above, 0, bits as u8, value)
    }

    /// The bits of a register that may be set, as far as one value stands for them.
    fn width_of(&self, register: Register) -> u8 {
        match register.is_general() {
            true => self.terms.word_bits(),
            false => 64,
        }
    }

    fn new_site(
        &mut self,
        state: &mut State,
        at: At,
        output: u8,
        bits: u8,
        lost: Option<Register>,
    ) -> Value {
        self.named(
            state,
            Base::Site {
                context: at.context,
                place: at.place,
                output,
                bits,
                lost,
            },
        )
    }

    /// A new value of this name. What still goes by it loses it.
    fn named(&mut self, state: &mut State, base: Base) -> Value {
        let (value, new) = self.terms.base_is_new(base);
        if !new && let Some(base) = self.terms.sole_base(value) {
            state.forget_name(&mut self.terms, base);
            for index in 0..self.temps_set {
                if self.terms.depends(self.temps[index], base) {
                    self.temps[index] = self.terms.lost(self.temps[index]);
                }
            }
        }
        value
    }

    fn write(&mut self, state: &mut State, at: At, part: Part, value: Value, rest: Rest) {
        let register = part.register;
        if register.is_general() {
            let value = match value {
                Value::ANYTHING => self.site(state, at, register.0, part.bits.min(64) as u8),
                value => value,
            };
            let old = state.registers[register.index()];
            let new = match (part.bits, rest) {
                (64.., _) => value,
                (bits, Rest::Zero) => state.truncate(&mut self.terms, value, bits as u8),
                (bits, Rest::Keep) => {
                    self.terms
                        .insert_bits(old, part.low as u8, bits as u8, value)
                }
            };
            state.registers[register.index()] = new;
        } else if register.is_vector() {
            // Lanes are not followed: an address in one may get anywhere.
            self.escape(state, value);
            if let Some((value, bytes)) = self.put_together(state, at, part, value, rest) {
                state.registers[register.index()] = value;
                state.widths[usize::from(register.0 - 16)] = bytes;
                return;
            }
            if part.low != 0 || value == Value::ANYTHING {
                self.note_taken(at, value, Part::low(register, part.bits));
                return state.keep_below(register, part.low);
            }
            self.has_garbage_vectors |= self.terms.is_undefined(value);
            state.registers[register.index()] = value;
            state.widths[usize::from(register.0 - 16)] = (part.bits / 8).min(64) as u8;
        } else if register.is_control() {
            // They are written whole.
            self.escape(state, value);
            state.registers[register.index()] = value;
        }
    }

    fn reference(&mut self, reference: Reference) -> Value {
        match reference {
            Reference::Place(place) => {
                let section = self.image.section(place.section);
                let align = section.map_or(1, |section| section.align);
                self.terms.place_aligned(place, align)
            }
            Reference::External(symbol, addend) => {
                self.terms.base(Base::External(symbol)).plus(addend)
            }
            Reference::Got => self.terms.base(Base::Got),
            Reference::GotEntry(symbol) => self.terms.base(Base::GotEntry(symbol)),
        }
    }

    fn set_source(&self, state: &mut State, set: Flags, source: FlagSource) {
        if set.contains(Flags::CF) {
            state.carry = source;
        }
        if set.intersects(Flags(Flags::ARITHMETIC.0 & !Flags::CF.0)) {
            // Flags that an operation sets apart from the others are not followed.
            let all = Flags::ZF | Flags::SF | Flags::OF | Flags::PF;
            state.status = match set.contains(all) {
                true => source,
                false => FlagSource::Open(source.undefined(&self.terms)),
            };
        }
        if set.contains(Flags::DF) {
            state.direction = None;
        }
        if set.contains(Flags::AC) {
            state.alignment = None;
        }
        if set.contains(Flags::NT) {
            state.nested = None;
        }
    }

    fn load_flags(&mut self, state: &mut State, set: Flags, value: Value) {
        let source = FlagSource::Open(self.terms.undefined_source(value));
        self.set_source(state, set & Flags::ARITHMETIC, source);
        if set.contains(Flags::DF) {
            state.direction = self.terms.flag_in(value, Flags::DF);
        }
        if set.contains(Flags::AC) {
            state.alignment = self.terms.flag_in(value, Flags::AC);
        }
        if set.contains(Flags::NT) {
            state.nested = self.terms.flag_in(value, Flags::NT);
        }
    }

    // ---- memory ----

    fn load(&mut self, state: &mut State, at: At, address: Value, bits: u16, align: u8) -> Value {
        self.check_defined(at, address, Use::Address);
        self.note_pointee(at, address, bits);
        let (coefficient, touched) = self.terms.frame_part(address);
        if coefficient == 1 && !touched {
            return self.load_frame(state, at, address, bits.div_ceil(8), align);
        }
        if coefficient != 0 || touched {
            self.check_alignment(state, at, address, align);
            state.escaped |= state.addresses != Reach::NOWHERE;
            return Value::ANYTHING;
        }
        match self.load_constant(at, address, bits) {
            Some(value) => value,
            None => Value::ANYTHING,
        }
    }

    fn load_frame(
        &mut self,
        state: &mut State,
        at: At,
        address: Value,
        bytes: u16,
        align: u8,
    ) -> Value {
        self.check_alignment(state, at, address, align);
        self.check_step(state, at, address);
        let mut found = state.load(&mut self.terms, address, bytes);
        if let Some(value) = found.value
            && bytes <= 8
            && self.terms.is_wide(value)
        {
            found.value = Some(Value::ANYTHING);
        } else if let Some(value) = found.value {
            found.value = Some(state.truncate(&mut self.terms, value, (bytes * 8).min(64) as u8));
        }
        let distance = self.terms.subtract(address, state.stack_pointer());
        let known = state.range(&self.terms, distance);
        let below = known.high < -self.red_zone;
        let argument = self.terms.is_callers(address);
        if argument && self.is_untouched(found.value) {
            let end = address.offset + i64::from(bytes);
            let reach = self.record.assumptions.read_arguments.get_or_insert(end);
            *reach = end.max(*reach);
        }
        if (found.value.is_some() || found.written) && (below || found.exposed) {
            let distance = (known.low == known.high).then_some(-known.low);
            self.record(at, Event::BelowStackPointer { distance });
        }
        // Bytes of which the slots do not tell may be an address of the frame.
        if !found.covered && !state.escaped {
            state.escaped = state.may_hold_address(&mut self.terms, address, bytes);
        }
        let value = found.value.unwrap_or(Value::ANYTHING);
        if argument && value == Value::ANYTHING && self.terms.contract().interrupt.is_some() {
            return self.read_again(state, at, address, bytes);
        }
        value
    }

    /// What a handler reads of the processor's frame where somebody may have written: it was looked
    /// at, and goes by one name until somebody may have written again.
    fn read_again(&mut self, state: &mut State, at: At, address: Value, bytes: u16) -> Value {
        if bytes > 8 {
            return Value::ANYTHING;
        }
        let value = self.site(state, at, AGAIN, (bytes * 8) as u8);
        state.store(&mut self.terms, address, bytes, value);
        value
    }

    fn is_untouched(&self, value: Option<Value>) -> bool {
        let base = value.and_then(|value| self.terms.as_base(value));
        matches!(base, Some(Base::Argument(..)))
    }

    /// Memory that does not change: a GOT entry, a read-only section.
    fn load_constant(&mut self, at: At, address: Value, bits: u16) -> Option<Value> {
        if let Some(Base::GotEntry(symbol)) = self.terms.as_base(address) {
            return self.address_of(symbol);
        }
        let (section, exact) = self.section_of(address)?;
        if bits > 64 || !self.is_constant(section.section) {
            return None;
        }
        if !exact {
            let value = self.terms.base(Base::Memory(address, (bits / 8) as u8));
            self.readers.entry(value.term).or_default().insert(at.place);
            self.list_entries(at, address, value, bits);
            return Some(value);
        }
        self.constant_at(section, bits as u8)
    }

    /// Lists what is read from a table of numbers.
    fn list_entries(&mut self, at: At, address: Value, read: Value, bits: u16) {
        self.read_table = true;
        let (Some(boundaries), Some(base)) = (&self.tables, self.terms.sole_base(read)) else {
            return;
        };
        let bytes = (bits / 8) as u8;
        if let Some(entries) = Entries::of(self.image, boundaries, &self.terms, address, bytes) {
            let assumed = entries.assumed(at.place);
            self.record.assumptions.table_bound.insert(assumed);
            self.terms.list(base, entries.numbers);
        }
    }

    fn address_of(&mut self, symbol: ImageSymbol) -> Option<Value> {
        match self.image.resolve(symbol)? {
            Resolved::Place(place) => Some(self.terms.place(place)),
            Resolved::External(symbol) => Some(self.terms.base(Base::External(symbol))),
            Resolved::Absolute(number) => Some(Value::constant(number)),
        }
    }

    /// The section that an address lies in, and whether its offset is a number.
    fn section_of(&self, address: Value) -> Option<(Place, bool)> {
        let parts = self.terms.parts(address.term);
        let sections = parts
            .iter()
            .filter_map(|&(base, factor)| match self.terms.get(base) {
                Base::Section(section) if factor == 1 => Some(section),
                _ => None,
            });
        let mut sections = sections.fuse();
        let section = sections.next()?;
        if sections.next().is_some() {
            return None;
        }
        let place = Place {
            section,
            offset: address.offset,
        };
        Some((place, parts.len() == 1))
    }

    fn is_constant(&self, section: crate::inputs::SectionId) -> bool {
        self.image
            .section(section)
            .is_some_and(|section| !section.flags.write || section.name.starts_with(".data.rel.ro"))
    }

    /// What stands at a place of constant memory.
    pub(super) fn constant_at(&mut self, place: Place, bits: u8) -> Option<Value> {
        if let Some(relocation) = self.image.relocation_at(place) {
            if bits != self.terms.word_bits() || relocation.kind != RelocationKind::Absolute {
                return None;
            }
            return match self.image.follow(place, relocation, 0)? {
                Resolved::Place(place) => Some(self.terms.place(place)),
                Resolved::External(symbol) => Some(
                    self.terms
                        .base(Base::External(symbol))
                        .plus(relocation.addend),
                ),
                Resolved::Absolute(number) => Some(Value::constant(number)),
            };
        }
        let end = place.offset.saturating_add(i64::from(bits / 8));
        if self.image.is_relocated(place, end) {
            return None;
        }
        let number = self.image.number_at(place, bits / 8)?;
        Some(Value::constant(number))
    }

    /// Whether a value is an address that the unit computes from its own code and tables.
    #[must_use]
    pub(super) fn is_own_code(&self, value: Value) -> bool {
        self.terms
            .parts(value.term)
            .iter()
            .any(|&(base, _)| match self.terms.get(base) {
                Base::Section(section) => self
                    .image
                    .section(section)
                    .is_some_and(|section| section.flags.execute),
                Base::Memory(..) | Base::Phi { .. } => true,
                _ => false,
            })
    }

    /// Stores to memory of any kind.
    pub(super) fn store(
        &mut self,
        state: &mut State,
        at: At,
        address: Value,
        value: Value,
        bits: u16,
        align: u8,
    ) {
        self.check_defined(at, address, Use::Address);
        self.note_pointee(at, address, bits);
        let (coefficient, touched) = self.terms.frame_part(address);
        if coefficient == 1 && !touched {
            return self.store_frame(state, at, address, value, bits.div_ceil(8), align);
        }
        self.check_stored(at, value, bits);
        self.escape(state, value);
        if coefficient != 0 || touched {
            self.check_alignment(state, at, address, align);
            self.assume_in_bounds(at);
            self.passed_guard |= self.guard.is_some();
            state.forget_data(&mut self.terms);
            return;
        }
        if let Some((place, _)) = self.section_of(address) {
            let code = self.image.section(place.section);
            if code.is_some_and(|section| section.flags.execute && !section.flags.write) {
                let reason = Reason::SelfModification;
                self.record(at, Event::Unknown { reason });
            }
        } else {
            self.record.assumptions.no_alias = true;
            if state.escaped && !self.terms.is_callers_pointer(address) {
                self.assume_in_bounds(at);
                self.forget_escaped(state);
            }
        }
    }

    fn store_frame(
        &mut self,
        state: &mut State,
        at: At,
        address: Value,
        value: Value,
        bytes: u16,
        align: u8,
    ) {
        self.check_alignment(state, at, address, align);
        self.check_step(state, at, address);
        self.check_guard(state, address, bytes);
        if self.terms.has_frame(value) {
            state.note_address(&mut self.terms, address, bytes);
            state.escaped |= self.terms.is_callers(address);
        }
        let stored = state.store(&mut self.terms, address, bytes, value);
        // Where it breaks what is kept with its first element, a run may show that.
        match stored.begins_at_kept {
            true => self.record.assumptions.index_in_bounds |= stored.index_in_bounds,
            false if stored.index_in_bounds => self.assume_in_bounds(at),
            false => {}
        }
        if self.terms.is_callers(address) {
            self.record(
                at,
                Event::CallerFrameStore {
                    offset: address.offset,
                },
            );
        }
        let limit = state.stack_pointer().plus(-self.red_zone);
        let distance = self.terms.subtract(address, limit);
        if state.range(&self.terms, distance).high < 0 {
            state.expose_below(&mut self.terms, limit);
        }
    }

    fn assume_in_bounds(&mut self, at: At) {
        let assumptions = &mut self.record.assumptions;
        assumptions.index_in_bounds = true;
        assumptions.indexed.insert(at.place);
    }

    /// Whoever knows an address of the frame may have written to it.
    pub(super) fn forget_escaped(&mut self, state: &mut State) {
        self.passed_guard |= self.guard.is_some();
        state.forget_escaped(&mut self.terms);
    }

    fn check_guard(&mut self, state: &State, address: Value, bytes: u16) {
        let Some(guard) = self.guard else {
            return;
        };
        let distance = self.terms.subtract(address, guard);
        let known = state.known(&self.terms, distance);
        self.passed_guard |= bytes == 0 || known.high > -i64::from(bytes);
    }

    /// A value that leaves the frame takes an address of the frame with it.
    fn escape(&mut self, state: &mut State, value: Value) {
        state.escaped |= self.terms.has_frame(value);
    }

    fn check_alignment(&mut self, state: &State, at: At, address: Value, align: u8) {
        if align > 1 {
            let log2 = align.trailing_zeros() as u8;
            let residue = state.known(&self.terms, address).modulo(log2);
            if residue == Some(0) {
                return;
            }
            self.record(
                at,
                Event::AlignedAccess {
                    address,
                    align,
                    residue,
                },
            );
        }
    }

    fn check_step(&mut self, state: &mut State, at: At, address: Value) {
        let from_entry = self.distance_from_entry(state, address);
        let distance = state.touched.saturating_sub(from_entry.high);
        if distance > PAGE {
            self.record(at, Event::UnprobedStep { distance });
        } else if self.may_step_over(state, from_entry) {
            self.record.assumptions.frame_bound = true;
        }
        state.touched = state.touched.min(from_entry.high);
    }

    /// Whether an address may lie further below what was touched than a page, as SP itself does:
    /// what only an index moves stays inside its object.
    fn may_step_over(&mut self, state: &State, from_entry: Known) -> bool {
        let far = state.touched.saturating_sub(PAGE);
        from_entry.low < far && self.distance_from_entry(state, state.stack_pointer()).low < far
    }

    /// How far an address is from SP at the entry.
    fn distance_from_entry(&mut self, state: &State, address: Value) -> Known {
        if address.term == Value::FRAME.term {
            return Known::exactly(address.offset);
        }
        let distance = self.terms.subtract(address, Value::FRAME);
        state.range(&self.terms, distance)
    }

    /// A helper has touched each page from SP down by `rax` bytes.
    pub(super) fn probe(&mut self, state: &mut State, at: At) {
        let size = state.register(Register::RAX);
        let lowest = self.terms.subtract(state.stack_pointer(), size);
        let reached = self.terms.subtract(lowest, Value::FRAME);
        let reached = state.range(&self.terms, reached);
        // However far it is, nothing was left out.
        let to = match reached.low == reached.high {
            true => reached.low,
            false => i64::MIN,
        };
        state.touched = state.touched.min(to);
        self.check_defined(at, size, Use::Address);
    }

    fn stack_moved(&mut self, state: &mut State) {
        let limit = state.stack_pointer().plus(-self.red_zone);
        state.expose_below(&mut self.terms, limit);
    }

    /// Notes the use of a value that may hold garbage.
    pub(super) fn check_defined(&mut self, at: At, value: Value, used: Use) {
        if let Some(garbage) = self.garbage_in(value, u64::MAX) {
            self.record(at, Event::UndefinedUse { garbage, used });
        }
    }

    /// Notes an access through an argument that points to something of a known layout, or to a
    /// static that is shared.
    fn note_pointee(&mut self, at: At, address: Value, bits: u16) {
        if !self.statics.are_none()
            && let Some((to, true)) = self.section_of(address)
            && self.statics.are_in(to.section)
            && bits > 0
        {
            let bytes = bits.div_ceil(8);
            self.record(at, Event::StaticAccess { to, bytes });
        }
        if let Some(register) = self.terms.pointer_of(address)
            && bits > 0
        {
            let (offset, bytes) = (address.offset, bits.div_ceil(8));
            self.record(
                at,
                Event::PointeeAccess {
                    register,
                    offset,
                    bytes,
                },
            );
        }
    }

    /// Notes that garbage leaves the root in memory: in place of an argument, or of what a vector
    /// register held before a call.
    fn check_stored(&mut self, at: At, value: Value, bits: u16) {
        let Some(garbage) = self.garbage_in(value, mask(bits.min(64) as u8)) else {
            return;
        };
        let is_argument = self.is_in_place_of_argument(garbage.source);
        let is_vector = matches!(
            self.terms.get(garbage.source),
            Base::Site { lost: Some(register), .. } if register.is_vector()
        );
        if is_argument || is_vector {
            // Who keeps an argument may not know that it is none.
            let as_it_was = is_argument
                && self.terms.sole_base(value) == Some(garbage.source)
                && value.offset == 0;
            let used = Use::Stored { as_it_was };
            self.record(at, Event::UndefinedUse { garbage, used });
        }
    }

    /// Notes that garbage is handed to a function that takes so many bits of it.
    pub(super) fn check_passed(&mut self, at: At, value: Value, held: Held, bits: u8) {
        if let Some(garbage) = self.garbage_in(value, mask(bits)) {
            let used = Use::Passed(held, bits);
            self.record(at, Event::UndefinedUse { garbage, used });
        }
    }
}

/// An operand of an operation of `bits`: immediates come extended to 64.
fn narrowed(operand: Value, bits: u8) -> Value {
    match operand.as_constant() {
        Some(number) => Value::constant(number & mask(bits)),
        None => operand,
    }
}

/// The bits of a register that are in a part.
fn mask_of(part: Part) -> u64 {
    let bits = mask(part.bits.min(64) as u8);
    bits.checked_shl(part.low.into()).unwrap_or(0)
}

/// The numbers of the bits that are set.
fn bits_of(mut bits: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let index = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
        bits &= bits - 1;
        Some(index)
    })
}

fn write_flags(state: &mut State, set: Flags, values: Flags) {
    if set.contains(Flags::CF) {
        state.carry = FlagSource::Known(values.contains(Flags::CF));
    }
    if set.intersects(Flags(Flags::ARITHMETIC.0 & !Flags::CF.0)) {
        state.status = FlagSource::Open(None);
    }
    if set.contains(Flags::DF) {
        state.direction = Some(values.contains(Flags::DF));
    }
    if set.contains(Flags::AC) {
        state.alignment = Some(values.contains(Flags::AC));
    }
    if set.contains(Flags::NT) {
        state.nested = Some(values.contains(Flags::NT));
    }
}
