//! What a reference tells of how the function that it names is called.
//!
//! Who calls a function by its name calls it by the platform's convention, and in Rust a function's
//! name has a type, which every pointer made of it keeps. C and C++ that only take an address may
//! hand it to a pointer of that type, or to code that jumps there with a convention of its own (a
//! bytecode's handlers, closures behind a trampoline): their objects do not tell which. Nor do
//! Rust's where source casts the name to a number, as for a new stack that a switch returns into.

use crate::inputs::{Language, Object, Relocation, RelocationKind, Section};

/// What tells how a function is called, the surest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// Nothing does.
    ByNothing,
    /// Its type, where only its address is taken. Whether that becomes a number, no object tells.
    ByType,
    /// A call of its name, or the user.
    ByCall,
}

/// What an object's reference tells: `is_call` where it calls the function, and not only takes its
/// address; `is_cast` where source casts the function's name.
pub(super) fn by_reference(object: &Object, is_call: bool, is_cast: bool) -> Told {
    match (is_call, object.language) {
        (true, _) => Told::ByCall,
        (false, Language::Rust) if !is_cast => Told::ByType,
        (false, _) => Told::ByNothing,
    }
}

/// Whether a relocation is the target of a call or jump (Intel SDM vol. 2, CALL, JMP, Jcc).
pub(super) fn is_call(section: &Section, relocation: &Relocation) -> bool {
    let before = usize::try_from(relocation.offset)
        .ok()
        .and_then(|offset| section.data.get(..offset))
        .unwrap_or_default();
    section.flags.execute
        && match relocation.kind {
            RelocationKind::Relative | RelocationKind::PltRelative => {
                matches!(before, [.., 0xe8 | 0xe9] | [.., 0x0f, 0x80..=0x8f])
            }
            // `call [rip + entry]`: no other instruction has this opcode before such an operand.
            RelocationKind::GotRelative => matches!(before, [.., 0xff, 0x15 | 0x25]),
            _ => false,
        }
}
