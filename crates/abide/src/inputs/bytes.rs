//! A shared slice of a file's bytes.

use std::ops::{Deref, Range};
use std::sync::Arc;

/// A part of a file that was read into memory, shared without copying.
///
/// An archive of a thousand members is one allocation.
#[derive(Clone, Default)]
pub struct Bytes {
    file: Arc<Vec<u8>>,
    range: Range<usize>,
}

impl Bytes {
    /// The whole of `file`.
    #[must_use]
    pub fn new(file: Vec<u8>) -> Self {
        let range = 0..file.len();
        Self {
            file: Arc::new(file),
            range,
        }
    }

    /// A part of these bytes, or `None` where `range` leaves them.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Option<Self> {
        self.get(range.clone())?;
        let start = self.range.start + range.start;
        Some(Self {
            file: Arc::clone(&self.file),
            range: start..start + range.len(),
        })
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // The range was checked when the slice was made.
        self.file.get(self.range.clone()).unwrap_or_default()
    }
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bytes({} bytes)", self.len())
    }
}
