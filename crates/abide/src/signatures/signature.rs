//! A function's signature, as types that are passed one by one.

use std::fmt;
use std::sync::Arc;

use super::Pointee;
use crate::inputs::SourceLine;

/// What is passed as one: a struct that goes in registers is an [`Type::Aggregate`] of the words
/// that it is taken apart into.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// An integer, `bool` (of one bit) and `char` included.
    Integer {
        /// Its width.
        bits: u16,
        /// Whether it has a sign, where that is known.
        signed: Option<bool>,
    },
    /// An address.
    Pointer {
        /// What it points to, as the source says it.
        to: Option<String>,
        /// How many bytes may be accessed through it, for sure.
        bytes: u64,
        /// Whether it may be null.
        nullable: bool,
    },
    /// A floating-point number: 16, 32, 64, 80 or 128 bits.
    Float(u16),
    /// A vector of so many bytes.
    Vector(u32),
    /// Several, one after another.
    Aggregate(Vec<Type>),
    /// A copy on the stack.
    Memory {
        /// Its size.
        bytes: u64,
        /// Its alignment.
        align: u64,
    },
}

/// How a caller fills the bits of a register above a narrow integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Extension {
    /// With zeros.
    Zero,
    /// With the sign.
    Sign,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Parameter {
    /// Its name, where source was seen.
    pub name: Option<String>,
    /// Its type.
    pub ty: Type,
    /// How it is extended to 32 bits.
    pub extension: Option<Extension>,
    /// What it points to, where source tells.
    pub pointee: Option<Arc<Pointee>>,
    /// It is where the result goes, rather than one that the source declares.
    pub is_result: bool,
}

impl Parameter {
    /// An unnamed one.
    #[must_use]
    pub const fn of(ty: Type) -> Self {
        Self {
            name: None,
            ty,
            extension: None,
            pointee: None,
            is_result: false,
        }
    }
}

/// The convention that a declaration names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CallConvention {
    /// The C convention of the platform.
    C,
    /// System V's, whatever the platform.
    SystemV,
    /// Microsoft's, whatever the platform.
    Win64,
    /// `__stdcall`, on 32-bit x86.
    Stdcall,
    /// `__fastcall`, on 32-bit x86.
    Fastcall,
    /// `__thiscall`, on 32-bit x86.
    Thiscall,
    /// Another, of which nothing is known.
    Other,
}

/// What says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// A definition in LLVM IR.
    Defined,
    /// A declaration in LLVM IR.
    Declared,
    /// A call in LLVM IR.
    Called,
    /// Debug information.
    DebugInfo,
    /// Debug information of a table of pointers that has it.
    Tabled,
    /// Rust source.
    Source,
    /// A C header.
    Header,
}

impl Origin {
    /// What says it, in words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Defined => "definition in LLVM IR",
            Self::Declared => "declaration in LLVM IR",
            Self::Called => "call in LLVM IR",
            Self::DebugInfo => "debug information",
            Self::Tabled => "debug information of a table",
            Self::Source => "source",
            Self::Header => "C header",
        }
    }
}

/// What one place says of one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The symbol.
    pub symbol: String,
    /// The convention.
    pub convention: CallConvention,
    /// The parameters, in order.
    pub parameters: Vec<Parameter>,
    /// The result.
    pub result: Option<Type>,
    /// Whether more arguments may follow.
    pub variadic: bool,
    /// Whether it never returns.
    pub never_returns: bool,
    /// Whether a panic or an exception may come out of it, where that is told: C says nothing of it.
    pub unwinds: Option<bool>,
    /// What says it.
    pub origin: Origin,
    /// The file that says it: IR, an object, source.
    pub file: String,
    /// The line of source that declares it.
    pub line: Option<SourceLine>,
}

impl Signature {
    /// Whether two say the same of what is passed.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        let passed = |of: &Self| -> Vec<(Type, Option<Extension>, bool)> {
            let parameters = of.parameters.iter();
            parameters
                .map(|p| (p.ty.passed(), p.extension, p.is_result))
                .collect()
        };
        self.convention == other.convention
            && self.variadic == other.variadic
            && self.never_returns == other.never_returns
            && self.result.as_ref().map(Type::passed) == other.result.as_ref().map(Type::passed)
            && passed(self) == passed(other)
    }
}

impl Type {
    /// An unsigned or sign-less integer.
    #[must_use]
    pub const fn integer(bits: u16) -> Self {
        Self::Integer { bits, signed: None }
    }

    /// A pointer of which nothing is known.
    #[must_use]
    pub const fn pointer() -> Self {
        Self::Pointer {
            to: None,
            bytes: 0,
            nullable: true,
        }
    }

    /// What matters of it to a convention alone.
    #[must_use]
    pub fn passed(&self) -> Self {
        match self {
            Self::Integer { bits, .. } => Self::integer(*bits),
            Self::Pointer { .. } => Self::integer(64),
            Self::Aggregate(parts) if parts.len() == 1 => parts[0].passed(),
            Self::Aggregate(parts) => Self::Aggregate(parts.iter().map(Self::passed).collect()),
            other => other.clone(),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer { bits: 1, .. } => f.write_str("bool"),
            Self::Integer { bits, signed } => match signed {
                Some(true) | None => write!(f, "i{bits}"),
                Some(false) => write!(f, "u{bits}"),
            },
            Self::Pointer { to: Some(to), .. } => f.write_str(to),
            Self::Pointer { .. } => f.write_str("pointer"),
            Self::Float(bits) => write!(f, "f{bits}"),
            Self::Vector(bytes) => write!(f, "vector of {bytes} bytes"),
            Self::Aggregate(parts) => {
                let parts: Vec<_> = parts.iter().map(ToString::to_string).collect();
                write!(f, "{{{}}}", parts.join(", "))
            }
            Self::Memory { bytes, .. } => write!(f, "{bytes} bytes by value"),
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let declared = self.parameters.iter().filter(|p| !p.is_result);
        let mut parameters: Vec<String> = declared.map(|p| p.ty.to_string()).collect();
        if self.variadic {
            parameters.push("...".to_owned());
        }
        write!(f, "fn({})", parameters.join(", "))?;
        match &self.result {
            _ if self.never_returns => f.write_str(" -> !"),
            Some(result) => write!(f, " -> {result}"),
            None if self.parameters.iter().any(|p| p.is_result) => f.write_str(" -> struct"),
            None => Ok(()),
        }
    }
}
