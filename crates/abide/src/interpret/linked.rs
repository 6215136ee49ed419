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
use crate::machine::x86::{Stretch, read_stretch};
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

    fn take(&mut self, stretch: &Stretch, is_certain: bool) {
        self.wide |= stretch.wide;
        self.by_mask |= stretch.by_mask;
        if is_certain {
            self.restored = self.restored.or(stretch.restores);
        }
        if stretch.restores.is_some() {
            // `fxrstor` loads the registers that there were when it was made.
            let old = (0..16).map(Register::vector).chain([Register::X87_CONTROL]);
            self.possible = self.possible.union(old.collect());
        }
        if stretch.by_mask {
            self.possible = self.possible.union(Self::of_unknown().possible);
        }
        for (&register, &place) in &stretch.changes {
            match is_certain {
                true => {
                    self.certain.entry(register).or_insert(place);
                }
                false => self.possible.insert(register),
            }
        }
    }
}

/// The code of a unit, each function read once.
pub struct Linked<'image> {
    image: &'image Image,
    functions: OnceLock<Functions>,
    stretches: Mutex<FxHashMap<Place, Arc<Stretch>>>,
    changes: Mutex<FxHashMap<Place, Arc<Changes>>>,
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
        }
    }

    /// What a callee may change.
    #[must_use]
    pub fn changes(&self, callee: Callee) -> Arc<Changes> {
        let Callee::Place(place) = callee else {
            return Arc::new(Changes::of_unknown());
        };
        let known = |changes: &FxHashMap<Place, Arc<Changes>>| changes.get(&place).cloned();
        if let Some(known) = self.changes.lock().ok().and_then(|all| known(&all)) {
            return known;
        }
        let found = Arc::new(self.closure(place));
        if let Ok(mut all) = self.changes.lock() {
            all.insert(place, Arc::clone(&found));
        }
        found
    }

    fn closure(&self, from: Place) -> Changes {
        let functions = self.functions.get_or_init(|| Functions::of(self.image));
        let mut changes = Changes::default();
        let mut seen = BTreeSet::new();
        let mut is_open = false;
        for is_certain in [true, false] {
            let mut waiting = match is_certain {
                true => vec![from],
                false if is_open => functions.taken(self.image).to_vec(),
                false => break,
            };
            while let Some(place) = waiting.pop() {
                let start = functions.start(place);
                if !seen.insert(start) {
                    continue;
                }
                let stretch = self.stretch(start, functions);
                changes.take(&stretch, is_certain);
                is_open |= stretch.is_indirect;
                let inside = stretch.leads_to.iter().copied();
                waiting.extend(inside.filter(|&to| functions.start(to) != start));
                for &field in &stretch.relocated {
                    match target(self.image, start, field) {
                        Some(Resolved::Place(place)) if self.image.is_code(place) => {
                            waiting.push(place);
                        }
                        Some(Resolved::Place(_)) => is_open = true,
                        _ => {
                            let unknown = Changes::of_unknown();
                            changes.possible = changes.possible.union(unknown.possible);
                            changes.wide = true;
                        }
                    }
                }
            }
        }
        let certain: RegisterSet = changes.certain.keys().copied().collect();
        changes.possible = changes.possible.difference(certain);
        changes
    }

    fn stretch(&self, start: Place, functions: &Functions) -> Arc<Stretch> {
        let known = |stretches: &FxHashMap<Place, Arc<Stretch>>| stretches.get(&start).cloned();
        if let Some(known) = self.stretches.lock().ok().and_then(|all| known(&all)) {
            return known;
        }
        let end = functions.end(self.image, start);
        let found = Arc::new(read_stretch(self.image, start, end));
        if let Ok(mut all) = self.stretches.lock() {
            all.insert(start, Arc::clone(&found));
        }
        found
    }
}
