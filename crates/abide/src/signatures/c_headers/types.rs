//! Types of C, as far as headers tell them.

use std::collections::BTreeSet;

use crate::signatures::Type;

/// How many names are looked up for one type.
const MOST_NAMES: u32 = 256;

/// A type as it is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Written {
    /// `void`.
    Void,
    /// An integer of this width.
    Integer(Width, Option<bool>),
    /// A floating-point number of so many bits.
    Float(u16),
    /// A vector of so many bytes.
    Vector(u32),
    /// A pointer to anything.
    Pointer,
    /// An array, of which a parameter is a pointer.
    Array,
    /// A function, of which a parameter is a pointer.
    Function,
    /// What a name stands for.
    Named(String),
    /// What a name stands for under a condition of the preprocessor.
    Conditional(String),
    /// What is not read, in words.
    Unread(String),
}

/// How wide an integer is, where platforms differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Width {
    /// So many bits everywhere.
    Bits(u16),
    /// As wide as `long`.
    Long,
    /// As wide as an address.
    Address,
}

/// What headers are read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform {
    /// How wide `long` is, in bits.
    pub long: u16,
    /// How wide an address is, in bits.
    pub address: u16,
    /// Whether the processor is an x86-64 in its 64-bit mode.
    pub is_x86_64: bool,
    /// Whether objects are ELF's: neither Windows' nor Apple's.
    pub is_elf: bool,
}

/// What names of types stand for: all that they were defined as.
pub(super) type Names<'a> = dyn Fn(&str) -> BTreeSet<Written> + 'a;

impl Width {
    const fn bits(self, platform: Platform) -> u16 {
        match self {
            Self::Bits(bits) => bits,
            Self::Long => platform.long,
            Self::Address => platform.address,
        }
    }
}

impl Written {
    /// An enumeration, which compilers make an `int` or an `unsigned int`.
    pub(super) const ENUM: Self = Self::Integer(Width::Bits(32), None);

    /// An unsigned or a signed integer.
    const fn integer(width: Width, signed: bool) -> Self {
        Self::Integer(width, Some(signed))
    }

    /// What a name stands for everywhere.
    fn standard(name: &str) -> Option<Self> {
        use Width::{Address, Bits};
        Some(match name {
            "int8_t" => Self::integer(Bits(8), true),
            "uint8_t" => Self::integer(Bits(8), false),
            "int16_t" => Self::integer(Bits(16), true),
            "uint16_t" => Self::integer(Bits(16), false),
            "int32_t" => Self::integer(Bits(32), true),
            "uint32_t" | "char32_t" => Self::integer(Bits(32), false),
            "int64_t" | "intmax_t" => Self::integer(Bits(64), true),
            "uint64_t" | "uintmax_t" => Self::integer(Bits(64), false),
            "size_t" | "uintptr_t" => Self::integer(Address, false),
            "ssize_t" | "ptrdiff_t" | "intptr_t" => Self::integer(Address, true),
            "bool" | "_Bool" => Self::integer(Bits(1), false),
            "__int128_t" => Self::integer(Bits(128), true),
            "__uint128_t" => Self::integer(Bits(128), false),
            "__m128" | "__m128d" | "__m128i" => Self::Vector(16),
            "__m256" | "__m256d" | "__m256i" => Self::Vector(32),
            "__m512" | "__m512d" | "__m512i" => Self::Vector(64),
            _ => return None,
        })
    }

    /// A type that is written out of the language's own words, or a name.
    pub(super) fn of_words(text: &str) -> Self {
        let words: Vec<&str> = text.split_whitespace().collect();
        let count = |word| words.iter().filter(|&&found| found == word).count();
        let is_unsigned = count("unsigned") > 0;
        let integer = |bits| Self::integer(bits, !is_unsigned);
        let is_own = |word: &&str| {
            matches!(
                *word,
                "unsigned" | "signed" | "short" | "long" | "int" | "char" | "double" | "__int128"
            )
        };
        match words.as_slice() {
            ["void"] => return Self::Void,
            ["float"] => return Self::Float(32),
            [name] if !is_own(name) => return Self::Named((*name).to_owned()),
            words if !words.iter().all(is_own) => return Self::unread(text),
            _ => {}
        }
        match (count("char"), count("short"), count("long")) {
            _ if count("double") > 0 && count("long") == 0 => Self::Float(64),
            // How wide it is, compilers choose.
            _ if count("double") > 0 => Self::unread("long double"),
            _ if count("__int128") > 0 => integer(Width::Bits(128)),
            // System V ABI, AMD64 supplement, 3.1.2: `char` is signed.
            (1, 0, 0) => integer(Width::Bits(8)),
            (0, 1, 0) => integer(Width::Bits(16)),
            (0, 0, 0) => integer(Width::Bits(32)),
            (0, 0, 1) => integer(Width::Long),
            (0, 0, 2) => integer(Width::Bits(64)),
            _ => Self::unread(text),
        }
    }

    /// What is not read, and is told as it is written.
    pub(super) fn unread(text: &str) -> Self {
        let words: Vec<&str> = text.split_whitespace().collect();
        Self::Unread(words.join(" "))
    }

    /// The type that is passed; `None` for none.
    ///
    /// # Errors
    /// What is not known of it, in words.
    pub(super) fn passed(
        &self,
        names: &Names<'_>,
        platform: Platform,
    ) -> Result<Option<Type>, String> {
        Ok(Some(
            match self.resolved(names, &mut MOST_NAMES.clone())? {
                Self::Void => return Ok(None),
                Self::Integer(width, signed) => Type::Integer {
                    bits: width.bits(platform),
                    signed,
                },
                Self::Float(bits) => Type::Float(bits),
                Self::Vector(bytes) => Type::Vector(bytes),
                Self::Pointer | Self::Array | Self::Function => Type::pointer(),
                Self::Named(name) => return Err(format!("`{name}` is not known")),
                Self::Conditional(name) => {
                    return Err(format!("`{name}` is defined under a condition"));
                }
                Self::Unread(text) => return Err(format!("`{text}` is not read")),
            },
        ))
    }

    /// The type without names.
    fn resolved(&self, names: &Names<'_>, left: &mut u32) -> Result<Self, String> {
        let Self::Named(name) = self else {
            return Ok(self.clone());
        };
        // Who defines what standard headers define, means the same.
        if let Some(standard) = Self::standard(name) {
            return Ok(standard);
        }
        *left = left
            .checked_sub(1)
            .ok_or_else(|| format!("`{name}` stands for too many names"))?;
        let mut all = BTreeSet::new();
        for one in names(name) {
            all.insert(one.resolved(names, left)?);
        }
        match all.pop_first() {
            None => Err(format!("`{name}` is not known")),
            Some(one) if all.is_empty() => Ok(one),
            Some(_) => Err(format!("`{name}` is defined in several ways")),
        }
    }
}
