//! Unwind tables for Windows: the code stays as it is, and what is said of it becomes wrong.

use crate::mutants::body::Body;
use crate::mutants::edit::Edit;
use crate::mutants::seh_table::Code;

/// The frame is said to be a word larger, or smaller: not where a register tells SP once that is taken
/// back, so that it says nothing.
pub(super) fn shifted(body: &Body) -> Vec<Edit> {
    let codes: Vec<_> = body.codes.iter().flatten().collect();
    let told = codes.iter().rposition(|code| code.sets_frame());
    let heard = codes.iter().skip(told.map_or(0, |told| told + 1));
    heard
        .filter(|code| code.allocates())
        .map(|code| match code.bytes.len() {
            2 => changed(code, 1, 0x10),
            _ => changed(code, 2, 1),
        })
        .collect()
}

/// A register is said to be in the slot beside its own, which holds something else.
pub(super) fn shifted_save(body: &Body) -> Vec<Edit> {
    let codes = body.codes.iter().flatten().filter(|code| code.saves());
    codes.map(|code| changed(code, 2, 1)).collect()
}

/// Two registers are said to be in each other's slots.
pub(super) fn swapped(body: &Body) -> Vec<Edit> {
    let pushes: Vec<_> = body
        .codes
        .iter()
        .flatten()
        .filter(|code| code.pushes())
        .collect();
    let pairs = pushes.windows(2).map(|pair| {
        let named = |code: &Code, like: &Code| (code.place, vec![code.bytes[0], like.bytes[1]]);
        Edit {
            patches: vec![named(pair[0], pair[1]), named(pair[1], pair[0])],
            ..Edit::default()
        }
    });
    pairs.collect()
}

/// The code with bits of one of its bytes turned over.
fn changed(code: &Code, byte: usize, bits: u8) -> Edit {
    let mut bytes = code.bytes.clone();
    if let Some(byte) = bytes.get_mut(byte) {
        *byte ^= bits;
    }
    Edit::patch(code.place, bytes)
}
