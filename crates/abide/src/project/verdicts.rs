//! One root through the engine and the rules: a verdict for each rule.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use crate::contracts::{Contract, Derived, Profile, Root, Told};
use crate::inputs::{Image, Place};
use crate::interpret::replay::{self, Outcome, Replay, Replayer, Request};
use crate::interpret::{
    Analysis, Assumptions, Callee, Calls, Code, Explored, Explorer, Reason, Surroundings,
};
use crate::registers::Register;
use crate::rules::{self, Candidate, Doubt, Judgement, RootFacts, Rule, Symptom};

/// How many places of one kind of violation are searched for a run.
const MOST_SEARCHES: u32 = 4;
/// How many searches of one rule may find nothing: what hides one run hides most of the others.
const MOST_FAILURES: u32 = 6;
/// What searches of one root that find nothing may take in all, in instructions.
const MOST_IN_VAIN: u64 = 1_200_000;

/// What is decided of one root and one rule.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It holds on all paths, under the assumptions of the root.
    Proved,
    /// Runs show the violations; those that no run was found for are not told.
    Refuted(Vec<Shown>),
    /// Abstract paths lead to the violations; no run was found that shows one.
    Possible(Vec<Candidate>),
    /// The analysis could not tell.
    Unknown(Vec<Doubt>),
}

/// A violation and the run that shows it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The violation.
    pub candidate: Candidate,
    /// The run.
    pub replay: Arc<Replay>,
}

/// What a proof leans on, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Assumed {
    /// A pointer that does not come from SP does not reach the frame.
    NoAlias,
    /// Another function keeps its convention.
    CalleeConforms(Callee),
    /// Another function, whose arguments nothing declares, leaves those on the stack as they were.
    ArgumentsStay(Callee),
    /// A variable index into the frame stays inside the object it indexes.
    IndexInBounds,
    /// What this register holds at the entry, which counts words of the frame, is a multiple of that:
    /// where an access demands an alignment, they have it.
    CountedWordsAligned(Register, u32),
    /// A search for a set bit (`bsf`, `bsr`) that leaves this register where it finds none finds one.
    SearchFinds(Register),
    /// A frame whose size is not known to the byte steps over no page that nobody touched.
    FrameBound,
    /// By way of 32-bit code: the frame and the image lie below 4 GiB.
    LowAddresses,
    /// A jump table has as many entries as its surroundings tell.
    TableBound(Place, u32),
    /// The code does not write to itself: every proof leans on it.
    NoSelfModification,
}

/// A root and what was decided of it.
#[derive(Debug)]
pub struct RootVerdicts {
    /// The root.
    pub root: Root,
    /// Its contract.
    pub contract: Contract,
    /// A verdict for each rule of contracts, in the rules' order.
    pub verdicts: Vec<(&'static Rule, Verdict)>,
    /// What its proofs lean on.
    pub assumptions: BTreeSet<Assumed>,
    /// Code whose address it hands to others.
    pub handed_out: BTreeSet<Place>,
}

impl RootVerdicts {
    /// Whether every rule is proved or refuted.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        self.verdicts
            .iter()
            .all(|(_, verdict)| matches!(verdict, Verdict::Proved | Verdict::Refuted(_)))
    }

    /// Whether every rule is proved.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.verdicts
            .iter()
            .all(|(_, verdict)| matches!(verdict, Verdict::Proved))
    }

    /// Whether a proof leans on nothing but that pointers stay out of the
    /// frame and code does not change.
    #[must_use]
    pub fn is_without_frame_assumptions(&self) -> bool {
        self.assumptions
            .iter()
            .all(|assumed| matches!(assumed, Assumed::NoAlias | Assumed::NoSelfModification))
    }
}

/// What one analysis of a root gave.
pub(super) struct Attempt {
    pub(super) calls: Calls,
    pub(super) analysis: Analysis,
    pub(super) judged: Vec<(&'static Rule, Judgement)>,
    pub(super) obstacles: Vec<Doubt>,
    /// Those that tell that not all of the root is 64-bit code, while all of it was read as such.
    modes: Vec<Doubt>,
}

impl Attempt {
    fn problems(&self) -> usize {
        let of_rules = self.judged.iter();
        let of_rules =
            of_rules.map(|(_, judgement)| judgement.candidates.len() + judgement.doubts.len());
        of_rules.sum::<usize>() + self.obstacles.len()
    }

    /// Whether abstract paths lead to all that is open.
    fn is_open_by_candidates_alone(&self) -> bool {
        let mut judged = self.judged.iter();
        self.problems() > 0
            && self.obstacles.is_empty()
            && judged.all(|(_, judgement)| judgement.doubts.is_empty())
    }

    /// Whether the root depends on what registers hold at its entry.
    fn takes_something(&self) -> bool {
        let rules = [
            rules::UNDECLARED_ARGUMENT.id,
            rules::UNDEFINED_REGISTER_READ.id,
        ];
        let mut of_entry = self
            .judged
            .iter()
            .filter(|(rule, _)| rules.contains(&rule.id));
        of_entry.any(|(_, judgement)| !judgement.candidates.is_empty())
    }

    /// Whether the root does all that a function owes who calls it by the convention, but for what is
    /// found in use behind it: it demands nothing more of its entry, and goes back to where its
    /// caller goes on. A label of an interpreter, a closure behind a trampoline and code that is
    /// copied do not.
    fn is_a_function(&self) -> bool {
        let is_left_behind = |rule: &Rule| rules::LEFT_BEHIND.iter().any(|own| own.id == rule.id);
        let is_kept = |(rule, judgement): &(&'static Rule, Judgement)| {
            is_left_behind(rule) || judgement.candidates.is_empty() && judgement.doubts.is_empty()
        };
        self.obstacles.is_empty() && self.analysis.returns() && self.judged.iter().all(is_kept)
    }
}

/// How many rules are decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of them.
    All,
    /// Those up to the first that a run refutes: searching runs is most of the work.
    FirstRefuted {
        /// How many places are searched for a run, in all.
        searches: u32,
    },
}

/// Decides the rules for roots with equal contracts, neighbours in the code.
///
/// What they share is explored once for all of them; where that leaves something open of a root
/// that shares code, the root is looked at alone.
pub(super) fn decide_together<'image>(
    code: &mut Code<'image>,
    around: &Surroundings<'image>,
    replayer: &Replayer<'image>,
    roots: &[(Root, Contract)],
    profile: Profile,
) -> Vec<RootVerdicts> {
    let together = match roots {
        [(_, contract), _, ..] => {
            let places: Vec<Place> = roots.iter().map(|(root, _)| root.place).collect();
            Explorer::analyse_together(code, around, &places, contract)
        }
        _ => Vec::new(),
    };
    let mut together = together.into_iter();
    let decide = |(root, contract): &(Root, Contract)| {
        let job = Job {
            around,
            replayer,
            root,
            contract,
            extent: Extent::All,
            profile,
        };
        let mut found = match together.next() {
            Some(explored) => job.decide_explored(code, explored),
            None => job.decide(code),
        };
        job.strictly(code, &mut found);
        found
    };
    roots.iter().map(decide).collect()
}

/// A root to decide, and all that it takes.
#[derive(Clone, Copy)]
pub(super) struct Job<'a, 'image> {
    /// What all roots share.
    pub around: &'a Surroundings<'image>,
    /// Finds runs.
    pub replayer: &'a Replayer<'image>,
    /// The root.
    pub root: &'a Root,
    /// What it promises.
    pub contract: &'a Contract,
    /// How many rules are decided.
    pub extent: Extent,
    /// What of narrow arguments may be trusted.
    pub profile: Profile,
}

impl<'image> Job<'_, 'image> {
    /// Decides the rules for the root alone.
    ///
    /// Callees with contracts of their own are taken by them first; where that
    /// leaves something open they are followed, since a function may know more of
    /// its callee than the callee promises.
    pub(super) fn decide(self, code: &mut Code<'image>) -> RootVerdicts {
        let attempt = self.attempt(code, Calls::ByContract);
        self.conclude(code, attempt)
    }

    /// Decides the rules by what was found of the root together with others, if that does.
    fn decide_explored(self, code: &mut Code<'image>, explored: Explored) -> RootVerdicts {
        let attempt = self.judge(code.image(), Calls::ByContract, explored.analysis);
        match attempt.problems() == 0 || explored.is_alone {
            true => self.conclude(code, attempt),
            false => self.decide(code),
        }
    }

    pub(super) fn attempt(self, code: &mut Code<'image>, calls: Calls) -> Attempt {
        let (around, place) = (self.around, self.root.place);
        let analysis = Explorer::analyse(code, around, calls, place, self.contract);
        self.judge(code.image(), calls, analysis)
    }

    fn judge(self, image: &Image, calls: Calls, analysis: Analysis) -> Attempt {
        let facts = RootFacts {
            root: self.root,
            contract: self.contract,
            facts: &analysis.facts,
            terms: &analysis.terms,
            image,
            red_zone: &self.around.red_zone,
            statics: &self.around.statics,
            stubs: self.around.stubs,
        };
        let judged = rules::ALL
            .iter()
            // What is undecided is no rule of its own: it tells of the others.
            .filter(|rule| rule.id != rules::UNDECIDED.id)
            .filter_map(|rule| Some((*rule, rule.judge(&facts)?)))
            .collect();
        let obstacles = facts.obstacles();
        Attempt {
            calls,
            judged,
            obstacles,
            modes: facts.misread(),
            analysis,
        }
    }

    /// The verdicts, by a first attempt and what is tried where it leaves something open.
    fn conclude(self, code: &mut Code<'image>, attempt: Attempt) -> RootVerdicts {
        // What runs show of the root, no closer look takes back.
        if attempt.is_open_by_candidates_alone() && !attempt.analysis.relied_on_contracts {
            let found = self.told(code, &attempt, BTreeSet::new());
            if found.is_decided() {
                return found;
            }
        }
        let mut attempt = self.look_closer(code, attempt);
        let mut besides = self.with_aligned_counts(code, &mut attempt);
        besides.extend(attempt.with_bits_found());
        self.told(code, &attempt, besides)
    }

    /// The attempt that leaves the least open, of a first one and of those that take more work.
    fn look_closer(self, code: &mut Code<'image>, mut attempt: Attempt) -> Attempt {
        // A close look follows calls, too, so it comes first.
        let followed = attempt.analysis.relied_on_contracts;
        let mut left: Vec<Calls> = followed.then_some(Calls::Followed).into_iter().collect();
        let mut has_details = attempt.analysis.has_details;
        left.extend(has_details.then_some(Calls::Closely));
        while attempt.problems() > 0
            && let Some(calls) = left.pop()
        {
            let other = self.attempt(code, calls);
            // What was followed may have details of its own.
            if other.analysis.has_details && !has_details {
                has_details = true;
                left.push(Calls::Closely);
            }
            if other.problems() < attempt.problems() {
                attempt = other;
            }
        }
        attempt
    }

    /// The verdicts that an attempt tells, with the runs that show what it leads to; `besides` is
    /// assumed, too.
    fn told(
        self,
        code: &mut Code<'image>,
        attempt: &Attempt,
        besides: BTreeSet<Assumed>,
    ) -> RootVerdicts {
        let mut found = RootVerdicts {
            root: self.root.clone(),
            contract: self.contract.clone(),
            verdicts: Vec::new(),
            assumptions: assumed(&attempt.analysis.facts.assumptions),
            handed_out: attempt.analysis.facts.assumptions.handed_out.clone(),
        };
        found.assumptions.extend(besides);
        let runs = Runs {
            around: self.around,
            replayer: self.replayer,
            root: self.root,
            calls: attempt.calls,
            analysis: &attempt.analysis,
            in_vain: Cell::new(0),
        };
        let mut searches = match self.extent {
            Extent::All => u32::MAX,
            Extent::FirstRefuted { searches } => searches,
        };
        // Its table may be one of gates.
        let may_be_handler = self.root.derived == Derived::InTable
            && attempt.analysis.facts.meets(Reason::InterruptReturn);
        let mut judged = attempt.judged.iter();
        let is_entered_otherwise = judged.any(|(_, judgement)| !judgement.candidates.is_empty())
            && self.is_entered_otherwise(attempt);
        for (rule, judgement) in &attempt.judged {
            let verdict = if !attempt.modes.is_empty() {
                // Code of another mode was read as if it were made for 64-bit mode.
                Verdict::Unknown(attempt.modes.clone())
            } else if !judgement.candidates.is_empty() && may_be_handler {
                Verdict::Unknown(attempt.obstacles.clone())
            } else if !judgement.candidates.is_empty() && is_entered_otherwise {
                Verdict::Unknown(vec![Doubt::how_called(self.root)])
            } else if !judgement.candidates.is_empty() {
                runs.refute(code, &judgement.candidates, &mut searches)
            } else if !judgement.doubts.is_empty() {
                Verdict::Unknown(judgement.doubts.clone())
            } else if !attempt.obstacles.is_empty() {
                Verdict::Unknown(attempt.obstacles.clone())
            } else {
                Verdict::Proved
            };
            let is_refuted = matches!(verdict, Verdict::Refuted(_));
            found.verdicts.push((*rule, verdict));
            if is_refuted && self.extent != Extent::All {
                break;
            }
        }
        found
    }

    /// Whether nothing tells that a root is called by its convention, and what it does tells it neither;
    /// or its type alone does, and it goes where a register of its entry says that no caller sets, as
    /// what a stack switch enters does, or takes something where its type has nothing to take.
    fn is_entered_otherwise(&self, attempt: &Attempt) -> bool {
        match self.root.told {
            Told::ByNothing => !attempt.is_a_function(),
            Told::ByType => {
                attempt.analysis.goes_by_kept_register()
                    || self.contract.is_declared_empty() && attempt.takes_something()
            }
            Told::ByCall => false,
        }
    }
}

/// What runs of a root are tried with.
struct Runs<'a, 'image> {
    around: &'a Surroundings<'image>,
    replayer: &'a Replayer<'image>,
    root: &'a Root,
    calls: Calls,
    analysis: &'a Analysis,
    /// What searches took that found nothing, in instructions.
    in_vain: Cell<u64>,
}

impl<'image> Runs<'_, 'image> {
    /// Refuted by what a run shows, or possible where none does.
    fn refute(
        &self,
        code: &mut Code<'image>,
        candidates: &[Candidate],
        searches: &mut u32,
    ) -> Verdict {
        let mut shown = Vec::new();
        let mut tried: BTreeMap<Symptom, u32> = BTreeMap::new();
        let mut wanted = HashSet::new();
        let mut failures = 0;
        for candidate in candidates {
            let Some(symptom) = candidate.wanted() else {
                continue;
            };
            // One run of each kind is enough, and a kind that resists is given up.
            let tries = tried.entry(candidate.symptom).or_default();
            let is_shown = shown
                .iter()
                .any(|shown: &Shown| shown.candidate.symptom == candidate.symptom);
            // What is not bound to a place, no second search finds that the first did not.
            if is_shown
                || *tries >= MOST_SEARCHES
                || failures >= MOST_FAILURES
                || *searches == 0
                || self.in_vain.get() >= MOST_IN_VAIN
                || !wanted.insert(symptom)
            {
                continue;
            }
            *tries += 1;
            *searches -= 1;
            match self.replay(code, candidate, symptom) {
                Ok(replay) => shown.push(Shown {
                    candidate: candidate.clone(),
                    replay,
                }),
                // What is only warned about is worth one search, and no other comes further
                // where something is not computed.
                Err(failed) if candidate.at_most.is_some() || failed.is_walled => {
                    failures = MOST_FAILURES;
                }
                Err(_) => failures += 1,
            }
        }
        match shown.is_empty() {
            true => Verdict::Possible(candidates.to_vec()),
            false => Verdict::Refuted(shown),
        }
    }

    fn replay(
        &self,
        code: &mut Code<'image>,
        candidate: &Candidate,
        symptom: replay::Symptom,
    ) -> Result<Arc<Replay>, Failed> {
        // It is another function that a run shows it of.
        if let Symptom::InterruptedRedZone { .. } = candidate.symptom {
            let run = self.around.red_zone.run_at(candidate.place);
            return run.ok_or(Failed { is_walled: false });
        }
        let request = Request {
            root: self.root.place,
            calls: self.calls,
            symptom,
            block: candidate.block,
            analysis: self.analysis,
        };
        match self.replayer.replay(code, self.around, &request) {
            Outcome::Shown(replay) => Ok(Arc::from(replay)),
            Outcome::NotFound {
                steps, is_walled, ..
            } => {
                self.in_vain.set(self.in_vain.get() + steps);
                Err(Failed { is_walled })
            }
        }
    }
}

/// A search that found nothing.
struct Failed {
    /// Whether runs end where something is not computed, again and again.
    is_walled: bool,
}

pub(super) fn assumed(assumptions: &Assumptions) -> BTreeSet<Assumed> {
    let mut all = BTreeSet::from([Assumed::NoSelfModification]);
    if assumptions.no_alias {
        all.insert(Assumed::NoAlias);
    }
    if assumptions.index_in_bounds {
        all.insert(Assumed::IndexInBounds);
    }
    if assumptions.frame_bound {
        all.insert(Assumed::FrameBound);
    }
    if assumptions.low_addresses {
        all.insert(Assumed::LowAddresses);
    }
    let callees = assumptions.callees.iter();
    all.extend(callees.map(|&callee| Assumed::CalleeConforms(callee)));
    let stay = assumptions.arguments_stay.iter();
    all.extend(stay.map(|&callee| Assumed::ArgumentsStay(callee)));
    let tables = assumptions.table_bound.iter();
    all.extend(tables.map(|table| Assumed::TableBound(table.start, table.entries)));
    all
}
