use super::facts::{Facts, whole};
use super::{Finding, Level, Outcome, Rule, TABLES_DECIDE};
use crate::inputs::Object;
use crate::inputs::link::Target;

pub(super) static RULE: Rule = Rule {
    id: "foreign_object",
    level: Level::Deny,
    page: include_str!("foreign_object.md"),
    never_unknown: Some(TABLES_DECIDE),
    check: super::Check::Names(check),
};

fn check(facts: &Facts<'_>) -> Outcome {
    let Some(target) = facts.unit.target else {
        return Outcome::NotApplicable(super::NO_OBJECTS);
    };
    // Linkers skip members that do not fit; what is missing then, `undefined_symbol` tells.
    let skipped = |object: &&Object| facts.unit.is_complete() && object.is_member();
    let foreign = facts.unit.foreign.iter().filter(|object| !skipped(object));
    Outcome::Judged(foreign.map(|object| finding(object, target)).collect())
}

fn finding(object: &Object, target: Target) -> Finding {
    let name = &object.name;
    let made_for = Target::of(object);
    let mut finding = RULE.finding(
        name,
        format!("`{name}` is {made_for}, but the rest of the link is {target}"),
        next_step(target),
    );
    finding
        .places
        .push(whole(object, format!("this is {made_for}")));
    finding
}

/// How to make an object for `target`.
pub(super) fn next_step(target: Target) -> String {
    use crate::inputs::Format;
    use crate::registers::InstructionSet;
    let nasm = match (target.format, target.instruction_set) {
        (Format::Elf { is_64: true }, Some(InstructionSet::X86_64)) => "elf64",
        (Format::Elf { .. }, Some(InstructionSet::X86_64)) => "elfx32",
        (Format::Elf { .. }, Some(InstructionSet::X86)) => "elf32",
        (Format::MachO { is_64: true }, Some(InstructionSet::X86_64)) => "macho64",
        (Format::MachO { .. }, Some(InstructionSet::X86)) => "macho32",
        (Format::Coff, Some(InstructionSet::X86_64)) => "win64",
        (Format::Coff, Some(InstructionSet::X86)) => "win32",
        _ => return format!("build it for {target}"),
    };
    format!("assemble it with `nasm -f {nasm}`, or build it for that target")
}
