use super::facts::{Facts, speaker, whole};
use super::{Finding, Level, Outcome, Rule, TABLES_DECIDE};
use crate::inputs::{Format, Object, ObjectKind};

pub(super) static RULE: Rule = Rule {
    id: "executable_stack",
    level: Level::Warn,
    page: include_str!("executable_stack.md"),
    never_unknown: Some(TABLES_DECIDE),
    check: super::Check::Names(check),
};

const NOTE: &str = ".note.GNU-stack";

fn check(facts: &Facts<'_>) -> Outcome {
    let all = || facts.unit.objects.iter().chain(&facts.unit.images);
    if !all().any(|object| matches!(object.format, Format::Elf { .. })) {
        return Outcome::NotApplicable("only ELF asks for the right to execute the stack");
    }
    let script = facts.unit.options.script.as_ref();
    if script.is_some_and(|script| script.discards(NOTE)) {
        return Outcome::NotApplicable("the linker script discards what asks for it");
    }
    Outcome::Judged(all().filter_map(judge).collect())
}

fn judge(object: &Object) -> Option<Finding> {
    if !matches!(object.format, Format::Elf { .. }) {
        return None;
    }
    match object.kind {
        ObjectKind::Relocatable => judge_relocatable(object),
        ObjectKind::Executable | ObjectKind::Shared => judge_image(object),
        ObjectKind::Other => None,
    }
}

fn judge_relocatable(object: &Object) -> Option<Finding> {
    let note = object.sections.iter().find(|section| section.name == NOTE);
    let has_code = object
        .sections
        .iter()
        .any(|section| section.flags.execute && section.flags.alloc && section.size > 0);
    match note {
        Some(note) if note.flags.execute => Some(finding(object, "asks for an executable stack")),
        None if has_code => Some(finding(
            object,
            "does not say that it needs no executable stack",
        )),
        _ => None,
    }
}

fn judge_image(image: &Object) -> Option<Finding> {
    image
        .executable_stack
        .then(|| finding(image, "runs on an executable stack"))
}

fn finding(object: &Object, what: &str) -> Finding {
    let name = &object.name;
    let by = match object.kind {
        ObjectKind::Relocatable => format!("written in {}", speaker(object.language)),
        _ => "the linked image".to_owned(),
    };
    let mut finding = RULE.finding(
        name,
        format!("`{name}` {what}"),
        "add `section .note.GNU-stack noalloc noexec nowrite progbits` to the assembly source \
         (GNU as: `.section .note.GNU-stack,\"\",@progbits`)"
            .to_owned(),
    );
    finding.places.push(whole(object, by));
    finding.notes.push(
        "one such object makes GNU ld give the whole program a stack that may be executed"
            .to_owned(),
    );
    finding
}
