//! What source declares and defines.

use super::SourceType;
use crate::inputs::SourceLine;

/// A function or static.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RustItem {
    /// Its identifier.
    pub name: String,
    /// The symbol's name, where source decides it: always for a declaration; for a definition
    /// where `no_mangle` or `export_name` stands.
    pub symbol: Option<String>,
    /// Where its identifier stands.
    pub line: SourceLine,
    /// Whether it is `pub`, in whatever scope.
    pub is_public: bool,
    /// Whether a `cfg` on the item itself may take it away.
    pub is_conditional: bool,
    /// Whether it is a function whose body is assembly alone.
    pub is_naked: bool,
    /// The ABI: `Some("C")` for `extern "C"`, `None` for Rust's own. Statics have none.
    pub abi: Option<String>,
    /// What it is.
    pub kind: ItemKind,
}

/// What an item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemKind {
    /// A function, as it is written.
    Function {
        /// Names and types of the parameters.
        parameters: Vec<(Option<String>, SourceType)>,
        /// The type of the result.
        result: SourceType,
        /// Whether more arguments may follow.
        variadic: bool,
        /// Whether it depends on types or lifetimes that are chosen later.
        is_generic: bool,
    },
    /// A static of this type.
    Static(SourceType),
}
