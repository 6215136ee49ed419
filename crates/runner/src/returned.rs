//! What a run that returned has broken.

use abide::conventions::Convention;
use abide::registers::Register;
use oracle::state::{Areas, State};

use crate::outcome::Breach;
use crate::place::Layout;
use crate::stopped::DIRECTION;

/// RSP's place among the registers.
pub(crate) const SP: usize = 4;
/// Where `xmm0` … `xmm15` stand in what `xsave` writes ("XSAVE-managed state", legacy region).
const XMM: usize = 160;

/// The first breach of a convention that the state at the end shows.
pub(crate) fn breach(
    convention: &Convention,
    layout: &Layout,
    areas: Areas,
    before: &State,
    after: &State,
) -> Option<Breach> {
    let unused = 64 - 8 * layout.word;
    let expected = before.general[SP] + layout.word;
    let distance = ((after.general[SP].wrapping_sub(expected) << unused) as i64) >> unused;
    let kept = |state: &State, register: Register| {
        let held = held(state, register);
        held.map(|held| {
            if register.is_general() {
                layout.fit(held as u64).into()
            } else {
                held
            }
        })
    };
    let preserved = convention.preserved.iter();
    let clobbered = preserved
        .filter(|&register| register != Register::RSP)
        .find(|&register| kept(before, register) != kept(after, register));
    if distance != 0 {
        Some(Breach::StackPointer(distance))
    } else if let Some(register) = clobbered {
        Some(Breach::Clobbered(register))
    } else if after.flags & DIRECTION != 0 {
        Some(Breach::Direction)
    } else if controls(before) != controls(after) || !holds_results(after, convention) {
        Some(Breach::FloatingPoint)
    } else if areas.uses_upper_halves(after) {
        Some(Breach::UpperInUse)
    } else {
        None
    }
}

/// Whether the x87 stack holds nothing but what the convention returns there.
fn holds_results(state: &State, convention: &Convention) -> bool {
    let registers = (0..8).map(Register::x87);
    let results = registers.filter(|&register| convention.results.contains(register));
    state.x87_in_use().count_ones() as usize <= results.count()
}

/// What controls floating point: MXCSR without the flags that arithmetic sets, and the control word.
fn controls(state: &State) -> [u64; 2] {
    let mxcsr = state.mxcsr() & Register::MXCSR.control_bits();
    [
        mxcsr,
        state.x87_control() & Register::X87_CONTROL.control_bits(),
    ]
}

/// What of a register is compared: all of a general one, the low 128 bits of a vector register.
pub(crate) fn held(state: &State, register: Register) -> Option<u128> {
    if register.is_general() {
        return Some(state.general[register.index()].into());
    }
    let at = XMM + 16 * (register.index().checked_sub(16)?);
    let bytes = state.xsave.get(at..at + 16)?;
    let is_kept = register.is_vector() && register.index() < 32;
    is_kept.then(|| u128::from_le_bytes(bytes.try_into().unwrap_or_default()))
}
