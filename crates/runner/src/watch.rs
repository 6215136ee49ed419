//! What a proof says of a run, held against it step by step.
//!
//! A run may go where the proof did not for one reason only: it broke what the
//! proof assumes. Which entry of a table it reads, and where it writes with an
//! index, is seen in the addresses that it uses.

use std::fmt;

use abide::conventions::Convention;
use abide::inputs::Place;
use iced_x86::{Instruction, InstructionInfoFactory, OpAccess, OpKind, UsedMemory};
use oracle::state::State;

use crate::coverage::Visited;
use crate::fault;
use crate::link::Linked;
use crate::returned::{SP, held};

/// The instruction was visited.
const VISITED: u8 = 1;
/// It reads a table whose end is assumed.
const READS: u8 = 2;
/// It goes where such a table tells.
const JUMPS: u8 = 4;
/// It writes to the frame, with an index that is assumed to be in bounds.
const STORES: u8 = 8;

/// It leads to a function that is taken to keep its convention, and may not.
const LEAVES: u8 = 16;
/// A function that is called by its convention begins there.
const BEGINS: u8 = 32;
/// The most bytes that an instruction has.
const LONGEST: u64 = 15;

/// An assumption of a proof that a run broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// It went where another entry than those of a table tells.
    Table {
        /// The entry's number.
        index: i64,
        /// How many the proof takes the table to have.
        entries: u32,
    },
    /// It went where the end of one entry and the beginning of the next tell together.
    Part {
        /// The first one's number.
        index: i64,
    },
    /// It went where an entry tells that is taken for one of another table.
    Entry {
        /// The entry's number.
        index: i64,
    },
    /// It wrote over what the frame keeps for the end, with an index.
    Index {
        /// From SP at the entry, in bytes.
        offset: i64,
    },
    /// Its frame, whose size varies, stepped over a page.
    Frame,
    /// A function that it went to, and that was taken to keep its convention, did not.
    Callee,
}

impl Broken {
    /// The assumption's name.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Table { .. } | Self::Part { .. } | Self::Entry { .. } => "table-bound",
            Self::Index { .. } => "index-in-bounds",
            Self::Frame => "frame-bound",
            Self::Callee => "callee-conforms",
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table { index, entries } => {
                write!(f, "entry {index} of a table that has {entries}")
            }
            Self::Part { index } => write!(f, "a part of entry {index} and one of the next"),
            Self::Entry { index } => write!(f, "entry {index}, which is another table's"),
            Self::Index { offset } => write!(f, "a store with an index at [rsp{offset:+}]"),
            Self::Frame => f.write_str("a frame of so many bytes steps over a page"),
            Self::Callee => f.write_str("a function that was trusted broke the convention"),
        }
    }
}

/// What is seen of a step before it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// All is as the proof has it.
    Expected,
    /// The proof visited no such instruction.
    Strayed,
    /// The step leaves what the proof assumes.
    Broke(Broken),
    /// The step leads to another function, of which the proof says nothing.
    Left,
    /// It was a call with SP at so much modulo 16, which is another than the convention's.
    Misaligned(u8),
}

/// What lies so far below SP at the entry is taken for the run's own frame, in bytes.
const LARGEST_FRAME: u64 = 1 << 16;

/// What the entry has of which a frame keeps something.
#[derive(Debug, Default)]
pub(crate) struct Before {
    /// SP.
    pub(crate) stack_pointer: u64,
    /// The words of the registers that the convention preserves.
    pub(crate) kept: Vec<u64>,
}

impl Before {
    /// What a state has by a convention.
    pub(crate) fn of(state: &State, convention: &Convention) -> Self {
        let preserved = convention.preserved.iter();
        let kept = preserved.flat_map(|register| {
            let held = held(state, register).unwrap_or_default();
            let words = if register.is_vector() { 2 } else { 1 };
            [held as u64, (held >> 64) as u64].into_iter().take(words)
        });
        Self {
            stack_pointer: state.general[SP],
            // What controls floating point is no word of its own.
            kept: kept.filter(|&word| word != 0).collect(),
        }
    }
}

/// What the proof of one function expects of its runs.
pub struct Watch {
    /// The first address of code.
    start: u64,
    /// For each byte of code, what is known of an instruction that begins there.
    kinds: Vec<u8>,
    tables: Vec<Table>,
    /// Jumps and where the entries of such tables lead, in order.
    tabled: Vec<(u64, u64)>,
    stores: Vec<Store>,
    /// The bytes of a word of the stack.
    word: u64,
    /// What SP is modulo 16 where a function begins, if calls are judged.
    residue: Option<u64>,
}

struct Table {
    jump: u64,
    reader: Instruction,
    start: u64,
    step: i64,
    entries: u32,
}

struct Store {
    at: u64,
    /// What it writes: by an operand, or on its own, as `push` and `stos` do.
    memory: UsedMemory,
    /// How many bytes each time.
    bytes: u64,
}

impl Watch {
    /// What was visited, with addresses.
    #[must_use]
    pub fn new(linked: &Linked<'_>, visited: &Visited) -> Self {
        let code = linked.code_addresses();
        let mut watch = Self {
            start: code.start,
            kinds: vec![0; (code.end - code.start) as usize],
            tables: Vec::new(),
            tabled: Vec::new(),
            stores: Vec::new(),
            word: u64::from(linked.bits()) / 8,
            residue: None,
        };
        for at in linked.addresses_of(visited.instructions()) {
            watch.note(at, VISITED);
        }
        for table in visited.tables() {
            let addresses = [table.jump, table.read, table.start].map(|at| linked.address_of(at));
            let [Some(jump), Some(read), Some(start)] = addresses else {
                continue;
            };
            let Some(reader) = fault::instruction_at(linked, read) else {
                continue;
            };
            watch.note(jump, JUMPS);
            watch.note(read, READS);
            watch.tables.push(Table {
                jump,
                reader,
                start,
                step: table.step,
                entries: table.entries,
            });
        }
        let pair = |(jump, to)| Some((linked.address_of(jump)?, linked.address_of(to)?));
        watch.tabled = visited.tabled().filter_map(pair).collect();
        watch.tabled.sort_unstable();
        for at in linked.addresses_of(visited.left()) {
            watch.note(at, LEAVES);
        }
        for at in linked.addresses_of(visited.indexed()) {
            if let Some(store) = fault::instruction_at(linked, at)
                .as_ref()
                .and_then(Store::of)
            {
                watch.note(at, STORES);
                watch.stores.push(store);
            }
        }
        watch
    }

    /// Looks at nothing but calls of functions that are bound by a convention, of which this says what
    /// SP is modulo 16 where they begin.
    #[must_use]
    pub fn of_calls(linked: &Linked<'_>, functions: &[Place], residue: u16) -> Self {
        let mut watch = Self::new(linked, &Visited::default());
        watch.kinds.fill(VISITED);
        for at in linked.addresses_of(functions.iter().copied()) {
            watch.note(at, BEGINS);
        }
        watch.residue = Some(residue.into());
        watch
    }

    /// Whether the proof visited an instruction there.
    #[must_use]
    pub fn visits(&self, at: u64) -> bool {
        let kinds = self.kinds.get(at.wrapping_sub(self.start) as usize);
        kinds.is_some_and(|kinds| kinds & VISITED != 0)
    }

    fn note(&mut self, at: u64, kind: u8) {
        if let Some(kinds) = self.kinds.get_mut(at.wrapping_sub(self.start) as usize) {
            *kinds |= kind;
        }
    }

    /// How many numbers [`Self::look`] keeps from one step to the next.
    pub(crate) fn memory(&self) -> usize {
        self.tables.len()
    }

    /// Looks at the instruction that comes next, behind the one at `from`, with the registers that it
    /// finds. `before` is what the entry has, and `read` where in each table was read last. In signal
    /// handlers this allocates nothing.
    pub(crate) fn look(
        &self,
        from: u64,
        at: u64,
        general: &[u64; 16],
        before: &Before,
        read: &mut [u64],
        peek: impl Fn(u64) -> Option<u64>,
    ) -> Sight {
        let Some(&kinds) = self.kinds.get(at.wrapping_sub(self.start) as usize) else {
            return Sight::Expected;
        };
        if kinds & VISITED == 0 {
            let skipped = self.skipped_entry(from, at, read);
            return skipped.map_or(Sight::Strayed, Sight::Broke);
        }
        if kinds & READS != 0 {
            for (table, read) in self.tables.iter().zip(read.iter_mut()) {
                if table.reader.ip() == at {
                    *read = address(&table.reader, general).unwrap_or(0);
                }
            }
        }
        if kinds & JUMPS != 0
            && let Some(broken) = self.past_tables(at, read)
        {
            return Sight::Broke(broken);
        }
        if kinds & STORES != 0 {
            let mut stores = self.stores.iter();
            let broken = stores.find(|store| store.at == at).and_then(|store| {
                store.harms(general, before, self.word, |word| {
                    self.keeps(word, before, &peek)
                })
            });
            if let Some(broken) = broken {
                return Sight::Broke(broken);
            }
        }
        if kinds & BEGINS != 0
            && let Some(rest) = self.misaligned(from, general[SP], peek)
        {
            return Sight::Misaligned(rest);
        }
        match kinds & LEAVES {
            0 => Sight::Expected,
            _ => Sight::Left,
        }
    }

    /// What SP is modulo 16 behind a call, where that is not as the convention has it.
    fn misaligned(
        &self,
        from: u64,
        stack_pointer: u64,
        peek: impl Fn(u64) -> Option<u64>,
    ) -> Option<u8> {
        let rest = stack_pointer % 16;
        let is_other = self.residue.is_some_and(|residue| residue != rest);
        let back = peek(stack_pointer).filter(|_| is_other)?;
        (from + 1..=from + LONGEST)
            .contains(&back)
            .then_some(rest as u8)
    }

    /// Whether a word of the stack is the return address, holds the entry value of a register
    /// that the convention preserves, or an address: of code, where a helper returns to, or of the
    /// run's own frame, which finds the frame again.
    fn keeps(&self, word: u64, before: &Before, peek: &impl Fn(u64) -> Option<u64>) -> bool {
        let is_kept = |value: u64| {
            before.kept.contains(&value)
                || value.wrapping_sub(self.start) < self.kinds.len() as u64
                || before.stack_pointer.wrapping_sub(value) < LARGEST_FRAME
        };
        word == before.stack_pointer || peek(word).is_some_and(is_kept)
    }

    /// The entry that led here, if the jump follows a table and the proof takes the entry for one of
    /// another's.
    fn skipped_entry(&self, jump: u64, to: u64, read: &[u64]) -> Option<Broken> {
        if self.tabled.binary_search(&(jump, to)).is_ok() {
            return None;
        }
        let mut tables = self.tables.iter().zip(read);
        let (table, &read) = tables.find(|(table, read)| table.jump == jump && **read != 0)?;
        Some(Broken::Entry {
            index: table.index_of(read),
        })
    }

    /// The entry that a jump follows, if it is none of those that any of its tables has.
    fn past_tables(&self, jump: u64, read: &[u64]) -> Option<Broken> {
        let mut past = None;
        for (table, &read) in self.tables.iter().zip(read) {
            if table.jump != jump || read == 0 {
                continue;
            }
            let index = table.index_of(read);
            let entries = table.entries;
            if !(0..i64::from(entries)).contains(&index) {
                past = Some(Broken::Table { index, entries });
            } else if table.has_entry_at(read) {
                return None;
            } else {
                past = Some(Broken::Part { index });
            }
        }
        past
    }
}

impl Table {
    fn index_of(&self, read: u64) -> i64 {
        (read.wrapping_sub(self.start) as i64).div_euclid(self.step)
    }

    /// Whether an entry begins there, and not within another.
    fn has_entry_at(&self, read: u64) -> bool {
        (read.wrapping_sub(self.start) as i64).rem_euclid(self.step) == 0
    }
}

impl Store {
    fn of(instruction: &Instruction) -> Option<Self> {
        let mut factory = InstructionInfoFactory::new();
        let memory = factory.info(instruction).used_memory().iter();
        let mut written = memory.filter(|memory| {
            matches!(
                memory.access(),
                OpAccess::Write
                    | OpAccess::CondWrite
                    | OpAccess::ReadWrite
                    | OpAccess::ReadCondWrite
            )
        });
        let memory = *written.next()?;
        // Of what repeats, `iced` counts no bytes: a step is one turn.
        let own = memory.memory_size().size();
        let bytes = own.max(instruction.memory_size().size()) as u64;
        Some(Self {
            at: instruction.ip(),
            memory,
            bytes,
        })
    }

    /// Where it writes over a word of the frame that is kept.
    fn harms(
        &self,
        general: &[u64; 16],
        before: &Before,
        word: u64,
        keeps: impl Fn(u64) -> bool,
    ) -> Option<Broken> {
        let from = self
            .memory
            .virtual_address(0, |register, _, _| value_of(register, general))?;
        let to = from.wrapping_add(self.bytes);
        // Words are kept at any address.
        let mut words = from.saturating_sub(word - 1)..to;
        let harmed = words.find(|&word| keeps(word))?;
        let offset = harmed.wrapping_sub(before.stack_pointer) as i64;
        Some(Broken::Index { offset })
    }
}

/// The address of an instruction's operand in memory.
fn address(instruction: &Instruction, general: &[u64; 16]) -> Option<u64> {
    let operand = (0..instruction.op_count())
        .find(|&operand| instruction.op_kind(operand) == OpKind::Memory)?;
    instruction.virtual_address(operand, 0, |register, _, _| value_of(register, general))
}

fn value_of(register: iced_x86::Register, general: &[u64; 16]) -> Option<u64> {
    match register {
        register if register.is_segment_register() => Some(0),
        register if register.is_gpr() => general.get(register.full_register().number()).copied(),
        _ => None,
    }
}
