//! Passes over a root: what each takes for granted, until one of them bears it out.

use rustc_hash::FxHashMap;

use super::Explorer;
use crate::inputs::Place;
use crate::registers::RegisterSet;

/// How many stack pointers one instruction may be reached with before they are joined.
const MOST_FRAMES: usize = 3;
/// The same, where a loop moves SP and its turns are counted by numbers.
const MOST_COUNTED_FRAMES: usize = 16;

/// For each helper that calls itself, the registers that it is taken to preserve.
pub(super) type Kept = FxHashMap<Place, RegisterSet>;

/// What one pass takes for granted.
pub(super) struct Granted {
    pub(super) kept: Kept,
    /// How many stack pointers one instruction may be reached with before they are joined. That is
    /// the same for a whole pass: what joins them once joins all that come later.
    pub(super) frames: usize,
}

impl Default for Granted {
    fn default() -> Self {
        Self {
            kept: Kept::default(),
            frames: MOST_FRAMES,
        }
    }
}

impl Explorer<'_, '_> {
    /// Whether this pass is in vain: the next keeps more stack pointers apart.
    pub(super) fn wants_more_frames(&self) -> bool {
        self.counts_frames && self.granted.frames < MOST_COUNTED_FRAMES
    }

    /// What another pass is to take for granted, where this one does not do.
    pub(super) fn again(&self) -> Option<Granted> {
        if self.wants_more_frames() {
            return Some(Granted {
                frames: MOST_COUNTED_FRAMES,
                ..Granted::default()
            });
        }
        self.weaker().map(|kept| Granted {
            kept,
            ..self.granted
        })
    }
}
