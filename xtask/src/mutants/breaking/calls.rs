//! Calls by the convention.

use crate::mutants::body::Body;
use crate::mutants::edit::{Edit, around_call};

/// `lea rsp, [rsp - 8]`, which changes no flag, and back.
const DOWN: &[u8] = &[0x48, 0x8d, 0x64, 0x24, 0xf8];
const UP: &[u8] = &[0x48, 0x8d, 0x64, 0x24, 0x08];
/// `cmp byte [r11], 0`: flags are anything after a call.
const USE_R11: &[u8] = &[0x41, 0x80, 0x3b, 0x00];

pub(super) fn misaligned(body: &Body) -> Vec<Edit> {
    let calls = body.iter().filter(|step| step.is_call);
    calls
        .filter_map(|call| around_call(body, call, DOWN, UP))
        .collect()
}

pub(super) fn used_after(body: &Body) -> Vec<Edit> {
    let calls = body.iter().filter(|step| step.is_call);
    calls
        .filter_map(|call| around_call(body, call, &[], USE_R11))
        .collect()
}
