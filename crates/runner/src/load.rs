//! The linked image in this process, for children to inherit.

use std::ptr;

use oracle::guard::map;

use crate::link::Linked;
use crate::place::{PAGE, page_of};

/// Memory that holds an image; it goes when this does.
pub struct Loaded {
    mapped: Vec<(u64, usize)>,
}

impl Loaded {
    /// Maps a linked image where it belongs; `None` if something lies there already.
    #[must_use]
    pub fn new(linked: &Linked<'_>) -> Option<Self> {
        let mut loaded = Self { mapped: Vec::new() };
        for &extent in &linked.code {
            loaded.put(extent.start, &linked.bytes(extent), libc::PROT_EXEC)?;
        }
        for &extent in &linked.data {
            // Tables of pointers would be read-only in a program, and data that
            // code changes may be anything the next time.
            let rights = match linked.is_constant(extent.section) {
                true => 0,
                false => libc::PROT_WRITE,
            };
            loaded.put(extent.start, &linked.bytes(extent), rights)?;
        }
        loaded.put(linked.table_start, &linked.table(), 0)?;
        Some(loaded)
    }

    /// Maps bytes with these rights beside reading.
    fn put(&mut self, at: u64, bytes: &[u8], rights: i32) -> Option<()> {
        let start = page_of(at);
        let size = (at - start) as usize + bytes.len().max(1);
        let size = size.next_multiple_of(PAGE as usize);
        let read_write = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_FIXED_NOREPLACE;
        let memory = map(start, size, read_write, flags)?;
        self.mapped.push((start, size));
        // SAFETY: the mapping is new, and reaches over the bytes.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), at as *mut u8, bytes.len());
            libc::mprotect(memory, size, libc::PROT_READ | rights);
        }
        Some(())
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        for &(start, size) in &self.mapped {
            // SAFETY: the mapping was made in `put`, and nothing refers to it.
            unsafe {
                libc::munmap(start as *mut libc::c_void, size);
            }
        }
    }
}
