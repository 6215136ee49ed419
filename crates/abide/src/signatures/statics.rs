//! What is declared of statics.

use super::{Pointee, Signature};
use crate::inputs::SourceLine;

/// A static as source has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredStatic {
    /// Its type; `None` where source does not tell what it is made of, or says different things.
    pub ty: Option<Pointee>,
    /// What functions are that its pointers lead to, each by its pointer's offset.
    pub functions: Vec<(u64, Signature)>,
    /// Where it stands.
    pub line: SourceLine,
}
