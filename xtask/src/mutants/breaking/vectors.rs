//! Saves and restores of vector registers, which Microsoft's convention preserves.

use iced_x86::{Code, Encoder, Instruction, OpKind, Register};

use crate::mutants::body::{Body, Step};
use crate::mutants::edit::{Edit, before_returns, sites};

/// Saves: the first thing that is done with a preserved register is to store it.
fn saves(body: &Body) -> Vec<&Step> {
    let Some(entry) = body.steps.get(&body.entry) else {
        return Vec::new();
    };
    let mut untouched = body.preserved_vectors.clone();
    let mut factory = iced_x86::InstructionInfoFactory::new();
    let mut found = Vec::new();
    for step in body.run_from(entry) {
        let saved = saved(step).filter(|register| untouched.contains(register));
        found.extend(saved.map(|_| step));
        let info = factory.info(&step.instruction);
        let used = info.used_registers().iter();
        for register in used.map(|used| low(used.register())) {
            untouched.retain(|&other| other != register);
        }
    }
    found
}

/// Restores: the last thing before a return that is done with a preserved register.
fn restores(body: &Body) -> Vec<&Step> {
    let is_restore = |step: &&Step| {
        let Some(register) = restored(step) else {
            return false;
        };
        let is_again = |later: &Step| {
            later.instruction.op_count() > 0 && low(later.instruction.op0_register()) == register
        };
        body.preserved_vectors.contains(&register)
            && body.run_from(step).last().is_some_and(Step::is_return)
            && !body.run_from(step).skip(1).any(is_again)
    };
    body.iter().filter(is_restore).collect()
}

/// `xmm` of a vector register.
fn low(register: Register) -> Register {
    match register.is_vector_register() {
        true => Register::XMM0 + register.number() as u32,
        false => register,
    }
}

/// The register that is stored to the frame, all of its 128 bits.
fn saved(step: &Step) -> Option<Register> {
    let i = &step.instruction;
    let stores = is_move(i) && i.op0_kind() == OpKind::Memory && is_frame(i);
    stores.then(|| i.op1_register())
}

fn restored(step: &Step) -> Option<Register> {
    let i = &step.instruction;
    let loads = is_move(i) && i.op0_kind() == OpKind::Register && i.op1_kind() == OpKind::Memory;
    (loads && is_frame(i)).then(|| i.op0_register())
}

fn is_frame(i: &Instruction) -> bool {
    i.memory_index() == Register::None && matches!(i.memory_base(), Register::RSP | Register::RBP)
}

fn is_move(i: &Instruction) -> bool {
    half(i.code()).is_some()
}

/// The instruction that moves the low 64 bits of what another one moves whole.
const fn half(code: Code) -> Option<Code> {
    Some(match code {
        Code::Movaps_xmmm128_xmm | Code::Movups_xmmm128_xmm => Code::Movlps_m64_xmm,
        Code::Movdqa_xmmm128_xmm | Code::Movdqu_xmmm128_xmm => Code::Movq_xmmm64_xmm,
        Code::Movaps_xmm_xmmm128 | Code::Movups_xmm_xmmm128 => Code::Movlps_xmm_m64,
        Code::Movdqa_xmm_xmmm128 | Code::Movdqu_xmm_xmmm128 => Code::Movq_xmm_xmmm64,
        Code::VEX_Vmovaps_xmmm128_xmm
        | Code::VEX_Vmovups_xmmm128_xmm
        | Code::VEX_Vmovdqa_xmmm128_xmm
        | Code::VEX_Vmovdqu_xmmm128_xmm => Code::VEX_Vmovq_xmmm64_xmm,
        Code::VEX_Vmovaps_xmm_xmmm128
        | Code::VEX_Vmovups_xmm_xmmm128
        | Code::VEX_Vmovdqa_xmm_xmmm128
        | Code::VEX_Vmovdqu_xmm_xmmm128 => Code::VEX_Vmovq_xmm_xmmm64,
        _ => return None,
    })
}

pub(super) fn dropped(body: &Body) -> Vec<Edit> {
    saves(body).into_iter().map(Edit::drop).collect()
}

pub(super) fn dropped_restores(body: &Body) -> Vec<Edit> {
    restores(body).into_iter().map(Edit::drop).collect()
}

pub(super) fn halved_saves(body: &Body) -> Vec<Edit> {
    saves(body).into_iter().filter_map(halved).collect()
}

pub(super) fn halved_restores(body: &Body) -> Vec<Edit> {
    restores(body).into_iter().filter_map(halved).collect()
}

fn halved(step: &Step) -> Option<Edit> {
    let mut instruction = step.instruction;
    instruction.set_code(half(instruction.code())?);
    encoded(step, &instruction)
}

/// A restore reads the slot beside its own.
pub(super) fn from_another_slot(body: &Body) -> Vec<Edit> {
    let restores = restores(body).into_iter().filter_map(|step| {
        let mut instruction = step.instruction;
        let slot = instruction.memory_displacement64();
        instruction.set_memory_displacement64(slot ^ 16);
        encoded(step, &instruction)
    });
    restores.collect()
}

/// In the place of another one, if it is as long.
fn encoded(step: &Step, instruction: &Instruction) -> Option<Edit> {
    let mut encoder = Encoder::new(64);
    encoder.encode(instruction, step.place.offset as u64).ok()?;
    let bytes = encoder.take_buffer();
    (bytes.len() == step.bytes.len()).then(|| Edit::patch(step.place, bytes))
}

/// All bits of a preserved register that the function never names are set on the paths through one place.
pub(super) fn written(body: &Body) -> Vec<Edit> {
    let unnamed = body.preserved_vectors.iter().filter(|_| !body.is_open);
    let unnamed: Vec<_> = unnamed
        .filter(|&&register| !body.names_vector(register))
        .collect();
    let mut turn = unnamed.iter().cycle();
    let sites = sites(body).filter_map(|site| {
        let register = turn.next()?;
        Some(Edit::detour(body, &site, &ones(**register), &[]))
    });
    sites.collect()
}

/// Any preserved register, just before a return: behind every restore.
pub(super) fn written_after_restore(body: &Body) -> Vec<Edit> {
    let codes: Vec<_> = body
        .preserved_vectors
        .iter()
        .map(|&register| ones(register))
        .collect();
    before_returns(body, &codes)
}

/// `pcmpeqd xmm, xmm`.
fn ones(register: Register) -> Vec<u8> {
    let number = register.number() as u8;
    let register = number & 7;
    let operands = 0xc0 | register << 3 | register;
    match number {
        8.. => vec![0x66, 0x45, 0x0f, 0x76, operands],
        _ => vec![0x66, 0x0f, 0x76, operands],
    }
}

impl Body {
    /// Whether some instruction names the register, or a wider one that it is part of.
    fn names_vector(&self, register: Register) -> bool {
        let mut factory = iced_x86::InstructionInfoFactory::new();
        self.iter().any(|step| {
            let info = factory.info(&step.instruction);
            let mut used = info.used_registers().iter();
            used.any(|used| low(used.register()) == register)
        })
    }
}
