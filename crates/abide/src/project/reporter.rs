//! Verdicts of contracts as findings: one for each cause, with its places, its run and a next step.

use std::collections::{BTreeMap, BTreeSet};

use super::contracts::Unit;
use super::questions;
use super::suppressions::Suppressions;
use super::verdicts::{RootVerdicts, Shown, Verdict};
use crate::contracts::Interrupt;
use crate::inputs::link::UnitPlace;
use crate::inputs::{Image, Place, SectionIndex};
use crate::interpret::Callee;
use crate::interpret::replay::{Replay, ReplayStep, What};
use crate::machine::x86;
use crate::registers::Flags;
use crate::rules::{
    self, Candidate, Facts, Finding, Level, Levels, Location, Rule, Symptom, name_at,
};

/// A cause: findings of one cause are one report.
type Cause<'a> = (&'a str, Place, Option<Symptom>);

/// Turns verdicts into findings.
pub(super) struct Reporter<'a> {
    pub(super) facts: &'a Facts<'a>,
    pub(super) unit: &'a Unit,
    pub(super) levels: &'a Levels,
    pub(super) possible: Level,
    pub(super) suppressions: &'a Suppressions,
}

impl Reporter<'_> {
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut found: BTreeMap<Cause<'_>, (Finding, Vec<&str>)> = BTreeMap::new();
        for root in &self.unit.roots {
            for (rule, verdict) in &root.verdicts {
                let level = self.levels.of(rule);
                if level == Level::Allow {
                    continue;
                }
                for (cause, finding) in self.of_verdict(root, rule, level, verdict) {
                    let name = root.root.name.as_str();
                    if finding.level == Level::Allow || self.suppressions.cover(rule.id, [name]) {
                        continue;
                    }
                    let finding = finding.in_words_of(root.contract.convention.set);
                    let entry = found.entry(cause).or_insert((finding, Vec::new()));
                    entry.1.push(name);
                }
            }
        }
        let found = found.into_values();
        let mut findings: Vec<Finding> = found
            .map(|(finding, roots)| with_others(finding, roots))
            .collect();
        let level = self.levels.of(&rules::UNDECIDED);
        if level != Level::Allow {
            findings.extend(self.questions(level));
        }
        findings
    }

    /// What is not known: doubts of one class at one place are one report.
    pub(super) fn questions(&self, level: Level) -> Vec<Finding> {
        let all = self
            .unit
            .roots
            .iter()
            .map(|root| root.root.name.as_str())
            .collect();
        let rules_judged = |rule: &Rule| self.levels.of(rule) != Level::Allow;
        let questions = questions::of(&self.unit.roots, rules_judged);
        let is_open = |question: &questions::Question<'_>| {
            let roots = question.roots.iter().copied();
            !self.suppressions.cover(rules::UNDECIDED.id, roots)
        };
        let questions = questions.into_iter().filter(is_open);
        let findings = questions.map(|question| {
            let label = question.doubt.class.to_owned();
            let finding = Finding {
                rule: rules::UNDECIDED.id,
                level,
                symbol: question.root.to_owned(),
                message: question.message(),
                places: vec![self.location(question.doubt.place, label)],
                path: Vec::new(),
                frame: None,
                notes: question.notes(),
                help: question.help(&all),
            };
            let set = self.unit.image.set_of(question.doubt.place.section);
            with_others(finding.in_words_of(set), question.roots)
        });
        findings.collect()
    }

    fn of_verdict(
        &self,
        root: &RootVerdicts,
        rule: &'static Rule,
        level: Level,
        verdict: &Verdict,
    ) -> Vec<(Cause<'static>, Finding)> {
        match verdict {
            Verdict::Proved => Vec::new(),
            Verdict::Refuted(shown) => shown
                .iter()
                .map(|shown| self.of_shown(root, rule, level, shown))
                .collect(),
            Verdict::Possible(candidates) => one_a_symptom(candidates)
                .map(|(candidate, more)| {
                    let level = level.min(self.possible);
                    let (cause, mut finding) =
                        self.of_candidate(root, rule, level, candidate, more);
                    finding.notes.push(match candidate.wanted() {
                        Some(_) => "this is possible, not refuted: an abstract path leads here, \
                                    and no run was found that shows it"
                            .to_owned(),
                        None => "this is possible, not refuted".to_owned(),
                    });
                    (cause, finding)
                })
                .collect(),
            // What is not known is put together over rules and roots.
            Verdict::Unknown(_) => Vec::new(),
        }
    }

    fn of_shown(
        &self,
        root: &RootVerdicts,
        rule: &'static Rule,
        level: Level,
        shown: &Shown,
    ) -> (Cause<'static>, Finding) {
        let (mut cause, mut finding) = self.of_candidate(root, rule, level, &shown.candidate, 0);
        let replay = &shown.replay;
        cause.1 = last_write(replay).unwrap_or(cause.1);
        let entry: Vec<String> = replay.entry.iter().map(ToString::to_string).collect();
        if let Symptom::DirtyFlag(flag) = shown.candidate.symptom
            && !flag.contains(Flags::NT)
        {
            let note = "a run shows it, entered while that flag is set";
            finding.notes.push(note.to_owned());
        } else if shown.candidate.symptom == Symptom::MisalignedCall
            && root.contract.convention.stack_alignment < root.contract.callees.stack_alignment
        {
            // Other runs are entered with another SP, and have luck.
            let residue = replay.frame.as_ref().and_then(|frame| frame.residue);
            finding.notes.push(format!(
                "a run shows it, with the stack pointer {} modulo {} there",
                residue.unwrap_or(0),
                root.contract.callees.stack_alignment
            ));
        } else if !entry.is_empty() {
            let entry = entry.join(", ");
            finding
                .notes
                .push(format!("a run shows it, entered with {entry}"));
        } else {
            finding.notes.push("every run shows it".to_owned());
        }
        finding.frame = replay.frame.clone();
        if let Symptom::Clobbered(register) = shown.candidate.symptom
            && let Some(access) = replay.frame.as_ref().and_then(|frame| frame.access)
        {
            // Only the run tells that a save was made, and then stored over.
            finding.help = format!(
                "keep the slot where `{register}` is saved apart: the store at `{}` reaches into it",
                name_at(&self.unit.image, access.place)
            );
        }
        finding.path = replay
            .steps
            .iter()
            .map(|step| self.location(step.place, self.told(step)))
            .collect();
        (cause, finding)
    }

    /// A step of a run: the instruction, and what it did.
    pub(super) fn told(&self, step: &ReplayStep) -> String {
        let text = x86::text(&self.unit.image, step.place).unwrap_or_default();
        match step.times {
            0 | 1 => format!("{text}: {}", step.what),
            times => format!("{text}: {} ({times} times)", step.what),
        }
    }

    fn of_candidate(
        &self,
        root: &RootVerdicts,
        rule: &'static Rule,
        level: Level,
        candidate: &Candidate,
        more: usize,
    ) -> (Cause<'static>, Finding) {
        let cause = (rule.id, candidate.cause, Some(candidate.symptom));
        let level = candidate.at_most.map_or(level, |most| level.min(most));
        let mut notes = candidate.notes.clone();
        match more {
            0 => {}
            1 => notes.push("the same is so at 1 more place of this function".to_owned()),
            _ => notes.push(format!(
                "the same is so at {more} more places of this function"
            )),
        }
        let mut places = vec![
            self.location(candidate.place, candidate.label.clone()),
            self.location(root.root.place, beginning(root)),
        ];
        places.extend(self.declarations(rule, root, candidate));
        let finding = Finding {
            rule: rule.id,
            level,
            symbol: root.root.name.clone(),
            message: candidate.message.clone(),
            places,
            path: Vec::new(),
            frame: None,
            notes,
            help: candidate.help.clone(),
        };
        (cause, finding)
    }

    fn has_line(&self, place: Place) -> bool {
        self.location(place, String::new()).line.is_some()
    }

    /// Where what the code is held to is declared, for a candidate that is about that.
    pub(super) fn declarations(
        &self,
        rule: &Rule,
        root: &RootVerdicts,
        candidate: &Candidate,
    ) -> Vec<Location> {
        // What a register holds at the entry that is no argument, the declaration tells as well.
        let is_of_entry = candidate.cause == root.root.place;
        let (own, other) = match candidate.symptom {
            Symptom::StaticAccess { of, .. } => (None, self.declaration_of_static(of)),
            Symptom::UnwrittenArgument { callee, .. } => (None, self.declaration_of_callee(callee)),
            Symptom::Unwinding(callee) => (declaration(root), self.declaration_of_callee(callee)),
            Symptom::Undefined { .. } | Symptom::Taken(_) if is_of_entry => {
                (declaration(root), None)
            }
            _ if rule.is_of_declarations() => (declaration(root), None),
            // Of assembly without lines the declaration is what source shows of it.
            _ if !self.has_line(candidate.place) => (declaration(root), None),
            _ => (None, None),
        };
        own.into_iter().chain(other).collect()
    }

    fn declaration_of_static(&self, of: Place) -> Option<Location> {
        let (name, _) = self.unit.image.name_of(of)?;
        let declared = self.facts.signatures.static_of(name)?;
        let label = match &declared.ty {
            Some(ty) => format!("`{name}` is declared as `{}`", ty.name),
            None => format!("`{name}` is declared here"),
        };
        Some(Location {
            place: None,
            line: Some(declared.line.clone()),
            label,
        })
    }

    fn declaration_of_callee(&self, callee: Callee) -> Option<Location> {
        let image = &self.unit.image;
        let name = match callee {
            Callee::Place(place) => image.name_of(place)?.0,
            Callee::External(symbol) => &image.symbol(symbol)?.name,
            Callee::Pointer => return None,
        };
        Some(Location {
            place: None,
            line: Some(self.facts.signatures.line(name)?.clone()),
            label: format!("`{name}` is declared here"),
        })
    }

    pub(super) fn location(&self, place: Place, label: String) -> Location {
        let place = unit_place(&self.unit.image, place);
        self.facts.location(place, label)
    }
}

/// A place as the link unit numbers its objects.
pub(in crate::project) fn unit_place(image: &Image, place: Place) -> UnitPlace {
    let object = image.object_of(place.section).unwrap_or(0);
    let first = image.section_id(object, SectionIndex(0));
    let index = first.map_or(0, |first| place.section.0 - first.0);
    UnitPlace {
        object: object as usize,
        section: SectionIndex(index),
        offset: u64::try_from(place.offset).unwrap_or(0),
    }
}

/// Where the root is declared.
fn declaration(root: &RootVerdicts) -> Option<Location> {
    let declared = root.contract.declared.as_ref()?;
    let signature = &declared.signature;
    Some(Location {
        place: None,
        line: Some(signature.line.clone()?),
        label: format!("declared as `{signature}`"),
    })
}

/// What is said of the place where a root begins.
fn beginning(root: &RootVerdicts) -> String {
    let name = &root.root.name;
    let interrupt = root.contract.interrupt.as_ref();
    match interrupt.and_then(Interrupt::entered_by) {
        Some(gates) => format!("`{name}` begins here, entered by {gates}"),
        None => format!("`{name}` begins here"),
    }
}

/// The first violation of each kind in a root, and how many more there are.
fn one_a_symptom(candidates: &[Candidate]) -> impl Iterator<Item = (&Candidate, usize)> {
    let mut kinds: BTreeMap<Symptom, (&Candidate, BTreeSet<Place>)> = BTreeMap::new();
    for candidate in candidates {
        let entry = kinds.entry(candidate.symptom);
        let entry = entry.or_insert_with(|| (candidate, BTreeSet::new()));
        entry.1.insert(candidate.place);
    }
    kinds
        .into_values()
        .map(|(candidate, places)| (candidate, places.len().saturating_sub(1)))
}

/// The instruction that wrote the wrong value: where a helper did, it is the cause for all callers.
fn last_write(replay: &Replay) -> Option<Place> {
    let writes = replay
        .steps
        .iter()
        .filter(|step| matches!(step.what, What::Register { .. } | What::Direction { .. }));
    writes.map(|step| step.place).next_back()
}

fn with_others<'a>(mut finding: Finding, roots: impl IntoIterator<Item = &'a str>) -> Finding {
    let others: BTreeSet<&str> = roots
        .into_iter()
        .filter(|name| *name != finding.symbol)
        .collect();
    if !others.is_empty() {
        let shown: Vec<String> = others
            .iter()
            .take(3)
            .map(|name| format!("`{name}`"))
            .collect();
        let more = match others.len().saturating_sub(3) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let list = shown.join(", ");
        finding
            .notes
            .push(format!("the same is so for {list}{more}"));
    }
    finding
}
