//! Moves between a preserved register and its slot that take half of the register along.

use iced_x86::{Code, Encoder, Instruction, MemoryOperand, Mnemonic, Register};

use abide::registers::InstructionSet;

use crate::mutants::body::{Body, Step};
use crate::mutants::edit::Edit;

/// Stores the low half: where SP goes stays as it is.
pub(super) fn save(body: &Body, step: &Step) -> Option<Edit> {
    let i = &step.instruction;
    if i.mnemonic() == Mnemonic::Push {
        let half = half(body.set, i.op0_register());
        let store = Instruction::with2(store_code(body.set), top(body.set), half).ok()?;
        let code = encoded(body.set, &[moved_sp(body, -1)?, store])?;
        return Edit::replaced(body, step, &code);
    }
    if i.mnemonic() != Mnemonic::Mov {
        return None;
    }
    let mut store = *i;
    store.set_code(store_code(body.set));
    store.set_op1_register(half(body.set, i.op1_register()));
    replaced(body, step, store)
}

/// Loads the low half, and leaves nothing of what was above.
pub(super) fn restore(body: &Body, step: &Step) -> Option<Edit> {
    let i = &step.instruction;
    let narrow = match body.set {
        InstructionSet::X86_64 => half(body.set, i.op0_register()),
        InstructionSet::X86 => i.op0_register(),
    };
    if i.mnemonic() == Mnemonic::Pop {
        let load = Instruction::with2(load_code(body.set), narrow, top(body.set)).ok()?;
        let code = encoded(body.set, &[load, moved_sp(body, 1)?])?;
        return Edit::replaced(body, step, &code);
    }
    if i.mnemonic() != Mnemonic::Mov {
        return None;
    }
    let mut load = *i;
    load.set_code(load_code(body.set));
    load.set_op0_register(narrow);
    replaced(body, step, load)
}

/// In its own place where it fits, so that what speaks of the code still does.
fn replaced(body: &Body, step: &Step, instruction: Instruction) -> Option<Edit> {
    if step.is_fixed {
        return None;
    }
    let mut code = encoded(body.set, &[instruction])?;
    if code.len() > step.bytes.len() {
        return Edit::replaced(body, step, &code);
    }
    code.resize(step.bytes.len(), 0x90);
    Some(Edit::patch(step.place, code))
}

fn encoded(set: InstructionSet, instructions: &[Instruction]) -> Option<Vec<u8>> {
    let mut encoder = Encoder::new(set.bits().into());
    for instruction in instructions {
        encoder.encode(instruction, 0).ok()?;
    }
    Some(encoder.take_buffer())
}

/// `lea` of SP by so many words: flags stay.
fn moved_sp(body: &Body, words: i64) -> Option<Instruction> {
    let (code, sp) = match body.set {
        InstructionSet::X86_64 => (Code::Lea_r64_m, Register::RSP),
        InstructionSet::X86 => (Code::Lea_r32_m, Register::ESP),
    };
    let place = MemoryOperand::with_base_displ(sp, words * body.word());
    Instruction::with2(code, sp, place).ok()
}

fn top(set: InstructionSet) -> MemoryOperand {
    MemoryOperand::with_base(match set {
        InstructionSet::X86_64 => Register::RSP,
        InstructionSet::X86 => Register::ESP,
    })
}

const fn store_code(set: InstructionSet) -> Code {
    match set {
        InstructionSet::X86_64 => Code::Mov_rm32_r32,
        InstructionSet::X86 => Code::Mov_rm16_r16,
    }
}

const fn load_code(set: InstructionSet) -> Code {
    match set {
        InstructionSet::X86_64 => Code::Mov_r32_rm32,
        InstructionSet::X86 => Code::Movzx_r32_rm16,
    }
}

/// The low half of a general register.
fn half(set: InstructionSet, register: Register) -> Register {
    let first = match set {
        InstructionSet::X86_64 => Register::EAX,
        InstructionSet::X86 => Register::AX,
    };
    first + register.number() as u32
}
