//! What a run was given: the parts of its entry that matter.

use super::witness::NEAR;
use crate::interpret::replay::Given;
use crate::interpret::replay::course::Scene;
use crate::interpret::replay::entry::{Entry, Input, on_stack};
use crate::interpret::replay::search::Found;
use crate::interpret::replay::solve::MOST_NODES;
use crate::interpret::replay::symptom::Symptom;
use crate::registers::Register;

/// How many inputs are shown.
const MOST_GIVEN: usize = 8;

/// The inputs that the run's branches looked at, and those that the symptom speaks of.
pub(super) fn given(scene: Scene<'_>, symptom: Symptom, found: &Found) -> Vec<Given> {
    let contract = scene.contract;
    let mut inputs: Vec<Input> = Vec::new();
    if let Symptom::Clobbered(register) | Symptom::Control(register) = symptom {
        inputs.push(Input::Register(register));
    }
    let nodes = found.trial.forks.iter().map(|fork| fork.node);
    let deciding = found
        .trial
        .deciding
        .iter()
        .copied()
        .filter(|_| symptom.takes_two());
    for node in nodes.chain(deciding) {
        for input in found.trial.shadow.expressions.inputs(node, MOST_NODES) {
            if !inputs.contains(&input) {
                inputs.push(input);
            }
        }
    }
    inputs.truncate(MOST_GIVEN);
    let value = |entry: &Entry, input| match input {
        Input::Memory(..) | Input::Answer(_) => found.trial.shadow.expressions.number_of(input),
        _ => entry.value(contract, input),
    };
    let given = inputs.into_iter().map(|input| {
        let second = found
            .second
            .as_ref()
            .map(|second| second.value(contract, input));
        let value = value(&found.entry, input);
        Given {
            input,
            name: name(scene, &found.entry, input, 4),
            value,
            or: second.filter(|&second| {
                second != value && found.entry.garbage_bits(contract, input) != 0
            }),
        }
    });
    given.collect()
}

/// What a person calls an input: `rdi`, `[rdi + 0x8]`, `[[rdi] + 0x10]`.
fn name(scene: Scene<'_>, entry: &Entry, input: Input, depth: u32) -> String {
    let (address, bytes) = match input {
        Input::Register(register) => return register.to_string(),
        Input::Left(call, register) | Input::Partly(call, register, _) => {
            return format!("{register} after call {}", call + 1);
        }
        Input::Answer(number) => return format!("answer {} of the processor", number + 1),
        Input::Memory(address, bytes) => (address, bytes),
    };
    let size = match bytes {
        1 => "byte ",
        2 => "word ",
        4 => "dword ",
        _ => "",
    };
    let stack_pointer = entry.stack_pointer(scene.contract);
    if on_stack(stack_pointer, address) {
        return format!("{size}[rsp{}]", signed(address.wrapping_sub(stack_pointer)));
    }
    let registers = (0..16).map(|number| Input::Register(Register(number)));
    let pointers = registers
        .chain(entry.chosen.keys().copied())
        .filter(|&pointer| pointer != input && depth > 0)
        .map(|pointer| (pointer, entry.value(scene.contract, pointer)));
    let near = pointers
        .filter(|&(_, to)| address.wrapping_sub(to).wrapping_add(NEAR) < 2 * NEAR)
        .min_by_key(|&(pointer, to)| (address.abs_diff(to), pointer));
    match near {
        Some((pointer, to)) => {
            let pointer = name(scene, entry, pointer, depth - 1);
            format!("{size}[{pointer}{}]", signed(address.wrapping_sub(to)))
        }
        None => match scene
            .layout
            .place_of(address)
            .and_then(|place| scene.around.image.name_of(place))
        {
            Some((symbol, 0)) => format!("{size}[{symbol}]"),
            Some((symbol, distance)) => format!("{size}[{symbol} + {distance:#x}]"),
            None => format!("{size}[{address:#x}]"),
        },
    }
}

fn signed(distance: u64) -> String {
    match distance as i64 {
        0 => String::new(),
        distance @ 1.. => format!(" + {distance:#x}"),
        distance => format!(" - {:#x}", distance.unsigned_abs()),
    }
}
