//! Mutations that break the contract.

mod calls;
mod ends;
mod floats;
mod halves;
mod registers;
mod saves;
mod seh;
mod stack;
mod tables;
mod vectors;

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
    breaking("drop a save of a vector register", vectors::dropped),
    breaking("halve a save of a vector register", vectors::halved_saves),
    breaking(
        "drop a restore of a vector register",
        vectors::dropped_restores,
    ),
    breaking(
        "halve a restore of a vector register",
        vectors::halved_restores,
    ),
    breaking(
        "restore a vector register from another slot",
        vectors::from_another_slot,
    ),
    breaking("shift an SP adjustment", stack::shifted),
    breaking("drop an SP adjustment", stack::dropped),
    breaking("overwrite the return address", stack::overwritten_return),
    breaking("write a preserved register", registers::written),
    breaking(
        "write a register after its restore",
        registers::written_after_restore,
    ),
    breaking("write a preserved vector register", vectors::written),
    breaking(
        "write a vector register after its restore",
        vectors::written_after_restore,
    ),
    breaking("misalign a call", calls::misaligned),
    breaking(
        "call with the return address in home space",
        calls::without_home_space,
    ),
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
    breaking("Windows' unwind table: shift the frame", seh::shifted),
    breaking("Windows' unwind table: shift a register", seh::shifted_save),
    breaking("Windows' unwind table: swap two registers", seh::swapped),
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
