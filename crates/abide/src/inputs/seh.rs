//! Unwind tables of Windows: `.pdata` names functions, `.xdata` says what their prologues do.
//!
//! "x64 exception handling" (learn.microsoft.com/cpp/build/exception-handling-x64) and PE format,
//! "The .pdata Section". The tables are taken as they stand, and as they are written: one
//! function's code may have several entries. What an unwinder makes of them is in `unwinder`.

mod epilogue;
mod told;
mod unwinder;

use std::collections::HashMap;

use object::read::Object as _;

use super::object::{
    Format, Object, ObjectKind, Relocation, RelocationTarget, SectionIndex, SymbolPlace,
};
use crate::registers::{InstructionSet, Register};

/// How many bytes a RUNTIME_FUNCTION takes.
const ENTRY: u64 = 12;
/// How many parents are followed (`UNWIND_CHAIN_LIMIT`).
const MOST_PARENTS: usize = 32;

/// The entries of one object for Windows.
#[derive(Debug, Clone, Default)]
pub struct Seh {
    /// Sorted by section and start.
    entries: Vec<RuntimeFunction>,
    infos: Vec<UnwindInfo>,
}

/// RUNTIME_FUNCTION: a stretch of code and what its prologue did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuntimeFunction {
    /// Where the code is.
    pub section: SectionIndex,
    /// Its first byte.
    pub start: u64,
    /// The byte behind it.
    pub end: u64,
    info: Option<usize>,
}

/// UNWIND_INFO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnwindInfo {
    /// 1, or 2 where epilogues are told of.
    pub version: u8,
    /// It names a handler of exceptions or of unwinding.
    pub has_handler: bool,
    /// How many bytes the prologue has.
    pub prologue: u8,
    /// The register that points into the frame, and how far above SP it was set, in bytes.
    pub frame: Option<(Register, u32)>,
    /// What the prologue does, the last first; the number is the offset behind the instruction.
    pub codes: Vec<(u8, UnwindCode)>,
    /// Where the pops of epilogues are; version 2.
    pub epilogues: Epilogues,
    /// The entry whose prologue ran before this one's.
    pub parent: Option<RuntimeFunction>,
}

/// What version 2 tells of epilogues, from the first of their pops on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Epilogues {
    /// How many bytes each has.
    pub bytes: u8,
    /// How far before the end of the entry's code each begins, in bytes.
    pub before_end: Vec<u16>,
}

/// UNWIND_CODE: what an instruction of a prologue does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnwindCode {
    /// Pushes a general register.
    Push(Register),
    /// Moves SP down, so many bytes.
    Allocate(u32),
    /// Sets the frame register.
    SetFrame,
    /// Stores a general or vector register, so many bytes above the frame's base.
    Save(Register, u32),
    /// The processor pushed a frame, with an error code or without.
    MachineFrame {
        /// Whether there is an error code.
        has_code: bool,
    },
    /// Nothing that is known.
    Unread,
}

/// A place in an object, by section.
type Spot = (SectionIndex, u64);

impl Seh {
    /// Whether unwinding by these tables is a matter of the object's format.
    #[must_use]
    pub fn governs(object: &Object) -> bool {
        object.instruction_set == Some(InstructionSet::X86_64)
            && matches!(object.format, Format::Coff | Format::Pe { is_64: true })
    }

    /// Reads the tables of an object; what is damaged is left out.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        if !Self::governs(object) {
            return Self::default();
        }
        let mut reader = Reader::new(object);
        let mut entries = Vec::new();
        for (index, section) in (0..).map(SectionIndex).zip(&object.sections) {
            // Compilers that give each function a section give each a table.
            if section.name == ".pdata" || section.name.starts_with(".pdata$") {
                let count = section.data.len() as u64 / ENTRY;
                let found = (0..count).filter_map(|n| reader.entry((index, n * ENTRY)));
                entries.extend(found);
            }
        }
        entries.sort_by_key(|entry: &RuntimeFunction| (entry.section, entry.start));
        Self {
            entries,
            infos: reader.infos,
        }
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries, by place.
    #[must_use]
    pub fn entries(&self) -> &[RuntimeFunction] {
        &self.entries
    }

    /// What an entry says.
    #[must_use]
    pub fn info(&self, entry: &RuntimeFunction) -> Option<&UnwindInfo> {
        self.infos.get(entry.info?)
    }

    /// The entry that speaks of the code at a place.
    #[must_use]
    pub fn entry_at(&self, section: SectionIndex, offset: u64) -> Option<&RuntimeFunction> {
        let key = |entry: &RuntimeFunction| (entry.section, entry.start) <= (section, offset);
        let entry = self
            .entries
            .get(self.entries.partition_point(key).checked_sub(1)?)?;
        (entry.section == section && offset < entry.end).then_some(entry)
    }

    /// Whether a function begins at a place, as one that was just called.
    #[must_use]
    pub fn begins_function(&self, section: SectionIndex, offset: u64) -> bool {
        self.entry_at(section, offset).is_some_and(|entry| {
            let info = self.info(entry);
            entry.start == offset && info.is_some_and(|info| info.parent.is_none())
        })
    }

    /// An entry and those whose prologues ran before its own.
    fn chain<'a>(
        &'a self,
        entry: &RuntimeFunction,
    ) -> impl Iterator<Item = (RuntimeFunction, &'a UnwindInfo)> {
        let mut next = Some(*entry);
        std::iter::from_fn(move || {
            let entry = next?;
            let info = self.info(&entry)?;
            next = info.parent;
            Some((entry, info))
        })
        .take(MOST_PARENTS)
    }
}

/// The relocation of the field at a place.
fn relocation_at(object: &Object, (section, offset): Spot) -> Option<&Relocation> {
    let relocations = &object.sections.get(section.0 as usize)?.relocations;
    let found = relocations.binary_search_by_key(&offset, |relocation| relocation.offset);
    relocations.get(found.ok()?)
}

/// Where a relocation leads in its object, its addend apart.
fn target(object: &Object, relocation: &Relocation) -> Option<Spot> {
    match relocation.target {
        RelocationTarget::Section(section) => Some((section, 0)),
        RelocationTarget::Symbol(symbol) => {
            let symbol = object.symbols.get(symbol.0 as usize)?;
            match symbol.place {
                SymbolPlace::Section(section) => Some((section, symbol.value)),
                _ => None,
            }
        }
        RelocationTarget::Absolute => None,
    }
}

/// Reads entries, and what they lead to once each.
struct Reader<'a> {
    object: &'a Object,
    /// Of images, what addresses in tables count from.
    base: u64,
    infos: Vec<UnwindInfo>,
    seen: HashMap<Spot, usize>,
    /// How many codes may still be read: tables of a hostile file overlap.
    left: usize,
}

impl<'a> Reader<'a> {
    fn new(object: &'a Object) -> Self {
        let base = match object.kind {
            ObjectKind::Relocatable => 0,
            _ => object::File::parse(&*object.data).map_or(0, |file| file.relative_address_base()),
        };
        Self {
            object,
            base,
            infos: Vec::new(),
            seen: HashMap::new(),
            left: object.data.len(),
        }
    }

    fn bytes(&self, (section, offset): Spot, count: usize) -> Option<&'a [u8]> {
        let data = &self.object.sections.get(section.0 as usize)?.data;
        let start = usize::try_from(offset).ok()?;
        data.get(start..start.checked_add(count)?)
    }

    /// Where the address at a place leads.
    fn pointer(&self, (section, offset): Spot) -> Option<Spot> {
        let bytes = self.bytes((section, offset), 4)?;
        if self.object.kind != ObjectKind::Relocatable {
            let address = u32::from_le_bytes(bytes.try_into().ok()?);
            return self.spot_of(self.base.checked_add(address.into())?);
        }
        let relocation = relocation_at(self.object, (section, offset))?;
        let (section, start) = target(self.object, relocation)?;
        Some((section, start.checked_add_signed(relocation.addend)?))
    }

    fn spot_of(&self, address: u64) -> Option<Spot> {
        let mut sections = (0..).map(SectionIndex).zip(&self.object.sections);
        sections.find_map(|(index, section)| {
            let offset = address.checked_sub(section.address)?;
            (offset <= section.size).then_some((index, offset))
        })
    }

    fn entry(&mut self, (table, at): Spot) -> Option<RuntimeFunction> {
        let (section, start) = self.pointer((table, at))?;
        let (of_end, end) = self.pointer((table, at + 4))?;
        if of_end != section || end <= start {
            return None;
        }
        let info = self
            .pointer((table, at + 8))
            .and_then(|at| self.read_info(at));
        Some(RuntimeFunction {
            section,
            start,
            end,
            info,
        })
    }

    fn read_info(&mut self, at: Spot) -> Option<usize> {
        if let Some(&known) = self.seen.get(&at) {
            return Some(known);
        }
        let &[first, prologue, count, frame] = self.bytes(at, 4)? else {
            return None;
        };
        self.left = self.left.checked_sub(usize::from(count) + 1)?;
        let slots = self.bytes((at.0, at.1 + 4), 2 * usize::from(count))?;
        let (version, flags) = (first & 7, first >> 3);
        let (epilogues, slots) = match version {
            2 => Epilogues::read(slots),
            _ => (Epilogues::default(), slots),
        };
        let number = self.infos.len();
        self.seen.insert(at, number);
        self.infos.push(UnwindInfo {
            version,
            has_handler: flags & 3 != 0,
            prologue,
            frame: (frame & 15 != 0)
                .then(|| (Register::general(frame & 15), u32::from(frame >> 4) * 16)),
            codes: codes(slots),
            epilogues,
            parent: None,
        });
        // "If flag UNW_FLAG_CHAININFO is set": an entry stands where a handler else would.
        if flags & 4 != 0 {
            let behind = at.1 + 4 + 2 * u64::from(count.next_multiple_of(2));
            let parent = self.entry((at.0, behind));
            let info = self.infos.get_mut(number)?;
            info.parent = parent;
            if parent.is_none() {
                info.codes = vec![(0, UnwindCode::Unread)];
            }
        }
        Some(number)
    }
}

impl Epilogues {
    /// Reads UWOP_EPILOG, which Microsoft documents nowhere: as LLVM writes it (`MCWin64EH.cpp`), the
    /// first code tells the size and whether an epilogue ends the function, each other one where one
    /// begins, and one of zeros makes their number even. Behind them are the prologue's codes.
    fn read(slots: &[u8]) -> (Self, &[u8]) {
        const EPILOG: u8 = 6;
        let is_epilogue = |slot: &[u8]| slot[1] & 15 == EPILOG;
        let count = slots.chunks_exact(2).take_while(|slot| is_epilogue(slot));
        let (own, codes) = slots.split_at(2 * count.count());
        let mut own = own.chunks_exact(2).map(|slot| (slot[0], slot[1] >> 4));
        let Some((bytes, flags)) = own.next() else {
            return (Self::default(), codes);
        };
        let at_end = (flags & 1 != 0).then_some(bytes.into());
        let others = own.map(|(low, high)| u16::from(high) << 8 | u16::from(low));
        let before_end = at_end.into_iter().chain(others);
        let epilogues = Self {
            bytes,
            before_end: before_end.filter(|&distance| distance != 0).collect(),
        };
        (epilogues, codes)
    }
}

fn codes(slots: &[u8]) -> Vec<(u8, UnwindCode)> {
    let mut codes = Vec::new();
    let mut slots = slots.chunks_exact(2);
    while let Some(&[offset, operation]) = slots.next() {
        let code = code(operation, &mut slots);
        codes.push((offset, code.unwrap_or(UnwindCode::Unread)));
    }
    codes
}

/// "Unwind operation code", with the slots that its operands take.
fn code(operation: u8, slots: &mut std::slice::ChunksExact<'_, u8>) -> Option<UnwindCode> {
    let mut short = || {
        let slot = slots.next()?.try_into().ok()?;
        Some(u32::from(u16::from_le_bytes(slot)))
    };
    let number = operation >> 4;
    let general = Register::general(number);
    let vector = Register::vector(number);
    Some(match operation & 15 {
        0 => UnwindCode::Push(general),
        1 if number == 0 => UnwindCode::Allocate(short()? * 8),
        1 if number == 1 => UnwindCode::Allocate(short()? | short()? << 16),
        2 => UnwindCode::Allocate(u32::from(number) * 8 + 8),
        3 => UnwindCode::SetFrame,
        4 => UnwindCode::Save(general, short()? * 8),
        5 => UnwindCode::Save(general, short()? | short()? << 16),
        8 => UnwindCode::Save(vector, short()? * 16),
        9 => UnwindCode::Save(vector, short()? | short()? << 16),
        10 => UnwindCode::MachineFrame {
            has_code: number != 0,
        },
        _ => return None,
    })
}
