//! Flags and modes that a convention speaks of.

use super::Function;

/// The direction is turned around, and back; now and then not.
pub(super) fn direction(f: &mut Function<'_>, _: u32) {
    let is_pushed = f.random.one_in(3);
    if is_pushed {
        f.line("pushf".to_owned());
        f.pushed += f.dialect.word;
    }
    f.line("std".to_owned());
    if !f.slips(8) {
        super::moves::arithmetic(f, 0);
    }
    if is_pushed {
        super::frame::store(f, 0);
        f.pushed -= f.dialect.word;
        f.line("popf".to_owned());
    } else if !f.slips(12) {
        f.line("cld".to_owned());
    }
}

/// How floating point is controlled is changed, and changed back; or what it uses is freed.
pub(super) fn control(f: &mut Function<'_>, depth: u32) {
    match f.random.below(4) {
        0 => {
            let vector = f.vector();
            f.line(format!("vaddps ymm{vector}, ymm{vector}, ymm{vector}"));
            f.inner_block(depth);
            if !f.slips(8) {
                f.line("vzeroupper".to_owned());
            }
        }
        1 => {
            f.line("paddd mm0, mm1".to_owned());
            f.inner_block(depth);
            if !f.slips(8) {
                f.line("emms".to_owned());
            }
        }
        kind => {
            let (Some(kept), Some(set)) = (f.offset(4), f.offset(4)) else {
                return;
            };
            let (keep, load) = match kind {
                2 => ("stmxcsr", "ldmxcsr"),
                _ => ("fnstcw", "fldcw"),
            };
            let (kept, set) = (f.place(kept), f.place(set));
            f.line(format!("{keep} {kept}"));
            f.line(format!("{keep} {set}"));
            let control = 0x300 << (4 * f.random.below(2));
            f.line(format!("or dword {set}, {control}"));
            f.line(format!("{load} {set}"));
            if f.slips(3) {
                super::frame::store(f, 0);
            }
            f.line(format!("{load} {kept}"));
        }
    }
}
