//! Ways out of the function that are none.

use iced_x86::Mnemonic;

use crate::mutants::body::{Body, Step};
use crate::mutants::edit::{Edit, nops, sites};

/// A branch goes to the return itself, or a jump takes the place of a pop.
pub(super) fn past_epilogue(body: &Body) -> Vec<Edit> {
    let branches = body.iter().filter_map(|step| retargeted(body, step));
    let pops = body.iter().filter_map(|step| in_place_of_pop(body, step));
    branches.chain(pops).collect()
}

/// Only where SP is plainly not what it was at the entry.
fn retargeted(body: &Body, step: &Step) -> Option<Edit> {
    let i = &step.instruction;
    let is_branch = i.is_jcc_short_or_near() || i.is_jmp_short_or_near();
    if !is_branch || step.is_fixed || step.depth.is_none_or(|depth| depth == 0) {
        return None;
    }
    let returns = body.iter().filter(|other| other.is_return());
    let mut patches = returns.filter_map(|to| Some(Edit::patch(step.place, aimed(step, to)?)));
    patches.next()
}

/// The branch with another distance, if it fits.
fn aimed(step: &Step, to: &Step) -> Option<Vec<u8>> {
    let distance = to.place.offset - step.end().offset;
    let mut bytes = step.bytes.clone();
    let i = &step.instruction;
    let is_short = i.is_jcc_short() || i.is_jmp_short();
    let field = if is_short {
        i8::try_from(distance).ok()?.to_le_bytes().to_vec()
    } else {
        i32::try_from(distance).ok()?.to_le_bytes().to_vec()
    };
    let start = bytes.len().checked_sub(field.len())?;
    bytes.get_mut(start..)?.copy_from_slice(&field);
    (to.place.section == step.place.section).then_some(bytes)
}

fn in_place_of_pop(body: &Body, step: &Step) -> Option<Edit> {
    let is_pop = body.is_stack_move(step, Mnemonic::Pop) && step.bytes.len() == 2;
    let end = body
        .run_from(step)
        .last()
        .filter(|end| is_pop && end.is_return())?;
    let distance = i8::try_from(end.place.offset - step.end().offset).ok()?;
    Some(Edit::patch(step.place, vec![0xeb, distance as u8]))
}

/// Control comes to the section's end.
pub(super) fn fallen_off(body: &Body) -> Vec<Edit> {
    sites(body)
        .map(|site| Edit::elsewhere(body, &site, nops(1)))
        .collect()
}
