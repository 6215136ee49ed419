//! The C convention of the platform that objects are made for.

use super::is_judged;
use crate::conventions::{CDECL, CDECL_ON_WORDS, Convention, MICROSOFT_X64, SYSTEM_V_X86_64};
use crate::inputs::{Format, Image, Object, Place};
use crate::registers::InstructionSet;

/// What code in the objects of a link keeps where nothing else is declared.
#[must_use]
pub fn platform_of(objects: &[Object]) -> &'static Convention {
    let judged = objects.iter().find(|object| is_judged(object));
    let is_windows = matches!(
        judged.map(|object| object.format),
        Some(Format::Coff | Format::Pe { .. })
    );
    match judged.and_then(|object| object.instruction_set) {
        Some(InstructionSet::X86) if is_windows => &CDECL_ON_WORDS,
        Some(InstructionSet::X86) => &CDECL,
        _ if is_windows => &MICROSOFT_X64,
        _ => &SYSTEM_V_X86_64,
    }
}

/// What the code at a place keeps: that of another mode than the platform's keeps what code of that
/// mode does, whoever declares it in a language of the platform.
#[must_use]
pub fn convention_at(
    image: &Image,
    place: Place,
    platform: &'static Convention,
) -> &'static Convention {
    match (image.bits_at(place), platform.set) {
        (32, InstructionSet::X86_64) => &CDECL_ON_WORDS,
        _ => platform,
    }
}
