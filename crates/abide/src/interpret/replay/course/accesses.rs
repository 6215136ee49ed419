//! Which accesses to memory a run may make: others end it.

use super::{Course, End};
use crate::inputs::Place;
use crate::interpret::replay::entry::{Input, RETURN_ADDRESS, may_be_mapped, on_stack};
use crate::machine::concrete::{Access, Fault, Step};
use crate::registers::Register;

impl Course<'_> {
    pub(super) fn judge_accesses(&mut self, at: Place, step: &Step) -> Option<End> {
        let unmapped = self
            .machine
            .accesses()
            .iter()
            .find(|access| !self.is_allowed(access));
        if let Some(&access) = unmapped {
            return Some(End::Unmapped(access));
        }
        if let (Step::Fault(Fault::Misaligned), Some(access)) =
            (step, self.machine.accesses().last())
        {
            return Some(End::Misaligned(access.address));
        }
        for access in self.machine.accesses() {
            if on_stack(self.from, access.address) {
                self.touched = self.touched.min(access.address);
            }
        }
        if let Some(written) = &mut self.written {
            written.note(self.from, self.machine.accesses());
        }
        let reaches_out = !self.scene.indexed.is_empty() && self.reaches_out(at);
        reaches_out.then_some(End::OutOfBounds)
    }

    /// Whether a store with a variable index hits what the frame keeps for
    /// others: return addresses, saved registers, addresses of the frame, and
    /// all that is the caller's.
    pub(super) fn reaches_out(&mut self, at: Place) -> bool {
        let stores = self
            .machine
            .accesses()
            .iter()
            .filter(|access| access.is_store);
        let stores: Vec<Access> = stores.copied().collect();
        let mut preserved = self.scene.contract.preserved.iter();
        let keeps_vectors = preserved.any(Register::is_vector);
        for store in stores {
            if !on_stack(self.from, store.address) {
                continue;
            }
            let end = store.address + store.bytes;
            let hit = |slot: &u64| *slot < end;
            let word = u64::from(self.word());
            let first = store.address.saturating_sub(word - 1);
            if self.scene.indexed.contains(&at) {
                let alive = first.max(self.stack_pointer().saturating_sub(word - 1));
                if end > self.from || self.kept.range(alive..).next().is_some_and(hit) {
                    return true;
                }
            }
            let gone: Vec<u64> = self.kept.range(first..end).copied().collect();
            for slot in gone {
                self.kept.remove(&slot);
            }
            let is_vector = keeps_vectors && store.bytes >= 16;
            let words = if is_vector { store.bytes / word } else { 1 };
            for at in (0..words).map(|number| store.address + word * number) {
                if (is_vector || store.bytes == word) && self.is_kept_for_others(at) {
                    self.kept.insert(at);
                }
            }
        }
        false
    }

    pub(super) fn is_kept_for_others(&mut self, slot: u64) -> bool {
        let word = self.word();
        let Some(value) = self.machine.memory().read(slot, word).known() else {
            return false;
        };
        let preserved = self.scene.contract.preserved.iter();
        // A selector is a number like others.
        let preserved = preserved.filter(|register| !register.is_segment());
        let mut entry = preserved.map(|register| {
            let input = Input::Register(register);
            self.entry.value(self.scene.contract, input)
        });
        value == RETURN_ADDRESS
            || on_stack(self.from, value)
            || self.scene.layout.place_of(value).is_some()
            || entry.any(|entry| entry == value)
    }

    /// Whether a process may make this access without a fault. What the image
    /// holds read-only stays so; all else may be mapped by someone.
    pub(super) fn is_allowed(&self, access: &Access) -> bool {
        if may_be_mapped(self.scene.contract, access.address, access.bytes) {
            return true;
        }
        let layout = self.scene.layout;
        match layout.place_of(access.address) {
            Some(place) => {
                let section = self.scene.around.image.section(place.section);
                !access.is_store || section.is_some_and(|section| section.flags.write)
            }
            None => layout.is_foreign(access.address),
        }
    }
}
