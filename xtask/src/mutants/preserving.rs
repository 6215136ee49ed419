//! Mutations that keep the contract.

use iced_x86::{Encoder, Instruction, Mnemonic, OpKind, Register};

use super::Mutator;
use super::body::{Body, Step, displacement};
use super::edit::{Edit, nops, site, sites};

/// All of them.
pub(crate) const ALL: &[Mutator] = &[
    preserving("rename scratch registers", renamed),
    preserving("reorder independent saves", reordered),
    preserving("insert nops", with_nops),
    preserving("insert a matched push and pop", with_push_and_pop),
];

const fn preserving(name: &'static str, edits: fn(&Body) -> Vec<Edit>) -> Mutator {
    Mutator {
        name,
        breaks: false,
        edits,
    }
}

fn with_nops(body: &Body) -> Vec<Edit> {
    let wide = body
        .iter()
        .filter(|step| step.instruction.mnemonic() == Mnemonic::Nop && step.bytes.len() > 1);
    let detours = sites(body).map(|site| Edit::detour(body, &site, &nops(1), &nops(2)));
    wide.map(Edit::drop).chain(detours).collect()
}

/// At the entry alone: later there may be something below SP.
fn with_push_and_pop(body: &Body) -> Vec<Edit> {
    let entry = body
        .steps
        .get(&body.entry)
        .and_then(|step| site(body, step));
    let registers = [0_u8, 1, 2, 3, 5, 6, 7];
    let edits = entry
        .into_iter()
        .filter(|_| !body.targets_entry())
        .flat_map(|site| registers.map(|n| Edit::detour(body, &site, &[0x50 | n, 0x58 | n], &[])));
    edits.collect()
}

impl Body {
    /// Whether the code comes back to its own start, where there may be something below SP.
    fn targets_entry(&self) -> bool {
        self.is_open
            || self
                .iter()
                .any(|step| step.instruction.near_branch_target() == self.entry.offset as u64)
    }
}

/// Two pushes that follow one another change places, and so do the pops before every return.
fn reordered(body: &Body) -> Vec<Edit> {
    if !body.counts_its_stack() {
        return Vec::new();
    }
    let pairs = body
        .iter()
        .filter_map(|first| Some((first, body.next(first)?)));
    pairs
        .filter_map(|(first, second)| reordered_pair(body, first, second))
        .collect()
}

fn reordered_pair(body: &Body, first: &Step, second: &Step) -> Option<Edit> {
    let depth = first.depth?;
    let are_pushes =
        body.is_stack_move(first, Mnemonic::Push) && body.is_stack_move(second, Mnemonic::Push);
    let (a, b) = (
        first.instruction.op0_register(),
        second.instruction.op0_register(),
    );
    // What a table names must stay where it says.
    if !are_pushes || a == b || body.is_named(a) || body.is_named(b) {
        return None;
    }
    let mut edit = swapped(first, second);
    for step in body.iter() {
        let i = &step.instruction;
        let is_other_push = i.mnemonic() == Mnemonic::Push && [a, b].contains(&i.op0_register());
        let is_elsewhere = step.place != first.place && step.place != second.place;
        // Frame slots that the body reads by number must stay where they are.
        if is_elsewhere && is_other_push || reads_slot(step, depth) {
            return None;
        }
        if i.mnemonic() == Mnemonic::Pop && i.op0_register() == b {
            let next = body.next(step)?;
            let is_matched = step.depth? == depth + 2 * body.word()
                && next.instruction.mnemonic() == Mnemonic::Pop
                && next.instruction.op0_register() == a;
            if !is_matched || body.targets.contains(&next.place) {
                return None;
            }
            edit.patches.extend(swapped(step, next).patches);
        }
    }
    let is_met = body.targets.contains(&second.place);
    (!is_met && edit.patches.len() > 1).then_some(edit)
}

fn swapped(first: &Step, second: &Step) -> Edit {
    Edit::patch(
        first.place,
        [second.bytes.as_slice(), &first.bytes].concat(),
    )
}

/// Whether the two slots above `depth` may be looked at by an address.
fn reads_slot(step: &Step, depth: i64) -> bool {
    let i = &step.instruction;
    let base = i.memory_base().full_register();
    let is_frame = matches!(base, Register::RSP | Register::RBP);
    let through_memory = i.op_kinds().any(|kind| kind == OpKind::Memory) && is_frame;
    let slot = step.depth.map_or(depth, |at| at - displacement(i));
    through_memory && (base == Register::RBP || slot >= depth && slot <= depth + 16)
}

/// `r10` and `r11` change names, in all of a function that has no callee.
fn renamed(body: &Body) -> Vec<Edit> {
    let is_closed = !body.is_open && !body.has_helpers && body.iter().all(|step| !step.is_call);
    let both = [Register::R10, Register::R11];
    let names_one = both.iter().any(|&register| body.mentions(register));
    // An unwind table may find the frame by one of them.
    let is_told = both.iter().any(|&register| body.is_named(register));
    if !is_closed || !names_one || is_told {
        return Vec::new();
    }
    rename_all(body).into_iter().collect()
}

fn rename_all(body: &Body) -> Option<Edit> {
    let mut edit = Edit::default();
    for step in body.iter() {
        let new = rename(&step.instruction);
        if new == step.instruction {
            continue;
        }
        let mut encoder = Encoder::new(64);
        let length = encoder.encode(&new, step.place.offset as u64).ok()?;
        let bytes = encoder.take_buffer();
        if step.is_fixed || length != step.bytes.len() {
            return None;
        }
        edit.patches.push((step.place, bytes));
    }
    (!edit.patches.is_empty()).then_some(edit)
}

fn rename(instruction: &Instruction) -> Instruction {
    let mut new = *instruction;
    for operand in 0..instruction.op_count() {
        if instruction.op_kind(operand) == OpKind::Register {
            new.set_op_register(operand, other(instruction.op_register(operand)));
        }
    }
    new.set_memory_base(other(instruction.memory_base()));
    new.set_memory_index(other(instruction.memory_index()));
    new
}

fn other(register: Register) -> Register {
    use Register as R;
    match register {
        R::R10 => R::R11,
        R::R11 => R::R10,
        R::R10D => R::R11D,
        R::R11D => R::R10D,
        R::R10W => R::R11W,
        R::R11W => R::R10W,
        R::R10L => R::R11L,
        R::R11L => R::R10L,
        same => same,
    }
}
