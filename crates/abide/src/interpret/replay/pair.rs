//! Two runs side by side, for what one run alone cannot show.

use rustc_hash::FxHashSet;

use super::course::{Course, End, Scene, Turn};
use super::entry::{Entry, RETURN_ADDRESS, on_stack};
use super::symptom::{Symptom, differ};
use crate::inputs::Place;
use crate::interpret::code::Code;
use crate::machine::concrete::Access;
use crate::machine::{Effect, Operand};

/// Whether two entries, which differ in garbage alone, show the symptom, having gone the same
/// way until then.
pub(super) fn garbage_matters(
    code: &mut Code<'_>,
    scene: Scene<'_>,
    entries: [&Entry; 2],
    symptom: Symptom,
    most: u64,
) -> bool {
    let [mut one, mut other] = entries.map(|entry| Course::new(scene, entry));
    for _ in 0..most {
        let at = one.place;
        let (Ok(first), Ok(second)) = (one.execute(code), other.execute(code)) else {
            return false;
        };
        let same = one.machine.accesses() == other.machine.accesses();
        if let Symptom::Undefined { place, shown, .. } = symptom
            && at == place
            && shown.shows(&mut one, &mut other)
        {
            return true;
        }
        let turns = (one.settle(&first), other.settle(&second));
        let undetermined = |turn| matches!(turn, Turn::Ended(End::Undetermined(_)));
        if undetermined(turns.0) || undetermined(turns.1) {
            return false;
        }
        let parted = !(same && turns.0 == turns.1 && one.place == other.place);
        if symptom.place() == Some(at) && parted {
            return true;
        }
        let back = Turn::Ended(End::Returned(RETURN_ADDRESS));
        if let Symptom::UndefinedResult { register, bits } = symptom
            && turns == (back, back)
        {
            return differ(&one, &other, register, bits);
        }
        let goes_on = !matches!(turns.0, Turn::Ended(_)) && !matches!(turns.1, Turn::Ended(_));
        if !goes_on || one.place != other.place {
            return false;
        }
    }
    false
}

/// Whether a signal handler that runs between instructions changes what is loaded at `place`.
pub(super) fn handler_matters(
    code: &mut Code<'_>,
    scene: Scene<'_>,
    entry: &Entry,
    place: Place,
    most: u64,
) -> bool {
    let mut calm = Course::new(scene, entry);
    let mut hit = Interrupted::new(Course::new(scene, entry));
    for _ in 0..most {
        let at = calm.place;
        let (Ok(first), Ok(second)) = (calm.execute(code), hit.course.execute(code)) else {
            return false;
        };
        if at == place
            && loads(code.effects(&first.instruction), &calm)
                != loads(code.effects(&second.instruction), &hit.course)
        {
            return true;
        }
        let turns = (calm.settle(&first), hit.course.settle(&second));
        if matches!(turns.0, Turn::Ended(_))
            || matches!(turns.1, Turn::Ended(_))
            || calm.place != hit.course.place
        {
            return false;
        }
        hit.interrupt();
    }
    false
}

fn loads(effects: &[Effect], course: &Course<'_>) -> Vec<[u64; 8]> {
    let loads = effects.iter().filter_map(|effect| match *effect {
        Effect::Load { into, .. } => Some(course.machine.operand(Operand::Temp(into)).words),
        _ => None,
    });
    loads.collect()
}

/// A run with a signal handler between any two instructions. It overwrites
/// what the run has written, so that memory which nobody wrote is no sign.
pub(super) struct Interrupted<'a> {
    pub course: Course<'a>,
    written: FxHashSet<u64>,
    limit: u64,
}

impl<'a> Interrupted<'a> {
    pub(super) fn new(course: Course<'a>) -> Self {
        let limit = course.from;
        Self {
            course,
            written: FxHashSet::default(),
            limit,
        }
    }

    /// Runs the handler.
    pub(super) fn interrupt(&mut self) {
        let stores: Vec<Access> = self
            .course
            .machine
            .accesses()
            .iter()
            .copied()
            .filter(|access| access.is_store)
            .collect();
        for access in stores {
            if on_stack(self.course.from, access.address) {
                self.written
                    .extend(access.address..access.address + access.bytes);
            }
        }
        let red_zone = u64::from(self.course.scene.contract.convention.red_zone);
        let limit = self.course.stack_pointer().saturating_sub(red_zone);
        if !on_stack(self.course.from, limit) {
            return;
        }
        let mut gone: Vec<u64> = self
            .written
            .iter()
            .copied()
            .filter(|&byte| byte < limit)
            .collect();
        gone.sort_unstable();
        for byte in gone {
            self.written.remove(&byte);
            self.course.overwrite(byte, byte + 1);
        }
        self.limit = limit;
    }
}
