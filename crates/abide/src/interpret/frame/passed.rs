//! Arguments on the stack, as their callee is going to find them.

use crate::interpret::slots;
use crate::interpret::state::State;
use crate::interpret::terms::{Terms, Value};

/// Whether somebody has stored to the bytes of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// The root has, or the bytes are its caller's.
    Set,
    /// Nobody has, on some path.
    Unset {
        /// The first such byte of the argument.
        first: u16,
        /// How many there are from that on.
        bytes: u16,
    },
    /// That is not known.
    Unknown,
}

impl State {
    /// What became of an argument at this address. Bytes of a struct may be padding, which nobody
    /// sets: it counts if there is nothing of it at all.
    pub(in crate::interpret) fn passed(
        &self,
        terms: &Terms,
        address: Value,
        bytes: u16,
        is_struct: bool,
    ) -> Passed {
        if !terms.is_frame(address) {
            return Passed::Unknown;
        }
        let is_unset = |byte: &u16| !self.is_stored(terms, address.plus(i64::from(*byte)));
        let Some(first) = (0..bytes).find(is_unset) else {
            return Passed::Set;
        };
        let count = (first..bytes).take_while(is_unset).count() as u16;
        if is_struct && count < bytes {
            Passed::Set
        } else if self.escaped || self.scattered {
            // Whoever knows an address of the frame, or an index into it, may have stored there.
            Passed::Unknown
        } else {
            Passed::Unset {
                first,
                bytes: count,
            }
        }
    }

    /// Whether a byte was stored on all paths, or is the caller's. Where ways meet, slots of the
    /// root's own frame stay that are there on both.
    fn is_stored(&self, terms: &Terms, address: Value) -> bool {
        let (slot, _) = slots::around(&self.slots, address);
        terms.is_callers(address) || slot.is_some_and(|slot| address.offset < slot.end())
    }
}
