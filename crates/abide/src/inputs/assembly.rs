//! Which code of an object was written in assembly.
//!
//! An assembler's object is assembly throughout. An object by rustc may hold some too, from
//! `global_asm!` and naked functions, and says so nowhere. What tells them apart is how LLVM
//! writes what it compiled itself: each function and variable has a type and a size; each function
//! stands in a section of its own, aligned to 16 bytes or to 1, and has an entry in `.eh_frame`, or
//! no function has.

use std::collections::HashSet;
use std::ops::Range;

use super::{
    Format, Language, Object, ObjectKind, RelocationTarget, SectionIndex, SymbolKind, SymbolPlace,
};

/// rustc aligns naked functions to so many bytes; LLVM aligns none of x86 so.
const NAKED_ALIGNMENT: u64 = 4;

/// What tells that code was written in assembly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trace {
    /// An assembler made the object.
    Assembled,
    /// Nothing tells who made the object.
    NotCompiled,
    /// It is no part of a function that has a type and a size.
    NoFunction,
    /// It stands in `.text` itself.
    PlainText,
    /// It has no unwind entry, and compiled functions of its object have.
    NoUnwindEntry,
    /// It is aligned as only naked functions are.
    Alignment,
}

impl Trace {
    /// The trace in words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Assembled => "an assembler made its object",
            Self::NotCompiled => "no compiler signed its object",
            Self::NoFunction => "its label has no type or no size, which rustc gives its functions",
            Self::PlainText => "it stands in `.text`, where rustc puts no function of its own",
            Self::NoUnwindEntry => "rustc made no unwind entry for it, as for its own functions",
            Self::Alignment => "its section is aligned to 4 bytes, as for naked functions only",
        }
    }

    /// Whether it is code inside an object that rustc made.
    #[must_use]
    pub const fn is_inside_rust(self) -> bool {
        !matches!(self, Self::Assembled | Self::NotCompiled)
    }
}

/// The assembly in one object.
#[derive(Debug, Clone)]
pub struct Assembly(Part);

#[derive(Debug, Clone)]
enum Part {
    /// All of its code.
    All(Trace),
    /// None of it.
    None,
    /// All but these; by section.
    Around(Vec<Section>),
}

/// A section of an object by rustc.
#[derive(Debug, Clone)]
struct Section {
    is_code: bool,
    /// How it is aligned, in bytes.
    align: u64,
    is_plain_text: bool,
    /// In the order of their starts.
    pieces: Vec<Piece>,
}

/// A function or variable that has a type and a size.
#[derive(Debug, Clone)]
struct Piece {
    range: Range<u64>,
    /// What tells that a person wrote it, if anything does.
    trace: Option<Trace>,
}

impl Assembly {
    /// Looks for it in an object.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        Self(match object.language {
            Language::Assembly => Part::All(Trace::Assembled),
            Language::Unknown => Part::All(Trace::NotCompiled),
            Language::Rust if is_by_llvm(object) => inside_rust(object),
            Language::Rust | Language::C => Part::None,
        })
    }

    /// What tells that an offset of a section is assembly; `None` for what is compiled.
    #[must_use]
    pub fn trace(&self, section: SectionIndex, offset: u64) -> Option<Trace> {
        let sections = match &self.0 {
            Part::All(trace) => return Some(*trace),
            Part::None => return None,
            Part::Around(sections) => sections,
        };
        let section = sections.get(section.0 as usize)?;
        if section.is_plain_text {
            return Some(Trace::PlainText);
        }
        let after = section
            .pieces
            .partition_point(|piece| piece.range.start <= offset);
        let around = section.pieces[..after].last();
        match around.filter(|piece| piece.range.contains(&offset)) {
            Some(piece) => piece.trace,
            None => Some(Trace::NoFunction),
        }
    }

    /// Whether a compiler wrote all code of the object.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self.0, Part::None)
    }

    /// The bytes of assembly in the object.
    #[must_use]
    pub fn size(&self, object: &Object) -> u64 {
        let sections = object.sections.iter().enumerate();
        sections
            .filter(|(_, section)| section.flags.execute)
            .map(|(index, section)| section.size.saturating_sub(self.compiled_size(index)))
            .sum()
    }

    /// Whether any code is not a compiled function's, padding apart.
    fn is_in(&self, object: &Object) -> bool {
        let is_code = |section: SectionIndex, offset: u64| {
            let section = object.sections.get(section.0 as usize);
            section.is_some_and(|section| section.flags.execute && offset < section.size)
        };
        object.symbols.iter().any(|symbol| match symbol.place {
            SymbolPlace::Section(section) => {
                let is_label = !matches!(symbol.kind, SymbolKind::Section | SymbolKind::File);
                is_label
                    && is_code(section, symbol.value)
                    && self.trace(section, symbol.value).is_some()
            }
            _ => false,
        })
    }

    fn compiled_size(&self, section: usize) -> u64 {
        match &self.0 {
            Part::All(_) => 0,
            Part::None => u64::MAX,
            Part::Around(sections) => {
                let section = sections.get(section);
                let pieces = section
                    .filter(|section| !section.is_plain_text)
                    .into_iter()
                    .flat_map(|section| &section.pieces);
                pieces
                    .filter(|piece| piece.trace.is_none())
                    .map(|piece| piece.range.end - piece.range.start)
                    .sum()
            }
        }
    }
}

/// Only ELF objects have a section for each function.
fn is_by_llvm(object: &Object) -> bool {
    matches!(object.format, Format::Elf { .. }) && object.kind == ObjectKind::Relocatable
}

fn inside_rust(object: &Object) -> Part {
    let mut sections: Vec<Section> = object
        .sections
        .iter()
        .map(|section| Section {
            is_code: section.flags.execute,
            align: section.align,
            is_plain_text: section.name == ".text" && section.size > 0,
            pieces: Vec::new(),
        })
        .collect();
    for (section, range) in typed_and_sized(object) {
        if let Some(section) = sections.get_mut(section.0 as usize) {
            section.pieces.push(Piece { range, trace: None });
        }
    }
    for section in &mut sections {
        let pieces = &mut section.pieces;
        pieces.sort_by_key(|piece| (piece.range.start, piece.range.end));
    }
    let unwound = Unwound::of(object, &sections);
    let code = sections.iter_mut().enumerate();
    for (index, section) in code.filter(|(_, section)| section.is_code) {
        for piece in &mut section.pieces {
            piece.trace = if section.align == NAKED_ALIGNMENT {
                Some(Trace::Alignment)
            } else if unwound.leaves_out(index, piece.range.start) {
                Some(Trace::NoUnwindEntry)
            } else {
                None
            };
        }
    }
    let assembly = Assembly(Part::Around(sections));
    match assembly.is_in(object) {
        true => assembly.0,
        false => Part::None,
    }
}

/// The functions and variables with a type and a size.
fn typed_and_sized(object: &Object) -> impl Iterator<Item = (SectionIndex, Range<u64>)> {
    let is_typed = |kind| matches!(kind, SymbolKind::Function | SymbolKind::Object);
    let symbols = object.symbols.iter();
    symbols.filter_map(move |symbol| match symbol.place {
        SymbolPlace::Section(section) if is_typed(symbol.kind) && symbol.size > 0 => {
            let end = symbol.value.checked_add(symbol.size)?;
            Some((section, symbol.value..end))
        }
        _ => None,
    })
}

/// The starts of functions that `.eh_frame` tells of.
struct Unwound {
    starts: HashSet<(usize, u64)>,
    /// Whether it tells of all compiled functions.
    is_complete: bool,
}

impl Unwound {
    fn of(object: &Object, sections: &[Section]) -> Self {
        let frames = object.sections.iter().filter(|s| s.name == ".eh_frame");
        let starts: HashSet<_> = frames
            .flat_map(|section| &section.relocations)
            .filter_map(|relocation| {
                let (section, offset) = match relocation.target {
                    RelocationTarget::Section(section) => (section, 0),
                    RelocationTarget::Symbol(symbol) => {
                        let symbol = object.symbols.get(symbol.0 as usize)?;
                        match symbol.place {
                            SymbolPlace::Section(section) => (section, symbol.value),
                            _ => return None,
                        }
                    }
                    RelocationTarget::Absolute => return None,
                };
                let offset = offset.wrapping_add_signed(relocation.addend);
                Some((section.0 as usize, offset))
            })
            .collect();
        // LLVM writes assembly first: the last function is a compiled one, if any is.
        let last = sections
            .iter()
            .enumerate()
            .filter(|(_, section)| section.is_code && !section.is_plain_text)
            .filter_map(|(index, section)| Some((index, section.pieces.last()?.range.start)))
            .next_back();
        let is_complete = last.is_some_and(|last| starts.contains(&last));
        Self {
            starts,
            is_complete,
        }
    }

    /// Whether it tells of the compiled functions, and not of this one.
    fn leaves_out(&self, section: usize, start: u64) -> bool {
        self.is_complete && !self.starts.contains(&(section, start))
    }
}
