//! The state that one run begins or ends with.

use std::ops::Range;

use abide::registers::{File, Register};

use crate::random::Random;

/// Where the code is: low, so that 32-bit addresses and distances reach all.
pub const CODE: u64 = 0x1000_0000;
/// The bytes of code that a run and the model see.
pub const CODE_SIZE: usize = 256;
/// Where in the code the instruction is.
pub const START: u64 = 0x20;
/// Where in the code branches are aimed.
pub const LANDING: u64 = 0x60;
/// Where the memory begins that operands are aimed at.
pub const SCRATCH: u64 = 0x2000_0000;
/// Its size, in bytes; nothing is mapped around it.
pub const SCRATCH_SIZE: usize = 4 * 4096;
/// Where the stack pointer points.
pub const STACK: u64 = SCRATCH + 3 * 4096 - 512;
/// The size of an area for `xsave`, in bytes, in the standard format.
pub const XSAVE_SIZE: usize = 4096;

/// The state components of upper halves.
const UPPER_HALVES: u8 = 1 << 2 | 1 << 6;

/// Registers as the trampoline loads and stores them.
#[repr(C, align(64))]
#[derive(Clone)]
pub struct State {
    /// The vector, mask and x87 registers: an `xsave` area.
    pub xsave: [u8; XSAVE_SIZE],
    /// `rax` … `r15`.
    pub general: [u64; 16],
    /// RFLAGS.
    pub flags: u64,
    /// How the run ended; see [`crate::processor::Ending`].
    pub ending: u64,
}

/// Where `xsave` puts what (Intel SDM vol. 1, 13.4), as this processor says.
#[derive(Debug, Clone, Copy)]
pub struct Areas {
    /// The state components that are saved.
    pub components: u64,
    offsets: [usize; 8],
}

impl Areas {
    /// Asks the processor.
    #[must_use]
    pub fn of_processor() -> Self {
        let mut offsets = [0; 8];
        for (component, offset) in (0..).zip(offsets.iter_mut()).skip(2) {
            let leaf = std::arch::x86_64::__cpuid_count(0xd, component);
            *offset = leaf.ebx as usize;
        }
        Self {
            components: crate::processor::enabled_components() & 0xe7,
            offsets,
        }
    }

    /// Those of a guest, which has the AVX registers and no larger ones.
    #[must_use]
    pub fn of_guest() -> Self {
        let processor = Self::of_processor();
        Self {
            components: 7,
            ..processor
        }
    }

    /// Whether bits above 128 of one of `zmm0` … `zmm15` are set.
    #[must_use]
    pub fn uses_upper_halves(self, state: &State) -> bool {
        let mut registers = (0..16).map(|number| self.vector(state, number));
        registers.any(|bytes| bytes.iter().skip(16).any(|&byte| byte != 0))
    }

    fn has(self, component: usize) -> bool {
        self.components >> component & 1 == 1
    }

    /// The bytes of `zmm` register `number`; 16, 32 or 64 of them.
    #[must_use]
    pub fn vector(self, state: &State, number: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        for (offset, count) in self.vector_pieces(number) {
            bytes.extend_from_slice(&state.xsave[offset..offset + count]);
        }
        bytes
    }

    pub(crate) fn vector_pieces(self, number: usize) -> Vec<(usize, usize)> {
        if number >= 16 {
            let upper = (self.offsets[7] + 64 * (number - 16), 64);
            return if self.has(7) { vec![upper] } else { Vec::new() };
        }
        let mut pieces = vec![(160 + 16 * number, 16)];
        if self.has(2) {
            pieces.push((self.offsets[2] + 16 * number, 16));
        }
        if self.has(6) {
            pieces.push((self.offsets[6] + 32 * number, 32));
        }
        pieces
    }

    /// The value of mask register `number`.
    #[must_use]
    pub fn mask(self, state: &State, number: usize) -> Option<u64> {
        let offset = self.offsets[5] + 8 * number;
        self.has(5).then(|| word(&state.xsave, offset))
    }

    /// Where bytes of a vector, mask or x87 register are in the area.
    pub fn bytes_of(self, register: Register, bytes: Range<usize>) -> impl Iterator<Item = usize> {
        let (file, number) = register.file();
        let number = usize::from(number);
        let pieces = match file {
            File::Vector => self.vector_pieces(number),
            File::Mask if self.has(5) => vec![(self.offsets[5] + 8 * number, 8)],
            File::X87 => vec![(32 + 16 * number, 8)],
            _ => Vec::new(),
        };
        pieces
            .into_iter()
            .flat_map(|(offset, count)| offset..offset + count)
            .skip(bytes.start)
            .take(bytes.len())
    }

    /// Sets bit 0 of mask register `number`.
    pub fn set_lowest_of_mask(self, state: &mut State, number: usize) {
        if self.has(5) {
            state.xsave[self.offsets[5] + 8 * number] |= 1;
        }
    }

    /// A state whose registers are random; `rsp` points to the scratch stack.
    #[must_use]
    pub fn random_state(self, random: &mut Random) -> State {
        let mut state = State {
            xsave: [0; XSAVE_SIZE],
            general: std::array::from_fn(|_| random.word()),
            flags: random.bits() & 0x8d5 | 0x202,
            ending: 0,
        };
        if random.one_in(4) {
            state.flags |= 1 << 10;
        }
        state.general[4] = STACK + 8 * random.below(16);
        self.fill_xsave(&mut state, random);
        state
    }

    fn fill_xsave(self, state: &mut State, random: &mut Random) {
        put(&mut state.xsave, 0, &0x037f_u16.to_le_bytes());
        put(&mut state.xsave, 24, &0x1f80_u32.to_le_bytes());
        put(&mut state.xsave, 512, &self.components.to_le_bytes());
        if random.one_in(2) {
            // All registers of the x87 stack hold something.
            state.xsave[4] = 0xff;
        }
        for number in 0..8 {
            let offset = 32 + 16 * number;
            random.fill(&mut state.xsave[offset..offset + 10]);
        }
        for number in 0..32 {
            for (offset, count) in self.vector_pieces(number) {
                random.fill(&mut state.xsave[offset..offset + count]);
            }
        }
        for number in (0..8).filter(|_| self.has(5)) {
            let value = random.word().to_le_bytes();
            put(&mut state.xsave, self.offsets[5] + 8 * number, &value);
        }
    }
}

impl State {
    /// The low 64 bits of the x87 register at place `number` of the stack.
    #[must_use]
    pub fn x87(&self, number: usize) -> u64 {
        word(&self.xsave, 32 + 16 * number)
    }

    /// The x87 control word.
    #[must_use]
    pub fn x87_control(&self) -> u64 {
        word(&self.xsave, 0) & 0xffff
    }

    /// The x87 status word.
    #[must_use]
    pub fn x87_status(&self) -> u64 {
        word(&self.xsave, 2) & 0xffff
    }

    /// A bit for each x87 register by physical place: whether it is in use.
    #[must_use]
    pub fn x87_in_use(&self) -> u64 {
        u64::from(self.xsave[4])
    }

    /// Bits above 128 of no vector register are in use from here on ("XSTATE_BV", Intel SDM
    /// vol. 1, 13.4.2): AVX state and the upper halves of `zmm0` … `zmm15`.
    pub fn free_upper_halves(&mut self) {
        self.xsave[512] &= !UPPER_HALVES;
    }

    /// MXCSR.
    #[must_use]
    pub fn mxcsr(&self) -> u64 {
        word(&self.xsave, 24) & 0xffff_ffff
    }
}

fn word(bytes: &[u8], offset: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[offset..offset + 8]);
    u64::from_le_bytes(word)
}

fn put(bytes: &mut [u8], offset: usize, value: &[u8]) {
    bytes[offset..offset + value.len()].copy_from_slice(value);
}
