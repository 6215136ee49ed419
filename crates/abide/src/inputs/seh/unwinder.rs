//! What Microsoft's unwinder (`RtlVirtualUnwind`) makes of an entry where control left a function.
//!
//! It goes back over what the prologue has done so far, or ahead over the rest of an epilogue. Both
//! lead from SP or the frame register to the caller's frame by numbers.

use super::{MOST_PARENTS, RuntimeFunction, Seh, UnwindCode, UnwindInfo, epilogue, told};
use crate::inputs::object::{Object, SectionIndex};
use crate::inputs::unwind::{CanonicalFrame, Saved, Step, Teller, UnwindRow};
use crate::registers::Register;

/// A register and how much is added to it.
type Address = (Register, i64);

/// How far the unwinding has come.
struct Unwinding {
    stack_pointer: Option<Address>,
    /// Where the registers were saved that have been found so far.
    saved: Vec<(Register, Address)>,
    machine_frame: Option<Address>,
}

impl Seh {
    /// What the unwinder takes a function to be where no entry speaks of it: one that has changed
    /// nothing since it was called ("leaf function").
    #[must_use]
    pub fn leaf() -> UnwindRow {
        let mut row = returned((Register::RSP, 0), &[]);
        row.teller = Teller::Nobody;
        row
    }

    /// What the entry of a place says of the caller's frame, before the instruction there.
    #[must_use]
    pub fn at(&self, object: &Object, section: SectionIndex, offset: u64) -> Option<UnwindRow> {
        let entry = self.entry_at(section, offset)?;
        let mut row = self
            .row(object, entry, offset)
            .unwrap_or_else(UnwindRow::unread);
        let mut infos = self.chain(entry).map(|(_, info)| info);
        row.teller = match infos.all(|info| info.codes.is_empty()) {
            true if self.chain(entry).any(|(_, info)| info.has_handler) => Teller::Handler,
            _ => Teller::Windows,
        };
        Some(row)
    }

    fn row(&self, object: &Object, entry: &RuntimeFunction, offset: u64) -> Option<UnwindRow> {
        let info = self.info(entry)?;
        let epilogue = match info.version {
            1 => epilogue::at(self, object, entry, offset),
            2 => match told::at(entry, info, offset) {
                Some(epilogue) => Some(epilogue?),
                None => None,
            },
            _ => return None,
        };
        match epilogue {
            Some(epilogue) => ahead(&epilogue),
            None => self.back(entry, info, offset),
        }
    }

    /// Reverses the prologues of an entry and of its parents.
    fn back(&self, entry: &RuntimeFunction, info: &UnwindInfo, offset: u64) -> Option<UnwindRow> {
        let frame = establisher(info, offset.wrapping_sub(entry.start));
        let mut unwinding = Unwinding {
            stack_pointer: Some((Register::RSP, 0)),
            saved: Vec::new(),
            machine_frame: None,
        };
        let mut chain = 0;
        for (entry, info) in self.chain(entry) {
            chain += 1;
            let is_elsewhere = offset < entry.start;
            for &(behind, code) in &info.codes {
                // Where control is before an entry's start the distance wraps around.
                if is_elsewhere || offset - entry.start >= u64::from(behind) {
                    unwinding.reverse(code, frame, info)?;
                }
            }
            if info.parent.is_some() && chain == MOST_PARENTS {
                return None;
            }
        }
        unwinding.row()
    }
}

/// What saves are relative to: SP, or the frame register once it is set.
fn establisher(info: &UnwindInfo, offset: u64) -> Address {
    let Some((register, above)) = info.frame else {
        return (Register::RSP, 0);
    };
    let mut codes = info.codes.iter();
    let set = codes.find(|(_, code)| *code == UnwindCode::SetFrame);
    let is_set = offset >= u64::from(info.prologue)
        || info.parent.is_some()
        || set.is_some_and(|&(behind, _)| offset >= u64::from(behind));
    match is_set {
        true => (register, -i64::from(above)),
        false => (Register::RSP, 0),
    }
}

impl Unwinding {
    fn reverse(&mut self, code: UnwindCode, frame: Address, info: &UnwindInfo) -> Option<()> {
        match code {
            UnwindCode::Push(register) => {
                let at = self.stack_pointer?;
                self.find(register, at);
                self.stack_pointer = Some((at.0, at.1 + 8));
            }
            UnwindCode::Allocate(bytes) => {
                let (register, offset) = self.stack_pointer?;
                self.stack_pointer = Some((register, offset + i64::from(bytes)));
            }
            UnwindCode::SetFrame => {
                let (register, above) = info.frame?;
                // A frame register that was found already counts from memory.
                if self.saved.iter().any(|&(found, _)| found == register) {
                    return None;
                }
                self.stack_pointer = Some((register, -i64::from(above)));
            }
            UnwindCode::Save(register, above) => {
                self.find(register, (frame.0, frame.1 + i64::from(above)));
            }
            UnwindCode::MachineFrame { has_code } => {
                let (register, offset) = self.stack_pointer.take()?;
                self.machine_frame = Some((register, offset + 8 * i64::from(has_code)));
            }
            UnwindCode::Unread => return None,
        }
        Some(())
    }

    fn find(&mut self, register: Register, at: Address) {
        self.saved.retain(|&(found, _)| found != register);
        self.saved.push((register, at));
    }

    fn row(self) -> Option<UnwindRow> {
        let Some((register, offset)) = self.machine_frame else {
            return Some(returned(self.stack_pointer?, &self.saved));
        };
        // RIP, CS, EFLAGS, RSP, SS.
        let frame = vec![Step::Register(register, offset + 24), Step::Load(8)];
        let mut row = UnwindRow::unread();
        row.frame = CanonicalFrame::Computed(frame);
        row.return_address = Saved::AtComputed(vec![Step::Register(register, offset)]);
        row.saved = located(&self.saved, None);
        Some(row)
    }
}

/// Runs what is left of an epilogue.
fn ahead(epilogue: &epilogue::Epilogue) -> Option<UnwindRow> {
    let (register, mut offset) = epilogue.stack_pointer;
    let mut saved: Vec<(Register, Address)> = Vec::new();
    for &popped in &epilogue.pops {
        if popped == Some(Register::RSP) {
            return None;
        }
        if let Some(popped) = popped {
            saved.retain(|&(other, _)| other != popped);
            saved.push((popped, (register, offset)));
        }
        offset += 8;
    }
    Some(returned((register, offset), &saved))
}

/// The row where the return address lies on top of the stack that was found.
fn returned((register, offset): Address, saved: &[(Register, Address)]) -> UnwindRow {
    let frame = (register, offset + 8);
    let mut row = UnwindRow::unread();
    row.frame = CanonicalFrame::Offset(frame.0, frame.1);
    row.return_address = Saved::At(-8);
    row.saved = located(saved, Some(frame));
    row
}

/// Where registers are, from the canonical frame where both count from one register.
fn located(saved: &[(Register, Address)], frame: Option<Address>) -> Vec<(Register, Saved)> {
    let place = |&(register, at): &(Register, Address)| {
        let saved = match frame {
            Some(frame) if frame.0 == at.0 => Saved::At(at.1 - frame.1),
            _ => Saved::AtComputed(vec![Step::Register(at.0, at.1)]),
        };
        (register, saved)
    };
    let mut located: Vec<_> = saved.iter().map(place).collect();
    located.sort_by_key(|&(register, _)| register);
    located
}
