use super::facts::{Facts, whole};
use super::{Finding, Level, Outcome, Rule, TABLES_DECIDE};
use crate::inputs::link::{Output, UnitPlace};
use crate::inputs::{
    Format, Object, ObjectKind, Relocation, RelocationKind, RelocationTarget, Section,
    SectionIndex, SymbolPlace,
};
use crate::registers::InstructionSet;

pub(super) static RULE: Rule = Rule {
    id: "text_relocation",
    level: Level::Deny,
    page: include_str!("text_relocation.md"),
    never_unknown: Some(TABLES_DECIDE),
    check: super::Check::Names(check),
};

fn check(facts: &Facts<'_>) -> Outcome {
    let unit = facts.unit;
    let movable = matches!(unit.options.output, Some(Output::Pie | Output::Shared));
    let image =
        |object: &&Object| matches!(object.kind, ObjectKind::Executable | ObjectKind::Shared);
    if !movable && !unit.images.iter().any(|object| image(&object)) {
        return Outcome::NotApplicable(
            "neither `--pie` nor `--shared` nor a linked image was given",
        );
    }
    let mut findings: Vec<_> = unit.images.iter().filter_map(judge_image).collect();
    if movable {
        for (object, found) in unit.objects.iter().enumerate() {
            for (section, content) in (0..).map(SectionIndex).zip(&found.sections) {
                if unit.is_live(object, section) {
                    findings.extend(judge_section(facts, object, section, found, content));
                }
            }
        }
    }
    Outcome::Judged(findings)
}

fn judge_image(image: &Object) -> Option<Finding> {
    let name = &image.name;
    image.text_relocations.then(|| {
        let mut finding = RULE.finding(
            name,
            format!("the code of `{name}` is changed by the loader"),
            "check the objects that it was linked from with `--pie` or `--shared`".to_owned(),
        );
        finding
            .places
            .push(whole(image, "its dynamic section has DT_TEXTREL"));
        finding
    })
}

/// One finding a section: what is wrong once is wrong throughout.
fn judge_section(
    facts: &Facts<'_>,
    number: usize,
    index: SectionIndex,
    object: &Object,
    section: &Section,
) -> Option<Finding> {
    let bad = |r: &&Relocation| needs_address(object, section, r);
    let mut places = section.relocations.iter().filter(bad);
    let first = places.next()?;
    let count = 1 + places.count();
    let target = target_name(object, first);
    let made = match facts.unit.options.output {
        Some(Output::Shared) => "a shared object",
        _ => "a position-independent program",
    };
    let mut finding = RULE.finding(
        &object.name,
        format!(
            "`{}` of `{}` holds the absolute address of {target}, which {made} cannot fix in advance",
            section.name, object.name
        ),
        "write `default rel` in NASM, so that addresses are relative to RIP, and load them with \
         `lea`; keep tables of addresses in a writable section such as `.data.rel.ro`"
            .to_owned(),
    );
    let bits = first.size;
    finding.places.push(facts.location(
        UnitPlace {
            object: number,
            section: index,
            offset: first.offset,
        },
        format!("{bits} bits of an absolute address here"),
    ));
    if count > 1 {
        finding
            .notes
            .push(format!("the section holds {count} such addresses"));
    }
    Some(finding)
}

/// Whether the place needs an address that only the loader knows, where it cannot be written:
/// 32 bits cannot hold one on x86-64, and what is not writable becomes `DT_TEXTREL`.
fn needs_address(object: &Object, section: &Section, relocation: &Relocation) -> bool {
    if relocation.kind != RelocationKind::Absolute || is_number(object, relocation.target) {
        return false;
    }
    let too_narrow = object.instruction_set == Some(InstructionSet::X86_64)
        && is_lp64(object)
        && relocation.size < 64;
    too_narrow || !section.flags.write
}

fn is_lp64(object: &Object) -> bool {
    object.format == Format::Elf { is_64: true }
}

fn is_number(object: &Object, target: RelocationTarget) -> bool {
    match target {
        RelocationTarget::Symbol(symbol) => object
            .symbols
            .get(symbol.0 as usize)
            .is_some_and(|symbol| symbol.place == SymbolPlace::Absolute),
        RelocationTarget::Absolute => true,
        RelocationTarget::Section(_) => false,
    }
}

fn target_name(object: &Object, relocation: &Relocation) -> String {
    match relocation.target {
        RelocationTarget::Symbol(symbol) => object
            .symbols
            .get(symbol.0 as usize)
            .map_or_else(String::new, |symbol| format!("`{}`", symbol.name)),
        RelocationTarget::Section(section) => object
            .sections
            .get(section.0 as usize)
            .map_or_else(String::new, |section| {
                format!("a place in `{}`", section.name)
            }),
        RelocationTarget::Absolute => "a number".to_owned(),
    }
}
