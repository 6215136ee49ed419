//! Which way was taken, where a later branch tells.
//!
//! Where two ways meet, what differs between them gets a phi, and what was learned on each of them
//! is lost: `test ecx, ecx; jz` skips the making of a pointer, the same test skips its use. So a
//! join notes by which term its ways are told apart. Once a branch teaches which way it was, the
//! phis are what they were on that way.

use std::sync::Arc;

use smallvec::SmallVec;

use super::known::Known;
use super::state::State;
use super::terms::{Base, BaseId, Location, TermId, Terms, Value};
use crate::registers::Register;

/// How many forks a state holds.
const MOST: usize = 6;

/// Two ways that met, and what tells them apart: on each way the term is what `ways` says, and
/// every phi is what it `is` there.
#[derive(Debug, Clone, PartialEq)]
pub struct Fork {
    term: TermId,
    ways: [Known; 2],
    phis: Vec<Phi>,
}

#[derive(Debug, Clone, PartialEq)]
struct Phi {
    base: BaseId,
    /// A location that held the phi, and this more, where the ways met.
    location: Location,
    more: Value,
    /// On each way; [`Value::ANYTHING`] where that is not known.
    is: [Value; 2],
    /// How far it is on each way from what registers hold where the ways meet: a loop moves all of
    /// them, turn for turn.
    beside: [Beside; 2],
}

type Beside = SmallVec<[(Register, u64); 2]>;

/// A block where ways meet: its state before, the other way's, and what they have been joined to.
pub(super) struct Meeting<'a> {
    pub(super) block: u32,
    pub(super) here: &'a State,
    pub(super) there: &'a State,
    pub(super) joined: &'a State,
    /// Whether what grows is given up.
    pub(super) widen: bool,
}

impl Meeting<'_> {
    /// The forks that hold behind the meeting; `differing` are the locations that got a phi.
    pub(super) fn forks(
        &self,
        terms: &mut Terms,
        differing: impl Iterator<Item = Location>,
    ) -> Vec<Arc<Fork>> {
        let apart = self.apart();
        if apart.is_empty() && self.here.forks.is_empty() {
            return Vec::new();
        }
        let own = self.own_phis(terms);
        let mut forks = Vec::new();
        for fork in &self.here.forks {
            match self.there.forks.contains(fork) {
                true if !fork.depends(terms, &own) => forks.push(Arc::clone(fork)),
                _ => forks.extend(self.one_fork(terms, fork, &own).map(Arc::new)),
            }
        }
        if apart.is_empty() {
            return forks;
        }
        let phis: Vec<Phi> = differing
            .filter_map(|location| self.phi(terms, location, &own))
            .collect();
        if phis.is_empty() {
            return forks;
        }
        for (term, ways) in apart {
            let value = Value { term, offset: 0 };
            let is_own = depends_on(terms, value, &own);
            let is_told = forks.iter().any(|fork| fork.term == term);
            if forks.len() < MOST && !is_own && !is_told {
                let phis = phis.clone();
                forks.push(Arc::new(Fork { term, ways, phis }));
            }
        }
        forks
    }

    /// The terms of which something else is known on each way.
    fn apart(&self) -> Vec<(TermId, [Known; 2])> {
        let mut others = self.there.facts.iter().peekable();
        let mut apart = Vec::new();
        for &(term, here) in &self.here.facts {
            while others.next_if(|&&(other, _)| other < term).is_some() {}
            if let Some(&&(other, there)) = others.peek()
                && other == term
                && here.and(there).is_empty()
            {
                apart.push((term, [here, there]));
            }
        }
        apart
    }

    /// The block's phis that its new state holds.
    fn own_phis(&self, terms: &Terms) -> Vec<BaseId> {
        let slots = self.joined.slots.iter().map(|slot| slot.value);
        let values = self.joined.registers.iter().copied().chain(slots);
        let mut own: Vec<BaseId> = values
            .filter(|&value| terms.has_phi(value))
            .flat_map(|value| terms.phis(value))
            .filter(|&base| self.is_own(terms, base))
            .collect();
        own.sort_unstable();
        own.dedup();
        own
    }

    fn is_own(&self, terms: &Terms, base: BaseId) -> bool {
        matches!(terms.get(base), Base::Phi { block, .. } if block == self.block)
    }

    /// What the phi of a location is on each way, where it matters.
    fn phi(&self, terms: &mut Terms, location: Location, own: &[BaseId]) -> Option<Phi> {
        let joined = self.joined.at(location)?;
        let parts = terms.parts(joined.term).iter();
        let mut phis = parts.filter(|&&(base, _)| self.is_own(terms, base));
        let (&(base, 1), None) = (phis.next()?, phis.next()) else {
            return None;
        };
        let (here, there) = (self.here.at(location)?, self.there.at(location)?);
        if !matters(terms, here) && !matters(terms, there) {
            return None;
        }
        let phi = terms.value_of_base(base);
        let more = terms.subtract(joined, phi);
        let is = [terms.subtract(here, more), terms.subtract(there, more)];
        let is_open = more == Value::ANYTHING || is == [Value::ANYTHING; 2];
        let is_stale = own.iter().any(|&phi| {
            let mut values = is.iter().chain([&more]);
            values.any(|&value| terms.depends(value, phi))
        });
        if is_open || is_stale {
            return None;
        }
        let beside = [
            beside(terms, self.here, is[0]),
            beside(terms, self.there, is[1]),
        ];
        Some(Phi {
            base,
            location,
            more,
            is,
            beside,
        })
    }

    /// A fork that both ways have, or one of this block.
    fn one_fork(&self, terms: &mut Terms, fork: &Fork, own: &[BaseId]) -> Option<Fork> {
        let is_own = fork.phis.iter().any(|phi| self.is_own(terms, phi.base));
        let mut others = self.there.forks.iter();
        match others.find(|other| other.term == fork.term && other.ways == fork.ways) {
            Some(other) if !is_own => self.shared_fork(terms, [fork, other], own),
            _ => self.joined_fork(terms, fork, own),
        }
    }

    /// A fork of another block that both ways have: a loop may have moved what it says of phis.
    fn shared_fork(&self, terms: &mut Terms, forks: [&Fork; 2], own: &[BaseId]) -> Option<Fork> {
        let Fork { term, ways, .. } = *forks[0];
        if depends_on(terms, Value { term, offset: 0 }, own) {
            return None;
        }
        let mut phis = Vec::new();
        for here in &forks[0].phis {
            let mut others = forks[1].phis.iter();
            let Some(there) = others.find(|there| there.base == here.base) else {
                continue;
            };
            let is = [0, 1].map(|way| {
                let [here_is, there_is] = [here, there].map(|phi| phi.is[way]);
                if here_is == there_is && !depends_on(terms, here_is, own) {
                    return here_is;
                }
                let beside = beside(terms, self.here, here_is);
                let mut beside = beside
                    .iter()
                    .filter(|&&place| is_beside(terms, self.there, there_is, place));
                let value = beside
                    .next()
                    .map(|&(register, apart)| self.joined.register(register).plus(apart as i64));
                let value = value.filter(|&value| !terms.depends(value, here.base));
                value.unwrap_or(Value::ANYTHING)
            });
            let is_same = here.more == there.more && !depends_on(terms, here.more, own);
            if is_same && is != [Value::ANYTHING; 2] {
                phis.push(Phi { is, ..here.clone() });
            }
        }
        (!phis.is_empty()).then_some(Fork { term, ways, phis })
    }

    /// A fork of this block, where the other way is one of its two ways again.
    fn joined_fork(&self, terms: &mut Terms, fork: &Fork, own: &[BaseId]) -> Option<Fork> {
        let value = Value {
            term: fork.term,
            offset: 0,
        };
        if depends_on(terms, value, own) {
            return None;
        }
        let known = self.there.known(terms, value);
        let way = fork.way(known)?;
        let mut ways = fork.ways;
        ways[way] = ways[way].or(known);
        let grows = ways != fork.ways;
        if (grows && self.widen) || !ways[0].and(ways[1]).is_empty() {
            return None;
        }
        let phis = fork.phis.iter();
        let phis: Vec<Phi> = phis
            .filter_map(|phi| self.joined_phi(terms, phi, way, own))
            .collect();
        let term = fork.term;
        (!phis.is_empty()).then_some(Fork { term, ways, phis })
    }

    /// A phi of such a fork. Where what it is on this way changed, it may still be as far from a
    /// register as it was.
    fn joined_phi(&self, terms: &mut Terms, phi: &Phi, way: usize, own: &[BaseId]) -> Option<Phi> {
        let (joined, there) = (self.joined.at(phi.location)?, self.there.at(phi.location)?);
        let is_still = self.is_own(terms, phi.base)
            && terms.subtract(joined, phi.more) == terms.value_of_base(phi.base)
            && !depends_on(terms, phi.more, own);
        if !is_still {
            return None;
        }
        let now = terms.subtract(there, phi.more);
        let mut beside = phi.beside.clone();
        beside[way].retain(|&mut place| is_beside(terms, self.there, now, place));
        let is = [0, 1].map(|other| {
            let is = phi.is[other];
            if !depends_on(terms, is, own) && (other != way || is == now) {
                return is;
            }
            let others = beside[other]
                .iter()
                .map(|&(register, apart)| self.joined.register(register).plus(apart as i64));
            let mut others = others.filter(|&value| !terms.depends(value, phi.base));
            others.next().unwrap_or(Value::ANYTHING)
        });
        (is != [Value::ANYTHING; 2]).then_some(Phi {
            is,
            beside,
            ..phi.clone()
        })
    }
}

/// The registers that are addresses of the frame a number of bytes from another, and the number.
fn beside(terms: &mut Terms, state: &State, value: Value) -> Beside {
    let mut found = Beside::new();
    if !terms.is_frame(value) {
        return found;
    }
    for register in (0..16).map(Register::general) {
        let other = state.register(register);
        if terms.is_frame(other)
            && let Some(apart) = terms.subtract(value, other).as_constant()
        {
            found.push((register, apart));
        }
    }
    found
}

/// Whether a value is so many bytes from what a register holds.
fn is_beside(
    terms: &mut Terms,
    state: &State,
    value: Value,
    (register, apart): (Register, u64),
) -> bool {
    let distance = terms.subtract(value, state.register(register));
    distance.as_constant() == Some(apart)
}

impl Fork {
    /// The way on which a term can be what is known of it, if it is one.
    fn way(&self, known: Known) -> Option<usize> {
        let is = |way: usize| !known.and(self.ways[way]).is_empty();
        match [is(0), is(1)] {
            [true, false] => Some(0),
            [false, true] => Some(1),
            _ => None,
        }
    }

    /// Whether it speaks of something that these stand for, its own phis aside.
    fn depends(&self, terms: &Terms, on: &[BaseId]) -> bool {
        let term = Value {
            term: self.term,
            offset: 0,
        };
        let is_own = |phi: &Phi| on.contains(&phi.base);
        depends_on(terms, term, on)
            || self
                .phis
                .iter()
                .any(|phi| is_own(phi) || phi.depends(terms, on))
    }
}

impl Phi {
    fn depends(&self, terms: &Terms, on: &[BaseId]) -> bool {
        let mut values = self.is.iter().chain([&self.more]);
        values.any(|&value| depends_on(terms, value, on))
    }
}

/// Whether a value speaks of any of these.
fn depends_on(terms: &Terms, value: Value, on: &[BaseId]) -> bool {
    on.iter().any(|&base| terms.depends(value, base))
}

impl State {
    /// Puts what phis were on the way that is now known to have been taken in their place.
    pub(super) fn take_ways(&mut self, terms: &mut Terms) {
        let mut index = 0;
        while let Some(fork) = self.forks.get(index) {
            let term = Value {
                term: fork.term,
                offset: 0,
            };
            let Some(way) = fork.way(self.known(terms, term)) else {
                index += 1;
                continue;
            };
            let fork = self.forks.remove(index);
            for phi in fork
                .phis
                .iter()
                .filter(|phi| phi.is[way] != Value::ANYTHING)
            {
                self.replace(terms, phi.base, phi.is[way]);
            }
        }
    }

    /// Forgets the forks that speak of a name that is given to a new value.
    pub(super) fn forget_forks(&mut self, terms: &Terms, name: BaseId) {
        self.forks.retain(|fork| !fork.depends(terms, &[name]));
    }
}

/// Whether it helps to know a value again: an address of the frame, a place in the code, garbage,
/// or what is kept for the caller.
fn matters(terms: &Terms, value: Value) -> bool {
    terms.matters(value)
        || terms.as_place(value).is_some()
        || matches!(terms.as_base(value), Some(Base::Entry(register)) if terms.is_kept_for_caller(register))
}
