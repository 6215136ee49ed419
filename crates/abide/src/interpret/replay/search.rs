//! The search for an entry: tries, each of which teaches what to try next.

use std::collections::{BinaryHeap, VecDeque};
use std::hash::{BuildHasher, Hash};

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::course::{End, Scene};
use super::entry::{Entry, Input, Usual, may_be, on_stack, pointers};
use super::pair::{garbage_matters, handler_matters};
use super::past::Past;
use super::solve::{Constraint, MOST_NODES, Solver, Wanted};
use super::symptom::Symptom;
use super::trial::{Aim, Fork, Outcome, Repair, Trial, attempt};
use crate::inputs::Place;
use crate::interpret::code::Code;
use crate::machine::concrete::Filling;

/// How many entries are tried.
const MOST_TRIES: u32 = 400;
/// How many instructions one try may run at first: most runs that show something are short, and
/// loops are long.
const FEWEST_STEPS: u64 = 1_000;
/// How many once that has led nowhere, and how many after that.
const FEW_STEPS: u64 = 6_000;
const MOST_STEPS: u64 = 100_000;
/// How many instructions one try may run that no input turns anywhere: it goes that way from all
/// entries, and so is run once.
const MOST_STEPS_UNDECIDED: u64 = 300_000;
/// How many instructions all tries may run.
const MOST_STEPS_IN_ALL: u64 = 600_000;
/// How many instructions tries may run that teach nothing new, before the search is given up.
/// Of 896 runs that show a mutant of the corpus to be broken, eight took longer.
const MOST_IN_VAIN: u64 = 32_000;
/// How many of them, and how many in all, where all tries are short and some of them are cut.
const MOST_IN_VAIN_IF_CUT: u64 = 8_000;
const MOST_STEPS_IF_CUT: u64 = 60_000;
/// How many tries may end where something is not computed here: others will end there too.
const MOST_AT_A_WALL: u32 = 5;
/// What setting up a try costs, in instructions.
const SETTING_UP: u64 = 100;
/// How many expressions are computed in the time that one instruction takes to run.
const EXPRESSIONS_A_STEP: u64 = 16;
/// How many branches of one try are turned.
const MOST_FORKS: usize = 64;
/// How many earlier branches shall go on as they went.
const MOST_CONSTRAINTS: usize = 24;
/// How many inputs are chosen before an entry is given up.
const MOST_CHOSEN: usize = 48;
/// How many faults are mended before something else has its turn.
const LONGEST_STREAK: u32 = 12;
/// Small numbers that counts and sizes are likely to be.
const LADDER: [u64; 14] = [16, 1, 0, 2, 64, 4, 3, 8, 32, 128, 100, 256, 7, 1024];

/// What was found: the entry, and for symptoms that take two runs the second entry.
pub(super) struct Found {
    pub entry: Entry,
    pub second: Option<Entry>,
    pub trial: Trial,
}

/// What a search came to.
pub(super) struct Searched {
    pub found: Option<Found>,
    pub tries: u32,
    /// How many instructions all tries ran.
    pub steps: u64,
    /// How the try ended that came furthest.
    pub furthest: Option<Outcome>,
    /// Whether it was given up since tries ended again and again where something is not computed.
    pub is_walled: bool,
    /// Whether a try took more instructions than one may.
    is_cut: bool,
}

/// A search for an entry from which a run shows a symptom.
pub(super) struct Search<'s, 'a> {
    scene: Scene<'a>,
    symptom: Symptom,
    /// The blocks that the abstract run went through.
    way: &'s [Place],
    /// Entries that go on along the way, the furthest first.
    guided: BinaryHeap<(usize, std::cmp::Reverse<u32>, Box<OrdEntry>)>,
    /// Entries that mend a fault, the likeliest last.
    mended: Vec<Entry>,
    /// Entries that go where no try went.
    fresh: VecDeque<Entry>,
    seen: FxHashSet<u64>,
    covered: FxHashSet<(Place, bool)>,
    /// The ways of branches that any try took, and where tries ended.
    gone: FxHashSet<(Place, bool)>,
    ends: FxHashSet<Place>,
    /// Where something is not computed here, and how many tries ended there.
    walls: FxHashMap<Place, u32>,
    /// From where the symptom's place is out of reach.
    past: &'s Past,
    /// How many instructions ran since a try taught something new.
    in_vain: u64,
    serial: u32,
    turn: usize,
    /// How many entries in a row mended a fault.
    streak: u32,
    rung: usize,
    furthest: usize,
    /// How many instructions a try may run.
    patience: u64,
    /// Whether one ran out of them that no input turned.
    is_undecided: bool,
    searched: Searched,
}

/// An entry in the heap, where its number alone decides the order.
struct OrdEntry(Entry);

impl PartialEq for OrdEntry {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for OrdEntry {}
impl PartialOrd for OrdEntry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for OrdEntry {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

/// Searches an entry from which a run shows a symptom: by short runs, and where these do not do,
/// anew by longer ones.
pub(super) fn search(
    code: &mut Code<'_>,
    scene: Scene<'_>,
    symptom: Symptom,
    way: &[Place],
) -> Searched {
    let place = symptom.place();
    let past = place.map_or_else(Past::default, |place| Past::of(code, scene, place));
    let short = Search::new(scene, symptom, way, &past, FEWEST_STEPS).run(code);
    if short.found.is_some() || !short.is_cut {
        return short;
    }
    let mut long = Search::new(scene, symptom, way, &past, FEW_STEPS).run(code);
    long.tries += short.tries;
    long.steps += short.steps;
    long
}

impl<'s, 'a> Search<'s, 'a> {
    fn new(
        scene: Scene<'a>,
        symptom: Symptom,
        way: &'s [Place],
        past: &'s Past,
        patience: u64,
    ) -> Self {
        Self {
            scene,
            symptom,
            way,
            guided: BinaryHeap::new(),
            mended: Vec::new(),
            fresh: VecDeque::new(),
            seen: FxHashSet::default(),
            covered: FxHashSet::default(),
            gone: FxHashSet::default(),
            ends: FxHashSet::default(),
            walls: FxHashMap::default(),
            past,
            in_vain: 0,
            serial: 0,
            turn: 0,
            streak: 0,
            rung: 0,
            furthest: 0,
            patience,
            is_undecided: false,
            searched: Searched {
                found: None,
                tries: 0,
                steps: 0,
                furthest: None,
                is_walled: false,
                is_cut: false,
            },
        }
    }

    /// Tries until an entry is found or the bounds are reached.
    fn run(mut self, code: &mut Code<'_>) -> Searched {
        while !self.is_at_bounds() {
            let Some(entry) = self.next() else {
                if !self.searched.is_cut || self.patience != FEW_STEPS {
                    break;
                }
                self.start_again();
                continue;
            };
            if let Some(found) = self.try_entry(code, entry) {
                self.searched.found = Some(found);
                break;
            }
        }
        self.searched
    }

    fn is_at_bounds(&self) -> bool {
        let searched = &self.searched;
        let is_too_short = self.patience == FEWEST_STEPS
            && searched.is_cut
            && (self.in_vain >= MOST_IN_VAIN_IF_CUT
                || searched.steps >= MOST_STEPS_IF_CUT
                || self.is_undecided);
        is_too_short
            || searched.is_walled
            || searched.tries >= MOST_TRIES
            || searched.steps >= MOST_STEPS_IN_ALL
            || self.in_vain >= MOST_IN_VAIN
    }

    /// Tries the same again, and for longer.
    fn start_again(&mut self) {
        self.patience = MOST_STEPS;
        self.rung = 0;
        self.seen.clear();
        self.covered.clear();
    }

    /// The next entry: what mends a fault, then by turns along the way, to new
    /// ground, and from the ladder.
    fn next(&mut self) -> Option<Entry> {
        if self.streak < LONGEST_STREAK
            && let Some(mended) = self.mended.pop()
        {
            self.streak += 1;
            return Some(mended);
        }
        self.streak = 0;
        for _ in 0..4 {
            self.turn += 1;
            let entry = match self.turn % 4 {
                1 => self.rung(),
                3 => self.fresh.pop_front(),
                _ => self.guided.pop().map(|(_, _, entry)| entry.0),
            };
            if entry.is_some() {
                return entry;
            }
        }
        None
    }

    fn rung(&mut self) -> Option<Entry> {
        let rung = self.rung;
        self.rung += 1;
        let filling = match rung % 4 {
            0 => pointers(self.scene.contract),
            1 => Filling::SMALL,
            // One that is zero throughout is enough of its kind.
            2 if rung % 16 == 6 => Filling::WORDS,
            2 if rung % 16 == 14 => Filling::DOUBLEWORDS,
            2 => Filling::ZERO,
            _ => Filling::RANDOM,
        };
        let usual = match (rung, rung.checked_sub(1).and_then(|rung| LADDER.get(rung))) {
            (0, _) => Usual::Pointers,
            (_, Some(&number)) => Usual::Number(number),
            (_, None) if rung < 64 => Usual::Mixed,
            _ => return None,
        };
        Some(Entry::new(usual, filling, rung as u64))
    }

    fn try_entry(&mut self, code: &mut Code<'_>, entry: Entry) -> Option<Found> {
        self.searched.tries += 1;
        let aim = Aim {
            symptom: self.symptom,
            way: self.way,
            past: self.past,
        };
        let mut trial = attempt(code, self.scene, &entry, aim, self.patience);
        if trial.is_cut_undecided() && !self.is_undecided {
            self.is_undecided = true;
            if self.patience != FEWEST_STEPS {
                self.searched.steps += trial.steps;
                trial = attempt(code, self.scene, &entry, aim, MOST_STEPS_UNDECIDED);
            }
        }
        self.searched.steps += trial.steps;
        self.in_vain = match self.is_news(&trial) {
            true => 0,
            false => self.in_vain + trial.in_vain(),
        };
        self.searched.is_cut |= trial.outcome == Outcome::Long;
        if trial.is_at_wall() {
            let ended = self.walls.entry(trial.last).or_default();
            *ended += 1;
            self.searched.is_walled |= *ended >= MOST_AT_A_WALL;
        }
        let second = match trial.outcome {
            Outcome::Shown => None,
            _ if self.symptom.takes_two() && trial.arrived => self.compare(code, &entry, &trial),
            _ => None,
        };
        if trial.outcome == Outcome::Shown || second.is_some() {
            return Some(Found {
                entry,
                second,
                trial,
            });
        }
        for fork in &trial.forks {
            self.covered.insert((fork.place, fork.taken));
            self.gone.insert((fork.place, fork.taken));
        }
        self.ends.insert(trial.last);
        if trial.reached >= self.furthest {
            self.furthest = trial.reached;
            self.searched.furthest = Some(trial.outcome);
        }
        self.mend(&entry, &trial);
        self.turn(&entry, &trial);
        None
    }

    // ---- symptoms that take two runs ----

    fn compare(&mut self, code: &mut Code<'_>, entry: &Entry, trial: &Trial) -> Option<Entry> {
        self.searched.steps += 2 * trial.steps;
        if let Symptom::BelowStackPointer { place } = self.symptom {
            let matters = handler_matters(code, self.scene, entry, place, MOST_STEPS);
            return matters.then(|| entry.clone());
        }
        let contract = self.scene.contract;
        // A second run passes all that decides: no need to run it again for the next of them.
        let mut compared = FxHashSet::default();
        let most = self.searched.steps + MOST_STEPS;
        for &node in &trial.deciding {
            if self.searched.steps > most {
                break;
            }
            let garbage = |input| entry.garbage_bits(contract, input);
            let inputs = trial.shadow.expressions.inputs(node, MOST_NODES);
            let inputs: Vec<Input> = inputs
                .into_iter()
                .filter(|&input| garbage(input) != 0 && self.is_of_symptom(input))
                .collect();
            let now = |input| trial.shadow.expressions.number_of(input);
            let flipped = inputs.iter().flat_map(|&input| {
                let (now, bits) = (now(input), garbage(input));
                let flips = [bits & bits.wrapping_neg(), bits & now, bits];
                flips.map(|flip| (input, now ^ flip))
            });
            let mut changes: Vec<(Input, u64)> = flipped.collect();
            if !inputs.is_empty()
                && let Some(mut solver) = Solver::new(&trial.shadow.expressions, node, &[])
            {
                changes.extend(solver.solve(Wanted::Different, 4, |(input, value)| {
                    (value ^ now(input)) & !garbage(input) == 0
                }));
                self.pay_for(solver.looked_at());
            }
            for (input, value) in changes {
                if value == now(input)
                    || !self.is_allowed(entry, input, value)
                    || !compared.insert((input, value))
                {
                    continue;
                }
                let second = with(entry, input, value);
                self.searched.steps += 2 * trial.steps;
                if garbage_matters(code, self.scene, [entry, &second], self.symptom, MOST_STEPS) {
                    return Some(second);
                }
            }
        }
        self.compare_vectors(code, entry)
    }

    /// Whether a symptom speaks of garbage in this input: that of another shows nothing of it.
    fn is_of_symptom(&self, input: Input) -> bool {
        match self.symptom {
            Symptom::Undefined { of: Some(of), .. } => input == Input::Register(of),
            _ => true,
        }
    }

    /// Another entry whose run differs by what calls leave in vector registers, which have no
    /// shadow.
    fn compare_vectors(&self, code: &mut Code<'_>, entry: &Entry) -> Option<Entry> {
        let second = Entry {
            other_vectors: true,
            ..entry.clone()
        };
        let entries = [entry, &second];
        let is_of_vectors = match self.symptom {
            Symptom::Undefined { of, .. } => of.is_none_or(|of| !of.is_general()),
            _ => false,
        };
        let matters =
            is_of_vectors && garbage_matters(code, self.scene, entries, self.symptom, MOST_STEPS);
        matters.then_some(second)
    }

    // ---- what a try teaches ----

    /// Entries that do not end in the fault that this one ended in.
    fn mend(&mut self, entry: &Entry, trial: &Trial) {
        // What waits since a streak was interrupted is not settled by the try that had its turn.
        let is_mended = self.streak > 0;
        if is_mended && (trial.repairs.is_empty() || entry.chosen.len() > MOST_CHOSEN) {
            self.mended.clear();
        }
        let constraints = constraints(&trial.forks);
        for &repair in trial.repairs.iter().rev() {
            let (node, number) = match repair {
                Repair::Place(node) => (node, entry.fresh_region(self.scene.contract)),
                Repair::Round(node, to) => (node, to),
                Repair::Shorten(node) => (node, 8),
            };
            let wanted = Wanted::Exactly(number);
            let changes = self.solve(entry, trial, node, wanted, &constraints, 2);
            for (input, value) in changes.into_iter().rev() {
                let mended = with(entry, input, value);
                if self.is_new(&mended) {
                    self.mended.push(mended);
                }
            }
        }
    }

    /// Whether a try went where none went before.
    fn is_news(&self, trial: &Trial) -> bool {
        let mut forks = trial.forks.iter();
        trial.reached > self.furthest
            || !self.ends.contains(&trial.last)
            || forks.any(|fork| !self.gone.contains(&(fork.place, fork.taken)))
    }

    /// Entries that go the other way at a branch.
    fn turn(&mut self, entry: &Entry, trial: &Trial) {
        let mut turned = FxHashSet::default();
        for (index, fork) in trial.forks.iter().enumerate() {
            let on_way = self.way.get(fork.reached) == Some(&fork.other);
            let is_fresh = !self.covered.contains(&(fork.place, !fork.taken));
            let first = turned.insert((fork.place, fork.taken));
            if !(first || on_way) || turned.len() > MOST_FORKS || self.past.contains(fork.other) {
                continue;
            }
            let path = path_of(&trial.forks[..index], fork);
            if self.seen.contains(&path) {
                continue;
            }
            let constraints = constraints(&trial.forks[..index]);
            let wanted = Wanted::Truth(!fork.taken);
            let changes = self.solve(
                entry,
                trial,
                fork.node,
                wanted,
                &constraints,
                if on_way { 2 } else { 1 },
            );
            if !changes.is_empty() {
                self.seen.insert(path);
            }
            for (input, value) in changes {
                let turned = with(entry, input, value);
                if !self.is_new(&turned) {
                    continue;
                }
                if is_fresh && !on_way {
                    self.fresh.push_back(turned);
                    continue;
                }
                self.serial += 1;
                let score = 2 * fork.reached + usize::from(on_way) * 3;
                let turned = Box::new(OrdEntry(turned));
                self.guided
                    .push((score, std::cmp::Reverse(self.serial), turned));
            }
        }
    }

    fn solve(
        &mut self,
        entry: &Entry,
        trial: &Trial,
        node: super::expression::Node,
        wanted: Wanted,
        constraints: &[Constraint],
        most: usize,
    ) -> Vec<(Input, u64)> {
        let Some(mut solver) = Solver::new(&trial.shadow.expressions, node, constraints) else {
            return Vec::new();
        };
        let changes = solver.solve(wanted, most, |(input, value)| {
            self.is_allowed(entry, input, value)
        });
        self.pay_for(solver.looked_at());
        changes
    }

    /// Expressions that were computed count as instructions that take the same time.
    fn pay_for(&mut self, expressions: u64) {
        self.searched.steps += expressions / EXPRESSIONS_A_STEP;
    }

    /// No argument and no memory holds an address of the root's frame, of the
    /// image, or the return address: they have no way to know it.
    fn is_allowed(&self, entry: &Entry, input: Input, value: u64) -> bool {
        let from = entry.stack_pointer(self.scene.contract);
        may_be(self.scene.contract, input, value)
            && !on_stack(from, value)
            && value != super::entry::RETURN_ADDRESS
            && self.scene.layout.place_of(value).is_none()
    }

    fn is_new(&mut self, entry: &Entry) -> bool {
        self.seen.insert(hash(entry))
    }
}

impl Trial {
    /// What it cost, in instructions, where it taught nothing new.
    const fn in_vain(&self) -> u64 {
        self.steps + SETTING_UP
    }

    /// Whether it ran out of steps before an input decided anything: only running on teaches more.
    fn is_cut_undecided(&self) -> bool {
        matches!(self.outcome, Outcome::Long) && self.forks.is_empty()
    }

    /// Whether it ended where something is not computed here.
    const fn is_at_wall(&self) -> bool {
        matches!(self.outcome, Outcome::Ended(End::Undetermined(_)))
    }
}

fn with(entry: &Entry, input: Input, value: u64) -> Entry {
    let mut entry = entry.clone();
    entry.chosen.insert(input, value);
    entry
}

fn hash(of: impl Hash) -> u64 {
    FxBuildHasher.hash_one(of)
}

/// A path, by the set of the ways that its branches went, and its end turned over.
fn path_of(before: &[Fork], last: &Fork) -> u64 {
    let mut ways: Vec<(Place, bool)> = before.iter().map(|fork| (fork.place, fork.taken)).collect();
    ways.sort_unstable();
    ways.dedup();
    hash((ways, last.place, !last.taken))
}

/// The latest branches, which shall go as they went.
fn constraints(forks: &[Fork]) -> Vec<Constraint> {
    forks
        .iter()
        .rev()
        .take(MOST_CONSTRAINTS)
        .map(|fork| Constraint {
            node: fork.node,
            truth: fork.taken,
        })
        .collect()
}

impl Searched {
    /// Why nothing was found.
    pub(super) fn why(&self) -> &'static str {
        match self.furthest {
            Some(Outcome::Ended(End::Undetermined(_))) => {
                "what decides the way is computed by instructions that are not computed here"
            }
            Some(Outcome::Ended(End::Unmodelled(_))) => "an instruction on the way is not modelled",
            Some(Outcome::Doubtful) => {
                "by how much the stack pointer is off depends on what inputs the function is made for"
            }
            Some(Outcome::Long) => "the runs took too many instructions",
            _ => "no entry that was tried leads there",
        }
    }
}
