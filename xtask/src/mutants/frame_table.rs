//! The unwind table of a function, as bytes that can be changed: the call frame instructions of
//! the entry in `.eh_frame` that covers it (DWARF 5, 6.4.2 and 7.24).

use abide::inputs::{Image, Place, Resolved, SectionId};
use abide::registers::InstructionSet;

use super::body::moved;

/// A call frame instruction.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// Where it is.
    pub(crate) place: Place,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// What it speaks of code of.
    set: InstructionSet,
}

const ADVANCE: u8 = 0x40;
const OFFSET: u8 = 0x80;
const RESTORE: u8 = 0xc0;

impl Rule {
    /// `DW_CFA_advance_loc`: what follows holds so many bytes further on.
    pub(crate) fn advances(&self) -> bool {
        matches!(self.bytes[0], 0x02..=0x04) || self.bytes[0] & 0xc0 == ADVANCE
    }

    /// `DW_CFA_offset`: a register that callers want back is saved (by the register
    /// numbers of each ABI).
    pub(crate) fn saves(&self) -> bool {
        let register = self.bytes[0] & 0x3f;
        let is_wanted = match self.set {
            InstructionSet::X86_64 => matches!(register, 3 | 6 | 12..=16),
            InstructionSet::X86 => matches!(register, 3 | 5..=8),
        };
        self.bytes[0] & 0xc0 == OFFSET && is_wanted
    }

    /// `DW_CFA_def_cfa_offset`, of a number of one byte.
    pub(crate) fn moves_frame(&self) -> bool {
        let word = self.set.word();
        matches!(self.bytes[..], [0x0e, offset @ ..=0x70] if offset >= word)
    }
}

/// The rules of the entry that begins with a function.
pub(crate) fn of(image: &Image, entry: Place) -> Vec<Rule> {
    let mut sections = (0..image.section_count() as u32).map(SectionId);
    let found = sections.find_map(|id| {
        let section = image.section(id)?;
        if section.name != ".eh_frame" {
            return None;
        }
        let start = Place {
            section: id,
            offset: 0,
        };
        in_table(image, &section.data, start, entry)
    });
    found.unwrap_or_default()
}

fn in_table(image: &Image, data: &[u8], start: Place, entry: Place) -> Option<Vec<Rule>> {
    let mut at = 0;
    loop {
        let length = word(data, at)? as usize;
        let end = at + 4 + length;
        let is_function = length != 0 && word(data, at + 4)? != 0;
        let begins = moved(start, at as i64 + 8);
        if is_function && leads_to(image, begins) == Some(entry) {
            // Behind the address and the length stands what augments the entry, its length first.
            let augmentation = usize::from(*data.get(at + 16)?);
            let first = at + 17 + augmentation;
            let set = image.set_of(entry.section);
            return rules(data.get(..end)?, first, start, set);
        }
        at = end;
    }
}

fn word(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at + 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

fn leads_to(image: &Image, place: Place) -> Option<Place> {
    let relocation = image.relocation_at(place)?;
    match image.follow(place, relocation, 0)? {
        Resolved::Place(place) => Some(place),
        _ => None,
    }
}

fn rules(data: &[u8], first: usize, start: Place, set: InstructionSet) -> Option<Vec<Rule>> {
    let mut rules = Vec::new();
    let mut at = first;
    while at < data.len() {
        let length = length(&data[at..], set)?;
        rules.push(Rule {
            place: moved(start, at as i64),
            bytes: data.get(at..at + length)?.to_vec(),
            set,
        });
        at += length;
    }
    Some(rules)
}

fn length(data: &[u8], set: InstructionSet) -> Option<usize> {
    let (&code, operands) = data.split_first()?;
    let number = |operands: &[u8]| operands.iter().position(|byte| byte & 0x80 == 0);
    let one = || Some(2 + number(operands)?);
    let two = || {
        let first = number(operands)? + 1;
        Some(2 + first + number(operands.get(first..)?)?)
    };
    let block = |skip: usize| {
        let size = usize::from(*operands.get(skip)?);
        (size < 0x80).then_some(2 + skip + size)
    };
    match code {
        0x00 | 0x0a | 0x0b => Some(1),
        0x01 => Some(1 + usize::from(set.word())),
        0x02 => Some(2),
        0x03 => Some(3),
        0x04 => Some(5),
        0x06..=0x08 | 0x0d | 0x0e | 0x13 | 0x2e => one(),
        0x05 | 0x09 | 0x0c | 0x11 | 0x12 | 0x14 | 0x15 => two(),
        0x0f => block(0),
        0x10 | 0x16 => block(number(operands)? + 1),
        _ if code & 0xc0 == OFFSET => one(),
        _ if matches!(code & 0xc0, ADVANCE | RESTORE) => Some(1),
        _ => None,
    }
}
