use super::{Candidate, Check, Decide, Doubt, Judgement, Level, RootFacts, Rule, Symptom};
use crate::contracts::Interrupt;
use crate::interpret::{Evidence, User};

pub(super) static RULE: Rule = Rule {
    id: "interruptible_red_zone",
    level: Level::Deny,
    page: include_str!("interruptible_red_zone.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

/// How many functions are named beside the first.
const FEW: usize = 3;

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let Some(interrupt) = &root.contract.interrupt else {
        judgement.applies = false;
        return judgement;
    };
    let Some(first) = root.red_zone.users.first() else {
        return judgement;
    };
    match (interrupt.own_stack, &first.evidence) {
        (Some(true), _) => {}
        (Some(false), Evidence::Run(_) | Evidence::Path) => {
            judgement.candidates.push(candidate(root, interrupt, first));
        }
        (Some(false), Evidence::Unfollowed) => judgement.doubts.push(unfollowed(root, first)),
        (None, _) => judgement.doubts.push(stack_doubt(root, first)),
    }
    judgement
}

fn candidate(root: &RootFacts<'_>, interrupt: &Interrupt, user: &User) -> Candidate {
    let handler = &root.root.name;
    let function = root.name(user.function);
    let anywhere = interrupt.comes_anywhere();
    let mut notes = vec![format!(
        "the gate of `{handler}` ({}) names no stack of its own, so that the processor pushes its \
         frame right below the stack pointer of what it interrupts",
        interrupt.vectors_text()
    )];
    if !anywhere {
        notes.push(
            "whether it comes while there is data below the stack pointer is not known".to_owned(),
        );
    }
    notes.extend(others(root));
    Candidate {
        place: user.at,
        cause: user.at,
        block: 0,
        symptom: Symptom::InterruptedRedZone { anywhere },
        at_most: None,
        message: format!(
            "`{handler}` may overwrite what `{function}` keeps below the stack pointer"
        ),
        label: "this relies on what lies below the stack pointer since it was written".to_owned(),
        notes,
        help: format!(
            "let the gate of `{handler}` name an entry of the interrupt stack table, or build \
             `{function}` without a red zone (`-C no-redzone=yes`, `-mno-red-zone`)"
        ),
    }
}

/// Which other functions do so.
fn others(root: &RootFacts<'_>) -> Option<String> {
    let relies = |user: &&User| !matches!(user.evidence, Evidence::Unfollowed);
    let others = root.red_zone.users[1..].iter().filter(relies);
    let shown: Vec<String> = others
        .clone()
        .take(FEW)
        .map(|user| format!("`{}`", root.name(user.function)))
        .collect();
    let shown = shown.join(", ");
    match others.count() {
        0 => None,
        count if count > FEW => Some(format!(
            "{shown} and {} more functions rely on such data, too",
            count - FEW
        )),
        _ => Some(format!("{shown} rely on such data, too")),
    }
}

fn stack_doubt(root: &RootFacts<'_>, user: &User) -> Doubt {
    Doubt {
        place: user.at,
        class: "whether a handler has a stack of its own",
        reason: format!(
            "`{}` keeps data below the stack pointer, and whether the gate of `{}` names a stack of \
             its own is not known",
            root.name(user.function),
            root.root.name
        ),
        decide: vec![Decide::Contract(
            "interrupt = { vector = 0, own_stack = true } # its gate names an interrupt stack"
                .to_owned(),
        )],
    }
}

fn unfollowed(root: &RootFacts<'_>, user: &User) -> Doubt {
    Doubt {
        place: user.at,
        class: "whether a function keeps data below the stack pointer",
        reason: format!(
            "`{}` names addresses below the stack pointer and could not be followed to its end, \
             while `{}` comes on the same stack",
            root.name(user.function),
            root.root.name
        ),
        decide: Vec::new(),
    }
}
