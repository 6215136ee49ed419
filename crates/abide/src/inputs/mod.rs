//! What a build produced: objects, archives, executables, read into one model.
//!
//! A file is read once into [`Object`]s. Nothing here
//! judges: an object is what the file says, in the file's own order.

mod bytes;
mod object;

pub use bytes::Bytes;
pub use object::{
    Binding, Format, Language, Object, ObjectKind, Relocation, RelocationKind, RelocationTarget,
    Section, SectionFlags, SectionIndex, Symbol, SymbolIndex, SymbolKind, SymbolPlace, Visibility,
};
