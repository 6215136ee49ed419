//! The memory of a run: the stack, page by page, and whatever else is touched.

use std::ops::Range;
use std::ptr;

use oracle::guard::map;
use oracle::random::Random;

use crate::entry::{Entry, pointer};
use crate::filling::Filling;
use crate::place::{CALLERS_PAGES, MARGIN, PAGE, STACK, USER_SPACE, page_of};

/// So many pages a run may touch.
const MOST_PAGES: usize = 128;
/// So much of the caller's frame is looked at after a run, in bytes.
const CALLERS_FRAME: usize = 1024;
const WORDS: usize = PAGE as usize / 8;

/// What came of an access to memory that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Now it is there.
    Mapped,
    /// There is no more.
    Exhausted,
    /// It cannot be.
    Refused,
    /// It is a page of the stack, and the page above it was not touched before.
    SteppedOver,
}

/// The memory of one run after another.
pub(crate) struct Memory {
    /// What lies where the image is; nothing is mapped near it.
    image: Range<u64>,
    /// Functions that have no bytes; their data may be touched.
    elsewhere: Range<u64>,
    pages: [u64; MOST_PAGES],
    count: usize,
    /// The lowest page of the stack that may be touched.
    lowest: u64,
    filling: Filling,
    seed: u64,
    before: [u8; CALLERS_FRAME],
}

impl Memory {
    /// Reserves the stack.
    pub(crate) fn new(image: Range<u64>, elsewhere: Range<u64>) -> Option<Self> {
        let size = (STACK.end - STACK.start) as usize;
        let flags = libc::MAP_PRIVATE | libc::MAP_FIXED_NOREPLACE | libc::MAP_NORESERVE;
        map(STACK.start, size, libc::PROT_NONE, flags)?;
        Some(Self {
            image: image.start - MARGIN..image.end + MARGIN,
            elsewhere,
            pages: [0; MOST_PAGES],
            count: 0,
            lowest: STACK.end,
            filling: Filling::Zeros,
            seed: 0,
            before: [0; CALLERS_FRAME],
        })
    }

    /// Forgets the run before, and makes the stack as the entry has it.
    pub(crate) fn prepare(&mut self, entry: &Entry, return_address: u64) {
        self.forget();
        self.filling = entry.filling;
        self.seed = entry.seed;
        let top = STACK.end - (1 + CALLERS_PAGES) * PAGE;
        while self.lowest > top {
            self.open_page_below();
        }
        let frame = entry.stack_pointer() as *mut u64;
        // SAFETY: the pages from SP's on were opened, and the caller's pages lie above.
        unsafe {
            frame.write(return_address);
            let arguments = &entry.stack_arguments;
            ptr::copy_nonoverlapping(arguments.as_ptr(), frame.add(1), arguments.len());
            let before = self.before.as_mut_ptr();
            ptr::copy_nonoverlapping(frame.add(1).cast(), before, CALLERS_FRAME);
        }
    }

    fn forget(&mut self) {
        for &page in &self.pages[..self.count] {
            // SAFETY: the page was mapped for the run that has ended.
            unsafe { libc::munmap(page as *mut libc::c_void, PAGE as usize) };
        }
        self.count = 0;
        let size = (STACK.end - self.lowest) as usize;
        // SAFETY: this is the stack of the run that has ended.
        unsafe { libc::mprotect(self.lowest as *mut libc::c_void, size, libc::PROT_NONE) };
        self.lowest = STACK.end;
    }

    /// What to do about an access.
    pub(crate) fn touch(&mut self, address: u64) -> Answer {
        let page = page_of(address);
        if (STACK.start - MARGIN..STACK.end + MARGIN).contains(&address) {
            return self.touch_stack(page);
        }
        let is_image = self.image.contains(&address) && !self.elsewhere.contains(&address);
        if is_image || !USER_SPACE.contains(&address) {
            return Answer::Refused;
        }
        if self.count == MOST_PAGES {
            return Answer::Exhausted;
        }
        let read_write = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_FIXED_NOREPLACE;
        if map(page, PAGE as usize, read_write, flags).is_none() {
            return Answer::Refused;
        }
        self.pages[self.count] = page;
        self.count += 1;
        self.fill(page);
        Answer::Mapped
    }

    fn touch_stack(&mut self, page: u64) -> Answer {
        if page >= self.lowest {
            Answer::Refused
        } else if page < STACK.start {
            Answer::Exhausted
        } else if page + PAGE < self.lowest {
            Answer::SteppedOver
        } else {
            self.open_page_below();
            Answer::Mapped
        }
    }

    fn open_page_below(&mut self) {
        self.lowest -= PAGE;
        let read_write = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: the page is one of the stack, which was reserved.
        unsafe { libc::mprotect(self.lowest as *mut libc::c_void, PAGE as usize, read_write) };
        self.fill(self.lowest);
    }

    /// What a page holds follows from the seed and its address.
    fn fill(&self, page: u64) {
        let mut random = Random::new(self.seed ^ page);
        for word in 0..WORDS {
            let value = self.filling.word(&mut random, pointer);
            // SAFETY: the page was just mapped for reading and writing.
            unsafe { (page as *mut u64).add(word).write(value) };
        }
    }

    /// Whether these bytes of the stack may be touched.
    pub(crate) fn is_open_stack(&self, address: u64, bytes: u64) -> bool {
        address >= self.lowest && address.saturating_add(bytes) <= STACK.end
    }

    /// How far above the return address the caller's frame was changed, in bytes; so many are the
    /// callee's to change.
    pub(crate) fn callers_frame_changed(&self, stack_pointer: u64, own: usize) -> u64 {
        let frame = (stack_pointer + 8) as *const u8;
        // SAFETY: the caller's pages lie above SP at the entry.
        let after = unsafe { std::slice::from_raw_parts(frame, CALLERS_FRAME) };
        let last = (own..CALLERS_FRAME)
            .rev()
            .find(|&i| after[i] != self.before[i]);
        last.map_or(0, |last| last as u64 + 1)
    }
}
