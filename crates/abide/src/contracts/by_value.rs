//! Structs that are passed and returned by value, where a convention counts places.
//!
//! Source and debug information tell of structs; LLVM IR has what a compiler made of them already.

use crate::conventions::Convention;
use crate::signatures::{Origin, Parameter, Signature, Type};

/// A signature without structs, and how many parameters come before those that it declares.
pub(super) struct Plain {
    pub(super) signature: Signature,
    pub(super) before: usize,
}

impl Plain {
    /// `None` where it is not known how the result comes back.
    pub(super) fn of(convention: &Convention, signature: &Signature) -> Option<Self> {
        let mut plain = Self {
            signature: signature.clone(),
            before: 0,
        };
        let tells_structs = matches!(signature.origin, Origin::Source | Origin::DebugInfo);
        if convention.by_position && tells_structs {
            plain.pass_structs();
            plain.return_struct()?;
        }
        Some(plain)
    }

    /// "Structs or unions of size 8, 16, 32, or 64 bits [...] are passed as if they were integers of
    /// the same size. Structs or unions of other sizes are passed as a pointer to memory allocated by
    /// the caller" (learn.microsoft.com/cpp/build/x64-calling-convention, "Parameter passing").
    fn pass_structs(&mut self) {
        for parameter in &mut self.signature.parameters {
            if let Some(bytes) = size_of_struct(&parameter.ty) {
                let reference = || address_of(bytes);
                parameter.ty = in_register(bytes).unwrap_or_else(reference);
            }
        }
    }

    /// "To return a user-defined type by value in RAX, it must have a length of 1, 2, 4, 8, 16, 32, or
    /// 64 bits. [...] Otherwise, the caller must allocate memory for the return value and pass a
    /// pointer to it as the first argument" ("Return values").
    fn return_struct(&mut self) -> Option<()> {
        let own = &mut self.signature;
        // System V returns it in memory for what is in it, whatever its size.
        if own
            .parameters
            .iter()
            .any(|p| p.is_result && is_small(&p.ty))
        {
            return None;
        }
        if let Some(bytes) = own.result.as_ref().and_then(size_of_struct) {
            own.result = in_register(bytes);
            if own.result.is_none() {
                let address = Parameter {
                    is_result: true,
                    ..Parameter::of(address_of(bytes))
                };
                own.parameters.insert(0, address);
                self.before = 1;
            }
        }
        Some(())
    }
}

/// Whether a type is the address of what goes in a register.
fn is_small(ty: &Type) -> bool {
    matches!(ty, Type::Pointer { bytes, .. } if in_register(*bytes).is_some())
}

/// The size of a struct that goes by value, in bytes.
fn size_of_struct(ty: &Type) -> Option<u64> {
    match ty {
        Type::Aggregate(words) => words.iter().map(size_of_word).sum(),
        Type::Memory { bytes, .. } => Some(*bytes).filter(|&bytes| bytes > 0),
        _ => None,
    }
}

fn size_of_word(ty: &Type) -> Option<u64> {
    match ty {
        Type::Integer { bits, .. } | Type::Float(bits) => Some(u64::from(*bits).div_ceil(8)),
        Type::Pointer { .. } => Some(8),
        _ => None,
    }
}

fn in_register(bytes: u64) -> Option<Type> {
    matches!(bytes, 1 | 2 | 4 | 8).then(|| Type::integer(bytes as u16 * 8))
}

const fn address_of(bytes: u64) -> Type {
    Type::Pointer {
        to: None,
        bytes,
        nullable: false,
    }
}
