//! What random functions do: a table of statements, each with how often it is taken.
//!
//! A statement that does not fit where it is asked for writes nothing.

mod calls;
mod flow;
mod frame;
mod modes;
mod moves;

use super::function::Function;

/// Writes one statement; the number says how far it may nest.
type Statement = fn(&mut Function<'_>, u32);

/// What there is, and how often of all.
const ALL: [(u64, Statement); 43] = [
    (18, moves::arithmetic),
    (6, moves::with_a_number),
    (4, moves::address),
    (4, moves::shift),
    (4, moves::conditional_move),
    (2, moves::swap),
    (3, moves::between_files),
    (3, moves::flags_and_carry),
    (8, frame::store),
    (8, frame::load),
    (3, frame::extended_load),
    (4, frame::vector),
    (2, frame::halves),
    (2, frame::aligned_vector),
    (4, frame::masked_index),
    (4, frame::compared_index),
    (3, frame::clamped_index),
    (2, frame::signed_index),
    (2, frame::address_in_a_register),
    (2, frame::atomic),
    (2, frame::through_memory),
    (2, frame::string),
    (1, frame::below),
    (2, frame::argument),
    (1, frame::outside),
    (4, flow::push_and_pop),
    (8, flow::branch),
    (5, flow::counted_loop),
    (3, flow::indexing_loop),
    (3, flow::walking_loop),
    (2, flow::pushing_loop),
    (3, flow::table_jump),
    (1, flow::early_return),
    (1, flow::tail_jump),
    (5, calls::helper),
    (2, calls::outside),
    (3, calls::filler),
    (2, calls::borrowed_register),
    (2, calls::stack_pointer_in_a_register),
    (3, calls::dynamic_frame),
    (1, calls::inner_frame),
    (2, modes::direction),
    (2, modes::control),
];

/// Any statement.
pub(super) fn any(function: &mut Function<'_>, depth: u32) {
    let sum = ALL.iter().map(|(weight, _)| weight).sum();
    let mut at = function.random.below(sum);
    for (weight, statement) in ALL {
        match at.checked_sub(weight) {
            Some(rest) => at = rest,
            None => return statement(function, depth),
        }
    }
}
