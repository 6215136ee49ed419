//! Code of 16 or 32 bits among code of 64, where it shows.

use iced_x86::{Decoder, DecoderOptions, Instruction, Mnemonic, OpKind};

use crate::inputs::{Image, Place};

/// Whether bytes that are no 64-bit code are a far jump or call of 16- or 32-bit code, which names
/// its segment: there is none such in 64-bit mode, and boot code ends in one.
#[must_use]
pub fn is_far_branch(image: &Image, place: Place) -> bool {
    let bytes = image.bytes_from(place);
    [16, 32].into_iter().any(|bits| {
        let mut decoder = Decoder::new(bits, bytes, DecoderOptions::NONE);
        if !decoder.can_decode() {
            return false;
        }
        let mut instruction = Instruction::default();
        decoder.decode_out(&mut instruction);
        let is_far = matches!(
            instruction.op0_kind(),
            OpKind::FarBranch16 | OpKind::FarBranch32
        );
        // Descriptors are 8 bytes; boot code has a few of them, and runs with all rights.
        let selector = instruction.far_branch_selector();
        matches!(instruction.mnemonic(), Mnemonic::Jmp | Mnemonic::Call)
            && is_far
            && selector % 8 == 0
            && (8..0x100).contains(&selector)
    })
}
