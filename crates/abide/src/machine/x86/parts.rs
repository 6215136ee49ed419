//! The decoder's registers in the shared alphabet.

use iced_x86::Register as Name;

use crate::machine::Rest;
use crate::registers::{Part, Register};

/// The part that a name stands for; `None` for what conventions do not speak
/// of (control, debug, bound and tile registers, the instruction pointer).
pub(super) fn part(name: Name) -> Option<Part> {
    // Byte registers are counted with `ah` … `bh` among them: the whole register is not.
    let number = name.full_register().number() as u8;
    let bits = 8 * name.size() as u16;
    match name {
        Name::AH | Name::CH | Name::DH | Name::BH => Some(high_byte(name)),
        _ if name.is_gpr() => Some(Part::low(Register::general(number), bits)),
        _ if name.is_vector_register() => Some(Part::low(Register::vector(number), bits)),
        _ if name.is_mm() => Some(Part::low(Register::x87(number), 64)),
        _ if name.is_k() => Some(Part::low(Register::mask(number), 64)),
        _ if name.is_segment_register() => Some(Part::low(Register::segment(number), 16)),
        _ => None,
    }
}

fn high_byte(name: Name) -> Part {
    let register = match name {
        Name::AH => Register::RAX,
        Name::CH => Register::RCX,
        Name::DH => Register::RDX,
        _ => Register::RBX,
    };
    Part {
        register,
        low: 8,
        bits: 8,
    }
}

/// What a write of this part of a general register does above it: 32 bits
/// extend to 64 (Intel SDM vol. 1, 3.4.1.1).
pub(super) const fn general_rest(part: Part) -> Rest {
    match part.bits {
        32 => Rest::Zero,
        _ => Rest::Keep,
    }
}

/// `fs` and `gs` are the only segments with a base in 64-bit mode.
pub(super) fn segment(name: Name) -> Option<Register> {
    match name {
        Name::FS => Some(Register::FS),
        Name::GS => Some(Register::GS),
        _ => None,
    }
}

/// A part whose write would change what is above it, taken whole.
pub(super) const fn widened(part: Part) -> Part {
    match part.bits {
        32 => Part::low(part.register, 64),
        _ => part,
    }
}
