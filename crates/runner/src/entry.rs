//! Random states that a convention lets a function be entered in.

use std::fmt;

use abide::conventions::Convention;
use abide::registers::Register;
use oracle::narrow::narrow;
use oracle::random::Random;
use oracle::state::{Areas, State};

use crate::filling::Filling;
use crate::place::{CALLERS_PAGES, Layout, PAGE};
use crate::returned::SP;

/// How many words above the return address look like arguments.
pub(crate) const STACK_ARGUMENTS: usize = 16;

/// What the state of a run follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seed {
    /// All random numbers.
    pub number: u64,
    /// A bit for each argument: whether it is a pointer.
    pub pointers: u32,
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}/{:#x}", self.number, self.pointers)
    }
}

/// What a run begins with.
#[derive(Clone)]
pub struct Entry {
    /// The registers.
    pub state: State,
    /// What memory holds.
    pub filling: Filling,
    /// Which arguments are pointers.
    pub pointers: u32,
    /// How the function is called.
    pub convention: &'static Convention,
    /// The words above the return address.
    pub stack_arguments: [u64; STACK_ARGUMENTS],
    /// Random numbers that are needed later follow from this.
    pub seed: u64,
}

impl Entry {
    /// A state that follows from the seed.
    pub(crate) fn random(
        areas: Areas,
        layout: &'static Layout,
        seed: Seed,
        convention: &'static Convention,
    ) -> Self {
        let mut random = Random::new(seed.number);
        let mut state = areas.random_state(&mut random);
        // The x87 registers are free at a call, the direction flag is clear, and upper halves of
        // vector registers are not in use.
        state.xsave[4] = 0;
        state.flags &= !(1 << 10);
        state.free_upper_halves();
        let kinds = Kinds::random(layout, &mut random, seed.pointers);
        for (number, register) in (0..).zip(convention.parameters) {
            state.general[register.index()] = kinds.argument(number, &mut random);
        }
        // Some others may hold something too (`rax` and `r10`); of the rest a callee may not rely on
        // any.
        let is_other = |register: &Register| {
            !convention.parameters.contains(register) && *register != Register::RSP
        };
        let others = (0..16).map(Register).filter(is_other);
        let (may_hold, garbage): (Vec<_>, Vec<_>) =
            others.partition(|&register| convention.arguments.contains(register));
        for register in may_hold {
            state.general[register.index()] = kinds.number(&mut random);
        }
        for register in garbage {
            state.general[register.index()] = random.bits();
        }
        if layout.is_narrow() {
            narrow(&mut state);
        }
        let page = layout.stack.end - (1 + CALLERS_PAGES) * PAGE;
        let residue = u64::from(convention.entry_residue);
        state.general[SP] = page + 16 * random.below(PAGE / 16) + residue;
        Self {
            state,
            filling: Filling::random(&mut random),
            pointers: seed.pointers,
            convention,
            stack_arguments: std::array::from_fn(|i| match i.checked_sub(home_words(convention)) {
                Some(i) => kinds.argument((convention.parameters.len() + i) as u32, &mut random),
                None => layout.fit(random.bits()),
            }),
            seed: random.bits(),
        }
    }

    /// Has these registers hold multiples, as a proof assumes.
    pub(crate) fn keep(&mut self, multiples: &[(Register, u32)]) {
        for &(register, of) in multiples {
            self.state.general[register.index()] &= !u64::from(of - 1);
        }
    }

    /// SP at the entry.
    #[must_use]
    pub fn stack_pointer(&self) -> u64 {
        self.state.general[SP]
    }

    /// All arguments, in their order.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = u64> {
        let registers = self.convention.parameters.iter();
        let registers = registers.map(|register| self.state.general[register.index()]);
        let words = &self.stack_arguments[home_words(self.convention)..];
        registers.chain(words.iter().copied())
    }
}

/// How many words above the return address are the callee's to write.
fn home_words(convention: &Convention) -> usize {
    convention.home_space as usize / 8
}

/// Of what kind the arguments of one run are.
struct Kinds {
    layout: &'static Layout,
    pointers: u32,
    /// Numbers are powers of two, as widths and heights are.
    powers: bool,
    /// One argument in so many is any number.
    wild: u64,
}

impl Kinds {
    fn random(layout: &'static Layout, random: &mut Random, pointers: u32) -> Self {
        Self {
            layout,
            pointers,
            powers: random.one_in(2),
            wild: if random.one_in(8) { 6 } else { 1000 },
        }
    }

    fn argument(&self, number: u32, random: &mut Random) -> u64 {
        if random.one_in(self.wild) {
            return self.wild(random);
        }
        match self.pointers >> number & 1 == 1 {
            true => self.layout.region(number.into()) + 64 * random.below(64),
            false => self.number(random),
        }
    }

    fn number(&self, random: &mut Random) -> u64 {
        match random.below(8) {
            _ if self.powers => 1 << random.below(8),
            0 => 0,
            1 | 2 => 1 << random.below(11),
            3 | 4 => 16 * (1 + random.below(16)),
            5 => 4 * (1 + random.below(32)),
            _ => random.below(64),
        }
    }

    /// An address with nothing around it, or no address.
    fn wild(&self, random: &mut Random) -> u64 {
        let space = &self.layout.user_space;
        self.layout.fit(match random.below(3) {
            0 => random.word(),
            1 => random.bits(),
            _ => space.start + random.below(space.end - space.start),
        })
    }
}
