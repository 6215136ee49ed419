//! What a root leaves in the registers of its declared result.

use super::garbage::{Said, Source};
use super::{Candidate, RootFacts, Symptom};
use crate::contracts::{Held, Piece};
use crate::inputs::Place;
use crate::interpret::{Base, Event, Exit, State, Value};
use crate::registers::Register;

/// Garbage in a result.
pub(super) struct Garbage {
    pub(super) place: Place,
    block: u32,
    pub(super) register: Register,
    pub(super) bits: u32,
    pub(super) source: Source,
    /// The register is as it was at the entry, or as a call left it.
    pub(super) is_unwritten: bool,
    /// It is left only where `bsf` or `bsr` searches a zero.
    is_left: bool,
}

impl Garbage {
    /// The violation, and what is to be said of it.
    pub(super) fn candidate(&self, root: &RootFacts<'_>, said: Said) -> Candidate {
        let Self { register, bits, .. } = *self;
        let symptom = match register.is_general() {
            _ if self.is_left => Symptom::LeftBySearch(register),
            true => Symptom::UndefinedResult {
                register,
                bits: bits.min(64) as u8,
            },
            false => Symptom::UnwrittenResult(register),
        };
        Candidate {
            place: self.place,
            cause: root.root.place,
            block: self.block,
            symptom,
            at_most: None,
            message: said.message,
            label: format!("the low {bits} bits of `{register}` are the result here"),
            notes: said.notes,
            help: said.help,
        }
    }
}

/// The garbage in the registers of the result, at each return.
pub(super) fn garbage(root: &RootFacts<'_>) -> Vec<Garbage> {
    let mut found = Vec::new();
    let Some(declared) = &root.contract.declared else {
        return found;
    };
    for seen in root.events() {
        let Event::Exit { exit, state } = &seen.event else {
            continue;
        };
        if *exit != Exit::Return(Value::RETURN_ADDRESS) {
            continue;
        }
        for piece in &declared.results {
            let Held::Register(register) = piece.held else {
                continue;
            };
            if let Some((source, is_unwritten, is_left)) = garbage_in(root, state, register, piece)
            {
                found.push(Garbage {
                    place: seen.place,
                    block: seen.block,
                    register,
                    bits: piece.bits,
                    source,
                    is_unwritten,
                    is_left,
                });
            }
        }
    }
    found
}

fn garbage_in(
    root: &RootFacts<'_>,
    state: &State,
    register: Register,
    piece: &Piece,
) -> Option<(Source, bool, bool)> {
    let value = state.register(register);
    let base = root.terms.as_base(value);
    if register.is_vector() {
        let is_argument = root.contract.arguments.contains(register);
        let is_as_it_was = base == Some(Base::Entry(register)) && !is_argument;
        return is_as_it_was.then_some((Source::Entry(register), true, false));
    }
    let width = u64::MAX >> (64 - piece.bits.clamp(1, 64));
    if value == Value::ANYTHING || root.terms.undefined_bits(value) & width == 0 {
        return None;
    }
    let garbage = root.terms.undefined_source(value)?;
    let source = Source::of(root, garbage.source)?;
    let is_of_call = matches!(base, Some(Base::Site { lost: Some(_), .. }));
    let is_unwritten = is_of_call || base == Some(Base::Entry(register));
    Some((source, is_unwritten, garbage.is_left))
}
