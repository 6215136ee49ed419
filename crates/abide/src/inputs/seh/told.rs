//! Epilogues that tables of version 2 tell of: the unwinder looks at no instructions there.
//!
//! From where it is told to begin, an epilogue pops what the prologue pushed, the last first, and
//! leaves. How far a pop is behind that follows from its length.

use super::epilogue::Epilogue;
use super::{RuntimeFunction, UnwindCode, UnwindInfo};
use crate::registers::Register;

/// What is left of the epilogue that control is in at a place of an entry's code, if it is in one:
/// that is `None` where it does not follow from the entry alone.
pub(super) fn at(
    entry: &RuntimeFunction,
    info: &UnwindInfo,
    offset: u64,
) -> Option<Option<Epilogue>> {
    let epilogues = &info.epilogues;
    let starts = epilogues
        .before_end
        .iter()
        .map(|&d| entry.end.checked_sub(d.into()));
    let within = |start: u64| offset.checked_sub(start);
    let mut inside = starts.flatten().filter_map(within);
    let inside = inside.find(|&inside| inside < epilogues.bytes.into())?;
    Some(left(info, inside))
}

/// The pops from so many bytes behind an epilogue's begin on. Unwinders differ in what they make of
/// pushes that a parent tells of, and of frames that the processor pushed.
fn left(info: &UnwindInfo, inside: u64) -> Option<Epilogue> {
    let is_plain = |&(_, code): &(u8, UnwindCode)| {
        !matches!(code, UnwindCode::MachineFrame { .. } | UnwindCode::Unread)
    };
    if info.parent.is_some() || !info.codes.iter().all(is_plain) {
        return None;
    }
    let mut codes = info.codes.iter().map(|&(_, code)| code).peekable();
    while codes
        .next_if(|code| !matches!(code, UnwindCode::Push(_)))
        .is_some()
    {}
    let mut at = 0;
    let mut pops = Vec::new();
    while let Some(UnwindCode::Push(register)) = codes.next() {
        if at >= inside {
            pops.push(Some(register));
        }
        at += if register < Register::R8 { 1 } else { 2 };
        // A word that the prologue dropped before it pushed.
        if codes.next_if_eq(&UnwindCode::Allocate(8)).is_some() {
            if at >= inside {
                pops.push(None);
            }
            break;
        }
    }
    Some(Epilogue {
        stack_pointer: (Register::RSP, 0),
        pops,
    })
}
