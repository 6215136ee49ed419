//! What a fault was: the instruction tells.

use std::ops::Range;

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, OpKind, Register};
use oracle::form;

use crate::link::Linked;
use crate::outcome::{Breach, Ending, Outcome};

/// The instruction at an address of the image that is mapped.
pub(crate) fn instruction_at(linked: &Linked<'_>, at: u64) -> Option<Instruction> {
    linked.place_of(at)?;
    // SAFETY: the image is mapped as long as its runner, and a section of code
    // is followed by at least as many bytes of its last page.
    let bytes = unsafe { std::slice::from_raw_parts(at as *const u8, 15) };
    let mut decoder = Decoder::with_ip(linked.bits(), bytes, at, DecoderOptions::AMD);
    let instruction = decoder.decode();
    (!instruction.is_invalid()).then_some(instruction)
}

/// Whether the instruction at an address accesses what lies a fixed way from SP. In signal handlers this
/// allocates nothing: the decoder's tables were made when the image was decided.
pub(crate) fn names_stack(linked: &Linked<'_>, at: u64) -> bool {
    instruction_at(linked, at).is_some_and(|instruction| {
        let base = instruction.memory_base();
        base.full_register() == Register::RSP && instruction.memory_index() == Register::None
    })
}

/// The form of the instruction that a run ended at.
pub(crate) fn form_at(linked: &Linked<'_>, at: u64) -> String {
    match instruction_at(linked, at) {
        Some(instruction) => form::name(&instruction),
        None => "no instruction".to_owned(),
    }
}

/// Finds breaches among faults that name no address: a return to none, a misaligned access to the
/// stack.
pub(crate) fn explain(linked: &Linked<'_>, stack: &Range<u64>, outcome: &mut Outcome) {
    if outcome.ending != Ending::Unmappable || outcome.address.is_some() {
        return;
    }
    let Some(instruction) = instruction_at(linked, outcome.at) else {
        return;
    };
    if instruction.flow_control() == FlowControl::Return {
        outcome.breach = Some(Breach::LeftCode);
    } else if is_on_stack(&instruction, &outcome.general, stack) {
        outcome.breach = Some(Breach::MisalignedAccess);
    }
}

/// Whether the instruction accesses the stack, where every address can be touched.
fn is_on_stack(instruction: &Instruction, general: &[u64; 16], stack: &Range<u64>) -> bool {
    (0..instruction.op_count())
        .filter(|&operand| instruction.op_kind(operand) == OpKind::Memory)
        .filter_map(|operand| {
            instruction.virtual_address(operand, 0, |register, _, _| match register {
                register if register.is_segment_register() => Some(0),
                register if register.is_gpr() => {
                    general.get(register.full_register().number()).copied()
                }
                _ => None,
            })
        })
        .any(|address| stack.contains(&address))
}
