//! The frame as a run had it at one instruction: what a picture shows.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::contracts::Contract;
use crate::conventions::{INTERRUPT_FRAME, INTERRUPT_FRAME_32};
use crate::inputs::{Place, SectionId};
use crate::registers::{InstructionSet, Register};

/// No more pieces are kept; a frame with more tells nothing in a picture.
const MOST_PIECES: usize = 256;
/// What the processor pushes last where an exception has a code.
const ERROR_CODE: &str = "error code";
/// How a register's entry value is told from the register.
const OF_THE_ENTRY: &str = " of the entry";

/// The frame before an instruction. Offsets count from SP at the entry, in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The bytes of a return address, and of each word of the stack.
    #[serde(default = "eight", skip_serializing_if = "is_eight")]
    pub word: u8,
    /// SP.
    pub stack_pointer: i64,
    /// SP modulo the alignment that the convention wants at calls, where that matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residue: Option<u64>,
    /// Where the red zone ends below SP, where that matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub red_zone_end: Option<i64>,
    /// The access that violates, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<FrameAccess>,
    /// What the run had put on the stack, from high to low.
    pub pieces: Vec<Piece>,
}

impl Frame {
    /// What SP is called in code with words of this size.
    #[must_use]
    pub const fn stack_pointer_name(&self) -> &'static str {
        if is_eight(&self.word) { "rsp" } else { "esp" }
    }
}

const fn eight() -> u8 {
    8
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
const fn is_eight(word: &u8) -> bool {
    *word == 8
}

/// An access to the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameAccess {
    /// The instruction; a report that is read back has no image for it to be in.
    #[serde(skip, default = "nowhere")]
    pub place: Place,
    /// The lowest offset.
    pub offset: i64,
    /// How many bytes.
    pub bytes: u64,
    /// Whether it wrote.
    pub is_store: bool,
}

fn nowhere() -> Place {
    Place {
        section: SectionId(0),
        offset: 0,
    }
}

/// Some bytes of the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The lowest offset.
    pub offset: i64,
    /// How many bytes.
    pub bytes: u64,
    /// What they hold.
    pub holds: Holds,
}

/// What bytes of the stack hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub enum Holds {
    /// The address that the root returns to.
    ReturnAddress,
    /// What the processor pushed of what it interrupted.
    Pushed(&'static str),
    /// What a register held at the entry.
    Entry(Register, InstructionSet),
    /// Something else that was stored.
    Other,
}

impl fmt::Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReturnAddress => f.write_str("return address"),
            Self::Pushed(name) => f.write_str(name),
            Self::Entry(register, set) => {
                write!(f, "{}{OF_THE_ENTRY}", set.words(&register.to_string()))
            }
            Self::Other => f.write_str("data"),
        }
    }
}

impl From<Holds> for String {
    fn from(holds: Holds) -> Self {
        holds.to_string()
    }
}

impl<'de> Deserialize<'de> for Holds {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let pushed = INTERRUPT_FRAME.into_iter().chain(INTERRUPT_FRAME_32);
        let pushed = pushed.chain([ERROR_CODE]);
        let name = text.strip_suffix(OF_THE_ENTRY);
        let entry = name.and_then(|name| {
            let set = match name.starts_with('e') {
                true => InstructionSet::X86,
                false => InstructionSet::X86_64,
            };
            Some((Register::named(name)?, set))
        });
        let known = [Self::ReturnAddress, Self::Other].into_iter();
        let mut known = known
            .chain(pushed.map(Self::Pushed))
            .chain(entry.map(|(register, set)| Self::Entry(register, set)));
        let found = known.find(|known| known.to_string() == text);
        found.ok_or_else(|| D::Error::custom(format!("nothing on the stack is `{text}`")))
    }
}

/// What lies on the stack while a run goes on.
#[derive(Debug)]
pub(super) struct Pieces {
    /// By the lowest offset; they do not overlap.
    by_offset: BTreeMap<i64, (u64, Holds)>,
}

impl Pieces {
    /// The stack at the entry.
    pub(super) fn at_entry(contract: &Contract) -> Self {
        let interrupt = contract.interrupt.as_ref();
        let word = u64::from(contract.convention.word());
        let words: Vec<Holds> = match interrupt {
            None => vec![Holds::ReturnAddress],
            Some(interrupt) => {
                let code = interrupt.error_code() == Some(true);
                let code = code.then_some(ERROR_CODE).into_iter();
                let frame = interrupt.frame().iter().copied();
                code.chain(frame).map(Holds::Pushed).collect()
            }
        };
        let words = (0..).step_by(word as usize).zip(words);
        Self {
            by_offset: words
                .map(|(offset, holds)| (offset, (word, holds)))
                .collect(),
        }
    }

    /// Takes in a store; what is left of pieces that it touches keeps its name.
    pub(super) fn store(&mut self, piece: Piece) {
        let end = piece.offset.saturating_add_unsigned(piece.bytes);
        let touched: Vec<_> = self
            .by_offset
            .range(..end)
            .rev()
            // No piece is longer than a vector register.
            .take_while(|&(&offset, _)| offset > piece.offset.saturating_sub(64))
            .filter(|&(&offset, &(bytes, _))| offset.saturating_add_unsigned(bytes) > piece.offset)
            .map(|(&offset, &(bytes, holds))| (offset, bytes, holds))
            .collect();
        for (offset, bytes, holds) in touched {
            self.by_offset.remove(&offset);
            if offset < piece.offset {
                let left = piece.offset.abs_diff(offset);
                self.by_offset.insert(offset, (left, holds));
            }
            let old_end = offset.saturating_add_unsigned(bytes);
            if old_end > end {
                self.by_offset.insert(end, (old_end.abs_diff(end), holds));
            }
        }
        if self.by_offset.len() < MOST_PIECES {
            self.by_offset
                .insert(piece.offset, (piece.bytes, piece.holds));
        }
    }

    /// All of it, from high to low.
    pub(super) fn list(&self) -> Vec<Piece> {
        let pieces = self.by_offset.iter().rev();
        pieces
            .map(|(&offset, &(bytes, holds))| Piece {
                offset,
                bytes,
                holds,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conventions::SYSTEM_V_X86_64;

    #[test]
    fn an_overlapping_store_leaves_the_rest() {
        let mut pieces = Pieces::at_entry(&Contract::of(&SYSTEM_V_X86_64));
        let rbx = Holds::Entry(Register::RBX, InstructionSet::X86_64);
        pieces.store(Piece {
            offset: -8,
            bytes: 8,
            holds: rbx,
        });
        pieces.store(Piece {
            offset: -12,
            bytes: 8,
            holds: Holds::Other,
        });
        let list: Vec<_> = pieces
            .list()
            .iter()
            .map(|piece| (piece.offset, piece.bytes, piece.holds))
            .collect();
        let expected = [
            (0, 8, Holds::ReturnAddress),
            (-4, 4, rbx),
            (-12, 8, Holds::Other),
        ];
        assert_eq!(list, expected);
    }
}
