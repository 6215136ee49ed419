//! Memory that a child shares with its parent.

use crate::guard::map;

/// A slice that both see.
pub struct Shared<T> {
    start: *mut T,
    count: usize,
}

impl<T> Shared<T> {
    /// Room for `count` values, all of whose bytes are zero; `None` if the system has no memory.
    ///
    /// # Safety
    ///
    /// A `T` may be all zero, and needs no drop.
    #[must_use]
    pub unsafe fn zeroed(count: usize) -> Option<Self> {
        let size = count.max(1).checked_mul(size_of::<T>())?;
        let read_write = libc::PROT_READ | libc::PROT_WRITE;
        let start = map(0, size, read_write, libc::MAP_SHARED)?;
        Some(Self {
            start: start.cast(),
            count,
        })
    }

    /// The values.
    pub fn get(&mut self) -> &mut [T] {
        // SAFETY: the mapping holds `count` values, zero or written through this
        // type, and a child that writes has ended before its parent goes on.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.count) }
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        // SAFETY: the mapping was made in `zeroed`, and no reference outlives `self`.
        unsafe {
            libc::munmap(self.start.cast(), self.count.max(1) * size_of::<T>());
        }
    }
}
