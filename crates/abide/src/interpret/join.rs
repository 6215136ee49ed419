//! Joins: what two ways into a block agree on, and names for what differs.
//!
//! A location whose value differs gets a phi of the block. Locations that
//! differ in the same way share one phi, so that two registers that step in
//! lockstep keep their distance, and a copy stays a copy. Where the values
//! differ by a number, the phi is that *distance* from the first value, so
//! that an address stays an address of the frame. Values that are the low bits
//! of others, as those of narrow operations are, differ as those others do.

mod frames;

use std::sync::Arc;

use smallvec::SmallVec;

use super::compute::fits;
use super::forks::{Fork, Meeting};
use super::known::Known;
use super::slots;
use super::state::{FlagSource, State, TRACKED};
use super::terms::{Base, BaseId, Function, Garbage, Location, Terms, Value};
use crate::registers::Register;

/// How many locations usually differ.
const USUAL: usize = 16;

/// How a location differs between the ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Difference {
    /// By a distance from a value that both have in common: what it was before, and what it is now.
    Distance { before: Value, by: Value },
    /// In some other way.
    Values { here: Value, there: Value },
    /// One of the values is anything: two such locations need not hold the same.
    Anything {
        location: Location,
        here: Value,
        there: Value,
    },
}

/// One location that differs.
struct Differing {
    location: Location,
    here: Value,
    there: Value,
    difference: Difference,
    /// Of how many low bits the difference speaks.
    bits: u8,
}

/// Joins the states of two ways into a block.
pub(super) struct Join<'a> {
    /// The terms of the analysis.
    pub terms: &'a mut Terms,
    /// The block's number, which names its phis.
    pub block: u32,
    /// Whether bounds that grow are given up.
    pub widen: bool,
}

impl Join<'_> {
    /// The state that holds on both ways; `here` is what the block has been entered with before.
    /// It comes in place of what `joined` was.
    pub(super) fn join(&mut self, here: &State, there: &State, joined: &mut State) {
        joined.become_bare(here);
        let mut differing = Vec::with_capacity(USUAL);
        for index in 0..TRACKED {
            let (a, b) = (here.registers[index], there.registers[index]);
            if a != b || self.terms.has_phi(a) {
                let location = Location::Register(Register(index as u8));
                self.compare(&mut differing, location, (a, here), (b, there));
            }
        }
        let slots = std::mem::take(&mut joined.slots);
        joined.slots = self.join_slots(&mut differing, here, there, slots);
        self.name_differences(joined, &differing, here, there);
        slots::merge(&mut joined.slots, self.terms);
        for (number, width) in joined.widths.iter_mut().enumerate() {
            *width = match joined.registers[16 + number] {
                Value::ANYTHING => 0,
                _ => (*width).min(there.widths[number]),
            };
        }
        self.join_facts(joined, here, there);
        self.join_distances(joined, here, there);
        joined.forks = self.join_forks(joined, &differing, here, there);
        joined.carry = self.join_flags(here.carry, there.carry);
        joined.status = self.join_flags(here.status, there.status);
        if here.direction != there.direction {
            joined.direction = None;
        }
        if here.alignment != there.alignment {
            joined.alignment = None;
        }
        if here.nested != there.nested {
            joined.nested = None;
        }
        joined.escaped |= there.escaped;
        joined.scattered |= there.scattered;
        joined.addresses = joined.addresses.with(there.addresses);
        joined.callers_area_open |= there.callers_area_open;
        joined.touched = joined.touched.max(there.touched);
        joined.is_low &= there.is_low;
        joined.segments = joined.segments.union(there.segments);
    }

    fn join_forks(
        &mut self,
        joined: &State,
        differing: &[Differing],
        here: &State,
        there: &State,
    ) -> Vec<Arc<Fork>> {
        let meeting = Meeting {
            block: self.block,
            here,
            there,
            joined,
            widen: self.widen,
        };
        meeting.forks(self.terms, differing.iter().map(|entry| entry.location))
    }

    fn join_flags(&self, here: FlagSource, there: FlagSource) -> FlagSource {
        if here == there {
            return here;
        }
        let undefined = here.undefined(self.terms);
        FlagSource::Open(Garbage::surest(
            undefined.into_iter().chain(there.undefined(self.terms)),
        ))
    }

    /// The phi of this block that is a part of a value, and whether it is a distance.
    fn own_phi(&self, value: Value) -> Option<(BaseId, bool)> {
        if !self.terms.has_phi(value) {
            return None;
        }
        let mut parts = self.terms.parts(value.term).iter();
        parts.find_map(|&(base, factor)| {
            let is_own = factor == 1 && self.terms.block_of_phi(base) == Some(self.block);
            is_own.then(|| (base, self.terms.is_distance(base)))
        })
    }

    fn compare(
        &mut self,
        differing: &mut Vec<Differing>,
        location: Location,
        (here, in_here): (Value, &State),
        (there, in_there): (Value, &State),
    ) {
        if here == there && !self.mentions_own_phi(here) {
            return;
        }
        let is_open = here == Value::ANYTHING || there == Value::ANYTHING;
        let mut bits = 64;
        let difference = if is_open && !self.terms.matters(here) && !self.terms.matters(there) {
            Difference::Values {
                here: Value::ANYTHING,
                there: Value::ANYTHING,
            }
        } else if is_open {
            Difference::Anything {
                location,
                here,
                there,
            }
        } else if let Some(narrow) = self.bits_of(here, there) {
            match self.narrow_distance(narrow, (here, in_here), (there, in_there)) {
                Some(distance) => {
                    bits = narrow;
                    distance
                }
                None => Difference::Values { here, there },
            }
        } else {
            let distance = self.distance(64, here, there);
            distance
                .or_else(|| self.frame_distance(here, there))
                .unwrap_or(Difference::Values { here, there })
        };
        differing.push(Differing {
            location,
            here,
            there,
            difference,
            bits,
        });
    }

    /// How many bits two values have of which one is the low bits of something.
    fn bits_of(&self, here: Value, there: Value) -> Option<u8> {
        let of = |value| match self.terms.as_base(value)? {
            Base::Function {
                function: Function::Truncate,
                bits,
                ..
            } => Some(bits),
            _ => None,
        };
        let bits = of(here).or_else(|| of(there))?;
        // What is made of an address is known again by the address.
        let is_number = !self.terms.has_frame(here) && !self.terms.has_frame(there);
        is_number.then_some(bits)
    }

    /// How far what two values are the low bits of is from a common value.
    fn narrow_distance(
        &mut self,
        bits: u8,
        (here, in_here): (Value, &State),
        (there, in_there): (Value, &State),
    ) -> Option<Difference> {
        let is_narrow = |state: &State, value| fits(state.range(self.terms, value), bits);
        if !is_narrow(in_here, here) || !is_narrow(in_there, there) {
            return None;
        }
        let here = self.terms.strip_for_low_bits(here, bits);
        let there = self.terms.strip_for_low_bits(there, bits);
        self.distance(bits, here, there)
    }

    /// How far both values of a location are from a common one, modulo 2^`bits`, where that is a
    /// number, distances that phis stand for, or both.
    fn distance(&mut self, bits: u8, here: Value, there: Value) -> Option<Difference> {
        let mut before = match self.own_phi(here) {
            Some((_, false)) => return None,
            Some((phi, true)) => self.terms.value_of_base(phi),
            None => Value::constant(0),
        };
        let first = self.terms.subtract(here, before);
        let mut by = self.terms.subtract(there, first);
        if by == Value::ANYTHING {
            return None;
        }
        // What the other way does not have is no part of what they have in common.
        let parts: SmallVec<[(BaseId, i64); 4]> = self.terms.parts(by.term).into();
        for &(base, factor) in parts.iter().filter(|(_, factor)| *factor < 0) {
            let part = self.terms.value_of_base(base);
            before = self.terms.combine(before, factor.wrapping_neg(), part);
            by = self.terms.combine(by, factor.wrapping_neg(), part);
        }
        by.offset = signed(by.offset, bits);
        let are_distances = parts.iter().all(|&(base, _)| self.terms.is_distance(base));
        let near = are_distances && by.offset.unsigned_abs() < 1 << 31;
        (near && before != Value::ANYTHING).then_some(Difference::Distance { before, by })
    }

    /// How far two addresses of the frame are from one that both have in common, whatever numbers
    /// that takes: an address of the frame stays one.
    fn frame_distance(&mut self, here: Value, there: Value) -> Option<Difference> {
        if !(self.terms.is_frame(here) && self.terms.is_frame(there)) {
            return None;
        }
        let others = self.terms.parts(there.term);
        let mine = self.terms.parts(here.term).iter().copied();
        let shared: SmallVec<[(BaseId, i64); 4]> =
            mine.filter(|part| others.contains(part)).collect();
        let mut common = Value::constant(here.offset as u64);
        for (base, factor) in shared {
            let part = self.terms.value_of_base(base);
            if !self.mentions_own_phi(part) {
                common = self.terms.combine(common, factor, part);
            }
        }
        let before = self.terms.subtract(here, common);
        let by = self.terms.subtract(there, common);
        let is_number = |value| {
            value != Value::ANYTHING
                && !self.terms.has_frame(value)
                && self.terms.undefined_source(value).is_none()
        };
        (is_number(before) && is_number(by)).then_some(Difference::Distance { before, by })
    }

    fn name_differences(
        &mut self,
        joined: &mut State,
        differing: &[Differing],
        here: &State,
        there: &State,
    ) {
        if differing.is_empty() {
            return;
        }
        let names = representatives(self.terms, differing);
        for entry in differing {
            let name = names.of(entry.difference).unwrap_or(entry.location);
            let value = match entry.difference {
                Difference::Values {
                    here: Value::ANYTHING,
                    there: Value::ANYTHING,
                } => Value::ANYTHING,
                Difference::Values { here: a, there: b }
                | Difference::Anything {
                    here: a, there: b, ..
                } => self.phi_of_values(joined, name, (a, here), (b, there)),
                Difference::Distance { before, by } => {
                    self.phi_in_sum(joined, entry, name, (before, by), (here, there))
                }
            };
            set(joined, entry.location, value);
        }
    }

    /// What two ways have in common, and a phi for how far each is from that.
    fn phi_in_sum(
        &mut self,
        joined: &mut State,
        entry: &Differing,
        name: Location,
        (before, by): (Value, Value),
        (here, there): (&State, &State),
    ) -> Value {
        let phi = self.phi_of_distance(joined, name, before, by, (here, there));
        let is_narrow = entry.bits < 64;
        let whole = match is_narrow {
            true => self.terms.strip_for_low_bits(entry.here, entry.bits),
            false => entry.here,
        };
        let first = self.terms.subtract(whole, before);
        if self.terms.as_place(first).is_some() {
            list_choices(joined, phi, before, by, (here, there));
        }
        let sum = self.terms.add(first, phi);
        let sum = self.terms.truncate(sum, entry.bits);
        if sum == Value::ANYTHING || is_narrow && !self.mentions_own_phi(sum) {
            return self.phi_of_any(entry.location, entry.here);
        }
        if is_narrow || !(entry.here.as_constant().is_some() || self.terms.is_frame(entry.here)) {
            self.know_sum(joined, sum, (entry.here, here), (entry.there, there));
        }
        sum
    }

    fn phi_of_values(
        &mut self,
        joined: &mut State,
        name: Location,
        (a, in_a): (Value, &State),
        (b, in_b): (Value, &State),
    ) -> Value {
        let garbage = [a, b].map(|value| self.terms.undefined_source(value));
        let undefined = Garbage::surest(garbage.into_iter().flatten());
        let frame = self.terms.has_frame(a) || self.terms.has_frame(b);
        let callers = self.terms.is_callers_pointer(a) && self.terms.is_callers_pointer(b);
        let phi = self.terms.base(Base::Phi {
            block: self.block,
            location: name,
            distance: false,
            undefined,
            undefined_from: self.terms.undefined_from(&[a, b]),
            frame,
            callers,
        });
        let old = in_a.known(self.terms, a);
        let new = self.counted(in_b, b, self.terms.sole_base(a));
        self.know(joined, phi, old, new);
        phi
    }

    /// A name for what a location holds where nothing more is known, made of this value.
    fn phi_of_any(&mut self, location: Location, of: Value) -> Value {
        let base = Base::Phi {
            block: self.block,
            location,
            distance: false,
            undefined: self.terms.undefined_source(of),
            undefined_from: self.terms.undefined_from(&[of]),
            frame: self.terms.has_frame(of),
            callers: false,
        };
        self.terms.base(base)
    }

    fn phi_of_distance(
        &mut self,
        joined: &mut State,
        name: Location,
        before: Value,
        by: Value,
        (here, there): (&State, &State),
    ) -> Value {
        let phi = self.terms.base(Base::Phi {
            block: self.block,
            location: name,
            distance: true,
            undefined: None,
            undefined_from: 0,
            frame: false,
            callers: false,
        });
        let old = here.known(self.terms, before);
        let new = self.counted(there, by, self.terms.sole_base(before));
        self.know(joined, phi, old, new);
        phi
    }

    /// What is known of a value that a phi takes on: where it is one counter and a small step,
    /// counters are taken to stay counters. The sum of two is none: such sums grow with themselves.
    fn counted(&mut self, state: &State, value: Value, own: Option<BaseId>) -> Known {
        let known = state.known(self.terms, value);
        if known.is_counter() {
            return known;
        }
        let own = own.filter(|&own| self.terms.block_of_phi(own) == Some(self.block));
        let parts = self.terms.parts(value.term).iter();
        let others = parts.filter(|&&(base, factor)| factor == 1 && self.terms.is_distance(base));
        let counters: SmallVec<[BaseId; 4]> =
            own.into_iter().chain(others.map(|part| part.0)).collect();
        for counter in counters {
            let before = self.terms.value_of_base(counter);
            let step = self.terms.combine(value, -1, before);
            let (counted, step) = (
                state.known(self.terms, before),
                state.range(self.terms, step),
            );
            if counted.is_counter() && step.is_step() {
                return known.and(counted.count_on(step));
            }
        }
        known
    }

    /// What is known of a value that is a distance from something: more than of both apart.
    /// What keeps growing is taken to end before the distance is none, and if it does not, it is
    /// given up for good.
    fn know_sum(
        &mut self,
        joined: &mut State,
        sum: Value,
        (before, here): (Value, &State),
        (now, there): (Value, &State),
    ) {
        let old = match here.fact(sum.term) {
            Some(fact) => fact.plus(Known::exactly(sum.offset)),
            None if !self.mentions_own_phi(before) => here.known(self.terms, before),
            None => return,
        };
        let mut both = old.or(there.known(self.terms, now));
        if self.widen && both != old && both.low == old.low && both.high < 0 {
            both.high = -1;
            let both = both.tightened();
            self.know(joined, sum, both, both);
        } else if both.is_bounded() && (both == old || !self.widen) {
            self.know(joined, sum, both, both);
        }
    }

    fn know(&mut self, joined: &mut State, value: Value, old: Known, new: Known) {
        let known = if self.widen {
            old.widen(new)
        } else {
            old.or(new)
        };
        let of_term = known.plus(Known::exactly(value.offset.wrapping_neg()));
        if value != Value::ANYTHING && !of_term.is_any() {
            joined.set_fact(value.term, of_term);
        }
    }

    /// How far SP is from other addresses of the frame, where SP differs: a loop that walks down to
    /// one of them does not pass it.
    fn join_distances(&mut self, joined: &mut State, here: &State, there: &State) {
        let stack_pointer = |state: &State| state.stack_pointer();
        let [to, before, now] = [&*joined, here, there].map(stack_pointer);
        if before == now || !self.terms.is_frame(to) {
            return;
        }
        for index in 0..TRACKED {
            let [joined_at, here_at, there_at] =
                [&*joined, here, there].map(|state| state.registers[index]);
            if joined_at.term == to.term
                || joined_at != here_at
                || joined_at != there_at
                || !self.terms.is_frame(joined_at)
            {
                continue;
            }
            let [sum, before, now] =
                [to, before, now].map(|address| self.terms.subtract(address, joined_at));
            if ![sum, before, now].contains(&Value::ANYTHING) {
                self.know_sum(joined, sum, (before, here), (now, there));
            }
        }
    }

    /// Facts that hold on both ways, of names that mean the same on both.
    fn join_facts(&mut self, joined: &mut State, here: &State, there: &State) {
        let mut others = there.facts.iter().peekable();
        for &(term, fact) in &here.facts {
            let value = Value { term, offset: 0 };
            if self.mentions_own_phi(value) {
                continue;
            }
            while others.next_if(|&&(other, _)| other < term).is_some() {}
            if others.peek() == Some(&&(term, fact)) {
                joined.set_fact(term, fact);
                continue;
            }
            let other = there.known(self.terms, value);
            let known = if self.widen && other.or(fact) != fact {
                fact.widen(other)
            } else {
                fact.or(other)
            };
            if !known.is_any() {
                joined.set_fact(term, known);
            }
        }
        for (term, numbers) in &here.choices {
            let value = Value {
                term: *term,
                offset: 0,
            };
            if self.mentions_own_phi(value) {
                continue;
            }
            if let Some(others) = there.choices_of(*term) {
                let all = numbers.iter().chain(others).copied().collect();
                joined.set_choices(*term, all);
            }
        }
    }

    fn mentions_own_phi(&self, value: Value) -> bool {
        self.terms.has_phi_of(value, self.block)
    }
}

/// A number of so many bits, with its sign.
const fn signed(number: i64, bits: u8) -> i64 {
    let above = 64 - bits;
    number.wrapping_shl(above as u32) >> above
}

/// Lists the numbers that the distance from one place to another may be: a jump may go to what
/// their sum is.
fn list_choices(
    joined: &mut State,
    phi: Value,
    before: Value,
    by: Value,
    (here, there): (&State, &State),
) {
    let mut numbers = match here.choices_of(before.term) {
        _ if before == Value::constant(0) => vec![0],
        // A number that steps from turn to turn takes more values than are listed.
        _ if by.term == before.term && by.offset != 0 => return,
        Some(numbers) => numbers.to_vec(),
        None => return,
    };
    match (by.as_constant(), there.choices_of(by.term)) {
        (Some(number), _) => numbers.push(number as i64),
        (_, Some(more)) => numbers.extend(more.iter().map(|n| n.wrapping_add(by.offset))),
        _ => return,
    }
    joined.set_choices(phi.term, numbers);
}

/// One location for each way of differing, to name its phi. They are few.
struct Names(SmallVec<[(Difference, Location); 8]>);

impl Names {
    fn of(&self, difference: Difference) -> Option<Location> {
        let found = self.0.iter().find(|(other, _)| *other == difference);
        found.map(|&(_, location)| location)
    }

    fn set(&mut self, difference: Difference, location: Location) {
        match self.0.iter_mut().find(|(other, _)| *other == difference) {
            Some((_, name)) => *name = location,
            None => self.0.push((difference, location)),
        }
    }
}

/// The names: of several locations the first, or the one that named the phi before, where it
/// still differs in that way.
fn representatives(terms: &Terms, differing: &[Differing]) -> Names {
    let mut names = Names(SmallVec::new());
    for entry in differing {
        if names.of(entry.difference).is_none() {
            names.set(entry.difference, entry.location);
        }
    }
    for entry in differing {
        let named_by = match entry.difference {
            Difference::Distance { before, .. } => terms.sole_base(before),
            Difference::Values { here, .. } | Difference::Anything { here, .. } => {
                terms.sole_base(here)
            }
        };
        let Some(Base::Phi { location, .. }) = named_by.map(|base| terms.get(base)) else {
            continue;
        };
        if location == entry.location {
            names.set(entry.difference, location);
        }
    }
    names
}

fn set(state: &mut State, location: Location, value: Value) {
    match location {
        Location::Register(register) => state.registers[register.index()] = value,
        Location::Slot(term, offset) => {
            let key = (term, offset);
            if let Ok(index) = state
                .slots
                .binary_search_by_key(&key, |slot| (slot.term, slot.offset))
            {
                state.slots[index].value = value;
            }
        }
    }
}
