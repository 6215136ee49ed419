//! Where code has to do with gates: it loads their table, or resumes what was interrupted.

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem;
use rustc_hash::FxHashSet;

use crate::inputs::{Image, Place, Resolved, SectionId};
use crate::interpret::functions::{Functions, referred, target};
use crate::machine::x86::Stretch;

/// How `lidt` begins, and `iretq` (Intel SDM volume 2).
const LIDT: &[u8] = &[0x0f, 0x01];
const IRETQ: &[u8] = &[0x48, 0xcf];

/// What a unit has to do with gates.
pub(super) struct Sites {
    /// Where `lidt` is.
    pub(super) loads: FxHashSet<Place>,
    /// Functions that end in `iretq` and whose addresses stand somewhere.
    pub(super) candidates: BTreeSet<Place>,
    /// The functions to run, the nearest to the gates first.
    pub(super) starts: Vec<Place>,
}

impl Sites {
    /// Looks for them; `None` where there are none.
    pub(super) fn of(image: &Image) -> Option<Self> {
        let near = functions_near(image)?;
        let (functions, stretches) = (&near.functions, near.stretches.values());
        let loads = stretches.flat_map(|stretch| stretch.loads_gates.iter().copied());
        let loads: FxHashSet<Place> = loads.collect();
        if loads.is_empty() && near.resuming().next().is_none() {
            return None;
        }
        let graph = Graph::of(image, functions);
        let handlers = graph.leading_to(near.resuming());
        let taken = functions.taken(image).iter().copied();
        let candidates: BTreeSet<Place> = taken.filter(|place| handlers.contains(place)).collect();
        let loaders = loads.iter().map(|&place| functions.start(place));
        let starts = graph.above(loaders, &candidates);
        Some(Self {
            loads,
            candidates,
            starts,
        })
    }
}

/// The functions that have such an instruction.
struct Near {
    functions: Functions,
    stretches: BTreeMap<Place, Stretch>,
}

impl Near {
    fn resuming(&self) -> impl Iterator<Item = Place> {
        let stretches = self.stretches.iter();
        let resuming = stretches.filter(|(_, stretch)| !stretch.resumes.is_empty());
        resuming.map(|(&start, _)| start)
    }
}

/// Reads the functions that the bytes of such an instruction are in.
fn functions_near(image: &Image) -> Option<Near> {
    let mut places = Vec::new();
    for section in (0..image.section_count() as u32).map(SectionId) {
        let executable = image.section(section).filter(|found| found.flags.execute);
        let Some(found) = executable else {
            continue;
        };
        let loads = memmem::find_iter(&found.data, LIDT);
        let loads = loads.filter(|&offset| is_lidt(found.data.get(offset + 2).copied()));
        let resumes = memmem::find_iter(&found.data, IRETQ);
        places.extend(loads.chain(resumes).map(|offset| Place {
            section,
            offset: offset as i64,
        }));
    }
    if places.is_empty() {
        return None;
    }
    let functions = Functions::of(image);
    let starts: BTreeSet<Place> = places.iter().map(|&place| functions.start(place)).collect();
    let stretches = starts
        .into_iter()
        .map(|start| (start, functions.stretch(image, start)));
    let stretches = stretches.collect();
    Some(Near {
        functions,
        stretches,
    })
}

/// Whether this byte behind makes it `lidt`, which has memory for its operand.
fn is_lidt(behind: Option<u8>) -> bool {
    behind.is_some_and(|byte| byte >> 3 & 7 == 3 && byte < 0xc0)
}

/// Which function refers to which.
struct Graph {
    /// Who calls or jumps to it.
    callers: BTreeMap<Place, BTreeSet<Place>>,
    /// Who refers to it in any way, data between them included.
    referrers: BTreeMap<Place, BTreeSet<Place>>,
}

impl Graph {
    fn of(image: &Image, functions: &Functions) -> Self {
        let mut graph = Self {
            callers: BTreeMap::new(),
            referrers: BTreeMap::new(),
        };
        for start in functions.starts() {
            let stretch = functions.stretch(image, start);
            let fields = stretch.relocated.iter();
            let fields = fields.filter_map(|&field| target(image, start, field));
            let fields = fields.filter_map(|resolved| match resolved {
                Resolved::Place(place) if image.is_code(place) => Some(place),
                _ => None,
            });
            for place in stretch.leads_to.iter().copied().chain(fields) {
                let to = functions.start(place);
                if to != start {
                    graph.callers.entry(to).or_default().insert(start);
                    graph.referrers.entry(to).or_default().insert(start);
                }
            }
        }
        graph.note_relocations(image, functions);
        graph
    }

    fn note_relocations(&mut self, image: &Image, functions: &Functions) {
        let node = |place: Place| match image.is_code(place) {
            true => functions.start(place),
            // A section of data stands for all that is in it.
            false => Place {
                offset: i64::MIN,
                ..place
            },
        };
        for id in (0..image.section_count() as u32).map(SectionId) {
            let Some(section) = image.section(id).filter(|section| section.flags.alloc) else {
                continue;
            };
            for relocation in &section.relocations {
                let at = Place {
                    section: id,
                    offset: relocation.offset as i64,
                };
                if let Some(Resolved::Place(to)) = referred(image, id, relocation) {
                    let (from, to) = (node(at), node(to));
                    if from != to {
                        self.referrers.entry(to).or_default().insert(from);
                    }
                }
            }
        }
    }

    /// Functions that jump to these, by whatever way.
    fn leading_to(&self, ends: impl Iterator<Item = Place>) -> BTreeSet<Place> {
        let mut found = BTreeSet::new();
        let mut open: Vec<Place> = ends.collect();
        while let Some(place) = open.pop() {
            if found.insert(place) {
                open.extend(self.callers.get(&place).into_iter().flatten());
            }
        }
        found
    }

    /// The functions that load tables or refer to handlers, then those that refer to them, and
    /// so on.
    fn above(
        &self,
        loaders: impl Iterator<Item = Place>,
        handlers: &BTreeSet<Place>,
    ) -> Vec<Place> {
        let mut seen: BTreeSet<Place> = handlers.clone();
        let of_handlers = handlers
            .iter()
            .filter_map(|place| self.referrers.get(place));
        let mut level: BTreeSet<Place> = of_handlers.flatten().copied().chain(loaders).collect();
        let mut starts = Vec::new();
        while !level.is_empty() {
            let fresh: Vec<Place> = level.into_iter().filter(|&at| seen.insert(at)).collect();
            starts.extend(fresh.iter().filter(|place| place.offset != i64::MIN));
            let above = fresh.iter().filter_map(|place| self.referrers.get(place));
            level = above.flatten().copied().collect();
        }
        starts
    }
}
