//! SP and what it leads to.

use abide::registers::InstructionSet;
use iced_x86::{Mnemonic, OpKind, Register};

use crate::mutants::body::{Body, Step};
use crate::mutants::edit::{Edit, sites};

/// `add rsp`, `sub rsp` and `lea rsp` by a constant, in a function whose stack only counts: a
/// frame pointer or a saved SP would make up for any change.
fn adjustments(body: &Body) -> Vec<&Step> {
    if !body.counts_its_stack() {
        return Vec::new();
    }
    let is_adjustment = |step: &&Step| {
        let i = &step.instruction;
        let known = matches!(i.mnemonic(), Mnemonic::Add | Mnemonic::Sub | Mnemonic::Lea);
        let is_register = i.op0_kind() == OpKind::Register;
        known && is_register && i.op0_register().full_register() == Register::RSP
    };
    body.iter().filter(is_adjustment).collect()
}

pub(super) fn dropped(body: &Body) -> Vec<Edit> {
    adjustments(body).into_iter().map(Edit::drop).collect()
}

/// By a word, and by 16 bytes, which keeps the alignment.
pub(super) fn shifted(body: &Body) -> Vec<Edit> {
    let steps = adjustments(body).into_iter();
    let word = body.set.word();
    steps
        .flat_map(|step| [word, 16].map(|by| shift(step, by)))
        .collect()
}

/// The constant is the instruction's end: one byte, or the lowest of four.
fn shift(step: &Step, by: u8) -> Edit {
    let mut bytes = step.bytes.clone();
    let i = &step.instruction;
    let is_wide = i.memory_displ_size() > 1
        || i.op_kinds()
            .any(|kind| matches!(kind, OpKind::Immediate32to64 | OpKind::Immediate32));
    let length = bytes.len();
    if let Some(low) = bytes.get_mut(length - if is_wide { 4 } else { 1 }) {
        *low ^= by;
    }
    Edit::patch(step.place, bytes)
}

/// `mov [rsp + depth], rax`
pub(super) fn overwritten_return(body: &Body) -> Vec<Edit> {
    let sites = sites(body).filter_map(|site| {
        let depth = i32::try_from(site.depth?).ok()?;
        let opcode: &[u8] = match body.set {
            InstructionSet::X86_64 => &[0x48, 0x89, 0x84, 0x24],
            InstructionSet::X86 => &[0x89, 0x84, 0x24],
        };
        let store = [opcode, depth.to_le_bytes().as_slice()].concat();
        Some(Edit::detour(body, &site, &store, &[]))
    });
    sites.collect()
}
