//! What is declared of functions and statics: typed signatures, each with the place where it stands.
//!
//! LLVM IR has what rustc and Clang made of each declaration, macros expanded; Rust source has
//! what IR loses (places, names, signs, pointees) and what no code uses; DWARF has what C was
//! compiled with, and C headers have what they write out. All that is said of a symbol is kept, so that clashes are seen.

pub mod c_headers;
mod collection;
mod debug_info;
mod files;
pub mod json;
mod layout;
pub mod llvm;
mod nesting;
mod renamed;
pub mod rust_source;
mod signature;
mod statics;

pub use collection::{Signatures, files_of_ir};
pub use layout::{Field, Layout, Pointee};
pub use renamed::SymbolNames;
pub use signature::{CallConvention, Extension, Origin, Parameter, Signature, Type};
pub use statics::DeclaredStatic;
