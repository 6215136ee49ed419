//! A run that is followed step by step: where each instruction has led, held against the proof.

use std::ops::Range;
use std::ptr;

use oracle::trampoline;

use crate::coverage::Note;
use crate::watch::{Before, Broken, Sight, Watch};

/// What one step shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The run goes on.
    On,
    /// The run is over: it has come back to where it was begun.
    Back,
    /// It was followed as far as it is to be.
    TooMany,
    /// The instruction at this address led where the proof did not go.
    Strayed(u64),
    /// It breaks what the proof assumes.
    Broke(Broken),
    /// It was a call with SP at so much modulo 16.
    Misaligned(u8),
}

/// The steps of one run after another.
pub(crate) struct Steps<'a> {
    /// What the proof expects; `None` where nothing is followed.
    watch: Option<&'a Watch>,
    /// So many instructions are followed one by one.
    most: u64,
    /// Notes of the steps, one for each byte of code; null where none are taken.
    notes: *mut Note,
    /// Where the run read last in each table of the watch.
    read: Vec<u64>,
    /// What the entry has of which a frame keeps something.
    before: Before,
    previous: u64,
    count: u64,
    /// What the proof expects of the rest.
    expected: Option<&'a Watch>,
    /// The step leads to a function of which the proof says nothing, if it leads into the code.
    leaves: bool,
}

impl<'a> Steps<'a> {
    /// Those of runs that are not followed.
    pub(crate) const fn none() -> Self {
        Self {
            watch: None,
            most: 0,
            notes: ptr::null_mut(),
            read: Vec::new(),
            before: Before {
                stack_pointer: 0,
                kept: Vec::new(),
            },
            previous: 0,
            count: 0,
            expected: None,
            leaves: false,
        }
    }

    /// Those of runs that are followed for so many steps. There is a note for each byte of code.
    pub(crate) fn of(watch: &'a Watch, most: u64, notes: &mut [Note]) -> Self {
        Self {
            watch: Some(watch),
            most,
            notes: notes.as_mut_ptr(),
            read: vec![0; watch.memory()],
            ..Self::none()
        }
    }

    pub(crate) const fn is_followed(&self) -> bool {
        self.watch.is_some()
    }

    /// SP at the entry.
    pub(crate) const fn entry_stack_pointer(&self) -> u64 {
        self.before.stack_pointer
    }

    /// Forgets the run before.
    pub(crate) fn begin(&mut self, before: Before) {
        self.before = before;
        self.read.fill(0);
        self.expected = self.watch;
        (self.previous, self.count, self.leaves) = (0, 0, false);
    }

    /// Whether all that comes is the doing of a function of which the proof says nothing.
    pub(crate) const fn has_left(&self) -> bool {
        self.is_followed() && self.expected.is_none()
    }

    /// Notes where an instruction has led, and looks at the next one, with the registers that it
    /// finds. In signal handlers this allocates nothing.
    pub(crate) fn next(
        &mut self,
        code: &Range<u64>,
        at: u64,
        general: &[u64; 16],
        peek: impl Fn(u64) -> Option<u64>,
    ) -> Step {
        if code.contains(&self.previous) && !self.notes.is_null() {
            let offset = (self.previous - code.start) as usize;
            // SAFETY: there is a note for each byte of code.
            unsafe { (*self.notes.add(offset)).add(self.previous, at) };
        }
        let from = std::mem::replace(&mut self.previous, at);
        self.count += 1;
        if std::mem::take(&mut self.leaves) && code.contains(&at) {
            self.expected = None;
        }
        if at == trampoline::next() {
            return Step::Back;
        }
        if self.count > self.most && code.contains(&at) {
            return Step::TooMany;
        }
        let Some(watch) = self.expected else {
            return Step::On;
        };
        match watch.look(from, at, general, &self.before, &mut self.read, peek) {
            Sight::Expected => Step::On,
            Sight::Left => {
                self.leaves = true;
                Step::On
            }
            Sight::Strayed => Step::Strayed(from),
            Sight::Broke(broken) => Step::Broke(broken),
            Sight::Misaligned(rest) => Step::Misaligned(rest),
        }
    }
}
