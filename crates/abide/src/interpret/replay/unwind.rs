//! What an unwinder finds at an instruction of a run.

use super::course::Course;
use super::entry::{Input, RETURN_ADDRESS};
use crate::inputs::{Saved, UnwindRow};
use crate::interpret::events::Unwound;
use crate::interpret::unwinding::{self, Source, VECTOR_BYTES};
use crate::machine::Operation;
use crate::machine::arithmetic::evaluate;
use crate::registers::Register;

/// A run, as an unwinder reads it.
struct Numbers<'c, 'a> {
    course: &'c mut Course<'a>,
}

impl Source for Numbers<'_, '_> {
    type Number = u64;

    fn word(&self) -> u8 {
        self.course.scene.contract.word() as u8
    }

    fn register(&mut self, register: Register) -> Option<u64> {
        self.course.machine.get(register)
    }

    fn load(&mut self, address: u64, bytes: u8) -> Option<u64> {
        let memory = self.course.machine.memory();
        memory.read(address, u16::from(bytes)).known()
    }

    fn number(&mut self, number: i64) -> u64 {
        number as u64
    }

    fn compute(&mut self, operation: Operation, a: u64, b: u64) -> Option<u64> {
        evaluate(operation, 64, [a, b, 0])
    }
}

/// What an unwinder finds and what it ought to find, where these differ before the instruction
/// that comes next; of a call, how many bytes it has. Frames of helpers are not the root's.
pub(super) fn misled(
    course: &mut Course<'_>,
    part: Unwound,
    call: Option<u8>,
) -> Option<(u64, u64)> {
    if course.depth != 0 {
        return None;
    }
    let row = course.scene.around.unwind.at(course.place, call)?;
    let mut source = Numbers { course };
    let frame = unwinding::frame(&mut source, &row)?;
    if let Unwound::Register(register) = part
        && register.is_vector()
    {
        return vector_misled(course, &row, frame, register);
    }
    let found = unwinding::part(&mut source, &row, frame, part)?;
    let contract = course.scene.contract;
    let expected = match part {
        Unwound::Frame => course.from.wrapping_add_signed(contract.word()),
        Unwound::ReturnAddress => RETURN_ADDRESS,
        Unwound::Register(register) => course.entry.value(contract, Input::Register(register)),
    };
    (found != expected).then_some((found, expected))
}

/// The same of a vector register: the first 64 bits that differ.
fn vector_misled(
    course: &mut Course<'_>,
    row: &UnwindRow,
    frame: u64,
    register: Register,
) -> Option<(u64, u64)> {
    let mut source = Numbers { course };
    let found = match unwinding::saved(row, register) {
        Saved::Same => course.machine.value(register),
        saved => {
            let address = unwinding::place_of(&mut source, saved, frame)?;
            let memory = course.machine.memory();
            memory.read(address, u16::from(VECTOR_BYTES))
        }
    };
    let found = found.truncated(8 * u16::from(VECTOR_BYTES));
    let expected = course.entry.vector(course.scene.contract, register);
    let words = found.words.into_iter().zip(expected.words).take(2);
    let mut differing = words.filter(|(found, expected)| found != expected);
    differing.next().filter(|_| found.is_known())
}
