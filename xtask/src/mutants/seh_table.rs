//! The unwind table of a function for Windows, as bytes that can be changed: the codes of the entry
//! in `.pdata` that begins with it ("x64 exception handling", "Struct UNWIND_CODE").

use abide::inputs::{Image, Place, Resolved, SectionId};

use super::body::moved;

/// UNWIND_CODE with its operands.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    /// Where it is.
    pub(crate) place: Place,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
}

const PUSH: u8 = 0;
const ALLOCATE_LARGE: u8 = 1;
const ALLOCATE_SMALL: u8 = 2;
const SET_FRAME: u8 = 3;
const SAVE: u8 = 4;
const SAVE_FAR: u8 = 5;
const SAVE_VECTOR: u8 = 8;
const SAVE_VECTOR_FAR: u8 = 9;
/// How many bytes an entry takes.
const ENTRY: i64 = 12;

impl Code {
    fn operation(&self) -> u8 {
        self.bytes.get(1).map_or(0, |byte| byte & 15)
    }

    /// UWOP_PUSH_NONVOL.
    pub(crate) fn pushes(&self) -> bool {
        self.operation() == PUSH
    }

    /// UWOP_SET_FPREG, behind which SP is what a register tells.
    pub(crate) fn sets_frame(&self) -> bool {
        self.operation() == SET_FRAME
    }

    /// UWOP_SAVE_NONVOL or UWOP_SAVE_XMM128, whose operand is the slot's number.
    pub(crate) fn saves(&self) -> bool {
        matches!(self.operation(), SAVE | SAVE_VECTOR)
    }

    /// UWOP_ALLOC_SMALL or UWOP_ALLOC_LARGE, of a number of words.
    pub(crate) fn allocates(&self) -> bool {
        let is_counted = self.bytes.len() == 4;
        match self.operation() {
            ALLOCATE_SMALL => true,
            ALLOCATE_LARGE => is_counted,
            _ => false,
        }
    }
}

/// The codes of the entry that begins with a function, the last step of its prologue first; `None`
/// where there is no entry.
pub(crate) fn of(image: &Image, entry: Place) -> Option<Vec<Code>> {
    let mut sections = (0..image.section_count() as u32).map(SectionId);
    sections.find_map(|id| {
        let section = image.section(id)?;
        if !section.name.starts_with(".pdata") {
            return None;
        }
        let starts = (0..section.data.len() as i64).step_by(ENTRY as usize);
        let mut entries = starts.map(|offset| Place {
            section: id,
            offset,
        });
        let own = entries.find(|&at| leads_to(image, at) == Some(entry))?;
        let codes = leads_to(image, moved(own, 8)).and_then(|info| codes(image, info));
        Some(codes.unwrap_or_default())
    })
}

fn leads_to(image: &Image, place: Place) -> Option<Place> {
    let relocation = image.relocation_at(place)?;
    match image.follow(place, relocation, 0)? {
        Resolved::Place(place) => Some(place),
        _ => None,
    }
}

/// The codes behind the head of UNWIND_INFO.
fn codes(image: &Image, info: Place) -> Option<Vec<Code>> {
    let bytes = image.bytes_from(info);
    let (&[first, _, count, _], rest) = bytes.split_first_chunk()?;
    let slots = rest.get(..2 * usize::from(count))?;
    if first & 7 != 1 {
        return None;
    }
    let mut codes = Vec::new();
    let mut at = 0;
    while at < slots.len() {
        let length = 2 * slots_of(*slots.get(at + 1)?);
        codes.push(Code {
            place: moved(info, 4 + at as i64),
            bytes: slots.get(at..at + length)?.to_vec(),
        });
        at += length;
    }
    Some(codes)
}

/// How many slots of two bytes a code takes.
const fn slots_of(operation: u8) -> usize {
    match (operation & 15, operation >> 4) {
        (ALLOCATE_LARGE, 0) | (SAVE | SAVE_VECTOR, _) => 2,
        (ALLOCATE_LARGE, _) | (SAVE_FAR | SAVE_VECTOR_FAR, _) => 3,
        _ => 1,
    }
}
