//! What the code that is really linked may change beside general registers, callees included.
//!
//! A handler owes every register to what it interrupts, but it need not save what nothing that it
//! runs changes. That is read off the code of its callees, a compiler's too: not by what a
//! convention would let them do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};

use rustc_hash::FxHashMap;

use super::events::Callee;
use super::functions::{Functions, target};
use crate::inputs::{Image, Place, Resolved};
use crate::machine::x86::Stretch;
use crate::registers::{Register, RegisterSet};

/// What a callee may change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Registers that instructions change which direct calls lead to, each with such a one.
    pub certain: BTreeMap<Register, Place>,
    /// Registers that may be changed besides, by what calls through pointers may lead to.
    pub possible: RegisterSet,
    /// More than 128 bits of the vector registers.
    pub wide: bool,
    /// A saved state is loaded as far as a mask says.
    pub by_mask: bool,
    /// An instruction that direct calls lead to and that loads a saved state.
    pub restored: Option<Place>,
    /// Direct calls lead to a call through a pointer.
    is_open: bool,
}

impl Changes {
    /// What is not in the unit may change whatever its convention lets it change.
    fn of_unknown() -> Self {
        let vectors = (0..32).map(Register::vector);
        Self {
            possible: vectors.chain([Register::X87_CONTROL]).collect(),
            wide: true,
            ..Self::default()
        }
    }

    /// Whether a register may be changed.
    #[must_use]
    pub fn may(&self, register: Register) -> bool {
        self.certain.contains_key(&register) || self.possible.contains(register)
    }

    fn take(&mut self, stretch: &Stretch) {
        self.wide |= stretch.wide;
        self.by_mask |= stretch.by_mask;
        self.is_open |= stretch.is_indirect;
        self.restored = first(self.restored, stretch.restores);
        if stretch.restores.is_some() {
            // `fxrstor` loads the registers that there were when it was made.
            let old = (0..16).map(Register::vector).chain([Register::X87_CONTROL]);
            self.possible = self.possible.union(old.collect());
        }
        if stretch.by_mask {
            self.possible = self.possible.union(Self::of_unknown().possible);
        }
        self.take_certain(&stretch.changes);
    }

    fn take_certain(&mut self, changes: &BTreeMap<Register, Place>) {
        for (&register, &place) in changes {
            let known = self.certain.entry(register).or_insert(place);
            *known = place.min(*known);
        }
    }

    fn certainly(&self) -> RegisterSet {
        self.certain.keys().copied().collect()
    }

    /// What a callee changes the caller changes.
    fn join(&mut self, callee: &Self) {
        self.take_certain(&callee.certain);
        self.restored = first(self.restored, callee.restored);
        self.is_open |= callee.is_open;
        self.join_possible(callee);
    }

    /// The same, where nothing tells that the callee is called.
    fn join_possible(&mut self, callee: &Self) {
        let may_be = callee.possible.union(callee.certainly());
        self.possible = self.possible.union(may_be);
        self.wide |= callee.wide;
        self.by_mask |= callee.by_mask;
    }
}

/// The first of two places: which of them is met first depends on what is known already.
fn first(one: Option<Place>, other: Option<Place>) -> Option<Place> {
    one.into_iter().chain(other).min()
}

/// The code of a unit, each function read once.
pub struct Linked<'image> {
    image: &'image Image,
    functions: OnceLock<Functions>,
    stretches: Mutex<FxHashMap<Place, Arc<Stretch>>>,
    changes: Mutex<FxHashMap<Place, Arc<Changes>>>,
    behind_pointers: OnceLock<Changes>,
}

impl<'image> Linked<'image> {
    /// Nothing read yet.
    #[must_use]
    pub fn new(image: &'image Image) -> Self {
        Self {
            image,
            functions: OnceLock::new(),
            stretches: Mutex::default(),
            changes: Mutex::default(),
            behind_pointers: OnceLock::new(),
        }
    }

    /// What a callee may change.
    #[must_use]
    pub fn changes(&self, callee: Callee) -> Arc<Changes> {
        let Callee::Place(place) = callee else {
            return Arc::new(Changes::of_unknown());
        };
        let functions = self.functions();
        let start = functions.start(place);
        if let Some(known) = self.known(start) {
            return known;
        }
        let mut changes = self.reached(functions, vec![start]);
        if changes.is_open {
            changes.join_possible(self.behind_pointers(functions));
        }
        changes.possible = changes.possible.difference(changes.certainly());
        let found = Arc::new(changes);
        if let Ok(mut all) = self.changes.lock() {
            all.insert(start, Arc::clone(&found));
        }
        found
    }

    fn functions(&self) -> &Functions {
        self.functions.get_or_init(|| Functions::of(self.image))
    }

    fn known(&self, start: Place) -> Option<Arc<Changes>> {
        self.changes.lock().ok()?.get(&start).cloned()
    }

    /// What a call through a pointer may change: it may lead to every function whose address
    /// stands somewhere.
    fn behind_pointers(&self, functions: &Functions) -> &Changes {
        self.behind_pointers
            .get_or_init(|| self.reached(functions, functions.taken(self.image).to_vec()))
    }

    /// What the functions that direct calls lead to change.
    fn reached(&self, functions: &Functions, mut waiting: Vec<Place>) -> Changes {
        let mut changes = Changes::default();
        let mut seen = BTreeSet::new();
        while let Some(place) = waiting.pop() {
            let start = functions.start(place);
            if !seen.insert(start) {
                continue;
            }
            if let Some(known) = self.known(start) {
                changes.join(&known);
                continue;
            }
            let stretch = self.stretch(start, functions);
            changes.take(&stretch);
            let inside = stretch.leads_to.iter().copied();
            waiting.extend(inside.filter(|&to| functions.start(to) != start));
            for &field in &stretch.relocated {
                match target(self.image, start, field) {
                    Some(Resolved::Place(place)) if self.image.is_code(place) => {
                        waiting.push(place);
                    }
                    Some(Resolved::Place(_)) => changes.is_open = true,
                    _ => changes.join_possible(&Changes::of_unknown()),
                }
            }
        }
        changes
    }

    fn stretch(&self, start: Place, functions: &Functions) -> Arc<Stretch> {
        let known = |stretches: &FxHashMap<Place, Arc<Stretch>>| stretches.get(&start).cloned();
        if let Some(known) = self.stretches.lock().ok().and_then(|all| known(&all)) {
            return known;
        }
        let found = Arc::new(functions.stretch(self.image, start));
        if let Ok(mut all) = self.stretches.lock() {
            all.insert(start, Arc::clone(&found));
        }
        found
    }
}
