//! Handlers: functions that the hardware enters through a gate.

use crate::conventions::{
    Convention, INTERRUPT_FRAME, INTERRUPT_FRAME_32, INTERRUPT_GATE, INTERRUPT_GATE_32,
    INTERRUPT_GATE_32_OF_UNKNOWN_VECTOR, INTERRUPT_GATE_32_WITH_CODE,
    INTERRUPT_GATE_OF_UNKNOWN_VECTOR, INTERRUPT_GATE_WITH_CODE, comes_anywhere, has_error_code,
};
use crate::registers::InstructionSet;

/// How the hardware enters a handler.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interrupt {
    /// The instruction set of the mode that the gates enter it in.
    pub set: InstructionSet,
    /// The vectors whose gates lead to it; none where they are not known.
    pub vectors: Vec<u8>,
    /// It may interrupt user mode.
    pub user: Option<bool>,
    /// Its gates name a stack of their own (IST).
    pub own_stack: Option<bool>,
    /// Its gates are open to `int` from any privilege level: a system call's, as a rule.
    pub by_instruction: bool,
}

impl Interrupt {
    /// What is said here, and of the rest what a gate tells.
    #[must_use]
    pub fn or(mut self, gate: Option<&Self>) -> Self {
        if let Some(gate) = gate {
            if self.vectors.is_empty() {
                self.vectors.clone_from(&gate.vectors);
            }
            self.own_stack = self.own_stack.or(gate.own_stack);
            self.by_instruction = gate.by_instruction;
        }
        self
    }

    /// Whether the processor pushes an error code, where all of its vectors agree.
    #[must_use]
    pub fn error_code(&self) -> Option<bool> {
        let mut codes = self.vectors.iter().map(|&vector| has_error_code(vector));
        let first = codes.next()?;
        codes.all(|code| code == first).then_some(first)
    }

    /// Whether it may be entered at any instruction of what it interrupts, and not only at some.
    #[must_use]
    pub fn comes_anywhere(&self) -> bool {
        let mut vectors = self.vectors.iter();
        vectors.any(|&vector| comes_anywhere(vector)) && !self.by_instruction
    }

    /// The vectors that lead to it, in words; `None` where they are not known.
    #[must_use]
    pub fn entered_by(&self) -> Option<String> {
        let code = match self.error_code()? {
            true => "with an error code",
            false => "without an error code",
        };
        Some(match &self.vectors[..] {
            [vector] => format!("vector {vector}, {code}"),
            [vector, others @ ..] => format!("vector {vector} and {} more, {code}", others.len()),
            [] => return None,
        })
    }

    /// What it is entered by.
    #[must_use]
    pub fn convention(&self) -> &'static Convention {
        match (self.set, self.error_code()) {
            (InstructionSet::X86_64, Some(false)) => &INTERRUPT_GATE,
            (InstructionSet::X86_64, Some(true)) => &INTERRUPT_GATE_WITH_CODE,
            (InstructionSet::X86_64, None) => &INTERRUPT_GATE_OF_UNKNOWN_VECTOR,
            (InstructionSet::X86, Some(false)) => &INTERRUPT_GATE_32,
            (InstructionSet::X86, Some(true)) => &INTERRUPT_GATE_32_WITH_CODE,
            (InstructionSet::X86, None) => &INTERRUPT_GATE_32_OF_UNKNOWN_VECTOR,
        }
    }

    /// What the processor pushes whatever it interrupts, from the lowest address on, the error
    /// code apart.
    #[must_use]
    pub const fn frame(&self) -> &'static [&'static str] {
        match self.set {
            InstructionSet::X86 => &INTERRUPT_FRAME_32,
            InstructionSet::X86_64 => &INTERRUPT_FRAME,
        }
    }

    /// How far above SP at the entry the interrupted RIP stands, in bytes.
    #[must_use]
    pub fn resume_offset(&self) -> Option<i64> {
        self.error_code()
            .map(|code| i64::from(u8::from(code) * self.set.word()))
    }

    /// Whether a handler may go back with SP so many bytes above SP at its entry. Where the vector
    /// is not known, there may be an error code or none.
    #[must_use]
    pub fn may_resume_at(&self, above: i64) -> bool {
        match self.resume_offset() {
            Some(expected) => above == expected,
            None => above == 0 || above == i64::from(self.set.word()),
        }
    }

    /// How many bytes of the processor's frame lie above the word at the entry's SP. They are
    /// the handler's to write: that is how it chooses where to go on.
    #[must_use]
    pub fn frame_above_entry(&self) -> Option<u32> {
        let code = u32::from(self.error_code()?);
        Some((self.frame().len() as u32 - 1 + code) * u32::from(self.set.word()))
    }

    /// Its vectors and its stack in words.
    #[must_use]
    pub fn text(&self) -> String {
        let stack = match self.own_stack {
            Some(true) => ", on a stack of its own",
            Some(false) => ", on the interrupted stack",
            None => "",
        };
        format!("{}{stack}", self.vectors_text())
    }

    /// Its vectors in words.
    #[must_use]
    pub fn vectors_text(&self) -> String {
        let vectors: Vec<_> = self.vectors.iter().map(u8::to_string).collect();
        match vectors.as_slice() {
            [] => "a vector that is not known".to_owned(),
            [vector] => format!("vector {vector}"),
            vectors => format!("vectors {}", vectors.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_that_disagree_leave_the_frame_open() {
        let of = |vectors: &[u8]| Interrupt {
            vectors: vectors.to_vec(),
            ..Interrupt::default()
        };
        assert_eq!(of(&[32, 33]).error_code(), Some(false));
        assert_eq!(of(&[13, 14]).error_code(), Some(true));
        assert_eq!(of(&[13, 32]).error_code(), None);
        assert_eq!(of(&[]).error_code(), None);
        assert_eq!(of(&[14]).resume_offset(), Some(8));
        assert_eq!(of(&[14]).frame_above_entry(), Some(40));
        assert_eq!(of(&[32]).frame_above_entry(), Some(32));
    }
}
