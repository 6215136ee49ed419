//! Unwind tables: the code stays as it is, and what is said of it becomes wrong.

use crate::mutants::body::Body;
use crate::mutants::edit::Edit;
use crate::mutants::frame_table::Rule;

/// What holds behind an instruction is said to hold before it.
pub(super) fn dropped_advance(body: &Body) -> Vec<Edit> {
    let pairs = body.table.windows(2);
    let told =
        pairs.filter(|pair| pair[0].advances() && (pair[1].moves_frame() || pair[1].saves()));
    told.map(|pair| {
        let advance = &pair[0];
        let code = match advance.bytes.len() {
            1 => advance.bytes[0] & 0xc0,
            _ => advance.bytes[0],
        };
        let mut bytes = vec![0; advance.bytes.len()];
        bytes[0] = code;
        Edit::patch(advance.place, bytes)
    })
    .collect()
}

/// The frame is said to be a word off.
pub(super) fn shifted(body: &Body) -> Vec<Edit> {
    let moves = body.table.iter().filter(|rule| rule.moves_frame());
    moves
        .map(|rule| {
            Edit::patch(
                rule.place,
                vec![rule.bytes[0], rule.bytes[1] + body.set.word()],
            )
        })
        .collect()
}

/// A register is said to be in the slot above its own, which holds something else.
pub(super) fn shifted_save(body: &Body) -> Vec<Edit> {
    let saves = saves(body);
    saves
        .map(|rule| {
            let mut bytes = rule.bytes.clone();
            bytes[1] -= 1;
            Edit::patch(rule.place, bytes)
        })
        .collect()
}

/// Two registers are said to be in each other's slots.
pub(super) fn swapped(body: &Body) -> Vec<Edit> {
    let saves: Vec<_> = saves(body).collect();
    let pairs = saves.windows(2);
    let pairs = pairs.filter(|pair| pair[0].bytes[0] != pair[1].bytes[0]);
    pairs
        .map(|pair| {
            let named = |rule: &Rule, like: &Rule| {
                let mut bytes = rule.bytes.clone();
                bytes[0] = like.bytes[0];
                (rule.place, bytes)
            };
            Edit {
                patches: vec![named(pair[0], pair[1]), named(pair[1], pair[0])],
                ..Edit::default()
            }
        })
        .collect()
}

fn saves(body: &Body) -> impl Iterator<Item = &Rule> {
    let saves = body.table.iter().filter(|rule| rule.saves());
    saves.filter(|rule| matches!(rule.bytes[..], [_, 2..=0x70]))
}
