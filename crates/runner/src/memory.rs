//! The memory of a run: the stack, page by page, and whatever else is touched.

use std::ops::Range;
use std::ptr;

use oracle::guard::map;
use oracle::random::Random;

use crate::entry::Entry;
use crate::filling::Filling;
use crate::place::{Layout, MARGIN, PAGE, page_of};

/// So many pages a run may touch.
const MOST_PAGES: usize = 128;
/// So much of the caller's frame is looked at after a run, in bytes.
const CALLERS_FRAME: usize = 1024;

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
    layout: &'static Layout,
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
    /// What the caller's frame holds above the return address, and where that is.
    before: [u8; CALLERS_FRAME],
    callers_frame: u64,
}

impl Memory {
    /// Reserves the stack.
    pub(crate) fn new(
        layout: &'static Layout,
        image: Range<u64>,
        elsewhere: Range<u64>,
    ) -> Option<Self> {
        let stack = &layout.stack;
        let size = (stack.end - stack.start) as usize;
        let flags = libc::MAP_PRIVATE | libc::MAP_FIXED_NOREPLACE | libc::MAP_NORESERVE;
        map(stack.start, size, libc::PROT_NONE, flags)?;
        Some(Self {
            layout,
            image: image.start - MARGIN..image.end + MARGIN,
            elsewhere,
            pages: [0; MOST_PAGES],
            count: 0,
            lowest: stack.end,
            filling: Filling::Zeros,
            seed: 0,
            before: [0; CALLERS_FRAME],
            callers_frame: 0,
        })
    }

    /// Forgets the run before, and makes the stack as the entry has it.
    pub(crate) fn prepare(&mut self, entry: &Entry, return_address: u64) {
        self.forget();
        self.filling = entry.filling;
        self.seed = entry.seed;
        let stack_pointer = entry.stack_pointer();
        while self.lowest > page_of(stack_pointer) {
            self.open_page_below();
        }
        let Layout { word, .. } = *self.layout;
        self.callers_frame = stack_pointer + word;
        let words = [return_address].into_iter().chain(entry.stack_arguments);
        // SAFETY: the pages from SP's on were opened, and the caller's pages lie above.
        unsafe {
            for (at, value) in (stack_pointer..).step_by(word as usize).zip(words) {
                self.layout.write(at, value);
            }
            let frame = self.callers_frame as *const u8;
            ptr::copy_nonoverlapping(frame, self.before.as_mut_ptr(), CALLERS_FRAME);
        }
    }

    fn forget(&mut self) {
        for &page in &self.pages[..self.count] {
            // SAFETY: the page was mapped for the run that has ended.
            unsafe { libc::munmap(page as *mut libc::c_void, PAGE as usize) };
        }
        self.count = 0;
        let size = (self.layout.stack.end - self.lowest) as usize;
        // SAFETY: this is the stack of the run that has ended.
        unsafe { libc::mprotect(self.lowest as *mut libc::c_void, size, libc::PROT_NONE) };
        self.lowest = self.layout.stack.end;
    }

    /// What to do about an access; no address of the stack below `lowest` is one of the run's.
    pub(crate) fn touch(&mut self, address: u64, lowest: u64) -> Answer {
        let page = page_of(address);
        let stack = &self.layout.stack;
        if (stack.start - MARGIN..stack.end + MARGIN).contains(&address) {
            return match address < lowest {
                true => Answer::Refused,
                false => self.touch_stack(page),
            };
        }
        let is_image = self.image.contains(&address) && !self.elsewhere.contains(&address);
        if is_image || !self.layout.user_space.contains(&address) {
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
        } else if page < self.layout.stack.start {
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
        for at in (page..page + PAGE).step_by(self.layout.word as usize) {
            let pointer = |random: &mut Random| self.layout.pointer(random);
            let value = self.filling.word(&mut random, pointer);
            // SAFETY: the page was just mapped for reading and writing.
            unsafe { self.layout.write(at, value) };
        }
    }

    /// Whether these bytes of the stack may be touched.
    pub(crate) fn is_open_stack(&self, address: u64, bytes: u64) -> bool {
        address >= self.lowest && address.saturating_add(bytes) <= self.layout.stack.end
    }

    /// A word of the stack, where that may be touched.
    pub(crate) fn word_of_stack(&self, address: u64) -> Option<u64> {
        let is_open = self.is_open_stack(address, self.layout.word);
        // SAFETY: the stack is open there.
        is_open.then(|| unsafe { self.layout.read(address) })
    }

    /// How far above the return address the caller's frame was changed, in bytes; so many are the
    /// callee's to change.
    pub(crate) fn callers_frame_changed(&self, own: usize) -> u64 {
        // SAFETY: the caller's pages lie above SP at the entry.
        let after =
            unsafe { std::slice::from_raw_parts(self.callers_frame as *const u8, CALLERS_FRAME) };
        let last = (own..CALLERS_FRAME)
            .rev()
            .find(|&i| after[i] != self.before[i]);
        last.map_or(0, |last| last as u64 + 1)
    }
}
