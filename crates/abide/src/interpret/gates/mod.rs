//! Gates that the code fills: which handler the hardware enters by which vector, on which stack.
//!
//! An address goes into a gate in three pieces, and by many ways: a constructor, a copy, a table
//! of stubs read in a loop. What all of them come to is memory that the processor reads. So the
//! functions that fill gates are run, on numbers, and the gates read off memory, as the processor
//! does. What depends on what a run began with is dropped: several runs begin differently, and
//! what they agree in counts.

mod course;
mod entry;
mod sites;

use std::collections::{BTreeMap, BTreeSet};

use crate::contracts::Interrupt;
use crate::conventions::Convention;
use crate::inputs::{Image, Place};
use crate::machine::concrete::Layout;
use crate::registers::InstructionSet;
use course::{Course, Table};
use entry::Entry;
use sites::Sites;

use super::code::Code;

/// From how many different states each function is run.
const SEEDS: [u64; 2] = [0x1d7, 0x6a7e];
/// How many vectors are the processor's own (Intel SDM volume 3, table 6-1).
const EXCEPTIONS: u8 = 32;
/// How many functions are run at most.
const MOST_STARTS: usize = 24;

/// What one gate tells of its handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fact {
    handler: Place,
    /// Its place in the table that `lidt` loads, where it is in one.
    vector: Option<u8>,
    own_stack: bool,
    by_instruction: bool,
}

/// What the unit's code tells of handlers.
#[derive(Debug, Default)]
pub struct Gates {
    /// Every function that a gate leads to, and how the hardware enters it.
    pub handlers: BTreeMap<Place, Interrupt>,
    /// Functions that end in `iretq` and whose addresses stand somewhere: whether a gate leads
    /// to them or not.
    pub candidates: BTreeSet<Place>,
}

impl Gates {
    /// Looks for code that has to do with gates, and runs it.
    #[must_use]
    pub fn of(image: &Image, convention: &'static Convention) -> Self {
        // Gates of protected mode are of another form, which is not read here.
        if convention.set != InstructionSet::X86_64 {
            return Self::default();
        }
        let Some(sites) = Sites::of(image) else {
            return Self::default();
        };
        Self {
            handlers: by_handler(&facts_from(image, convention, &sites)),
            candidates: sites.candidates,
        }
    }
}

/// What runs of the functions that fill gates agree in.
fn facts_from(image: &Image, convention: &'static Convention, sites: &Sites) -> BTreeSet<Fact> {
    let layout = Layout::new(image);
    let mut code = Code::new(image);
    let mut facts = BTreeSet::new();
    let mut filled = Vec::new();
    let mut tables = BTreeSet::new();
    for &start in sites.starts.iter().take(MOST_STARTS) {
        let mut courses = SEEDS
            .map(|seed| Course::run(&mut code, &layout, &sites.loads, convention, start, seed));
        tables.extend(agreed(
            courses.iter().map(|course| course.tables.iter().copied()),
        ));
        facts.extend(agreed(
            courses
                .iter_mut()
                .map(|course| facts_of(course, &layout, &[])),
        ));
        filled.push(courses);
        let is_told = |handler: &Place| {
            facts
                .iter()
                .any(|fact| fact.handler == *handler && fact.vector.is_some())
        };
        // Handlers that are not known as such may be behind gates that no run has filled yet.
        if !sites.candidates.is_empty() && sites.candidates.iter().all(is_told) {
            return facts;
        }
    }
    // One function may fill the table that another loads.
    let tables: Vec<Table> = tables
        .into_iter()
        .filter(|table| layout.place_of(table.base).is_some())
        .collect();
    for courses in &mut filled {
        let of_courses = courses.iter_mut();
        facts.extend(agreed(
            of_courses.map(|course| facts_of(course, &layout, &tables)),
        ));
    }
    facts
}

/// What is in each of several sets.
fn agreed<T: Ord>(sets: impl Iterator<Item = impl IntoIterator<Item = T>>) -> BTreeSet<T> {
    let sets = sets.map(|set| set.into_iter().collect::<BTreeSet<T>>());
    sets.reduce(|mut all, other| {
        all.retain(|item| other.contains(item));
        all
    })
    .unwrap_or_default()
}

/// The gates that lie in memory at the end of a run.
fn facts_of(course: &mut Course<'_>, layout: &Layout<'_>, tables: &[Table]) -> BTreeSet<Fact> {
    let mut tables = tables.to_vec();
    tables.extend(course.tables.iter().copied());
    let of_tables = tables.iter().flat_map(Table::entries);
    let at: BTreeSet<u64> = course.stored.iter().copied().chain(of_tables).collect();
    let found = at.into_iter().filter_map(|at| {
        let entry = Entry::read(course.machine.memory(), at)?;
        let handler = layout.place_of(entry.address)?;
        let vector = tables.iter().find_map(|table| table.vector(at));
        let image = layout.image();
        let begins = || matches!(image.name_of(handler), Some((_, 0)));
        let is_handler = image.is_code(handler) && (vector.is_some() || begins());
        is_handler.then_some(Fact {
            handler,
            vector,
            own_stack: entry.stack != 0,
            // `int3` and `into` are entered by exceptions' gates, on which nobody counts.
            by_instruction: entry.level == 3 && vector.is_some_and(|vector| vector >= EXCEPTIONS),
        })
    });
    found.collect()
}

fn by_handler(facts: &BTreeSet<Fact>) -> BTreeMap<Place, Interrupt> {
    let handlers: BTreeSet<Place> = facts.iter().map(|fact| fact.handler).collect();
    let entered = handlers.into_iter().map(|handler| {
        let own = facts.iter().filter(|fact| fact.handler == handler);
        // Elsewhere than in the table a gate is being made.
        let in_table = own.clone().any(|fact| fact.vector.is_some());
        let own: Vec<&Fact> = own
            .filter(|fact| !in_table || fact.vector.is_some())
            .collect();
        let vectors: BTreeSet<u8> = own.iter().filter_map(|fact| fact.vector).collect();
        let with_stack = own.iter().filter(|fact| fact.own_stack).count();
        let own_stack = match (with_stack, in_table) {
            (0, _) => Some(false),
            (count, _) if count == own.len() => Some(true),
            (_, true) => Some(false),
            (_, false) => None,
        };
        let interrupt = Interrupt {
            set: InstructionSet::X86_64,
            vectors: vectors.into_iter().collect(),
            user: None,
            own_stack,
            by_instruction: own.iter().all(|fact| fact.by_instruction),
        };
        (handler, interrupt)
    });
    entered.collect()
}
