use super::{Candidate, Check, Doubt, Judgement, Level, RootFacts, Rule, Symptom};
use crate::interpret::{Event, Exit};

pub(super) static RULE: Rule = Rule {
    id: "missing_vzeroupper",
    level: Level::Warn,
    page: include_str!("missing_vzeroupper.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement {
        applies: root.contract.interrupt.is_none() && !root.contract.wide_vectors,
        left_out: root.leads_elsewhere(),
        ..Judgement::default()
    };
    for seen in root.events() {
        let (in_use, way) = match &seen.event {
            Event::Call {
                callee,
                upper_in_use,
                ..
            } => (*upper_in_use, format!("calls {}", root.callee(*callee))),
            Event::HandedOver {
                callee,
                upper_in_use,
                ..
            } => (*upper_in_use, format!("leaves to {}", root.callee(*callee))),
            Event::Exit { exit, state } => match *exit {
                _ if exit.leads_elsewhere() => continue,
                Exit::Resume { .. } => continue,
                Exit::Return(_) => (state.upper_in_use(), "returns".to_owned()),
                Exit::Tail(callee) => {
                    let way = format!("leaves to {}", root.callee(callee));
                    (state.upper_in_use(), way)
                }
            },
            _ => continue,
        };
        let Some(in_use) = in_use else {
            judgement.doubts.push(Doubt {
                place: seen.place,
                class: "the state of floating point",
                reason: format!(
                    "at `{}` upper halves of vector registers may be in use: what was restored \
                     from memory is not known",
                    root.name(seen.place)
                ),
                decide: Vec::new(),
            });
            continue;
        };
        if in_use {
            judgement.candidates.push(Candidate {
                place: seen.place,
                cause: seen.place,
                block: seen.block,
                symptom: Symptom::UpperInUse,
                at_most: None,
                message: format!(
                    "`{}` {way} with upper halves of vector registers in use",
                    root.root.name
                ),
                label: "no `vzeroupper` has run since they were written".to_owned(),
                notes: vec![
                    "SSE instructions of whoever runs next are slow until someone clears them"
                        .to_owned(),
                ],
                help: format!(
                    "run `vzeroupper` before `{}`; if the function takes or returns vectors of \
                     256 bits or more, declare so in `abide.toml`, as `results = [\"ymm0\"]`",
                    root.name(seen.place)
                ),
            });
        }
    }
    judgement
}
