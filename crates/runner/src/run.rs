//! Runs of one function, in children.
//!
//! Code of 32 bits runs in a 64-bit process, behind a far jump: all that it sees lies below 4 GiB.

use std::ops::Range;

use abide::conventions::{CDECL, Convention, SYSTEM_V_X86_64};
use abide::inputs::Place;
use abide::project::{Assumed, RootVerdicts};
use abide::registers::Register;
use oracle::guard::{catch, in_child, set_timer};
use oracle::narrow;
use oracle::random::Random;
use oracle::shared::Shared;
use oracle::state::{Areas, State, XSAVE_SIZE};
use oracle::trampoline;

use crate::children::{Children, Wanted};
use crate::coverage::Note;
use crate::entry::{Entry, Seed};
use crate::fault;
use crate::gate;
use crate::guard::{CURRENT, Guard, SIGNALS, on_signal};
use crate::link::Linked;
use crate::load::Loaded;
use crate::memory::Memory;
use crate::outcome::{Ending, Outcome};
use crate::place::Layout;
use crate::steps::Steps;
use crate::stopped::TRAP;
use crate::taste::{Lesson, Taste, nearest};
use crate::watch::{Before, Watch};

/// What a run may take of the processor's time, in microseconds.
const PATIENCE: i64 = 12_000;
/// How many arguments may turn out to be numbers.
const ARGUMENTS: u64 = 14;

/// Runs functions of one image.
pub struct Runner<'linked> {
    linked: &'linked Linked<'linked>,
    _loaded: Loaded,
    runs: Shared<(Seed, Outcome)>,
    notes: Shared<Note>,
    areas: Areas,
    layout: &'static Layout,
    /// How functions are called.
    pub convention: &'static Convention,
    /// What the arguments are multiples of that count words.
    multiples: Vec<(Register, u32)>,
}

impl Children for Runner<'_> {
    fn run(&mut self, found: &RootVerdicts, wanted: Wanted) -> Vec<(Seed, Outcome)> {
        self.hold_to(found);
        Runner::run(self, found.root.place, wanted)
    }

    fn again(
        &mut self,
        found: &RootVerdicts,
        seeds: &[Seed],
        watch: &Watch,
        steps: u64,
    ) -> Vec<(Seed, Outcome)> {
        self.hold_to(found);
        let Some(entry) = self.linked.address_of(found.root.place) else {
            return Vec::new();
        };
        self.run_all(entry, seeds.len(), Seeds::Followed(seeds, watch, steps))
    }

    fn notes(&mut self) -> &[Note] {
        self.notes.get()
    }
}

/// Where the seeds of runs come from.
#[derive(Clone, Copy)]
pub(crate) enum Seeds<'a> {
    /// They follow from this number, and from what the runs before have shown.
    Learned(u64),
    /// They are these, to be followed step by step, for so many steps.
    Followed(&'a [Seed], &'a Watch, u64),
}

impl Seeds<'_> {
    /// A run's seed, and random numbers to learn with.
    pub(crate) fn of(self, number: usize, taste: Taste) -> (Seed, Random) {
        match self {
            Self::Learned(seed) => {
                let mut random = Random::new(Random::new(seed).bits() ^ number as u64);
                let seed = Seed {
                    number: random.bits(),
                    pointers: taste.pointers(&mut random),
                };
                (seed, random)
            }
            Self::Followed(seeds, ..) => (seeds[number], Random::new(0)),
        }
    }
}

/// What is told of a run until its end.
pub(crate) const DIED: Outcome = Outcome {
    ending: Ending::Died,
    breach: None,
    broken: None,
    left: false,
    at: 0,
    address: None,
    general: [0; 16],
    callers_frame: 0,
};

impl<'linked> Runner<'linked> {
    /// Maps the image; `None` if there is no memory, or none where it is to be.
    #[must_use]
    pub fn new(linked: &'linked Linked<'linked>, most_runs: usize) -> Option<Self> {
        let code = linked.code_addresses();
        let layout = Layout::of(linked.bits());
        // SAFETY: runs are written before they are read; notes are numbers.
        let (runs, notes) = unsafe {
            let notes = Shared::zeroed((code.end - code.start) as usize)?;
            (Shared::zeroed(most_runs)?, notes)
        };
        Some(Self {
            linked,
            _loaded: Loaded::new(linked)?,
            runs,
            notes,
            areas: Areas::of_processor(),
            layout,
            convention: if layout.is_narrow() {
                &CDECL
            } else {
                &SYSTEM_V_X86_64
            },
            multiples: Vec::new(),
        })
    }

    /// Runs a function on random states, each with the seed that it follows from.
    pub fn run(&mut self, root: Place, wanted: Wanted) -> Vec<(Seed, Outcome)> {
        let Some(entry) = self.linked.address_of(root) else {
            return Vec::new();
        };
        self.run_all(entry, wanted.runs, Seeds::Learned(wanted.seed ^ entry))
    }

    /// Takes entry states from what a root's contract and its proofs say of them.
    fn hold_to(&mut self, found: &RootVerdicts) {
        self.convention = found.contract.convention;
        let counts = found
            .assumptions
            .iter()
            .filter_map(|assumed| match *assumed {
                Assumed::CountedWordsAligned(register, of) => Some((register, of)),
                _ => None,
            });
        self.multiples = counts.collect();
    }

    fn run_all(&mut self, entry: u64, count: usize, seeds: Seeds<'_>) -> Vec<(Seed, Outcome)> {
        let nothing = (Seed::default(), Outcome::default());
        self.runs.get()[..count].fill(nothing);
        let mut next = 0;
        while next < count {
            // SAFETY: `work` makes system calls and touches plain memory, no more.
            unsafe { in_child(|| self.work(entry, next..count, seeds).is_some()) };
            // A child that died did so in the last run that began; the next goes on behind it.
            let begun = &self.runs.get()[next..count];
            let ended = begun
                .iter()
                .position(|(_, outcome)| matches!(outcome.ending, Ending::Died | Ending::None));
            next = ended.map_or(count, |ended| next + ended + 1);
        }
        let mut runs = self.runs.get()[..count].to_vec();
        for (_, outcome) in &mut runs {
            fault::explain(self.linked, &self.layout.stack, outcome);
        }
        runs
    }

    /// What the child does.
    fn work(&mut self, entry: u64, numbers: Range<usize>, seeds: Seeds<'_>) -> Option<()> {
        let (linked, layout) = (self.linked, self.layout);
        let (entry, back) = match layout.is_narrow() {
            true => {
                gate::open(entry)?;
                narrow::settle();
                (gate::GATE, gate::BACK)
            }
            false => (entry, trampoline::next()),
        };
        let mut guard = Guard {
            memory: Memory::new(layout, linked.addresses(), linked.elsewhere.clone())?,
            layout,
            convention: self.convention,
            back,
            linked,
            code: linked.code_addresses(),
            steps: match seeds {
                Seeds::Learned(_) => Steps::none(),
                Seeds::Followed(_, watch, most) => Steps::of(watch, most, self.notes.get()),
            },
            outcome: Outcome::default(),
            random: Random::new(0),
        };
        catch(on_signal, &SIGNALS)?;
        let guard = &raw mut guard;
        // SAFETY: the guard lives as long as this function, which the child does
        // not outlive; only the handler uses it beside this thread's own code.
        unsafe { CURRENT = guard.cast() };
        let mut taste = Taste::of(ARGUMENTS);
        for number in numbers {
            let (seed, mut random) = seeds.of(number, taste);
            self.runs.get()[number] = (seed, DIED);
            let mut entry_state = Entry::random(self.areas, layout, seed, self.convention);
            entry_state.keep(&self.multiples);
            // SAFETY: as above.
            let outcome = unsafe { self.run_one(guard, entry, &entry_state) };
            self.runs.get()[number].1 = outcome;
            taste.learn(seed.pointers, lesson(&entry_state, &outcome), &mut random);
        }
        Some(())
    }

    /// # Safety
    ///
    /// `guard` is valid, and the process is a child that may be harmed.
    unsafe fn run_one(&self, guard: *mut Guard<'_>, code: u64, entry: &Entry) -> Outcome {
        let mut before = entry.state.clone();
        let mut after = State {
            xsave: [0; XSAVE_SIZE],
            general: [0; 16],
            flags: 0,
            ending: 0,
        };
        // SAFETY: the caller answers for the guard and the process. Each use of
        // the guard ends before code runs that raises signals.
        unsafe {
            (*guard).memory.prepare(entry, (*guard).back);
            (*guard).outcome = Outcome::default();
            (*guard).random = Random::new(entry.seed);
            let steps = &mut (*guard).steps;
            steps.begin(Before::of(&before, self.convention));
            let is_followed = steps.is_followed();
            if is_followed {
                before.flags |= TRAP;
            }
            set_timer(if is_followed { 0 } else { PATIENCE });
            trampoline::run(code, &before, &mut after, self.areas.components);
            set_timer(0);
            if after.ending == 1 {
                (*guard).judge(&before, &after, self.areas);
            }
            (*guard).outcome
        }
    }
}

/// What a run's end tells of its arguments.
fn lesson(entry: &Entry, outcome: &Outcome) -> Option<Lesson> {
    match outcome.ending {
        Ending::Returned => Some(Lesson::Good),
        Ending::Unmappable => {
            let address = outcome.address?;
            let distance = |argument: u64| (address.wrapping_sub(argument) as i64).unsigned_abs();
            nearest(entry.pointers, entry.arguments().map(distance)).map(Lesson::Pointer)
        }
        Ending::OutOfMemory | Ending::TimeOut => Some(Lesson::TooMuch),
        _ => None,
    }
}
