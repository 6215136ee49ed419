//! Which bytes of the stack a run has stored to.

use rustc_hash::FxHashSet;

use crate::interpret::replay::entry::on_stack;
use crate::machine::concrete::Access;

/// The bytes of the stack that hold what the run has stored there.
#[derive(Default)]
pub(in crate::interpret::replay) struct Written {
    bytes: FxHashSet<u64>,
    /// Below this a callee may have written since.
    given: u64,
}

impl Written {
    /// Takes in what an instruction stored, of a run that was entered with SP `from`.
    pub(super) fn note(&mut self, from: u64, accesses: &[Access]) {
        let given = std::mem::take(&mut self.given);
        if given > 0 {
            self.bytes.retain(|&byte| byte >= given);
        }
        let stores = accesses.iter().filter(|access| access.is_store);
        for store in stores.filter(|store| on_stack(from, store.address)) {
            let end = store.address.saturating_add(store.bytes);
            self.bytes.extend(store.address..end);
        }
    }

    /// All below an address is a callee's. It counts from the next instruction on: what the callee
    /// found there was the run's.
    pub(super) fn give_below(&mut self, address: u64) {
        self.given = address;
    }

    /// Whether a byte holds what the run has stored.
    pub(in crate::interpret::replay) fn contains(&self, byte: u64) -> bool {
        self.bytes.contains(&byte)
    }
}
