//! Runs forms and counts what came of them.

use std::collections::BTreeMap;
use std::io;

use abide::machine::concrete::Layout;
use abide::machine::{Effect, Effects};
use abide::registers::InstructionSet;

use crate::compare::{Outcome, Run, compare};
use crate::form::Forms;
use crate::guest::{Guest, MOST_JOBS};
use crate::model;
use crate::plan::{Plan, Venue, plan};
use crate::processor::{Case, Cases, Ending, code};
use crate::random::Random;
use crate::state::{Areas, SCRATCH_SIZE};
use crate::twin;

/// What came of one form.
#[derive(Debug, Clone, Default)]
pub struct FormReport {
    /// Runs in which all that the model knows was so.
    pub agreed: usize,
    /// Runs that could be judged in part only.
    pub agreed_in_part: usize,
    /// Runs that said nothing, by reason.
    pub void: BTreeMap<&'static str, usize>,
    /// The first runs that differed.
    pub differences: Vec<String>,
    /// Whether the model leaves a result open.
    pub is_open: bool,
    /// Whether it was a guest's processor that confirmed it.
    pub in_guest: bool,
}

/// What came of all.
#[derive(Debug, Default)]
pub struct Report {
    /// By the form's name.
    pub forms: BTreeMap<String, FormReport>,
}

/// Why a form is not tested that no state comes through.
const FAULTS: &str = "the processor faults in every state";
/// How many differences of one form are kept.
const DIFFERENCES: usize = 3;

/// Runs each encoding of each form on `states` random states.
///
/// The result follows from the forms and the number alone.
#[must_use]
pub fn run(forms: &Forms, set: InstructionSet, states: usize) -> Option<Report> {
    let areas = Areas::of_processor();
    let mut cases = Cases::new(states)?;
    let mut report = Report::default();
    for (name, examples) in forms {
        let mut form = FormReport::default();
        for (number, bytes) in (0..).zip(examples) {
            let seed = Random::new(seed_of(name) ^ number).bits();
            match plan(bytes, set, Venue::Child) {
                Ok(plan) => form.run(&plan, &mut cases, states, areas, seed),
                Err(reason) => form.void(reason),
            }
        }
        report.forms.insert(name.clone(), form);
    }
    Some(report)
}

/// So that a form's states do not depend on which other forms there are.
fn seed_of(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Makes pairs of random cases, and returns the memory before each.
fn prepare(
    plan: &Plan,
    cases: &mut [Case],
    effects: &Effects,
    areas: Areas,
    seed: u64,
) -> Vec<[u8; SCRATCH_SIZE]> {
    let mut random = Random::new(seed);
    for pair in cases.chunks_mut(2) {
        if let [case, rest @ ..] = pair {
            plan.prepare(case, areas, &mut random);
            for twin in rest {
                twin::make(case, twin, effects, plan.set, areas, &mut random);
            }
        }
    }
    cases.iter().map(|case| case.memory).collect()
}

impl FormReport {
    fn void(&mut self, reason: &'static str) {
        *self.void.entry(reason).or_default() += 1;
    }

    fn run(&mut self, plan: &Plan, cases: &mut Cases, states: usize, areas: Areas, seed: u64) {
        let code = code(&plan.bytes, plan.set);
        let image = model::image(&code, plan.set);
        let Ok(effects) = model::lift(&image) else {
            self.void("the lifter finds no instruction");
            return;
        };
        self.is_open |= effects
            .list
            .iter()
            .any(|effect| matches!(effect, Effect::Opaque { function: None, .. }));
        let memories = prepare(plan, &mut cases.get()[..states], &effects, areas, seed);
        cases.run(states, &code, plan.set, areas.components);
        self.judge(plan, &cases.get()[..states], &memories, areas);
    }

    /// Compares runs with the model, whose code is the same but for where it goes on.
    fn judge(
        &mut self,
        plan: &Plan,
        cases: &[Case],
        memories: &[[u8; SCRATCH_SIZE]],
        areas: Areas,
    ) {
        let image = model::image(&code(&plan.bytes, plan.set), plan.set);
        let Ok(effects) = model::lift(&image) else {
            return;
        };
        let mut endings = cases.iter().map(Case::ending);
        let always_faults = endings.all(|ending| ending == Ending::Signal(libc::SIGSEGV));
        let layout = Layout::new(&image);
        for (case, memory) in cases.iter().zip(memories) {
            let (mut machine, step) = model::run(&layout, &effects, &case.before, memory, areas);
            let run = Run {
                case,
                memory,
                set: plan.set,
                effects: &effects,
                areas,
            };
            self.add(
                plan,
                match compare(&run, &mut machine, step) {
                    // What it wants of the system is not there, as an address space's number for `enqcmd`.
                    Outcome::Differs(_) if always_faults => Outcome::Void(FAULTS),
                    outcome => outcome,
                },
            );
        }
        if twin::is_closed(&effects) {
            for pair in cases.chunks_exact(2) {
                if let Some(what) = twin::difference(&pair[0], &pair[1], &effects, areas) {
                    self.add(plan, Outcome::Differs(what));
                }
            }
        }
    }

    fn add(&mut self, plan: &Plan, outcome: Outcome) {
        match outcome {
            Outcome::Agrees => self.agreed += 1,
            Outcome::AgreesInPart => self.agreed_in_part += 1,
            Outcome::Void(reason) => self.void(reason),
            Outcome::Differs(what) => {
                if self.differences.len() < DIFFERENCES {
                    self.differences
                        .push(format!("{:02x?}: {what}", plan.bytes));
                }
            }
        }
    }

    /// Whether the processor confirmed anything.
    #[must_use]
    pub fn is_tested(&self) -> bool {
        self.agreed + self.agreed_in_part > 0
    }
}

/// On how many states each encoding runs in the guest.
const GUEST_STATES: usize = 16;

/// One encoding in the guest.
struct Ordered {
    form: String,
    plan: Plan,
    first: usize,
    memories: Vec<[u8; SCRATCH_SIZE]>,
}

impl Report {
    /// Runs in a guest what no child could show of 64-bit code.
    ///
    /// # Errors
    ///
    /// If the guest cannot be started.
    pub fn add_guest(&mut self, forms: &Forms, guest: &mut Guest) -> io::Result<()> {
        let areas = Areas::of_guest();
        let mut ordered: Vec<Ordered> = Vec::new();
        for (name, examples) in forms {
            let Some(report) = self.forms.get_mut(name).filter(|form| !form.is_tested()) else {
                continue;
            };
            for (number, bytes) in (0..).zip(examples) {
                let seed = Random::new(seed_of(name) ^ number).bits();
                let Err(refusal) = plan(bytes, InstructionSet::X86_64, Venue::Child) else {
                    continue;
                };
                // What kept a child from it is no reason any more.
                report.void.remove(refusal);
                let plan = match plan(bytes, InstructionSet::X86_64, Venue::Guest) {
                    Ok(plan) => plan,
                    Err(reason) => {
                        report.void(reason);
                        continue;
                    }
                };
                let code = Guest::code(&plan.bytes);
                let first = ordered.len() * GUEST_STATES;
                let Ok(effects) = model::lift(&model::image(&code, plan.set)) else {
                    continue;
                };
                if first + GUEST_STATES > MOST_JOBS {
                    return Err(io::Error::other("too many forms for one guest"));
                }
                let jobs = &mut guest.jobs(first + GUEST_STATES)[first..];
                let mut cases = vec![jobs[0].case.clone(); GUEST_STATES];
                let memories = prepare(&plan, &mut cases, &effects, areas, seed);
                for (job, case) in jobs.iter_mut().zip(cases) {
                    job.case = case;
                    job.code = code;
                }
                let form = name.clone();
                ordered.push(Ordered {
                    form,
                    plan,
                    first,
                    memories,
                });
            }
        }
        let count = ordered.len() * GUEST_STATES;
        guest.run(count)?;
        let jobs = guest.jobs(count);
        for Ordered {
            form,
            plan,
            first,
            memories,
        } in &ordered
        {
            let cases: Vec<Case> = jobs[*first..][..GUEST_STATES]
                .iter()
                .map(|job| job.case.clone())
                .collect();
            if let Some(form) = self.forms.get_mut(form) {
                form.judge(plan, &cases, memories, areas);
                form.in_guest = form.is_tested();
            }
        }
        Ok(())
    }

    /// The forms on which model and processor differ.
    pub fn differing(&self) -> impl Iterator<Item = (&str, &FormReport)> {
        self.forms
            .iter()
            .filter(|(_, form)| !form.differences.is_empty())
            .map(|(name, form)| (name.as_str(), form))
    }

    /// How many forms the processor confirmed in something.
    #[must_use]
    pub fn tested(&self) -> usize {
        self.forms.values().filter(|form| form.is_tested()).count()
    }

    /// The report as text: counts, differences, and the untested forms by reason.
    #[must_use]
    pub fn text(&self) -> String {
        let tested = self.tested();
        let guest = self.forms.values().filter(|form| form.in_guest).count();
        let open = self.forms.values().filter(|form| form.is_open).count();
        let runs: usize = self.forms.values().map(|form| form.agreed).sum();
        let partial: usize = self.forms.values().map(|form| form.agreed_in_part).sum();
        let mut text = format!(
            "{} forms, {tested} tested on the processor ({guest} in a guest), {open} of all with open results; \
             {runs} runs agreed, {partial} in part\n",
            self.forms.len()
        );
        for (name, form) in self.differing() {
            text.push_str(&format!("differs: {name}\n"));
            for difference in &form.differences {
                text.push_str(&format!("    {difference}\n"));
            }
        }
        for (reason, names) in self.untested() {
            text.push_str(&format!("not tested, {reason} ({}):", names.len()));
            for name in names {
                text.push_str(&format!(" {name};"));
            }
            text.push('\n');
        }
        text
    }

    fn untested(&self) -> BTreeMap<&'static str, Vec<&str>> {
        let mut by_reason: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
        for (name, form) in self.forms.iter().filter(|(_, form)| !form.is_tested()) {
            let reason = form.void.keys().next().copied().unwrap_or("no run");
            by_reason.entry(reason).or_default().push(name);
        }
        by_reason
    }
}
