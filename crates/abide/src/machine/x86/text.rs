//! An instruction as a person reads it.

use iced_x86::{Decoder, DecoderOptions, Formatter, Instruction, NasmFormatter};

use crate::inputs::{Image, Place};

/// The longest instruction, in bytes.
const LONGEST: usize = 15;

/// The instruction at a place, in NASM's syntax; none where there is none.
///
/// What a relocation fills in is shown as the bytes that stand there.
#[must_use]
pub fn text(image: &Image, place: Place) -> Option<String> {
    let bytes = image.bytes_from(place);
    let bytes = bytes.get(..LONGEST).unwrap_or(bytes);
    let options = DecoderOptions::NONE;
    let mut decoder = Decoder::with_ip(64, bytes, place.offset as u64, options);
    let mut instruction = Instruction::default();
    if !decoder.can_decode() {
        return None;
    }
    decoder.decode_out(&mut instruction);
    if instruction.is_invalid() {
        return None;
    }
    let mut formatter = NasmFormatter::new();
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_space_after_operand_separator(true);
    let mut text = String::new();
    formatter.format(&instruction, &mut text);
    Some(text)
}
