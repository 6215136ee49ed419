//! What code is written in: a convention, its registers' names, and the helpers that there are for it.

use abide::conventions::{CDECL, Convention, MICROSOFT_X64, SYSTEM_V_X86_64};
use abide::registers::Register;

/// The number of a general register.
pub(crate) type General = u8;
/// SP's.
pub(crate) const SP: General = 4;
/// BP's.
pub(crate) const BP: General = 5;
/// The register that counts for `loop` and `rep`.
pub(crate) const COUNTER: General = 1;
/// Where string instructions read, and where they write.
pub(crate) const SOURCE: General = 6;
/// See [`SOURCE`].
pub(crate) const TARGET: General = 7;

/// A private helper, which keeps what no convention says.
pub(crate) struct Helper {
    pub(crate) name: &'static str,
    /// What it changes of what conventions preserve.
    pub(crate) changes: &'static [General],
}

/// How functions are written.
pub(crate) struct Dialect {
    pub(crate) convention: &'static Convention,
    /// NASM's name of the objects' format.
    pub(crate) format: &'static str,
    /// The bytes of a word.
    pub(crate) word: u32,
    pub(crate) helpers: &'static [Helper],
    /// Their source.
    pub(crate) source: &'static str,
}

const fn helper(name: &'static str, changes: &'static [General]) -> Helper {
    Helper { name, changes }
}

/// Those of 64-bit code; the first is for conventions that have a red zone.
const HELPERS: [Helper; 13] = [
    helper("keeps_below_its_stack_pointer", &[]),
    helper("keeps_all", &[]),
    helper("reads_its_return_address", &[]),
    helper("pops_its_return_address", &[]),
    helper("calls_itself", &[]),
    helper("calls_itself_between_pushes", &[]),
    helper("jumps_to_another", &[]),
    helper("swaps_with_a_caller_saved_register", &[]),
    helper("sets_and_clears_the_direction", &[]),
    helper("changes_bx", &[3]),
    helper("changes_bp_and_r12", &[5, 12]),
    helper("changes_r15_on_one_way", &[15]),
    helper("rotates_preserved_registers", &[12, 13, 14]),
];

/// Those of 32-bit code.
const NARROW_HELPERS: [Helper; 6] = [
    helper("keeps_all", &[]),
    helper("reads_its_return_address", &[]),
    helper("pops_its_return_address", &[]),
    helper("calls_itself", &[]),
    helper("changes_bx", &[3]),
    helper("changes_si_on_one_way", &[6]),
];

pub(crate) static SYSTEM_V: Dialect = Dialect {
    convention: &SYSTEM_V_X86_64,
    format: "elf64",
    word: 8,
    helpers: &HELPERS,
    source: include_str!("helpers.asm"),
};

pub(crate) static MICROSOFT: Dialect = Dialect {
    convention: &MICROSOFT_X64,
    format: "win64",
    word: 8,
    helpers: HELPERS.split_at(1).1,
    source: include_str!("helpers.asm"),
};

pub(crate) static NARROW: Dialect = Dialect {
    convention: &CDECL,
    format: "elf32",
    word: 4,
    helpers: &NARROW_HELPERS,
    source: include_str!("helpers_i386.asm"),
};

impl Dialect {
    pub(crate) const fn is_narrow(&self) -> bool {
        self.word == 4
    }

    /// The general registers that the convention preserves, or those that it does not; never SP.
    pub(crate) fn general(&self, preserved: bool) -> Vec<General> {
        let all = 0..(2 * self.word) as u8;
        all.filter(|&number| number != SP && self.preserves(Register(number)) == preserved)
            .collect()
    }

    /// The vector registers that the convention preserves, or those that it does not.
    pub(crate) fn vectors(&self, preserved: bool) -> Vec<u8> {
        let all = 0..(2 * self.word) as u8;
        all.filter(|&number| self.preserves(Register::vector(number)) == preserved)
            .collect()
    }

    fn preserves(&self, register: Register) -> bool {
        self.convention.preserved.contains(register)
    }

    /// The names of the registers that parameters come in.
    pub(crate) fn parameters(&self) -> Vec<General> {
        let registers = self.convention.parameters.iter();
        registers
            .map(|register| register.index() as General)
            .collect()
    }

    /// SP modulo the stack's alignment at the entry.
    pub(crate) fn residue(&self) -> u32 {
        self.convention.entry_residue.into()
    }

    /// The name of a register's low bytes; of 16 bits where 32-bit code has no name for 8.
    pub(crate) fn name(&self, register: General, bytes: u32) -> String {
        const LEGACY: [&str; 8] = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"];
        let Some(stem) = LEGACY.get(usize::from(register)) else {
            let ending = match bytes {
                1 => "b",
                2 => "w",
                4 => "d",
                _ => "",
            };
            return format!("r{register}{ending}");
        };
        match bytes {
            1 if register < 4 => format!("{}l", &stem[..1]),
            1 if !self.is_narrow() => format!("{stem}l"),
            1 | 2 => (*stem).to_owned(),
            4 => format!("e{stem}"),
            _ => format!("r{stem}"),
        }
    }

    /// The name of all of a register.
    pub(crate) fn whole(&self, register: General) -> String {
        self.name(register, self.word)
    }
}
