//! Registers and flags that are written where nothing puts them right again.

use iced_x86::{Mnemonic, Register};

use crate::mutants::body::Body;
use crate::mutants::edit::{Edit, before_returns, nops, sites};

/// `inc` of each preserved register, and its number.
fn inc(register: Register) -> Vec<u8> {
    let number = register.number() as u8;
    match register.is_gpr64() {
        true => vec![0x48 | number >> 3, 0xff, 0xc0 | number & 7],
        false => vec![0xff, 0xc0 | number],
    }
}

/// A register that the function never names is written on the paths through one place.
pub(super) fn written(body: &Body) -> Vec<Edit> {
    // What only a table leads to may name it.
    let unnamed = body.preserved.iter().filter(|_| !body.is_open);
    let unnamed: Vec<_> = unnamed
        .filter(|&&register| !body.mentions(register))
        .collect();
    let mut turn = unnamed.iter().cycle();
    let sites = sites(body).filter_map(|site| {
        let register = turn.next()?;
        Some(Edit::detour(body, &site, &inc(**register), &[]))
    });
    let padding = unnamed.iter().take(1);
    sites
        .chain(padding.flat_map(|&&register| in_padding(body, register)))
        .collect()
}

/// In the place of an instruction of several bytes that does nothing.
fn in_padding(body: &Body, register: Register) -> Vec<Edit> {
    let wide = body
        .iter()
        .filter(|step| step.instruction.mnemonic() == Mnemonic::Nop && step.bytes.len() >= 3);
    wide.map(|step| {
        let mut code = inc(register);
        code.extend(nops(step.bytes.len() - code.len()));
        Edit::patch(step.place, code)
    })
    .collect()
}

/// Any preserved register, just before a return: behind every restore.
pub(super) fn written_after_restore(body: &Body) -> Vec<Edit> {
    let codes: Vec<_> = body
        .preserved
        .iter()
        .map(|&register| inc(register))
        .collect();
    before_returns(body, &codes)
}

/// Where there is no `std` the flag is clear already.
pub(super) fn dropped_cld(body: &Body) -> Vec<Edit> {
    let sets = body
        .iter()
        .any(|step| step.instruction.mnemonic() == Mnemonic::Std);
    let clears = body
        .iter()
        .filter(|step| sets && step.instruction.mnemonic() == Mnemonic::Cld);
    clears.map(Edit::drop).collect()
}

/// `std` where no `cld` follows.
pub(super) fn direction_set(body: &Body) -> Vec<Edit> {
    let clears = body
        .iter()
        .any(|step| step.instruction.mnemonic() == Mnemonic::Cld);
    let sites = sites(body).filter(|_| !clears && !body.is_open);
    sites
        .map(|site| Edit::detour(body, &site, &[0xfd], &[]))
        .collect()
}
