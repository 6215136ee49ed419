//! The way into 32-bit code, and the ways back out: far jumps, on a page below 4 GiB.

use std::ptr;

use oracle::guard::map;
use oracle::narrow::{NARROW, WIDE};
use oracle::trampoline;

use crate::place::PAGE;

/// Where the page lies, and the far jump into the function.
pub(crate) const GATE: u64 = 0x0ff0_0000;
/// 32-bit code returns here, which leads on to [`OUT`].
pub(crate) const BACK: u64 = GATE + 0x20;
const OUT: u64 = GATE + 0x40;

/// Maps the page, with a far jump to the function.
pub(crate) fn open(function: u64) -> Option<()> {
    let fixed = libc::MAP_PRIVATE | libc::MAP_FIXED_NOREPLACE;
    let rights = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
    let page = map(GATE, PAGE as usize, rights, fixed)?;
    let bytes = bytes(function);
    // SAFETY: the page was just mapped, and is larger.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), page.cast(), bytes.len()) };
    Some(())
}

fn bytes(function: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(0x50);
    // `jmp far [rip]`.
    bytes.extend([0xff, 0x2d, 0, 0, 0, 0]);
    bytes.extend((function as u32).to_le_bytes());
    bytes.extend(NARROW.to_le_bytes());
    bytes.resize((BACK - GATE) as usize, 0xcc);
    // `jmp far` of 32-bit code.
    bytes.push(0xea);
    bytes.extend((OUT as u32).to_le_bytes());
    bytes.extend(WIDE.to_le_bytes());
    bytes.resize((OUT - GATE) as usize, 0xcc);
    // `jmp [rip]`.
    bytes.extend([0xff, 0x25, 0, 0, 0, 0]);
    bytes.extend(trampoline::next().to_le_bytes());
    bytes
}
