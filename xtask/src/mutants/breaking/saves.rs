//! Saves and restores of preserved registers.

use iced_x86::{Mnemonic, Register};

use super::halves;
use crate::mutants::body::{Body, Step};
use crate::mutants::edit::Edit;

/// Saves: the first thing that is done with a preserved register is to store it.
fn saves(body: &Body) -> Vec<&Step> {
    let Some(entry) = body.steps.get(&body.entry) else {
        return Vec::new();
    };
    let mut untouched: Vec<Register> = body.preserved.clone();
    let mut factory = iced_x86::InstructionInfoFactory::new();
    let mut found = Vec::new();
    for step in body.run_from(entry) {
        let register = if body.is_stack_move(step, Mnemonic::Push) {
            Some(step.instruction.op0_register())
        } else if body.moves_preserved(step, 1, 0) {
            Some(step.instruction.op1_register())
        } else {
            None
        };
        if register.is_some_and(|register| untouched.contains(&register)) {
            found.push(step);
        }
        let info = factory.info(&step.instruction);
        let used: Vec<_> = info
            .used_registers()
            .iter()
            .map(|u| u.register().full_register())
            .collect();
        untouched.retain(|register| register_is_kept(body, *register, &used, step));
    }
    found
}

/// A save reads the register and leaves it as it is.
fn register_is_kept(body: &Body, register: Register, used: &[Register], step: &Step) -> bool {
    let is_store = body.is_stack_move(step, Mnemonic::Push) || body.moves_preserved(step, 1, 0);
    let is_used = used.contains(&register.full_register());
    !is_used || is_store && step.instruction.memory_base() != register
}

/// Restores: the last thing before a return that is done with a preserved register.
fn restores(body: &Body) -> Vec<&Step> {
    let ends_in_return = |step: &&Step| {
        let is_restore =
            body.is_stack_move(step, Mnemonic::Pop) || body.moves_preserved(step, 0, 1);
        let register = step.instruction.op0_register();
        is_restore
            && body.run_from(step).last().is_some_and(Step::is_return)
            && !body.run_from(step).skip(1).any(|later| {
                let written = later.instruction.op0_register().full_register();
                later.instruction.op_count() > 0 && written == register.full_register()
            })
    };
    body.iter().filter(ends_in_return).collect()
}

pub(super) fn dropped(body: &Body) -> Vec<Edit> {
    saves(body).into_iter().map(Edit::drop).collect()
}

pub(super) fn dropped_restores(body: &Body) -> Vec<Edit> {
    restores(body).into_iter().map(Edit::drop).collect()
}

pub(super) fn halved_saves(body: &Body) -> Vec<Edit> {
    let saves = saves(body).into_iter();
    saves.filter_map(|step| halves::save(body, step)).collect()
}

pub(super) fn halved_restores(body: &Body) -> Vec<Edit> {
    let restores = restores(body).into_iter();
    restores
        .filter_map(|step| halves::restore(body, step))
        .collect()
}

/// A save goes half beside its slot.
pub(super) fn overlapping(body: &Body) -> Vec<Edit> {
    let saves = saves(body)
        .into_iter()
        .filter(|step| body.moves_preserved(step, 1, 0));
    saves.filter_map(|step| beside(body, step)).collect()
}

fn beside(body: &Body, step: &Step) -> Option<Edit> {
    if step.instruction.memory_displ_size() != 1 {
        return None;
    }
    let mut bytes = step.bytes.clone();
    let displacement = bytes.last_mut()?;
    *displacement = displacement.wrapping_sub(body.set.word() / 2);
    Some(Edit::patch(step.place, bytes))
}

/// Two pops that follow one another change places.
pub(super) fn swapped_restores(body: &Body) -> Vec<Edit> {
    let pairs = restores(body).into_iter().filter_map(|first| {
        let second = body.next(first)?;
        let are_pops =
            body.is_stack_move(first, Mnemonic::Pop) && body.is_stack_move(second, Mnemonic::Pop);
        let swapped = [second.bytes.as_slice(), &first.bytes].concat();
        (are_pops && !body.targets.contains(&second.place))
            .then(|| Edit::patch(first.place, swapped))
    });
    pairs.collect()
}
