//! The contracts of a link unit: every root decided, and what is found reported.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::questions;
use super::suppressions::Suppressions;
use super::verdicts::{Assumed, Extent, Job, RootVerdicts, Shown, Verdict, decide_together};
use super::{Error, Project, crossings, declarations};
use crate::contracts::{self, Contract, Interrupt, Profile, Root, RootChoice, Statics, Told};
use crate::conventions::{Convention, STACK_PROBE, is_stack_probe, never_returns};
use crate::inputs::link::{Target, UnitPlace};
use crate::inputs::{Image, Place, Resolved, SectionId, SectionIndex, Trace, shown_name};
use crate::interpret::replay::{Replay, ReplayStep, Replayer, What};
use crate::interpret::{Callee, Code, Gates, RedZone, Surroundings, in_parallel};
use crate::machine::x86;
use crate::registers::{Flags, InstructionSet};
use crate::report::{ContractSummary, Declaration, Report, RootReport};
use crate::rules::{
    self, Candidate, Facts, Finding, Level, Levels, Location, Rule, Symptom, name_at,
};
use crate::signatures::Signatures;

/// How many roots are explored together at most.
const MOST_TOGETHER: usize = 24;

/// A link unit whose roots are decided.
pub struct Unit {
    /// The image.
    pub image: Image,
    /// The roots and their verdicts, in the order of their places.
    pub roots: Vec<RootVerdicts>,
    /// What ends in `iretq` and is no root: a handler, maybe.
    pub candidates: Vec<Place>,
}

/// Decides the contracts of every root of an image.
///
/// # Errors
///
/// If there is assembly and no root in it, or a root that was named is no function.
pub fn judge_unit(image: Image, project: &Project, signatures: &Signatures) -> Result<Unit, Error> {
    let platform = project.platform(image.objects());
    let gates = Gates::of(&image, platform);
    let choice = RootChoice {
        named: &project.roots,
        all_exported: project.all_exported,
        configuration: &project.configuration,
        handlers: &gates.handlers,
        signatures,
    };
    let roots = contracts::roots_of(&image, choice);
    for name in &project.roots {
        is_found(&image, &roots, name)?;
    }
    if roots.is_empty() && contracts::has_assembly(&image) {
        return Err(Error::NoRoot);
    }
    let mut with_code = image
        .objects()
        .iter()
        .filter(|object| contracts::has_code(object));
    if let Some(foreign) = with_code.clone().next()
        && !with_code.any(contracts::is_judged)
    {
        return Err(Error::NotJudged {
            object: foreign.name.clone(),
            target: Target::of(foreign).to_string(),
        });
    }
    let mut around = surroundings(&image, platform);
    around.declared = declarations::contracts(&image, signatures, platform);
    declarations::add_decorated(&image, &mut around.declared);
    let declared = around.declared.clone();
    let contract = |root: &Root| {
        let configuration = &project.configuration;
        let configured = configuration.interrupt(&image, &root.name, root.place);
        let own = contracts::convention_at(&image, root.place, platform);
        let contract = match (configured, gates.handlers.get(&root.place)) {
            (Some(interrupt), gate) => Contract::of_handler(interrupt.or(gate), platform),
            (None, Some(interrupt)) => Contract::of_gate(interrupt.clone(), platform),
            (None, None) if own != platform => Contract::of(own),
            (None, None) => declared
                .get(&Callee::Place(root.place))
                .cloned()
                .unwrap_or_else(|| Contract::of(platform)),
        };
        let signature = contract.declared.as_ref().map(|own| &own.signature);
        let types = signature.map_or_else(Vec::new, |own| signatures.type_names(own));
        let contract = Contract {
            low_stack: !image.modes().is_empty(),
            ..contract
        };
        configuration.contract(&root.name, &types, contract)
    };
    // Assembly is held to what it is declared by itself, or is followed.
    around.declared.retain(|callee, _| match callee {
        Callee::Place(place) => image.trace_of_assembly(*place).is_none(),
        _ => true,
    });
    around.declared.extend(helpers(&image));
    declarations::configure(
        &image,
        &project.configuration,
        platform,
        &mut around.declared,
    );
    around.statics = Arc::new(Statics::of(&image, signatures));
    around.stated.extend(project.configuration.stated(&image));
    let with_contract = |root: Root| {
        let contract = contract(&root);
        (root, contract)
    };
    let mut pending: Vec<_> = roots.into_iter().map(with_contract).collect();
    let shares_stack = |contract: &Contract| {
        let interrupt = contract.interrupt.as_ref();
        interrupt.is_some_and(|interrupt| interrupt.own_stack != Some(true))
    };
    if pending.iter().any(|(_, contract)| shares_stack(contract)) {
        around.red_zone = RedZone::of(surroundings(&image, platform));
    }
    let mut decided: Vec<RootVerdicts> = Vec::new();
    let mut known = BTreeSet::new();
    // A function that is handed out to be called back is a root as well.
    while !pending.is_empty() {
        for (root, contract) in &mut pending {
            // What is only cast to a number may be entered in another way than it is declared.
            let is_declared = contract.is_declared()
                || contract.is_typed_by_table()
                || around.unwind.begins_function(root.place);
            if is_declared && !signatures.is_cast(&root.name) {
                root.told = root.told.max(Told::ByType);
            }
            known.insert(root.place);
            if root.told != Told::ByNothing {
                around.contracted.insert(root.place, contract.clone());
            }
        }
        let found = decide_all(&around, &pending, project.configuration.profile);
        let handed_out = handed_out(&image, &found, &known).into_iter();
        pending = handed_out.map(with_contract).collect();
        decided.extend(found);
    }
    drop(around);
    decided.sort_by_key(|root| root.root.place);
    discharge(&mut decided);
    let mut candidates = gates.candidates;
    candidates.retain(|&place| !known.contains(&place) && image.trace_of_assembly(place).is_some());
    Ok(Unit {
        image,
        roots: decided,
        candidates: candidates.into_iter().collect(),
    })
}

/// Helpers of compilers that keep to no convention, where another library has them.
fn helpers(image: &Image) -> impl Iterator<Item = (Callee, Contract)> {
    image.symbols().filter_map(|(id, symbol)| {
        let object = image.objects().get(id.object as usize)?;
        let contract = match object.instruction_set? {
            InstructionSet::X86_64 if is_stack_probe(&symbol.name) => Contract::of(&STACK_PROBE),
            InstructionSet::X86_64 => return None,
            InstructionSet::X86 => contracts::helper_of_32_bits(&symbol.name)?,
        };
        match image.resolve(id)? {
            Resolved::External(symbol) => Some((Callee::External(symbol), contract)),
            _ => None,
        }
    })
}

/// Whether a name that was given is a root.
fn is_found(image: &Image, roots: &[Root], name: &str) -> Result<(), Error> {
    let is_it = |symbol: &str| symbol == name || shown_name(symbol) == name;
    let symbols = image.symbols().filter(|(_, symbol)| is_it(&symbol.name));
    let symbols: Vec<_> = symbols.map(|(id, _)| id).collect();
    let is_root = |id| match image.resolve(id) {
        Some(Resolved::Place(place)) => roots.iter().any(|root| root.place == place),
        _ => false,
    };
    if symbols.is_empty() {
        return Err(Error::NoSuchRoot {
            name: name.to_owned(),
            nearest: contracts::nearest_symbol(image, name),
        });
    }
    match symbols.into_iter().any(is_root) {
        true => Ok(()),
        false => Err(Error::NoFunction(name.to_owned())),
    }
}

/// Decides one root of an image, as the convention has it; `others` are roots too.
///
/// Where a rule is refuted, no verdict is given for the rules behind it; at most so many places
/// are searched for a run in all.
#[must_use]
pub fn judge_root(image: &Image, root: &Root, others: &[Root], searches: u32) -> RootVerdicts {
    let contract = Contract::of(contracts::platform_of(image.objects()));
    judge_root_as(image, root, &contract, others, searches)
}

/// Decides one root of an image, held to this contract; `others` are roots too.
#[must_use]
pub fn judge_root_as(
    image: &Image,
    root: &Root,
    contract: &Contract,
    others: &[Root],
    searches: u32,
) -> RootVerdicts {
    let platform = contracts::platform_of(image.objects());
    let mut around = surroundings(image, platform);
    for other in others {
        let contract = Contract::of(platform);
        around.contracted.insert(other.place, contract);
    }
    around.contracted.insert(root.place, contract.clone());
    let mut code = Code::new(image);
    let replayer = Replayer::new(image);
    let extent = Extent::FirstRefuted { searches };
    let root = Root {
        told: Told::ByCall,
        ..root.clone()
    };
    let job = Job {
        around: &around,
        replayer: &replayer,
        root: &root,
        contract,
        extent,
        profile: Profile::DeFacto,
    };
    job.decide(&mut code)
}

fn surroundings<'image>(
    image: &'image Image,
    platform: &'static Convention,
) -> Surroundings<'image> {
    let mut around = Surroundings::new(image, platform);
    around.never_return = never_returns;
    around
}

/// Functions whose addresses roots hand to others, and that are no roots yet.
fn handed_out(image: &Image, found: &[RootVerdicts], known: &BTreeSet<Place>) -> Vec<Root> {
    let places: BTreeSet<Place> = found
        .iter()
        .flat_map(|root| &root.handed_out)
        .copied()
        .filter(|place| !known.contains(place))
        .collect();
    places
        .into_iter()
        .filter_map(|place| contracts::handed_out(image, place))
        .collect()
}

fn decide_all(
    around: &Surroundings<'_>,
    roots: &[(Root, Contract)],
    profile: Profile,
) -> Vec<RootVerdicts> {
    let replayer = Replayer::new(around.image);
    let groups: Vec<&[(Root, Contract)]> = neighbours(roots).collect();
    let decided = in_parallel(around.image, &groups, |code, roots| {
        decide_together(code, around, &replayer, roots, profile)
    });
    decided.into_iter().flatten().collect()
}

/// Roots with equal contracts that lie side by side in a section, which often share code.
fn neighbours(roots: &[(Root, Contract)]) -> impl Iterator<Item = &[(Root, Contract)]> {
    let alike = |(a, first): &(Root, Contract), (b, second): &(Root, Contract)| {
        a.place.section == b.place.section && first == second
    };
    roots
        .chunk_by(alike)
        .flat_map(|alike| alike.chunks(MOST_TOGETHER))
}

/// A callee that is proved itself is no assumption.
fn discharge(roots: &mut [RootVerdicts]) {
    let proved: BTreeSet<Place> = roots
        .iter()
        .filter(|root| root.is_proved())
        .map(|root| root.root.place)
        .collect();
    for root in roots {
        root.assumptions.retain(|assumed| match assumed {
            Assumed::CalleeConforms(Callee::Place(place)) => !proved.contains(place),
            _ => true,
        });
    }
}

/// Judges the contracts of the unit and adds what is found to the report.
pub(super) fn judge(
    facts: &Facts<'_>,
    project: &Project,
    suppressions: &Suppressions,
    crossings: &mut Vec<crossings::Found>,
    report: &mut Report,
) -> Result<(), Error> {
    let mut image = Image::new(facts.unit.all().cloned().collect());
    image.name_imports(&facts.unit.imports);
    image.drop_sections(dropped(facts, &image));
    image.declare_modes(project.configuration.modes(&image));
    let unit = judge_unit(image, project, facts.signatures)?;
    let mut contracts = summary(&unit);
    let declared = project.configuration.declarations(&unit.image).into_iter();
    contracts.declared = declared
        .map(|(of, reason)| Declaration { of, reason })
        .collect();
    report.contracts = Some(contracts);
    for root in &unit.roots {
        if let Some(declared) = &root.contract.declared {
            let types = facts.signatures.type_names(&declared.signature);
            suppressions.learn(&root.root.name, types);
        }
    }
    crossings::add_verdicts(crossings, facts, &unit);
    let left_out = unit
        .image
        .objects()
        .iter()
        .filter(|object| contracts::has_code(object) && !contracts::is_judged(object));
    report.skipped.extend(left_out.map(|object| {
        let (name, target) = (&object.name, Target::of(object));
        format!("`{name}` is {target}: the contracts of its functions are not judged")
    }));
    report.remarks = project.configuration.remarks(&unit.image);
    let candidates = unit.candidates.iter();
    let candidates = candidates.map(|&place| name_at(&unit.image, place));
    let candidates = candidates.filter(|name| !project.configuration.is_no_function(name));
    report.skipped.extend(candidates.map(|name| {
        format!(
            "`{name}` ends in `iretq`, and nothing tells which gate leads to it: it is no root; \
             `interrupt` in `abide.toml` makes it one"
        )
    }));
    let reporter = Reporter {
        facts,
        unit: &unit,
        levels: &project.levels,
        possible: project.possible.unwrap_or(Level::Warn),
        suppressions,
    };
    report.findings.extend(reporter.findings());
    Ok(())
}

/// The sections of code that the linker drops.
fn dropped(facts: &Facts<'_>, image: &Image) -> HashSet<SectionId> {
    let sections = (0..image.section_count() as u32).map(SectionId);
    let dropped = sections.filter(|&id| {
        let of_link = image
            .object_of(id)
            .map(|object| object as usize)
            .filter(|&object| object < facts.unit.objects.len());
        let index = image.index_of(id);
        of_link.zip(index).is_some_and(|(object, index)| {
            image
                .section(id)
                .is_some_and(|section| section.flags.execute)
                && !facts.unit.is_live(object, index)
        })
    });
    dropped.collect()
}

fn summary(unit: &Unit) -> ContractSummary {
    let mut summary = ContractSummary::default();
    for root in &unit.roots {
        for (_, verdict) in &root.verdicts {
            let count = match verdict {
                Verdict::Proved => &mut summary.proved,
                Verdict::Refuted(_) => &mut summary.refuted,
                Verdict::Possible(_) => &mut summary.possible,
                Verdict::Unknown(_) => &mut summary.unknown,
            };
            *count += 1;
        }
        let trace = unit.image.trace_of_assembly(root.root.place);
        let declared = root.contract.declared.as_ref();
        summary.roots.push(RootReport {
            name: root.root.name.clone(),
            derived: root.root.derived.text().into(),
            written: trace
                .map_or("it was named; a compiler wrote it", Trace::text)
                .into(),
            is_inside_rust: trace.is_some_and(Trace::is_inside_rust),
            verdicts: root
                .verdicts
                .iter()
                .map(|(rule, verdict)| (rule.id.into(), verdict.word().into()))
                .collect(),
            assumptions: root
                .assumptions
                .iter()
                .map(|assumed| assumed.text(&unit.image))
                .collect(),
            signature: declared.map(|declared| declared.signature.to_string()),
            reasons: root.contract.reasons.clone(),
        });
    }
    summary
}

impl Verdict {
    /// The verdict in a word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Refuted(_) => "refuted",
            Self::Possible(_) => "possible",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl Assumed {
    /// The assumption's name, without what it is about.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NoAlias => "no-alias",
            Self::IndexInBounds => "index-in-bounds",
            Self::FrameBound => "frame-bound",
            Self::LowAddresses => "low-addresses",
            Self::NoSelfModification => "no-self-modification",
            Self::TableBound(..) => "table-bound",
            Self::CalleeConforms(_) => "callee-conforms",
            Self::ArgumentsStay(_) => "arguments-stay",
        }
    }

    /// The assumption as it is printed.
    #[must_use]
    pub fn text(&self, image: &Image) -> String {
        match self {
            Self::TableBound(_, entries) => format!("{}({entries})", self.kind()),
            Self::CalleeConforms(callee) | Self::ArgumentsStay(callee) => {
                let name = match callee {
                    Callee::Place(place) => image.name_of(*place).map(|(name, _)| name),
                    Callee::External(symbol) => {
                        image.symbol(*symbol).map(|symbol| symbol.name.as_str())
                    }
                    Callee::Pointer => None,
                };
                format!("{}({})", self.kind(), name.unwrap_or("pointer"))
            }
            _ => self.kind().to_owned(),
        }
    }
}

/// A cause: findings of one cause are one report.
type Cause<'a> = (&'a str, Place, Option<Symptom>);

/// Turns verdicts into findings.
struct Reporter<'a> {
    facts: &'a Facts<'a>,
    unit: &'a Unit,
    levels: &'a Levels,
    possible: Level,
    suppressions: &'a Suppressions,
}

impl Reporter<'_> {
    fn findings(&self) -> Vec<Finding> {
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
    fn questions(&self, level: Level) -> Vec<Finding> {
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
    fn told(&self, step: &ReplayStep) -> String {
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
    fn declarations(
        &self,
        rule: &Rule,
        root: &RootVerdicts,
        candidate: &Candidate,
    ) -> Vec<Location> {
        // What a register holds at the entry that is no argument, the declaration tells as well.
        let is_of_entry = candidate.cause == root.root.place;
        let (own, other) = match candidate.symptom {
            Symptom::StaticAccess { of, .. } => (None, self.declaration_of_static(of)),
            Symptom::Unwinding(callee) => (declaration(root), self.declaration_of_callee(callee)),
            Symptom::Undefined(..) | Symptom::Taken(_) if is_of_entry => (declaration(root), None),
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

    fn location(&self, place: Place, label: String) -> Location {
        let place = unit_place(&self.unit.image, place);
        self.facts.location(place, label)
    }
}

/// A place as the link unit numbers its objects.
pub(super) fn unit_place(image: &Image, place: Place) -> UnitPlace {
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
