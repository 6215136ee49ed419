//! Code that is read straight on, each instruction in the mode that it runs in.

use iced_x86::{Decoder, DecoderOptions, Instruction};

use crate::inputs::{Image, Place};

/// Reads instructions one behind another.
pub(super) struct Run<'image> {
    image: &'image Image,
    decoder: Decoder<'image>,
    at: Place,
    /// The offset behind the code that is read.
    end: i64,
    /// The offset behind the code of the mode that the decoder is for.
    end_of_mode: i64,
}

impl<'image> Run<'image> {
    /// The code from a place to an offset in its section.
    pub(super) fn at(image: &'image Image, at: Place, end: i64) -> Self {
        let bytes = image.bytes_from(at);
        let length = usize::try_from(end.saturating_sub(at.offset)).unwrap_or_default();
        let bytes = bytes.get(..length).unwrap_or(bytes);
        let bits = image.bits_at(at).into();
        Self {
            image,
            decoder: Decoder::with_ip(bits, bytes, at.offset as u64, DecoderOptions::NONE),
            at,
            end,
            end_of_mode: image.modes().end_of_run(at),
        }
    }

    pub(super) fn can_decode(&self) -> bool {
        self.decoder.can_decode()
    }

    /// The next instruction, or bytes that are none.
    pub(super) fn decode(&mut self, instruction: &mut Instruction) {
        if self.at.offset >= self.end_of_mode {
            *self = Self::at(self.image, self.at, self.end);
        }
        self.decoder.decode_out(instruction);
        self.at.offset = self.decoder.ip() as i64;
    }

    /// Goes on at another offset.
    pub(super) fn go_to(&mut self, offset: i64) {
        let at = Place { offset, ..self.at };
        *self = Self::at(self.image, at, self.end);
    }
}
