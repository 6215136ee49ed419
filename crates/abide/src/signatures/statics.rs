//! What is declared of statics.

use super::Pointee;
use crate::inputs::SourceLine;

/// A static as source has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredStatic {
    /// Its type; `None` where source does not tell what it is made of, or says different things.
    pub ty: Option<Pointee>,
    /// Where it stands.
    pub line: SourceLine,
}
