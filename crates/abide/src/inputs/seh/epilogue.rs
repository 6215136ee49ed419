//! What Microsoft's unwinder takes for an epilogue: "x64 prolog and epilog", "Epilog code".
//!
//! With tables of version 1 it looks at the instructions from where control is on: what adds to
//! SP or sets it from the frame register, any number of pops, and what leaves the function.

use super::{RuntimeFunction, Seh, relocation_at, target};
use crate::inputs::object::Object;
use crate::registers::Register;

/// What the rest of an epilogue does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Epilogue {
    /// What SP is set to first: a register and how much is added.
    pub stack_pointer: (Register, i64),
    /// What is popped then; `None` for a word that is dropped.
    pub pops: Vec<Option<Register>>,
}

const REX_W: u8 = 0x48;

/// The epilogue that control is in at a place of an entry's code, if it is in one.
pub(super) fn at(
    seh: &Seh,
    object: &Object,
    entry: &RuntimeFunction,
    offset: u64,
) -> Option<Epilogue> {
    let data = &object.sections.get(entry.section.0 as usize)?.data;
    let code = data.get(usize::try_from(offset).ok()?..)?;
    let frame = seh.info(entry)?.frame.map(|(register, _)| register);
    let (stack_pointer, mut rest) = released(code, frame);
    let mut pops = Vec::new();
    while let Some((register, behind)) = popped(rest) {
        pops.push(Some(register));
        rest = behind;
    }
    // "A REPNE prefix may optionally precede": `bnd ret`.
    if let [0xf2, behind @ ..] = rest {
        rest = behind;
    }
    let leaves = match rest {
        [0xc3 | 0xc2, ..] | [0xf3, 0xc3, ..] | [0xff, 0x25, ..] => true,
        [0x48..=0x4f, 0xff, operand, ..] => operand & 0x38 == 0x20,
        [0xe9 | 0xeb, ..] => {
            let at = offset + (code.len() - rest.len()) as u64;
            jumps_out(seh, object, entry, at, rest)?
        }
        _ => false,
    };
    leaves.then_some(Epilogue {
        stack_pointer,
        pops,
    })
}

/// `add rsp, n` or `lea rsp, [frame + n]`.
fn released(code: &[u8], frame: Option<Register>) -> ((Register, i64), &[u8]) {
    let long = |bytes: &[u8; 4]| i64::from(i32::from_le_bytes(*bytes));
    match *code {
        [REX_W, 0x83, 0xc4, number, ref rest @ ..] => {
            ((Register::RSP, i64::from(number.cast_signed())), rest)
        }
        [REX_W, 0x81, 0xc4, a, b, c, d, ref rest @ ..] => {
            ((Register::RSP, long(&[a, b, c, d])), rest)
        }
        [rex @ (REX_W | 0x49), 0x8d, operand, ref rest @ ..] => {
            let register = Register::general((rex & 1) << 3 | operand & 7);
            let is_frame = Some(register) == frame;
            match (operand & 0xf8, rest) {
                (0x60, [number, rest @ ..]) if is_frame => {
                    ((register, i64::from(number.cast_signed())), rest)
                }
                (0xa0, [a, b, c, d, rest @ ..]) if is_frame => {
                    ((register, long(&[*a, *b, *c, *d])), rest)
                }
                _ => ((Register::RSP, 0), code),
            }
        }
        _ => ((Register::RSP, 0), code),
    }
}

fn popped(code: &[u8]) -> Option<(Register, &[u8])> {
    match code {
        [pop @ 0x58..=0x5f, rest @ ..] => Some((Register::general(pop & 7), rest)),
        [rex @ 0x40..=0x4f, pop @ 0x58..=0x5f, rest @ ..] => {
            Some((Register::general((rex & 1) << 3 | pop & 7), rest))
        }
        _ => None,
    }
}

/// Whether a direct jump leaves the function: one to its start is a call of itself.
fn jumps_out(
    seh: &Seh,
    object: &Object,
    entry: &RuntimeFunction,
    at: u64,
    jump: &[u8],
) -> Option<bool> {
    let (length, distance) = match *jump {
        [0xeb, short, ..] => (2, i64::from(short.cast_signed())),
        [0xe9, a, b, c, d, ..] => (5, i64::from(i32::from_le_bytes([a, b, c, d]))),
        _ => return None,
    };
    let relocation = relocation_at(object, (entry.section, at + 1));
    let target = match relocation.map(|relocation| target(object, relocation)) {
        Some(Some((section, place))) if section == entry.section => {
            place.checked_add_signed(distance)?
        }
        // Another object, or another section.
        Some(_) => return Some(true),
        None => at.checked_add(length)?.checked_add_signed(distance)?,
    };
    if (entry.start..entry.end).contains(&target) {
        let is_first = seh.info(entry)?.parent.is_none();
        return Some(target == entry.start && is_first);
    }
    let first = |entry: &RuntimeFunction| seh.chain(entry).last().map(|(first, _)| first);
    let other = seh.entry_at(entry.section, target);
    let own = first(entry);
    let same = other.and_then(first).filter(|first| Some(*first) == own);
    Some(same.is_none_or(|first| first.start == target))
}
