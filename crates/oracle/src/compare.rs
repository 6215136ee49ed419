//! Judges one run by the model.

use abide::machine::concrete::{Destination, Fault, Machine, Step, Value};
use abide::machine::{Effect, Effects};
use abide::registers::{Flags, InstructionSet, Register, RegisterSet};

use crate::model;
use crate::narrow;
use crate::processor::{Case, Ending};
use crate::state::{Areas, CODE, LANDING, SCRATCH, SCRATCH_SIZE, START};

/// What came of comparing a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All that the model knows is so.
    Agrees,
    /// The model leaves an address or a course open; what it says is not
    /// written did not change.
    AgreesInPart,
    /// The run says nothing, for this reason.
    Void(&'static str),
    /// The model is wrong: what, what the model says, what the processor did.
    Differs(String),
}

/// What one run needs to be judged.
pub struct Run<'a> {
    /// The state and memory before, with the state after.
    pub case: &'a Case,
    /// The memory before; that after is in the case.
    pub memory: &'a [u8; SCRATCH_SIZE],
    /// What it was run as.
    pub set: InstructionSet,
    /// The instruction.
    pub effects: &'a Effects,
    /// Where the processor saves its registers.
    pub areas: Areas,
}

/// Compares a run with the model's.
#[must_use]
pub fn compare(run: &Run<'_>, machine: &mut Machine<'_>, step: Step) -> Outcome {
    let ending = run.case.ending();
    if ending == Ending::Died {
        return Outcome::Void("the child died");
    }
    if ending == Ending::Signal(libc::SIGILL) && step != Step::Stop {
        return Outcome::Void("the processor lacks it");
    }
    if let Step::Undetermined(_) = step {
        return untouched(run, ending);
    }
    if machine.accesses().iter().any(|access| !is_scratch(access)) {
        return Outcome::Void("an operand is elsewhere");
    }
    if let Err(outcome) = endings_agree(run, ending, step) {
        return outcome;
    }
    match differences(run, machine) {
        Some(difference) => Outcome::Differs(difference),
        None => Outcome::Agrees,
    }
}

fn is_scratch(access: &abide::machine::concrete::Access) -> bool {
    let offset = access.address.wrapping_sub(SCRATCH);
    // An area of no fixed size may reach beyond the end in the model only.
    let bytes = if access.bytes == 4096 {
        1
    } else {
        access.bytes
    };
    offset < SCRATCH_SIZE as u64 && offset + bytes <= SCRATCH_SIZE as u64
}

/// `Ok` if both went on; `Err` with the verdict otherwise.
fn endings_agree(run: &Run<'_>, ending: Ending, step: Step) -> Result<(), Outcome> {
    let next = CODE + START + u64::from(run.effects.length);
    let expected = match step {
        Step::Continue(place) => Some(CODE + place.offset as u64),
        Step::Call(Destination::Place(place)) => Some(CODE + place.offset as u64),
        Step::Return(address) => Some(address),
        Step::Halt(place) | Step::System(place) => Some(CODE + place.offset as u64),
        // The frame that the plan has made leads there.
        Step::InterruptReturn => Some(CODE + LANDING),
        _ => None,
    };
    let actual = match ending {
        Ending::Next => Some(next),
        Ending::Landing => Some(CODE + LANDING),
        _ => None,
    };
    let faults = matches!(
        (step, ending),
        (Step::Fault(Fault::Divide), Ending::Signal(libc::SIGFPE))
            | (
                Step::Fault(Fault::Misaligned),
                Ending::Signal(libc::SIGSEGV)
            )
            | (Step::Stop, Ending::Signal(libc::SIGTRAP | libc::SIGILL))
    );
    match (expected, actual) {
        _ if faults => Err(Outcome::Agrees),
        (Some(expected), Some(actual)) if expected == actual => Ok(()),
        (None, _) if matches!(step, Step::Unknown(_)) => {
            Err(Outcome::Void("the model has no effects"))
        }
        _ => Err(Outcome::Differs(format!(
            "model {step:x?}, processor {ending:?}"
        ))),
    }
}

fn differences(run: &Run<'_>, machine: &mut Machine<'_>) -> Option<String> {
    let after = &run.case.after;
    let actual = |register: Register| actual(run, register, false);
    for number in 0..Register::COUNT as u8 {
        let register = Register(number);
        let (Some(real), mut model) = (actual(register), machine.value(register)) else {
            continue;
        };
        if register == Register::X87_IN_USE {
            // The stack holds no more than eight, and whoever pushes more loses the first.
            model.words[0] = model.words[0].min(8);
        }
        if let Some(difference) = differs(register, model, real) {
            return Some(difference);
        }
    }
    let checked = (Flags::ARITHMETIC | Flags::DF) & !machine.open_flags();
    for bit in (0..12).map(|bit| Flags(1 << bit)) {
        let real = after.flags as u32 & bit.0 != 0;
        if checked.contains(bit) && machine.flag(bit) != Some(real) {
            return Some(format!("{bit:?}: model {}, processor {real}", !real));
        }
    }
    (0..SCRATCH_SIZE)
        .step_by(64)
        .find_map(|offset| memory_differs(run, machine, offset))
}

/// Compares 64 bytes of memory.
fn memory_differs(run: &Run<'_>, machine: &mut Machine<'_>, offset: usize) -> Option<String> {
    let model = machine.memory().read(SCRATCH + offset as u64, 64);
    let real = model::value(&run.case.memory[offset..offset + 64]);
    if model.is_known() && model.words == real.words {
        return None;
    }
    let of = |value: &Value, byte: usize| value.words[byte / 8].to_le_bytes()[byte % 8];
    let byte = (0..64)
        .find(|&byte| model.unknown >> byte & 1 == 0 && of(&model, byte) != of(&real, byte))?;
    Some(format!(
        "[scratch + {:#x}]: model {:#04x}, processor {:#04x}",
        offset + byte,
        of(&model, byte),
        of(&real, byte)
    ))
}

/// What a register held, with bits of no meaning to the model marked unknown.
fn actual(run: &Run<'_>, register: Register, before: bool) -> Option<(Value, u64)> {
    use abide::registers::File;
    let is_narrow = run.set == InstructionSet::X86;
    if is_narrow && !narrow::is_nameable(register) {
        return None;
    }
    let state = if before {
        &run.case.before
    } else {
        &run.case.after
    };
    let (file, number) = register.file();
    let place = usize::from(number);
    let all = u64::MAX;
    Some(match (file, number) {
        // What the upper halves hold behind 32-bit code is not defined.
        (File::General, _) if is_narrow => (Value::number(state.general[place] & 0xffff_ffff), 0xf),
        (File::General, _) => (Value::number(state.general[place]), all),
        (File::Vector, _) => {
            let bytes = run.areas.vector(state, place);
            let mask = u64::MAX.checked_shr(64 - bytes.len() as u32).unwrap_or(0);
            (model::value(&bytes), mask)
        }
        (File::Mask, _) => (Value::number(run.areas.mask(state, place)?), all),
        // The exponent of an MMX register is not modelled.
        (File::X87, _) => (Value::number(state.x87(place)), 0xff),
        // The lowest six bits are sticky exceptions, which are not modelled.
        (File::Control, 0) => (Value::number(state.mxcsr() & !0x3f), 0xff),
        (File::Control, 1) => (Value::number(state.x87_control()), all),
        // Who computes with empty registers fills them with NaNs, which is not modelled.
        (File::Control, 3) if run.case.before.x87_in_use() != 0 => {
            (Value::number(state.x87_in_use().count_ones().into()), all)
        }
        _ => return None,
    })
}

fn differs(register: Register, model: Value, (real, bytes): (Value, u64)) -> Option<String> {
    let is_mxcsr = register == Register::MXCSR;
    for byte in 0..64 {
        if bytes >> byte & 1 == 0 || model.unknown >> byte & 1 == 1 {
            continue;
        }
        let of = |value: Value| value.words[byte / 8].to_le_bytes()[byte % 8];
        let mask = if is_mxcsr && byte == 0 { 0xc0 } else { 0xff };
        if of(model) & mask != of(real) & mask {
            return Some(format!(
                "{register} byte {byte}: model {:x?}, processor {:x?}",
                model.words, real.words
            ));
        }
    }
    None
}

/// Whether what the effects do not write is as it was.
fn untouched(run: &Run<'_>, ending: Ending) -> Outcome {
    if !matches!(ending, Ending::Next | Ending::Landing) {
        return Outcome::Void("it faults, and the model leaves its address open");
    }
    let mut written = RegisterSet::EMPTY;
    let mut stores = false;
    for effect in &run.effects.list {
        match effect {
            Effect::Write { part, .. } => written.insert(part.register),
            Effect::Store { .. } | Effect::Block(_) => stores = true,
            _ => {}
        }
    }
    for number in 0..Register::COUNT as u8 {
        let register = Register(number);
        if written.contains(register) {
            continue;
        }
        let (before, after) = (actual(run, register, true), actual(run, register, false));
        if let (Some((before, _)), Some(after)) = (before, after)
            && let Some(difference) = differs(register, before, after)
        {
            return Outcome::Differs(difference);
        }
    }
    if !stores && run.memory != &run.case.memory {
        return Outcome::Differs("memory was written".into());
    }
    Outcome::AgreesInPart
}
