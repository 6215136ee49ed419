//! The C convention of the platform that objects are made for.

use super::is_judged;
use crate::conventions::{Convention, MICROSOFT_X64, SYSTEM_V_X86_64};
use crate::inputs::{Format, Object};

/// What code in the objects of a link keeps where nothing else is declared.
#[must_use]
pub fn platform_of(objects: &[Object]) -> &'static Convention {
    let judged = objects.iter().find(|object| is_judged(object));
    match judged.map(|object| object.format) {
        Some(Format::Coff | Format::Pe { .. }) => &MICROSOFT_X64,
        _ => &SYSTEM_V_X86_64,
    }
}
