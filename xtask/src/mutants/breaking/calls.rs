//! Calls by the convention.

use abide::registers::InstructionSet;

use crate::mutants::body::Body;
use crate::mutants::edit::{Edit, around_call};

/// `lea rsp, [rsp - 8]`, which changes no flag, and back.
const DOWN: &[u8] = &[0x48, 0x8d, 0x64, 0x24, 0xf8];
const UP: &[u8] = &[0x48, 0x8d, 0x64, 0x24, 0x08];
/// `cmp byte [r11], 0`: flags are anything after a call.
const USE_R11: &[u8] = &[0x41, 0x80, 0x3b, 0x00];
/// By a word in 32-bit code, and `cmp byte [ecx], 0`.
const DOWN_OF_I386: &[u8] = &[0x8d, 0x64, 0x24, 0xfc];
const UP_OF_I386: &[u8] = &[0x8d, 0x64, 0x24, 0x04];
const USE_ECX: &[u8] = &[0x80, 0x39, 0x00];

pub(super) fn misaligned(body: &Body) -> Vec<Edit> {
    let (down, up) = match body.set {
        InstructionSet::X86_64 => (DOWN, UP),
        InstructionSet::X86 => (DOWN_OF_I386, UP_OF_I386),
    };
    let calls = body.iter().filter(|step| step.is_call);
    calls
        .filter_map(|call| around_call(body, call, down, up))
        .collect()
}

/// A callee's home space reaches over the return address.
pub(super) fn without_home_space(body: &Body) -> Vec<Edit> {
    let calls = body.iter().filter(|step| step.is_call);
    let calls = calls.filter(|_| body.convention.home_space > 0);
    calls
        .filter_map(|call| {
            let raised = i32::try_from(call.depth?).ok()? - 8;
            let moved = |by: i32| [&[0x48, 0x8d, 0xa4, 0x24], by.to_le_bytes().as_slice()].concat();
            let is_frame = raised > 0 && raised % 16 == 0;
            around_call(body, call, &moved(raised), &moved(-raised)).filter(|_| is_frame)
        })
        .collect()
}

pub(super) fn used_after(body: &Body) -> Vec<Edit> {
    let used = match body.set {
        InstructionSet::X86_64 => USE_R11,
        InstructionSet::X86 => USE_ECX,
    };
    let calls = body.iter().filter(|step| step.is_call);
    calls
        .filter_map(|call| around_call(body, call, &[], used))
        .collect()
}
