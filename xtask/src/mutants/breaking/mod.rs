//! Mutations that break the contract.

mod calls;
mod ends;
mod floats;
mod registers;
mod saves;
mod stack;
mod tables;

use super::Mutator;
use super::body::Body;
use super::edit::Edit;

/// All of them.
pub(crate) const ALL: &[Mutator] = &[
    breaking("drop a save", saves::dropped),
    breaking("halve the width of a save", saves::halved_saves),
    breaking("make two slots overlap", saves::overlapping),
    breaking("drop a restore", saves::dropped_restores),
    breaking("halve the width of a restore", saves::halved_restores),
    breaking("swap two restores", saves::swapped_restores),
    breaking("shift an SP adjustment", stack::shifted),
    breaking("drop an SP adjustment", stack::dropped),
    breaking("overwrite the return address", stack::overwritten_return),
    breaking("write a preserved register", registers::written),
    breaking(
        "write a register after its restore",
        registers::written_after_restore,
    ),
    breaking("misalign a call", calls::misaligned),
    breaking(
        "use a caller-saved register after a call",
        calls::used_after,
    ),
    breaking("drop cld", registers::dropped_cld),
    breaking("set the direction flag", registers::direction_set),
    breaking("drop vzeroupper", floats::dropped_vzeroupper),
    breaking("drop emms", floats::dropped_emms),
    breaking("use MMX", floats::mmx_used),
    breaking("drop a restore of a control word", floats::dropped_control),
    breaking("write the x87 control word", floats::control_written),
    breaking("unwind table: drop an advance", tables::dropped_advance),
    breaking("unwind table: shift the frame", tables::shifted),
    breaking("unwind table: shift a register", tables::shifted_save),
    breaking("unwind table: swap two registers", tables::swapped),
    breaking("jump past the epilogue", ends::past_epilogue),
    breaking("fall off the end", ends::fallen_off),
];

const fn breaking(name: &'static str, edits: fn(&Body) -> Vec<Edit>) -> Mutator {
    Mutator {
        name,
        breaks: true,
        edits,
    }
}
