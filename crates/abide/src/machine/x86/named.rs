//! Which places an instruction names.

use iced_x86::{Decoder, DecoderOptions, Instruction};

use crate::inputs::{Image, Place, Resolved};

/// The most bytes that an instruction has.
const LONGEST: usize = 15;

/// The instruction at a place.
pub(super) fn decoded(image: &Image, place: Place) -> Option<Instruction> {
    let bytes = image.bytes_from(place);
    let bytes = bytes.get(..LONGEST).unwrap_or(bytes);
    let options = DecoderOptions::NONE;
    let bits = image.bits_at(place);
    let mut decoder = Decoder::with_ip(bits.into(), bytes, place.offset as u64, options);
    let mut instruction = Instruction::default();
    if !decoder.can_decode() {
        return None;
    }
    decoder.decode_out(&mut instruction);
    (!instruction.is_invalid()).then_some(instruction)
}

/// Where the symbols are that the instruction at a place is relocated by, what it adds to them
/// apart.
#[must_use]
pub fn named_by(image: &Image, place: Place) -> Vec<Place> {
    let length = decoded(image, place).map_or(0, |instruction| instruction.len() as i64);
    let fields = (0..length).map(|byte| Place {
        offset: place.offset.wrapping_add(byte),
        ..place
    });
    let named = fields.filter_map(|field| {
        let relocation = image.relocation_at(field)?;
        let object = image.object_of(place.section)?;
        match image.relocation_target(object, relocation.target)? {
            Resolved::Place(place) => Some(place),
            _ => None,
        }
    });
    named.collect()
}
