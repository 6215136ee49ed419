//! The numbers that an ABI's tables have for registers.

use crate::registers::{InstructionSet, Register};

/// How an instruction set's tables name what they speak of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers {
    /// The general registers, in the order that tables count them, by the processor's numbers.
    general: &'static [u8],
    /// The column that holds the return address.
    pub return_address: u16,
    /// The bytes of an address.
    pub word: u8,
}

/// System V x86-64 ABI, figure 3.36: rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp, r8 to r15.
const X86_64: Numbers = Numbers {
    general: &[0, 2, 1, 3, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15],
    return_address: 16,
    word: InstructionSet::X86_64.word(),
};

/// System V i386 ABI, "DWARF Register Number Mapping": eax, ecx, edx, ebx, esp, ebp, esi, edi, as the processor counts.
const X86: Numbers = Numbers {
    general: &[0, 1, 2, 3, 4, 5, 6, 7],
    return_address: 8,
    word: InstructionSet::X86.word(),
};

impl Numbers {
    pub(super) const fn of(set: InstructionSet) -> Self {
        match set {
            InstructionSet::X86_64 => X86_64,
            InstructionSet::X86 => X86,
        }
    }

    /// The general register of a number.
    pub(super) fn general(self, register: gimli::Register) -> Option<Register> {
        let number = self.general.get(usize::from(register.0))?;
        Some(Register(*number))
    }
}
