use super::{Candidate, Check, Judgement, Level, RootFacts, Rule, Symptom};
use crate::interpret::{Event, Exit, Value};

pub(super) static RULE: Rule = Rule {
    id: "returns_from_never",
    level: Level::Deny,
    page: include_str!("returns_from_never.md"),
    never_unknown: None,
    check: Check::Declaration(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let name = &root.root.name;
    let returns = root.events().filter(|seen| match &seen.event {
        Event::Exit { exit, .. } => *exit == Exit::Return(Value::RETURN_ADDRESS),
        _ => false,
    });
    let candidates = returns.map(|seen| Candidate {
        place: seen.place,
        cause: root.root.place,
        block: seen.block,
        symptom: Symptom::Returns,
        at_most: None,
        message: format!("`{name}` returns, and is declared never to"),
        label: "it returns here".to_owned(),
        notes: [
            vec![
                "what the compiler put behind its calls is not meant to run: other functions, data \
                 or nothing"
                    .to_owned(),
            ],
            root.declaration_note(),
        ]
        .concat(),
        help: format!(
            "let `{}` stop instead (`ud2`, a loop, a call of `abort`), or declare what it returns",
            root.name(seen.place)
        ),
    });
    Judgement {
        applies: root.contract.never_returns,
        candidates: candidates.collect(),
        ..Judgement::default()
    }
}
