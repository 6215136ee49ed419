//! The contracts of a link unit: every root decided, and what is found reported.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::reporter::Reporter;
use super::suppressions::Suppressions;
use super::verdicts::{Assumed, RootVerdicts, Verdict, decide_together};
use super::{Error, Project, crossings, declarations};
use crate::contracts::{self, Contract, Profile, Root, RootChoice, Statics, Told};
use crate::conventions::{Convention, STACK_PROBE, is_stack_probe, never_returns};
use crate::inputs::link::{Stubs, Target};
use crate::inputs::{Image, Place, Resolved, SectionId, Trace, shown_name};
use crate::interpret::replay::Replayer;
use crate::interpret::{Callee, Gates, RedZone, Surroundings, in_parallel};
use crate::registers::InstructionSet;
use crate::report::{ContractSummary, Declaration, Report, RootReport};
use crate::rules::{Facts, Level, name_at};
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
    around.stubs = Stubs::of(&project.link);
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

pub(super) fn surroundings<'image>(
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
