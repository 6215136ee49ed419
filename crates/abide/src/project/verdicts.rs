//! One root through the engine and the rules: a verdict for each rule.

use std::collections::BTreeSet;

use crate::contracts::{Contract, Root};
use crate::inputs::Place;
use crate::interpret::{Analysis, Assumptions, Callee, Calls, Code, Explorer, Surroundings};
use crate::rules::{self, Candidate, Doubt, Judgement, RootFacts, Rule};

/// What is decided of one root and one rule.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It holds on all paths, under the assumptions of the root.
    Proved,
    /// Runs show the violations.
    Refuted(Vec<Candidate>),
    /// Abstract paths lead to the violations; no run was found that shows one.
    Possible(Vec<Candidate>),
    /// The analysis could not tell.
    Unknown(Vec<Doubt>),
}

/// What a proof leans on, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Assumed {
    /// A pointer that does not come from SP does not reach the frame.
    NoAlias,
    /// Another function keeps its convention.
    CalleeConforms(Callee),
    /// A variable index into the frame stays inside the object it indexes.
    IndexInBounds,
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
    /// How many instructions were visited.
    pub visited: u64,
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
struct Attempt {
    analysis: Analysis,
    judged: Vec<(&'static Rule, Judgement)>,
    obstacles: Vec<Doubt>,
}

impl Attempt {
    fn problems(&self) -> usize {
        let of_rules = self.judged.iter();
        let of_rules =
            of_rules.map(|(_, judgement)| judgement.candidates.len() + judgement.doubts.len());
        of_rules.sum::<usize>() + self.obstacles.len()
    }
}

/// Decides every rule for a root.
///
/// Callees with contracts of their own are taken by them first; where that
/// leaves something open they are followed, since a function may know more of
/// its callee than the callee promises.
pub(super) fn decide<'image>(
    code: &mut Code<'image>,
    around: &Surroundings<'image>,
    root: &Root,
    contract: &Contract,
) -> RootVerdicts {
    let mut attempt = try_with(code, around, root, contract, Calls::ByContract);
    if attempt.problems() > 0 {
        let followed = try_with(code, around, root, contract, Calls::Followed);
        if followed.problems() < attempt.problems() {
            attempt = followed;
        }
    }
    let mut found = RootVerdicts {
        root: root.clone(),
        contract: contract.clone(),
        verdicts: Vec::new(),
        assumptions: assumed(&attempt.analysis.facts.assumptions),
        visited: attempt.analysis.facts.visited,
    };
    for (rule, judgement) in attempt.judged {
        let verdict = if !judgement.candidates.is_empty() {
            Verdict::Possible(judgement.candidates)
        } else if !judgement.doubts.is_empty() {
            Verdict::Unknown(judgement.doubts)
        } else if !attempt.obstacles.is_empty() {
            Verdict::Unknown(attempt.obstacles.clone())
        } else {
            Verdict::Proved
        };
        found.verdicts.push((rule, verdict));
    }
    found
}

fn try_with<'image>(
    code: &mut Code<'image>,
    around: &Surroundings<'image>,
    root: &Root,
    contract: &Contract,
    calls: Calls,
) -> Attempt {
    let image = code.image();
    let analysis = Explorer::analyse(code, around, calls, root.place, contract);
    let facts = RootFacts {
        root,
        contract,
        facts: &analysis.facts,
        terms: &analysis.terms,
        image,
    };
    let judged = rules::ALL
        .iter()
        .filter_map(|rule| Some((*rule, rule.judge(&facts)?)))
        .collect();
    let obstacles = facts.obstacles();
    Attempt {
        judged,
        obstacles,
        analysis,
    }
}

fn assumed(assumptions: &Assumptions) -> BTreeSet<Assumed> {
    let mut all = BTreeSet::from([Assumed::NoSelfModification]);
    if assumptions.no_alias {
        all.insert(Assumed::NoAlias);
    }
    if assumptions.index_in_bounds {
        all.insert(Assumed::IndexInBounds);
    }
    let callees = assumptions.callees.iter();
    all.extend(callees.map(|&callee| Assumed::CalleeConforms(callee)));
    let tables = assumptions.table_bound.iter();
    all.extend(tables.map(|&(place, entries)| Assumed::TableBound(place, entries)));
    all
}
