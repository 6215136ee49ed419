//! The state of floating point.

use iced_x86::{FlowControl, Instruction, Mnemonic, OpKind};

use crate::mutants::body::Body;
use crate::mutants::edit::{Edit, sites};

/// `pxor mm0, mm0`.
const USE_MMX: &[u8] = &[0x0f, 0xef, 0xc0];
/// `fninit`, which says how to round.
const RESET: &[u8] = &[0xdb, 0xe3];

/// Those behind a wide write in the same straight run of code: others may have nothing to clear.
pub(super) fn dropped_vzeroupper(body: &Body) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut is_in_use = false;
    for step in body.iter() {
        is_in_use &= !body.targets.contains(&step.place);
        match step.instruction.mnemonic() {
            Mnemonic::Vzeroupper | Mnemonic::Vzeroall if is_in_use => edits.push(Edit::drop(step)),
            _ => is_in_use |= writes_wide(&step.instruction),
        }
        is_in_use &= step.instruction.flow_control() == FlowControl::Next;
    }
    edits
}

fn writes_wide(instruction: &Instruction) -> bool {
    let target = instruction.op0_register();
    let only_reads = matches!(
        instruction.mnemonic(),
        Mnemonic::Vptest | Mnemonic::Vtestps | Mnemonic::Vtestpd
    );
    let is_wide = (target.is_ymm() || target.is_zmm()) && target.number() < 16;
    is_wide && instruction.op0_kind() == OpKind::Register && !only_reads
}

pub(super) fn dropped_emms(body: &Body) -> Vec<Edit> {
    dropped(body, &[Mnemonic::Emms, Mnemonic::Femms])
}

/// The last load of a control word before a return, which brings back the caller's.
pub(super) fn dropped_control(body: &Body) -> Vec<Edit> {
    let loads = [Mnemonic::Ldmxcsr, Mnemonic::Vldmxcsr, Mnemonic::Fldcw];
    let last = body.iter().filter(|step| {
        loads.contains(&step.instruction.mnemonic())
            && body.run_from(step).any(|later| later.is_return())
            && !body
                .run_from(step)
                .skip(1)
                .any(|later| later.instruction.mnemonic() == step.instruction.mnemonic())
    });
    last.map(Edit::drop).collect()
}

/// MMX is used where no `emms` follows.
pub(super) fn mmx_used(body: &Body) -> Vec<Edit> {
    inserted(body, USE_MMX, &[Mnemonic::Emms, Mnemonic::Femms])
}

/// The x87 control word is written where nothing brings it back.
pub(super) fn control_written(body: &Body) -> Vec<Edit> {
    inserted(body, RESET, &[Mnemonic::Fldcw])
}

fn dropped(body: &Body, mnemonics: &[Mnemonic]) -> Vec<Edit> {
    let steps = body
        .iter()
        .filter(|step| mnemonics.contains(&step.instruction.mnemonic()));
    steps.map(Edit::drop).collect()
}

fn inserted(body: &Body, code: &[u8], mended_by: &[Mnemonic]) -> Vec<Edit> {
    let is_mended = body
        .iter()
        .any(|step| mended_by.contains(&step.instruction.mnemonic()));
    let sites = sites(body).filter(|_| !is_mended && !body.is_open);
    sites
        .map(|site| Edit::detour(body, &site, code, &[]))
        .collect()
}
