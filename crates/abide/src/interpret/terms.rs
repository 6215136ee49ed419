//! Values as linear terms over bases, each written down once.
//!
//! A [`Value`] is `sum(coefficient × base) + offset`, modulo 2^64. A base is
//! something that the analysis cannot take apart: a register at the entry, a
//! loaded word, the phi of a join, a non-linear function of other values.
//! Terms are interned, so that equality is one comparison of two numbers.

mod addresses;
mod base;
mod flags;
mod garbage;
mod halves;
mod inherent;
mod origins;
mod phis;
mod sums;
mod value;

use std::rc::Rc;

use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;

use super::known::Known;
use crate::contracts::Contract;
use crate::machine::Operation;
use crate::registers::{Register, RegisterSet};

use base::is_operation;
pub use base::{Base, Function};
pub(super) use base::{congruent_to, low_bits_of};
pub use garbage::Garbage;
use sums::Recent;
pub(super) use value::Location;
pub use value::{BaseId, TermId, Value};

/// What is remembered of a base.
#[derive(Debug, Clone)]
struct BaseData {
    base: Base,
    /// Bits that may hold garbage.
    undefined: u64,
    /// Range and congruence that follow from the base itself.
    known: Known,
    /// Which sites and phis it is computed from, as a Bloom filter.
    origins: u64,
    /// It is computed from SP at the entry, but not as an address with a known place.
    touches_frame: bool,
    /// How many bases it takes to write it down.
    size: u32,
}

/// How many bases an analysis usually has.
const USUAL: usize = 224;

/// The most bases that a function may be written with: walks over it stay short.
const MOST_BASES: u32 = 48;

type Parts = SmallVec<[(BaseId, i64); 2]>;

/// What is remembered of a term, so that the common questions take no walk over its parts.
#[derive(Debug, Default)]
struct TermData {
    parts: Parts,
    /// How often SP at the entry is in it.
    frame: i64,
    /// SP at the entry is in it in some other way.
    touches_frame: bool,
    /// Some of its bits may hold garbage.
    is_undefined: bool,
    /// An argument is in it that points to something of a known layout.
    is_pointer: bool,
    /// A phi is one of its parts, or of the parts of what they are the low bits of.
    has_phi: bool,
    /// One of its parts is `-(x & y)`, which may align the rest.
    may_align: bool,
    /// One of its parts is the low bits of something of which more may be known.
    has_low_bits: bool,
    /// Which sites and phis it is computed from, as a Bloom filter.
    origins: u64,
}

/// The bases and terms of one analysis.
#[derive(Debug)]
pub struct Terms {
    bases: Vec<BaseData>,
    base_ids: FxHashMap<Base, BaseId>,
    terms: Vec<TermData>,
    recent: Recent,
    term_ids: FxHashMap<Parts, TermId>,
    /// For each base, the term that is this base once.
    single: Vec<TermId>,
    /// The numbers that a base may be, where they are listed.
    pub(super) listed: FxHashMap<BaseId, Rc<[u64]>>,
    /// What the root may use of its entry.
    contract: Contract,
    kept_for_caller: RegisterSet,
    lost: u32,
}

impl Terms {
    /// No terms but the well-known ones, for a root with this contract; SP is `residue` modulo
    /// 2^`log2` at the entry.
    #[must_use]
    pub fn new(contract: Contract, stack_log2: u8, stack_residue: u64) -> Self {
        let mut terms = Self {
            bases: Vec::with_capacity(USUAL),
            base_ids: FxHashMap::with_capacity_and_hasher(USUAL, FxBuildHasher),
            terms: Vec::with_capacity(2 * USUAL),
            recent: Recent::new(),
            term_ids: FxHashMap::default(),
            single: Vec::with_capacity(USUAL),
            listed: FxHashMap::default(),
            kept_for_caller: contract.kept_for_caller(),
            contract,
            lost: 0,
        };
        terms.terms.push(TermData::default());
        for base in [Base::Frame, Base::Anything, Base::ReturnAddress] {
            terms.base(base);
        }
        terms.bases[0].known = Known::congruent(stack_log2, stack_residue);
        terms
    }

    /// Whether a value goes by the name of a whole vector register: its low bits are not it.
    #[must_use]
    pub fn is_wide(&self, value: Value) -> bool {
        match self.as_base(value) {
            Some(
                Base::Entry(register)
                | Base::Phi {
                    location: Location::Register(register),
                    ..
                },
            ) => register.is_vector(),
            Some(Base::Function { function, .. }) => function == Function::Whole,
            _ => false,
        }
    }

    /// The contract of the root.
    #[must_use]
    pub const fn contract(&self) -> &Contract {
        &self.contract
    }

    /// The bytes of a return address, and of each word of the stack.
    #[must_use]
    pub fn word(&self) -> i64 {
        self.contract.word()
    }

    /// The bits of an address, and of a general register.
    #[must_use]
    pub const fn word_bits(&self) -> u8 {
        self.contract.convention.set.bits()
    }

    /// Whether the root's convention passes parameters in a register.
    #[must_use]
    pub fn passes_parameters(&self, register: Register) -> bool {
        self.contract.passes_parameters(register)
    }

    /// Whether a root may hold a register's entry value for nothing but to give it back.
    #[must_use]
    pub fn is_kept_for_caller(&self, register: Register) -> bool {
        self.kept_for_caller.contains(register)
    }

    /// The value that a base stands for, and whether the base is new.
    pub fn base_is_new(&mut self, base: Base) -> (Value, bool) {
        if let Some(&id) = self.base_ids.get(&base) {
            return (self.value_of(id), false);
        }
        let id = BaseId(self.bases.len() as u32);
        let data = BaseData {
            base,
            undefined: self.undefined_bits_of(base),
            known: self.inherent(base),
            origins: self.origins_of(base, id),
            touches_frame: self.touches_frame_of(base),
            size: self.size_of(base),
        };
        self.bases.push(data);
        self.base_ids.insert(base, id);
        let term = self.push_term(&[(id, 1)]);
        self.single.push(term);
        if !self.listed.is_empty()
            && let Some(numbers) = self.list_function(base)
        {
            self.list(id, numbers);
        }
        (self.value_of(id), true)
    }

    /// The value that a base stands for.
    pub fn base(&mut self, base: Base) -> Value {
        self.base_is_new(base).0
    }

    /// The value of a function, unless it takes too much to write it down.
    pub fn named_function(&mut self, function: Function, bits: u8, inputs: [Value; 2]) -> Value {
        let base = Base::Function {
            function,
            bits,
            inputs,
        };
        if self.size_of(base) <= MOST_BASES {
            return self.base(base);
        }
        self.without_details(&inputs)
    }

    fn size_of(&self, base: Base) -> u32 {
        let of = |value: Value| -> u32 {
            let parts = self.parts(value.term).iter();
            parts.map(|&(id, _)| self.bases[id.0 as usize].size).sum()
        };
        match base {
            Base::Function { inputs, .. } => 1 + of(inputs[0]) + of(inputs[1]),
            Base::Memory(address, _) => 1 + of(address),
            _ => 1,
        }
    }

    fn value_of(&self, id: BaseId) -> Value {
        Value {
            term: self.single[id.0 as usize],
            offset: 0,
        }
    }

    /// What a base is.
    #[must_use]
    pub fn get(&self, id: BaseId) -> Base {
        self.bases[id.0 as usize].base
    }

    /// The bases of a term with their coefficients.
    #[must_use]
    pub fn parts(&self, term: TermId) -> &[(BaseId, i64)] {
        &self.terms[term.0 as usize].parts
    }

    /// The base, if the value is exactly one base.
    #[must_use]
    pub fn as_base(&self, value: Value) -> Option<Base> {
        match self.parts(value.term) {
            &[(id, 1)] if value.offset == 0 => Some(self.get(id)),
            _ => None,
        }
    }

    fn intern(&mut self, parts: Parts) -> TermId {
        if parts.is_empty() {
            return TermId(0);
        }
        if let [(id, 1)] = parts[..] {
            return self.single[id.0 as usize];
        }
        if let Some(&term) = self.term_ids.get(&parts) {
            return term;
        }
        let term = self.push_term(&parts);
        self.term_ids.insert(parts, term);
        term
    }

    fn push_term(&mut self, parts: &[(BaseId, i64)]) -> TermId {
        let mut data = TermData {
            parts: Parts::from_slice(parts),
            ..TermData::default()
        };
        for &(id, factor) in parts {
            let base = &self.bases[id.0 as usize];
            match id.0 {
                0 => data.frame = factor,
                _ => data.touches_frame |= base.touches_frame,
            }
            data.is_undefined |= base.undefined != 0;
            data.is_pointer |= match base.base {
                Base::Entry(register) => self.contract.has_pointee(register),
                _ => false,
            };
            data.has_phi |= match base.base {
                Base::Phi { .. } => true,
                ref other => low_bits_of(other).is_some_and(|(inner, _)| self.has_phi(inner)),
            };
            data.may_align |= factor == -1 && is_operation(base.base, Operation::And);
            data.has_low_bits |= congruent_to(&base.base).is_some();
            data.origins |= base.origins;
        }
        self.terms.push(data);
        TermId(self.terms.len() as u32 - 1)
    }

    fn data(&self, value: Value) -> &TermData {
        &self.terms[value.term.0 as usize]
    }

    /// Whether a part of the value may align the rest: see [`super::State::known`].
    #[must_use]
    pub fn may_align(&self, value: Value) -> bool {
        self.data(value).may_align
    }

    /// Whether a part of the value is the low bits of another.
    #[must_use]
    pub fn has_low_bits(&self, value: Value) -> bool {
        self.data(value).has_low_bits
    }

    /// How many bytes the bases and terms take, nearly.
    pub(super) fn size(&self) -> usize {
        // Each is the key of a table as well.
        let base = size_of::<BaseData>() + 2 * size_of::<Base>();
        let term = size_of::<TermData>() + 2 * size_of::<Parts>();
        self.bases.len() * base + self.terms.len() * term
    }

    /// Whether the value is a number with a name that is no address of the frame and no garbage.
    #[must_use]
    pub(super) fn is_plain(&self, value: Value) -> bool {
        let data = self.data(value);
        let is_watched = data.is_undefined || data.is_pointer;
        value != Value::ANYTHING && data.frame == 0 && !data.touches_frame && !is_watched
    }

    /// The term that is this base once.
    #[must_use]
    pub fn single_term(&self, base: BaseId) -> TermId {
        self.single[base.0 as usize]
    }

    /// How often a base is in a value.
    #[must_use]
    pub fn factor_of(&self, value: Value, base: BaseId) -> i64 {
        let mut parts = self.parts(value.term).iter();
        parts.find(|part| part.0 == base).map_or(0, |part| part.1)
    }

    /// The base that a value is exactly once, whatever its offset.
    #[must_use]
    pub fn sole_base(&self, value: Value) -> Option<BaseId> {
        match self.parts(value.term) {
            &[(id, 1)] => Some(id),
            _ => None,
        }
    }
}

/// The low `bits` bits set.
#[must_use]
pub(super) const fn mask(bits: u8) -> u64 {
    if bits >= 64 {
        u64::MAX
    } else {
        (1 << bits) - 1
    }
}
