//! Runs the lifter's effects from the same states as the processor.

use abide::inputs::{
    Bytes, Format, Image, Language, Object, ObjectKind, Place, Section, SectionFlags, SectionId,
};
use abide::machine::Effects;
use abide::machine::concrete::{Layout, Machine, Step, Value};
use abide::machine::x86::{LiftError, Lifter};
use abide::registers::{Flags, InstructionSet, Register};

use crate::narrow;
use crate::state::{Areas, CODE, CODE_SIZE, SCRATCH, SCRATCH_SIZE, START, State};

/// Where the instruction is, in the model's image.
pub const PLACE: Place = Place {
    section: SectionId(0),
    offset: START as i64,
};

/// An image that has nothing but the code of a run, at its address.
#[must_use]
pub fn image(code: &[u8; CODE_SIZE], set: InstructionSet) -> Image {
    let section = Section {
        name: ".text".into(),
        address: CODE,
        size: CODE_SIZE as u64,
        align: 16,
        flags: SectionFlags {
            alloc: true,
            write: false,
            execute: true,
        },
        comdat: false,
        data: Bytes::new(code.to_vec()),
        relocations: Vec::new(),
    };
    Image::new(vec![Object {
        name: "oracle".into(),
        format: Format::Elf {
            is_64: set == InstructionSet::X86_64,
        },
        kind: ObjectKind::Executable,
        instruction_set: Some(set),
        language: Language::Assembly,
        sections: vec![section],
        symbols: Vec::new(),
        dynamic_symbols: Vec::new(),
        executable_stack: false,
        text_relocations: false,
        entry: None,
        data: Bytes::default(),
    }])
}

/// Lifts the instruction of a run.
///
/// # Errors
///
/// As [`Lifter::lift`].
pub fn lift(image: &Image) -> Result<Effects, LiftError> {
    let mut effects = Effects::new();
    Lifter::new(image).lift(PLACE, &mut effects)?;
    Ok(effects)
}

/// Runs the effects from a state, and returns the machine and how it ended.
#[must_use]
pub fn run<'a>(
    layout: &'a Layout<'a>,
    effects: &Effects,
    before: &State,
    memory: &[u8; SCRATCH_SIZE],
    areas: Areas,
) -> (Machine<'a>, Step) {
    let mut machine = Machine::new(layout, 0);
    set_registers(&mut machine, before, areas);
    for (number, selector) in (0..).zip(segments(layout.image().set_of(PLACE.section))) {
        machine.set(Register::segment(number), selector);
    }
    for (chunk, address) in memory.chunks(64).zip((SCRATCH..).step_by(64)) {
        machine.memory().write(address, 64, value(chunk));
    }
    let step = machine.step(effects, PLACE);
    (machine, step)
}

fn set_registers(machine: &mut Machine<'_>, before: &State, areas: Areas) {
    for (number, &word) in (0..).zip(&before.general) {
        machine.set(Register::general(number), word);
    }
    for number in 0..32 {
        let bytes = areas.vector(before, usize::from(number));
        machine.set_value(Register::vector(number), value(&bytes));
    }
    for number in 0..8 {
        let place = usize::from(number);
        let mask = areas.mask(before, place).unwrap_or_default();
        machine.set(Register::mask(number), mask);
        machine.set(Register::x87(number), before.x87(place));
    }
    machine.set(Register::MXCSR, before.mxcsr());
    machine.set(Register::X87_CONTROL, before.x87_control());
    let tags = tag_word(before.x87_in_use());
    machine.set(Register::X87_STATUS, tags << 16 | before.x87_status());
    let in_use = before.x87_in_use().count_ones();
    machine.set(Register::X87_IN_USE, in_use.into());
    let flags = Flags::ARITHMETIC | Flags::DF;
    machine.set_flags(flags, Flags(before.flags as u32) & flags);
}

/// The selectors in `es`, `cs`, `ss`, `ds`, `fs` and `gs`, which no run changes.
fn segments(set: InstructionSet) -> [u64; 6] {
    let (es, cs, ss, ds, fs, gs): (u64, u64, u64, u64, u64, u64);
    // SAFETY: reading a selector changes nothing.
    unsafe {
        std::arch::asm!(
            "mov {0:e}, es", "mov {1:e}, cs", "mov {2:e}, ss",
            "mov {3:e}, ds", "mov {4:e}, fs", "mov {5:e}, gs",
            out(reg) es, out(reg) cs, out(reg) ss, out(reg) ds, out(reg) fs, out(reg) gs,
            options(nomem, nostack, preserves_flags)
        );
    }
    match set {
        InstructionSet::X86_64 => [es, cs, ss, ds, fs, gs],
        InstructionSet::X86 => {
            let data = u64::from(narrow::DATA);
            [data, narrow::NARROW.into(), ss, data, fs, gs]
        }
    }
}

/// The full tag word: 3 for each register that is not in use.
fn tag_word(in_use: u64) -> u64 {
    (0..8)
        .filter(|number| in_use >> number & 1 == 0)
        .fold(0, |word, number| word | 3 << (2 * number))
}

/// Up to 64 bytes as a value.
#[must_use]
pub fn value(bytes: &[u8]) -> Value {
    let mut value = Value::default();
    for (word, eight) in value.words.iter_mut().zip(bytes.chunks(8)) {
        let mut bytes = [0; 8];
        bytes[..eight.len()].copy_from_slice(eight);
        *word = u64::from_le_bytes(bytes);
    }
    value
}
