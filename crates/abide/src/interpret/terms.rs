//! Values as linear terms over bases, each written down once.
//!
//! A [`Value`] is `sum(coefficient × base) + offset`, modulo 2^64. A base is
//! something that the analysis cannot take apart: a register at the entry, a
//! loaded word, the phi of a join, a non-linear function of other values.
//! Terms are interned, so that equality is one comparison of two numbers.

use std::rc::Rc;

use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;

use super::known::Known;
use crate::contracts::Contract;
use crate::inputs::{ImageSymbol, Place, SectionId};
use crate::machine::{Condition, Operation};
use crate::registers::{Flags, Register, RegisterSet};

/// A base, by its place in [`Terms`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BaseId(pub u32);

/// A linear combination of bases, by its place in [`Terms`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TermId(pub u32);

/// A 64-bit value, or a wider one that a single base stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value {
    /// The part that is not a number.
    pub term: TermId,
    /// The number that is added to it.
    pub offset: i64,
}

impl Value {
    /// SP at the entry of the root.
    pub const FRAME: Self = Self {
        term: TermId(1),
        offset: 0,
    };
    /// A value of which nothing is known, and which equals no other.
    pub const ANYTHING: Self = Self {
        term: TermId(2),
        offset: 0,
    };
    /// The return address that the root was entered with.
    pub const RETURN_ADDRESS: Self = Self {
        term: TermId(3),
        offset: 0,
    };

    /// A number.
    #[must_use]
    pub const fn constant(number: u64) -> Self {
        Self {
            term: TermId(0),
            offset: number as i64,
        }
    }

    /// The number, if it is one.
    #[must_use]
    pub const fn as_constant(self) -> Option<u64> {
        match self.term {
            TermId(0) => Some(self.offset as u64),
            _ => None,
        }
    }

    /// The value plus a number.
    #[must_use]
    pub const fn plus(self, number: i64) -> Self {
        if self.term.0 == Self::ANYTHING.term.0 {
            return Self::ANYTHING;
        }
        Self {
            term: self.term,
            offset: self.offset.wrapping_add(number),
        }
    }
}

/// What a value holds that the root may not rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Garbage {
    /// The undefined entry register or call result that it comes from.
    pub source: BaseId,
    /// It is there only where a search for a set bit (`bsf`, `bsr`) finds none and leaves its
    /// target.
    pub is_left: bool,
}

impl Garbage {
    /// Garbage that is there for sure, before what a search may leave.
    pub(super) fn surest(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut left = None;
        for garbage in all {
            if !garbage.is_left {
                return Some(garbage);
            }
            left = left.or(Some(garbage));
        }
        left
    }
}

/// A place in the state that a join may have to name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Location {
    /// A register.
    Register(Register),
    /// A slot of the frame, by the symbolic part and the number of its address.
    Slot(TermId, i64),
}

/// What the analysis cannot take apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Base {
    /// SP at the entry of the root.
    Frame,
    /// No identity: see [`Value::ANYTHING`].
    Anything,
    /// The return address of the root.
    ReturnAddress,
    /// A register at the entry; of a wider register its low bits, as many as the place holds.
    Entry(Register),
    /// What the caller left at this offset from SP at the entry, and how many bytes of it.
    Argument(i64, u16),
    /// The start of a section.
    Section(SectionId),
    /// The address of a symbol that the unit does not define.
    External(ImageSymbol),
    /// The address of the global offset table.
    Got,
    /// The address of a symbol's entry in the global offset table.
    GotEntry(ImageSymbol),
    /// Constant memory at this address: `bytes` of it, zero-extended.
    Memory(Value, u8),
    /// A pure function; its result has `bits` bits.
    Function {
        /// What is computed.
        function: Function,
        /// The width.
        bits: u8,
        /// The inputs.
        inputs: [Value; 2],
    },
    /// The result of an instruction that the analysis does not follow: a load
    /// from elsewhere, a vector move, what a call leaves behind.
    Site {
        /// The calling context.
        context: u32,
        /// The instruction.
        place: Place,
        /// Which of its results: a [`Register`] number or a temporary's.
        output: u8,
        /// The number of low bits that may be set.
        bits: u8,
        /// It is what a call left in a register that the callee may clobber.
        lost: Option<Register>,
    },
    /// A value that differs between the ways into a block.
    Phi {
        /// The block.
        block: u32,
        /// The location that names it; others share it that hold the same.
        location: Location,
        /// It is a distance from the location's first value, rather than the value itself.
        distance: bool,
        /// Garbage that reaches it on some way.
        undefined: Option<Garbage>,
        /// The lowest bit that this one may make undefined.
        undefined_from: u8,
        /// An address of the frame reaches it on some way.
        frame: bool,
        /// It is counted from what the caller gave, on every way.
        callers: bool,
    },
    /// A value that is no longer written down: the name was taken over by a later turn of a
    /// loop, or it is a function of too many others.
    Lost {
        /// A number of its own: two of them are never known to be equal.
        number: u32,
        /// Garbage that is in it.
        undefined: Option<Garbage>,
        /// The lowest bit that this one may make undefined.
        undefined_from: u8,
        /// An address of the frame is in it.
        frame: bool,
    },
    /// The flags as a word.
    FlagsWord {
        /// The calling context.
        context: u32,
        /// The instruction that read them.
        place: Place,
        /// DF: clear, set or not known.
        direction: Option<bool>,
        /// AC.
        alignment: Option<bool>,
        /// NT.
        nested: Option<bool>,
    },
}

/// A pure function of one or two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// An operation of the machine.
    Operation(Operation),
    /// The low bits of the input.
    Truncate,
    /// The first input with `bits` at `low` replaced by the second.
    Insert {
        /// The lowest replaced bit.
        low: u8,
    },
    /// The first input shifted right, then truncated: `ah`.
    Slice {
        /// The lowest bit taken.
        low: u8,
    },
    /// 1 if the condition holds after the operation on the inputs, else 0.
    Condition(Condition, Operation),
}

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

/// The last combinations of two terms: an analysis asks for the same few again and again.
#[derive(Debug)]
struct Recent(Vec<(TermId, TermId, i64, TermId)>);

impl Recent {
    fn new() -> Self {
        let nothing = TermId(u32::MAX);
        Self(vec![(nothing, nothing, 0, nothing); 256])
    }

    fn slot(a: TermId, scale: i64, b: TermId) -> usize {
        let mixed = (a.0 ^ b.0.rotate_left(16) ^ (scale as u32) << 8).wrapping_mul(0x9E37_79B1);
        (mixed >> 24) as usize
    }

    fn get(&self, a: TermId, scale: i64, b: TermId) -> Option<TermId> {
        let (left, right, by, result) = self.0[Self::slot(a, scale, b)];
        (left == a && right == b && by == scale).then_some(result)
    }

    fn put(&mut self, a: TermId, scale: i64, b: TermId, result: TermId) {
        self.0[Self::slot(a, scale, b)] = (a, b, scale, result);
    }
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

    /// Whether an address lies in what the caller left on the stack, above the return address.
    #[must_use]
    pub fn is_callers(&self, address: Value) -> bool {
        address.term == Value::FRAME.term && address.offset >= self.word()
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

    /// A value made of others of which nothing is known but what must not be forgotten: that
    /// garbage or an address of the frame is in it.
    pub fn without_details(&mut self, of: &[Value]) -> Value {
        if of.iter().any(|&value| self.matters(value)) {
            self.lost_from(of, 0)
        } else {
            Value::ANYTHING
        }
    }

    /// A value of which nothing is known but that garbage is in it, if any is.
    pub fn garbage(&mut self, undefined: Option<Garbage>) -> Value {
        match undefined {
            Some(_) => self.new_lost(undefined, 0, false),
            None => Value::ANYTHING,
        }
    }

    /// Whether garbage or an address of the frame is in a value.
    #[must_use]
    pub fn matters(&self, value: Value) -> bool {
        self.has_frame(value) || self.undefined_source(value).is_some()
    }

    /// Whether an address of the frame is in a value.
    #[must_use]
    pub fn has_frame(&self, value: Value) -> bool {
        let (coefficient, touched) = self.frame_part(value);
        value != Value::ANYTHING && (coefficient != 0 || touched)
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

    /// A new name for a value that is no longer written down.
    pub fn lost(&mut self, value: Value) -> Value {
        let from = self.undefined_from(&[value]);
        self.lost_from(&[value], from)
    }

    /// The lowest bit of any of the values that may hold garbage.
    #[must_use]
    pub fn undefined_from(&self, values: &[Value]) -> u8 {
        let bits = values.iter().map(|&value| self.undefined_bits(value));
        let lowest = bits.fold(0, |all, bits| all | bits).trailing_zeros();
        lowest.min(63) as u8
    }

    /// A new name for a value made of others.
    fn lost_from(&mut self, of: &[Value], undefined_from: u8) -> Value {
        let garbage = of.iter().filter_map(|&value| self.undefined_source(value));
        let undefined = Garbage::surest(garbage);
        let frame = of.iter().any(|&value| self.has_frame(value));
        self.new_lost(undefined, undefined_from, frame)
    }

    fn new_lost(&mut self, undefined: Option<Garbage>, undefined_from: u8, frame: bool) -> Value {
        self.lost += 1;
        self.base(Base::Lost {
            number: self.lost,
            undefined,
            undefined_from,
            frame,
        })
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

    /// The place, if the value is an address in a section.
    #[must_use]
    pub fn as_place(&self, value: Value) -> Option<Place> {
        match self.parts(value.term) {
            &[(id, 1)] => match self.get(id) {
                Base::Section(section) => Some(Place {
                    section,
                    offset: value.offset,
                }),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a base is an address: what is counted from it stays near it.
    fn is_address(base: Base) -> bool {
        matches!(
            base,
            Base::Frame
                | Base::ReturnAddress
                | Base::Section(_)
                | Base::External(_)
                | Base::Got
                | Base::GotEntry(_)
        )
    }

    /// The base that a value counts from, if it is the sum of one address and distances.
    pub(super) fn address_in(&self, value: Value) -> Option<BaseId> {
        let parts = self.parts(value.term).iter();
        let mut addresses = parts.filter(|&&(id, _)| Self::is_address(self.get(id)));
        let &(id, factor) = addresses.next()?;
        (factor == 1 && addresses.next().is_none()).then_some(id)
    }

    /// The value of a place.
    pub fn place(&mut self, place: Place) -> Value {
        self.base(Base::Section(place.section)).plus(place.offset)
    }

    /// The address of a place whose section the linker puts at a multiple of `align`.
    pub fn place_aligned(&mut self, place: Place, align: u64) -> Value {
        let value = self.place(place);
        if let Some(base) = self.sole_base(value) {
            let log2 = align.max(1).trailing_zeros().min(63) as u8;
            self.bases[base.0 as usize].known = Known::congruent(log2, 0);
        }
        value
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
                other => low_bits_of(other).is_some_and(|(inner, _)| self.has_phi(inner)),
            };
            data.may_align |= factor == -1 && is_operation(base.base, Operation::And);
            data.has_low_bits |= congruent_to(base.base).is_some();
            data.origins |= base.origins;
        }
        self.terms.push(data);
        TermId(self.terms.len() as u32 - 1)
    }

    /// `a + scale × b`.
    pub fn combine(&mut self, a: Value, scale: i64, b: Value) -> Value {
        if a == Value::ANYTHING || b == Value::ANYTHING {
            return Value::ANYTHING;
        }
        let offset = a.offset.wrapping_add(b.offset.wrapping_mul(scale));
        if b.term == TermId(0) || scale == 0 {
            return Value { offset, ..a };
        }
        if a.term == b.term && scale == -1 {
            return Value::constant(offset as u64);
        }
        let term = match self.recent.get(a.term, scale, b.term) {
            Some(term) => term,
            None => {
                let term = self.combine_terms(a.term, scale, b.term);
                self.recent.put(a.term, scale, b.term, term);
                term
            }
        };
        match term {
            term if term == Value::ANYTHING.term => Value::ANYTHING,
            term => Value { term, offset },
        }
    }

    fn combine_terms(&mut self, a: TermId, scale: i64, b: TermId) -> TermId {
        let mut parts = Parts::new();
        let (left, right) = (self.parts(a), self.parts(b));
        let (mut i, mut j) = (0, 0);
        while i < left.len() || j < right.len() {
            let take_left = j >= right.len() || (i < left.len() && left[i].0 < right[j].0);
            if take_left {
                parts.push(left[i]);
                i += 1;
            } else if i >= left.len() || right[j].0 < left[i].0 {
                let scaled = right[j].1.wrapping_mul(scale);
                if scaled != 0 {
                    parts.push((right[j].0, scaled));
                }
                j += 1;
            } else {
                let sum = left[i].1.wrapping_add(right[j].1.wrapping_mul(scale));
                if sum != 0 {
                    parts.push((left[i].0, sum));
                }
                i += 1;
                j += 1;
            }
        }
        // A combination of many bases is a number like any other: past some
        // length its parts tell nothing that would be used.
        if parts.len() > 8 {
            return Value::ANYTHING.term;
        }
        self.intern(parts)
    }

    /// `a + b`.
    pub fn add(&mut self, a: Value, b: Value) -> Value {
        self.combine(a, 1, b)
    }

    /// `a - b`.
    pub fn subtract(&mut self, a: Value, b: Value) -> Value {
        if a == b && a != Value::ANYTHING {
            return Value::constant(0);
        }
        self.combine(a, -1, b)
    }

    /// `a × scale`.
    pub fn scale(&mut self, a: Value, scale: i64) -> Value {
        self.combine(Value::constant(0), scale, a)
    }

    fn data(&self, value: Value) -> &TermData {
        &self.terms[value.term.0 as usize]
    }

    /// Whether a phi is one of the value's parts, or of what they are the low bits of.
    #[must_use]
    pub fn has_phi(&self, value: Value) -> bool {
        self.data(value).has_phi
    }

    /// The phis among a value's parts, and among the parts of what these are the low bits of.
    pub(super) fn phis(&self, value: Value) -> impl Iterator<Item = BaseId> {
        let ids = |value: Value| self.parts(value.term).iter().map(|part| part.0);
        let with_inner = move |id| {
            let inner = low_bits_of(self.get(id)).into_iter();
            std::iter::once(id).chain(inner.flat_map(move |(inner, _)| ids(inner)))
        };
        ids(value)
            .flat_map(with_inner)
            .filter(|&id| matches!(self.get(id), Base::Phi { .. }))
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

    /// Whether some bits of the value may hold garbage.
    #[must_use]
    pub fn is_undefined(&self, value: Value) -> bool {
        self.data(value).is_undefined
    }

    /// How many bytes the bases and terms take, nearly.
    pub(super) fn size(&self) -> usize {
        // Each is the key of a table as well.
        let base = size_of::<BaseData>() + 2 * size_of::<Base>();
        let term = size_of::<TermData>() + 2 * size_of::<Parts>();
        self.bases.len() * base + self.terms.len() * term
    }

    /// The argument that an address counts from, where it points to something of a known layout.
    #[must_use]
    pub(super) fn pointer_of(&self, address: Value) -> Option<Register> {
        if !self.data(address).is_pointer {
            return None;
        }
        match self.get(self.sole_base(address)?) {
            Base::Entry(register) => Some(register),
            _ => None,
        }
    }

    /// Whether the value is a number with a name that is no address of the frame and no garbage.
    #[must_use]
    pub(super) fn is_plain(&self, value: Value) -> bool {
        let data = self.data(value);
        let is_watched = data.is_undefined || data.is_pointer;
        value != Value::ANYTHING && data.frame == 0 && !data.touches_frame && !is_watched
    }

    /// Whether an address in a section is one of the value's parts.
    #[must_use]
    pub(super) fn has_section(&self, value: Value) -> bool {
        let mut parts = self.parts(value.term).iter();
        parts.any(|&(base, _)| matches!(self.get(base), Base::Section(_)))
    }

    /// How often SP at the entry is in the value, and whether it is in it in no other way.
    #[must_use]
    pub fn frame_part(&self, value: Value) -> (i64, bool) {
        let data = self.data(value);
        (data.frame, data.touches_frame)
    }

    /// Whether an address is counted from a pointer that the caller gave, which leads into no
    /// frame that did not exist yet.
    pub(super) fn is_callers_pointer(&mut self, address: Value) -> bool {
        let whole = self.strip_for_low_bits(address, self.word_bits());
        let mut parts = self.parts(whole.term).iter();
        parts.any(|&(base, factor)| {
            factor == 1
                && matches!(
                    self.get(base),
                    Base::Entry(_) | Base::Argument(..) | Base::Phi { callers: true, .. }
                )
        })
    }

    /// Whether the value is an address of the frame: SP at the entry plus
    /// something that is not an address.
    #[must_use]
    pub fn is_frame(&self, value: Value) -> bool {
        value.term == Value::FRAME.term || self.frame_part(value).0 == 1
    }

    /// Bits of the value that may hold garbage.
    #[must_use]
    pub fn undefined_bits(&self, value: Value) -> u64 {
        let mut mask = 0;
        for &(id, factor) in self.parts(value.term) {
            let bits = self.bases[id.0 as usize].undefined;
            mask |= spread_upwards(bits.wrapping_shl(factor.trailing_zeros() & 63));
        }
        match self.parts(value.term) {
            // A base alone keeps its exact bits.
            &[(id, 1)] if value.offset == 0 => self.bases[id.0 as usize].undefined,
            _ => mask,
        }
    }

    /// The garbage that a value comes from.
    #[must_use]
    pub fn undefined_source(&self, value: Value) -> Option<Garbage> {
        self.garbage_in(value, 64)
    }

    fn garbage_in(&self, value: Value, depth: u32) -> Option<Garbage> {
        let parts = self.parts(value.term).iter();
        let undefined = parts.filter(|(id, _)| self.bases[id.0 as usize].undefined != 0);
        Garbage::surest(undefined.filter_map(|&(id, _)| self.garbage_in_base(id, depth)))
    }

    fn garbage_in_base(&self, id: BaseId, depth: u32) -> Option<Garbage> {
        let depth = depth.checked_sub(1)?;
        match self.get(id) {
            Base::Entry(_) | Base::Argument(..) | Base::Site { .. } => Some(Garbage {
                source: id,
                is_left: false,
            }),
            Base::Phi { undefined, .. } | Base::Lost { undefined, .. } => undefined,
            Base::Function {
                function: Function::Operation(Operation::LowestSet | Operation::HighestSet),
                inputs: [searched, old],
                ..
            } => {
                let left = self.garbage_in(old, depth);
                let left = left.map(|garbage| Garbage {
                    is_left: true,
                    ..garbage
                });
                Garbage::surest(self.garbage_in(searched, depth).into_iter().chain(left))
            }
            Base::Function { inputs, .. } => {
                let inputs = inputs.iter();
                Garbage::surest(inputs.filter_map(|&input| self.garbage_in(input, depth)))
            }
            _ => None,
        }
    }

    /// Takes in what is known of a base for good.
    pub(super) fn learn_inherent(&mut self, id: BaseId, known: Known) {
        let data = &mut self.bases[id.0 as usize];
        data.known = data.known.and(known);
    }

    /// Range and congruence that follow from a base itself.
    #[must_use]
    pub fn inherent_known(&self, id: BaseId) -> Known {
        self.bases[id.0 as usize].known
    }

    /// Whether a value is computed from addresses or constants of the image.
    #[must_use]
    pub fn comes_from_image(&self, value: Value) -> bool {
        self.parts(value.term)
            .iter()
            .any(|&(id, _)| match self.get(id) {
                Base::Section(_) | Base::Memory(..) => true,
                Base::Function { inputs, .. } => inputs.iter().any(|&i| self.comes_from_image(i)),
                _ => false,
            })
    }

    /// Whether a value is, or is computed from, this site or phi.
    #[must_use]
    #[inline]
    pub fn depends(&self, value: Value, on: BaseId) -> bool {
        let bit = bloom(on);
        self.data(value).origins & bit != 0 && self.parts_depend(value.term, on, bit)
    }

    fn parts_depend(&self, term: TermId, on: BaseId, bit: u64) -> bool {
        let parts = self.parts(term).iter();
        parts
            .map(|part| part.0)
            .any(|id| self.base_depends(id, on, bit))
    }

    fn base_depends(&self, id: BaseId, on: BaseId, bit: u64) -> bool {
        if id == on {
            return true;
        }
        let data = &self.bases[id.0 as usize];
        if data.origins & bit == 0 {
            return false;
        }
        match data.base {
            Base::Function { inputs, .. } => inputs.iter().any(|&input| self.depends(input, on)),
            Base::Memory(address, _) => self.depends(address, on),
            _ => false,
        }
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

    fn origins_of(&self, base: Base, id: BaseId) -> u64 {
        let of = |value: Value| self.data(value).origins;
        match base {
            Base::Site { .. } | Base::FlagsWord { .. } | Base::Phi { .. } => bloom(id),
            Base::Function { inputs, .. } => of(inputs[0]) | of(inputs[1]),
            Base::Memory(address, _) => of(address),
            _ => 0,
        }
    }

    fn touches_frame_of(&self, base: Base) -> bool {
        let of = |value: Value| {
            let (coefficient, touched) = self.frame_part(value);
            coefficient != 0 || touched
        };
        match base {
            // The distance from an aligned address to its frame is no address.
            Base::Function {
                function: Function::Operation(Operation::And),
                inputs,
                ..
            } => match inputs[1].as_constant() {
                Some(mask) if mask < 1 << 16 => false,
                _ => of(inputs[0]) || of(inputs[1]),
            },
            Base::Function {
                function: Function::Condition(..),
                ..
            } => false,
            Base::Function { inputs, .. } => of(inputs[0]) || of(inputs[1]),
            Base::Phi { frame, .. } | Base::Lost { frame, .. } => frame,
            _ => false,
        }
    }

    fn undefined_bits_of(&self, base: Base) -> u64 {
        match base {
            Base::Entry(register) if register.is_general() => self.contract.garbage_in(register),
            Base::Entry(register) if self.contract.has_no_vector(register) => u64::MAX,
            Base::Argument(offset, bytes) => self.contract.garbage_on_stack(offset, bytes),
            Base::Site { lost: Some(_), .. } => u64::MAX,
            Base::Lost {
                undefined: Some(_),
                undefined_from,
                ..
            }
            | Base::Phi {
                undefined: Some(_),
                undefined_from,
                ..
            } => u64::MAX << undefined_from,
            Base::Function {
                function,
                bits,
                inputs,
            } => self.undefined_bits_of_function(function, bits, inputs),
            _ => 0,
        }
    }

    fn undefined_bits_of_function(&self, function: Function, bits: u8, inputs: [Value; 2]) -> u64 {
        let [a, b] = inputs.map(|input| self.undefined_bits(input));
        let width = mask(bits);
        let bits_of = match function {
            Function::Truncate => a,
            Function::Slice { low } => a >> low,
            Function::Insert { low } => {
                let field = width << low;
                return a & !field | (b << low) & field;
            }
            Function::Operation(Operation::And) => match inputs[1].as_constant() {
                Some(constant) => a & constant,
                None => a | b,
            },
            Function::Operation(Operation::Or) => match inputs[1].as_constant() {
                Some(constant) => a & !constant,
                None => a | b,
            },
            Function::Operation(Operation::Xor) => a | b,
            Function::Operation(Operation::ShiftLeft) => match inputs[1].as_constant() {
                Some(count) if b == 0 => a << (count & 63),
                _ => spread_all(a | b),
            },
            Function::Operation(Operation::ShiftRight) => match inputs[1].as_constant() {
                Some(count) if b == 0 => (a & width) >> (count & 63),
                _ => spread_all(a | b),
            },
            Function::Operation(Operation::Multiply) => spread_upwards(a | b),
            Function::Operation(Operation::SignExtend { from }) => {
                let kept = a & mask(from);
                if kept >> (from - 1) & 1 == 1 {
                    kept | !mask(from)
                } else {
                    kept
                }
            }
            Function::Condition(..) | Function::Operation(_) => spread_all(a | b),
        };
        bits_of & width
    }

    /// `inner & by`, where `by` is 2^k - 1: what is known of the low bits of
    /// `inner` raises the least value and lowers the greatest.
    fn inherent_low_bits(&self, inner: Value, by: i64) -> Known {
        let known = self.inherent_of_value(inner);
        let log2 = known.log2.min(by.trailing_ones() as u8);
        let step = 1_i64 << log2;
        let residue = known.residue & (step as u64 - 1);
        let range = Known::between(residue as i64, by - (step - 1) + residue as i64);
        range.and(Known::congruent(log2, residue))
    }

    fn inherent_of_value(&self, value: Value) -> Known {
        let parts = self.parts(value.term).iter();
        parts.fold(Known::exactly(value.offset), |known, &(id, factor)| {
            known.plus(self.bases[id.0 as usize].known.scale(factor))
        })
    }

    fn inherent(&self, base: Base) -> Known {
        match base {
            Base::Site { bits, .. } => Known::bits(bits),
            Base::Entry(register) if register.is_general() => Known::bits(self.word_bits()),
            Base::Entry(register) if register.width() < 64 => Known::bits(register.width() as u8),
            Base::Phi {
                location: Location::Register(register),
                distance: false,
                ..
            } if register.is_general() && register != Register::RSP => {
                Known::bits(self.word_bits())
            }
            Base::Lost { .. } => Known::bits(self.word_bits()),
            // What is above ID is reserved, and reads as zero (Intel SDM vol. 1, 3.4.3).
            Base::FlagsWord { .. } => Known::bits(22),
            Base::Memory(_, bytes) => Known::bits(bytes * 8),
            Base::Argument(_, bytes) if bytes < 8 => Known::bits(bytes as u8 * 8),
            Base::Function {
                function: Function::Operation(Operation::And),
                inputs: [inner, by],
                ..
            } if by
                .as_constant()
                .is_some_and(|by| by < 1 << 62 && by & (by + 1) == 0) =>
            {
                self.inherent_low_bits(inner, by.offset)
            }
            Base::Function {
                function: Function::Truncate,
                bits,
                inputs: [inner, _],
            } => {
                let inner = self.inherent_of_value(inner);
                let log2 = inner.log2.min(bits);
                Known::bits(bits).and(Known::congruent(log2.min(63), inner.residue))
            }
            Base::Function {
                function,
                bits,
                inputs,
            } => inherent_of_function(function, bits, inputs),
            _ => Known::ANY,
        }
    }
}

fn inherent_of_function(function: Function, bits: u8, inputs: [Value; 2]) -> Known {
    let second = inputs[1].as_constant();
    match (function, second) {
        (Function::Condition(..), _) => Known::between(0, 1),
        (Function::Operation(Operation::And), Some(mask)) if mask <= i64::MAX as u64 => {
            let low = mask.trailing_zeros().min(63) as u8;
            Known::between(0, mask as i64).and(Known::congruent(low, 0))
        }
        (Function::Operation(Operation::ShiftRight), Some(count)) if count > 0 => {
            Known::bits(bits.saturating_sub(count as u8))
        }
        (Function::Operation(Operation::ShiftLeft), Some(count)) => {
            Known::bits(bits).and(Known::congruent(count.min(63) as u8, 0))
        }
        (
            Function::Operation(
                Operation::CountOnes | Operation::TrailingZeros | Operation::LeadingZeros,
            ),
            _,
        ) => Known::between(0, i64::from(bits)),
        (Function::Operation(Operation::Equal), _) => Known::between(0, 1),
        (Function::Operation(Operation::ZeroExtend { from }), _) => Known::bits(from),
        (Function::Operation(Operation::SignExtend { from }), _) if bits == 64 => {
            let reach = 1_i64 << (from - 1);
            Known::between(-reach, reach - 1)
        }
        (Function::Insert { .. }, _) => Known::ANY,
        _ => Known::bits(bits),
    }
}

impl Terms {
    /// A flag as it stands in a word of all flags.
    #[must_use]
    pub fn flag_in(&self, word: Value, flag: Flags) -> Option<bool> {
        let bit = u64::from(flag.0);
        if let Some(number) = word.as_constant() {
            return Some(number & bit != 0);
        }
        match self.as_base(word)? {
            Base::FlagsWord {
                direction,
                alignment,
                nested,
                ..
            } => match flag {
                Flags::DF => direction,
                Flags::AC => alignment,
                Flags::NT => nested,
                _ => None,
            },
            Base::Function {
                function: Function::Truncate,
                bits,
                inputs: [inner, _],
            } if bit & mask(bits) != 0 => self.flag_in(inner, flag),
            Base::Function {
                function:
                    Function::Operation(operation @ (Operation::And | Operation::Or | Operation::Xor)),
                inputs: [inner, by],
                ..
            } => {
                let by = by.as_constant()?;
                match operation {
                    Operation::And if by & bit == 0 => Some(false),
                    Operation::Or if by & bit != 0 => Some(true),
                    Operation::Xor if by & bit != 0 => Some(!self.flag_in(inner, flag)?),
                    _ => self.flag_in(inner, flag),
                }
            }
            _ => None,
        }
    }
}

fn is_operation(base: Base, operation: Operation) -> bool {
    matches!(base, Base::Function { function: Function::Operation(found), .. } if found == operation)
}

/// The value that a base is the low bits of, and how many.
#[must_use]
pub(super) fn low_bits_of(base: Base) -> Option<(Value, u8)> {
    match base {
        Base::Function {
            function: Function::Truncate,
            bits,
            inputs,
        } => Some((inputs[0], bits)),
        Base::Function {
            function: Function::Operation(Operation::And),
            inputs: [inner, by],
            ..
        } => {
            let by = by.as_constant()?;
            let bits = by.trailing_ones() as u8;
            (by != 0 && by == mask(bits)).then_some((inner, bits))
        }
        _ => None,
    }
}

/// The value that a base has the low bits of, be what is above them zeros or copies of a sign, and
/// how many.
#[must_use]
pub(super) fn congruent_to(base: Base) -> Option<(Value, u8)> {
    match base {
        Base::Function {
            function: Function::Operation(Operation::SignExtend { from }),
            inputs,
            ..
        } => Some((inputs[0], from)),
        _ => low_bits_of(base),
    }
}

fn bloom(id: BaseId) -> u64 {
    1 << (id.0.wrapping_mul(0x9E37_79B1) >> 26)
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

/// Every bit at or above the lowest set one: how far a carry may go.
fn spread_upwards(bits: u64) -> u64 {
    match bits {
        0 => 0,
        _ => u64::MAX << bits.trailing_zeros(),
    }
}

fn spread_all(bits: u64) -> u64 {
    if bits == 0 { 0 } else { u64::MAX }
}
