//! What a build produced: objects, archives, executables, read into one model.
//!
//! A file is read once into [`Object`]s. Nothing here
//! judges: an object is what the file says, in the file's own order.

mod assembly;
mod bytes;
mod comments;
mod debug_section;
mod demangle;
mod error;
mod image;
mod import;
mod import_objects;
mod language;
mod lines;
pub mod link;
mod loading;
mod modes;
mod named;
mod object;
mod own_name;
mod parse;
mod pe;
mod read;
mod relocations;
mod seh;
mod symbols;
mod unwind;

pub use assembly::{Assembly, Trace};
pub use bytes::Bytes;
pub use comments::{Comment, Commented, comments, source_text};
pub use debug_section::DebugSections;
pub use demangle::{demangle, shown_name};
pub use error::Error;
pub use image::{Image, ImageSymbol, Place, Resolved, SectionId};
pub use import::Import;
pub use language::language_of_source;
pub use lines::{Lines, SourceLine};
pub use modes::{Area, Modes};
pub(crate) use named::behind;
pub use named::{Named, referred_by_assembly};
pub use object::{
    Binding, Format, Language, Object, ObjectKind, Relocation, RelocationKind, RelocationTarget,
    Section, SectionFlags, SectionIndex, Symbol, SymbolIndex, SymbolKind, SymbolPlace, Visibility,
};
pub use own_name::{library_of, own_name};
pub use read::{File, is_archive, open, read, read_bytes, read_from};
pub use seh::{Epilogues, RuntimeFunction, Seh, UnwindCode, UnwindInfo};
pub use unwind::{CanonicalFrame, Saved, Step, Teller, Unwind, UnwindRow};
