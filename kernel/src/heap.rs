//! The heap: all usable memory above 1 MiB that boot.asm mapped.

use crate::memory_map;
use talc::TalcLock;
use talc::base::Counters;
use talc::source::Manual;

const FIRST: u64 = 1 << 20;
/// The end of what boot.asm mapped.
const LAST: u64 = 1 << 30;

// No interrupt handler allocates, so the lock is never contended.
#[global_allocator]
static HEAP: TalcLock<spin::Mutex<()>, Manual> = TalcLock::new(Manual);

/// Hands every usable region to the allocator.
pub(crate) fn init() {
    for region in memory_map::regions().filter(memory_map::Region::is_usable) {
        let start = region.start().max(FIRST);
        let end = region.end().min(LAST);
        if start < end {
            // SAFETY: the BIOS says that it is memory, it is mapped, and nobody else uses it: the
            // kernel and its stacks are below 1 MiB. A region too small is refused, harmlessly.
            let _ = unsafe { HEAP.lock().claim(start as *mut u8, (end - start) as usize) };
        }
    }
}

pub(crate) fn counters() -> Counters {
    *HEAP.lock().counters()
}
