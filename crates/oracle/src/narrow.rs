//! Code of 32 bits in a process of 64: a far jump leads into a segment of 32 bits, and another back.
//!
//! Linux has both segments in its table for every process. Such code sees the registers' lower
//! halves and the eight registers of each file that 32-bit code can name; it runs as it would in a
//! 32-bit process (Intel SDM vol. 1, 3.1.1, "compatibility mode").

use abide::registers::Register;

use crate::processor::put_jump;
use crate::state::{CODE, CODE_SIZE, LANDING, START, State};

/// Linux's segment of 32-bit code (`__USER32_CS`).
pub const NARROW: u16 = 0x23;
/// Its segment of 64-bit code (`__USER_CS`).
pub const WIDE: u16 = 0x33;
/// Its segment of data (`__USER_DS`).
pub(crate) const DATA: u16 = 0x2b;

/// Where in the code of a run the far jump into 32-bit code is.
pub(crate) const ENTRY: u64 = 0;
/// Where 64-bit code goes on, behind the instruction and where branches are aimed.
const NEXT: usize = 0xa0;
const LANDED: usize = 0xc0;

/// The code of a run.
pub(crate) fn code(instruction: &[u8], next: u64, landing: u64) -> [u8; CODE_SIZE] {
    let mut code = [0xcc; CODE_SIZE];
    let (start, landed) = (START as usize, LANDING as usize);
    let end = start + instruction.len();
    // `jmp far [rip]`, and the far address behind it.
    code[..6].copy_from_slice(&[0xff, 0x2d, 0, 0, 0, 0]);
    put_far(&mut code[6..], CODE + START, NARROW);
    code[start..end].copy_from_slice(instruction);
    put_far_jump(&mut code[end..], NEXT);
    put_far_jump(&mut code[landed..], LANDED);
    put_jump(&mut code[NEXT..], next);
    put_jump(&mut code[LANDED..], landing);
    code
}

/// `jmp far` of 32-bit code to 64-bit code at an offset.
fn put_far_jump(code: &mut [u8], to: usize) {
    code[0] = 0xea;
    put_far(&mut code[1..], CODE + to as u64, WIDE);
}

fn put_far(code: &mut [u8], address: u64, selector: u16) {
    // The code lies below 4 GiB.
    code[..4].copy_from_slice(&(address as u32).to_le_bytes());
    code[4..6].copy_from_slice(&selector.to_le_bytes());
}

/// Loads the data segments, which 64-bit code has empty and 32-bit code needs.
pub fn settle() {
    // SAFETY: the descriptor is every process's; 64-bit code ignores both registers.
    unsafe {
        std::arch::asm!(
            "mov ds, {0:e}", "mov es, {0:e}",
            in(reg) u32::from(DATA),
            options(nomem, nostack, preserves_flags)
        );
    }
}

/// Leaves of a state what 32-bit code has.
pub fn narrow(state: &mut State) {
    for (number, word) in state.general.iter_mut().enumerate() {
        *word = if number < 8 { *word & 0xffff_ffff } else { 0 };
    }
}

/// Whether 32-bit code can name a register.
#[must_use]
pub fn is_nameable(register: Register) -> bool {
    use abide::registers::File;
    match register.file() {
        (File::General | File::Vector, number) => number < 8,
        _ => true,
    }
}
