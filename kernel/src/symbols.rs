//! The kernel's own symbol table, as asm/symbols.asm lays it out.

use rustc_demangle::{Demangle, demangle};

const ROOM: usize = 96 * 1024;

// Defined in asm/symbols.asm.
unsafe extern "C" {
    static symbol_table: [u8; ROOM];
}

#[derive(Clone, Copy)]
pub(crate) struct Symbol {
    pub(crate) address: u32,
    pub(crate) size: u32,
    /// As nm prints it: `T` for a global function, `d` for local data, …
    pub(crate) kind: char,
    mangled: &'static str,
}

impl Symbol {
    pub(crate) fn name(&self) -> Demangle<'static> {
        demangle(self.mangled)
    }
}

/// All symbols, by address.
pub(crate) fn all() -> impl Iterator<Item = Symbol> {
    // SAFETY: it is read-only, and initialised: linked into the image.
    let mut rest = unsafe { &symbol_table[..] };
    core::iter::from_fn(move || {
        let (symbol, behind) = parse(rest)?;
        rest = behind;
        Some(symbol)
    })
}

/// The function that `address` is in, or at least the last one before it.
pub(crate) fn of(address: u64) -> Option<Symbol> {
    all()
        .take_while(|symbol| u64::from(symbol.address) <= address)
        .filter(|symbol| matches!(symbol.kind, 't' | 'T' | 'w' | 'W'))
        .last()
}

/// The record at the beginning of `bytes`, and what is behind it.
fn parse(bytes: &'static [u8]) -> Option<(Symbol, &'static [u8])> {
    let (address, bytes) = bytes.split_first_chunk()?;
    let (size, bytes) = bytes.split_first_chunk()?;
    let (kind, bytes) = bytes.split_first()?;
    let (length, bytes) = bytes.split_first_chunk()?;
    let (name, bytes) = bytes.split_at_checked(u16::from_le_bytes(*length).into())?;
    let symbol = Symbol {
        address: u32::from_le_bytes(*address),
        size: u32::from_le_bytes(*size),
        kind: char::from(*kind),
        mangled: str::from_utf8(name).ok()?,
    };
    (symbol.address != 0).then_some((symbol, bytes))
}
