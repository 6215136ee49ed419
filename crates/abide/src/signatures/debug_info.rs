//! DWARF: what C was compiled with, of functions that it calls and defines, and of its tables of
//! pointers to functions.

mod tables;

use std::collections::HashMap;
use std::sync::Arc;

use gimli::{
    AttributeValue, DebuggingInformationEntry, EndianSlice, RunTimeEndian, Section as _, UnitOffset,
};

use super::layout::{Kind, Layout, classified, embed, extended, plain, repeated};
use super::nesting::{Looks, Nesting};
use super::{CallConvention, Origin, Parameter, Signature, Type};
use crate::inputs::{DebugSections, Object, SourceLine};

pub(super) use tables::{Table, TablePlace};

type Reader<'a> = EndianSlice<'a, RunTimeEndian>;
type Entry<'a> = DebuggingInformationEntry<Reader<'a>>;

/// An object's debug information. What of it is damaged is left out.
pub(super) struct DebugInfo<'a> {
    object: &'a Object,
    sections: DebugSections,
}

impl<'a> DebugInfo<'a> {
    pub(super) fn of(object: &'a Object) -> Option<Self> {
        let sections = DebugSections::of(object)?;
        Some(Self { object, sections })
    }

    /// The functions that it speaks of, those of C and what C++ has `extern "C"`.
    pub(super) fn functions(&self) -> Vec<Signature> {
        let mut found = Vec::new();
        // An error ends the reading; what was read stands.
        let _ = read_units(&self.sections, &self.object.name, |unit| {
            unit.read(&mut found)
        });
        found
    }

    /// The variables of which it tells that they hold pointers to functions.
    pub(super) fn tables(&self) -> Vec<Table> {
        let mut found = Vec::new();
        let _ = read_units(&self.sections, &self.object.name, |unit| {
            unit.tables(&self.sections, &mut found)
        });
        found
    }
}

fn read_units(
    debug: &DebugSections,
    object: &str,
    mut read: impl FnMut(&UnitReader<'_, '_>) -> gimli::Result<()>,
) -> gimli::Result<()> {
    let section = |section| EndianSlice::new(section, debug.endian);
    let dwarf = debug.sections.borrow(|bytes| section(bytes));
    let looks = Looks::for_bytes(dwarf.debug_info.reader().len());
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        let unit = dwarf.unit(header)?;
        if let Some(language) = language_of(&unit)? {
            read(&UnitReader {
                dwarf: &dwarf,
                unit: &unit,
                object,
                language,
                looks: &looks,
            })?;
        }
    }
    Ok(())
}

/// What a unit was compiled from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    C,
    /// All of its functions have prototypes; those whose names are not mangled are `extern "C"`.
    CPlusPlus,
}

struct UnitReader<'a, 'data> {
    dwarf: &'a gimli::Dwarf<Reader<'data>>,
    unit: &'a gimli::Unit<Reader<'data>>,
    object: &'a str,
    language: Language,
    looks: &'a Looks,
}

/// The convention that a function is declared by. Clang names those that are not C's; the numbers from 0xb0 on
/// are Borland's, those from 0xc0 on LLVM's (`llvm/BinaryFormat/Dwarf.def`).
const fn convention(number: gimli::DwCc) -> CallConvention {
    match number.0 {
        0x01..=0x05 => CallConvention::C,
        0xb1 => CallConvention::Stdcall,
        // The first is GCC's number for it.
        0x41 | 0xb3 => CallConvention::Fastcall,
        0xb5 => CallConvention::Thiscall,
        0xc1 => CallConvention::Win64,
        0xc2 => CallConvention::SystemV,
        _ => CallConvention::Other,
    }
}

/// A function that is being read.
struct Open {
    depth: isize,
    signature: Option<Signature>,
}

impl<'data> UnitReader<'_, 'data> {
    fn read(&self, found: &mut Vec<Signature>) -> gimli::Result<()> {
        let mut entries = self.unit.entries();
        let mut files = HashMap::new();
        let mut open: Option<Open> = None;
        while let Some(entry) = entries.next_dfs()? {
            let depth = entry.depth();
            if let Some(done) = open.take_if(|open| depth <= open.depth) {
                found.extend(done.signature);
            }
            match entry.tag() {
                gimli::DW_TAG_subprogram => {
                    let signature = self.function(entry, &mut files)?;
                    open = Some(Open { depth, signature });
                }
                gimli::DW_TAG_formal_parameter => {
                    if let Some(open) = open.as_mut().filter(|open| depth == open.depth + 1)
                        && let Some(mut signature) = open.signature.take()
                        && let Some(parameter) = self.parameter(entry)?
                    {
                        signature.parameters.push(parameter);
                        open.signature = Some(signature);
                    }
                }
                gimli::DW_TAG_unspecified_parameters => {
                    let inner = open.as_mut().filter(|open| depth == open.depth + 1);
                    if let Some(signature) = inner.and_then(|open| open.signature.as_mut()) {
                        signature.variadic = true;
                    }
                }
                _ => {}
            }
        }
        found.extend(open.and_then(|open| open.signature));
        Ok(())
    }

    /// The signature of a function without its parameters; `None` where nothing is said of them.
    fn function(
        &self,
        entry: &Entry<'data>,
        files: &mut HashMap<u64, Arc<str>>,
    ) -> gimli::Result<Option<Signature>> {
        let flag = |name| entry.attr_value(name) == Some(AttributeValue::Flag(true));
        let is_told = flag(gimli::DW_AT_external) && self.is_prototyped(entry);
        let symbol = match self.text(entry, gimli::DW_AT_linkage_name)? {
            Some(_) if self.language == Language::CPlusPlus => None,
            Some(name) => Some(name),
            None => self.name(entry)?,
        };
        let Some(symbol) = symbol.filter(|_| is_told) else {
            return Ok(None);
        };
        let signature = self.without_parameters(entry, symbol)?;
        Ok(signature.map(|signature| Signature {
            never_returns: flag(gimli::DW_AT_noreturn),
            line: self.line(entry, files),
            ..signature
        }))
    }

    /// A function that is passed nothing yet but where its result goes; `None` where the type of its
    /// result is not understood.
    fn without_parameters(
        &self,
        entry: &Entry<'data>,
        symbol: String,
    ) -> gimli::Result<Option<Signature>> {
        let mut parameters = Vec::new();
        let mut result = None;
        if let Some(ty) = self.type_of(entry) {
            match self.passed(Some(ty), self.looks.outermost())? {
                None => return Ok(None),
                Some(Type::Memory { bytes, .. }) => parameters.push(Parameter {
                    is_result: true,
                    ..Parameter::of(Type::Pointer {
                        to: None,
                        bytes,
                        nullable: false,
                    })
                }),
                Some(ty) => result = Some(ty),
            }
        }
        Ok(Some(Signature {
            symbol,
            convention: match entry.attr_value(gimli::DW_AT_calling_convention) {
                Some(AttributeValue::CallingConvention(number)) => convention(number),
                _ => CallConvention::C,
            },
            parameters,
            result,
            variadic: false,
            never_returns: false,
            unwinds: None,
            origin: Origin::DebugInfo,
            file: self.object.to_owned(),
            line: None,
        }))
    }

    fn parameter(&self, entry: &Entry<'data>) -> gimli::Result<Option<Parameter>> {
        let Some(ty) = self.passed(self.type_of(entry), self.looks.outermost())? else {
            return Ok(None);
        };
        let (extension, ty) = extended(ty);
        Ok(Some(Parameter {
            name: self.name(entry)?,
            extension,
            ..Parameter::of(ty)
        }))
    }

    /// Whether a function, or a type of functions, says all that it is passed.
    fn is_prototyped(&self, entry: &Entry<'data>) -> bool {
        let flag = entry.attr_value(gimli::DW_AT_prototyped);
        self.language == Language::CPlusPlus || flag == Some(AttributeValue::Flag(true))
    }

    fn text(&self, entry: &Entry<'data>, name: gimli::DwAt) -> gimli::Result<Option<String>> {
        let Some(value) = entry.attr_value(name) else {
            return Ok(None);
        };
        let text = self.dwarf.attr_string(self.unit, value)?;
        Ok(Some(text.to_string_lossy().into_owned()))
    }

    fn name(&self, entry: &Entry<'data>) -> gimli::Result<Option<String>> {
        self.text(entry, gimli::DW_AT_name)
    }

    fn line(&self, entry: &Entry<'data>, files: &mut HashMap<u64, Arc<str>>) -> Option<SourceLine> {
        let number = match entry.attr_value(gimli::DW_AT_decl_file)? {
            AttributeValue::FileIndex(number) => number,
            other => other.udata_value()?,
        };
        let line = entry.attr_value(gimli::DW_AT_decl_line)?.udata_value()?;
        let file = match files.get(&number) {
            Some(file) => Arc::clone(file),
            None => {
                let header = self.unit.line_program.as_ref()?.header();
                let file = header.file(number)?;
                let mut path = std::path::PathBuf::new();
                if let Some(start) = self.unit.comp_dir {
                    path.push(start.to_string_lossy().as_ref());
                }
                for part in [file.directory(header), Some(file.path_name())] {
                    let part = self.dwarf.attr_string(self.unit, part?).ok()?;
                    path.push(part.to_string_lossy().as_ref());
                }
                let path: Arc<str> = Arc::from(path.to_string_lossy().as_ref());
                files.insert(number, Arc::clone(&path));
                path
            }
        };
        let line = u32::try_from(line).ok()?;
        Some(SourceLine { file, line })
    }

    fn type_of(&self, entry: &Entry<'data>) -> Option<UnitOffset> {
        match entry.attr_value(gimli::DW_AT_type) {
            Some(AttributeValue::UnitRef(offset)) => Some(offset),
            _ => None,
        }
    }

    /// How a type is passed; `None` where it is not understood. No type at all is `void`.
    fn passed(&self, ty: Option<UnitOffset>, nesting: Nesting<'_>) -> gimli::Result<Option<Type>> {
        let (Some(ty), Some(nesting)) = (ty, nesting.inner()) else {
            return Ok(None);
        };
        let entry = self.unit.entry(ty)?;
        let size = || {
            let size = entry.attr_value(gimli::DW_AT_byte_size);
            size.and_then(|size| size.udata_value())
        };
        Ok(match entry.tag() {
            gimli::DW_TAG_pointer_type
            | gimli::DW_TAG_reference_type
            | gimli::DW_TAG_rvalue_reference_type => Some(Type::pointer()),
            gimli::DW_TAG_base_type => size().and_then(|size| base(&entry, size)),
            gimli::DW_TAG_enumeration_type => size().map(|size| Type::Integer {
                bits: size as u16 * 8,
                signed: Some(false),
            }),
            // One that has a destructor goes by address; which have, nobody looks for.
            gimli::DW_TAG_structure_type if self.language == Language::C => self
                .layout(Some(ty), nesting)?
                .map(|layout| classified(&layout)),
            gimli::DW_TAG_array_type if is_vector(&entry) => {
                let layout = self.array(&entry, nesting)?;
                let bytes = layout.and_then(|layout| u32::try_from(layout.size).ok());
                bytes.map(Type::Vector)
            }
            tag if is_transparent(tag) => return self.passed(self.type_of(&entry), nesting),
            _ => None,
        })
    }

    fn layout(
        &self,
        ty: Option<UnitOffset>,
        nesting: Nesting<'_>,
    ) -> gimli::Result<Option<Layout>> {
        let (Some(ty), Some(nesting)) = (ty, nesting.inner()) else {
            return Ok(None);
        };
        let entry = self.unit.entry(ty)?;
        match entry.tag() {
            gimli::DW_TAG_structure_type => self.structure(ty, nesting),
            // A struct of vectors is passed otherwise than one of their parts.
            gimli::DW_TAG_array_type if is_vector(&entry) => Ok(None),
            gimli::DW_TAG_array_type => self.array(&entry, nesting),
            tag if is_transparent(tag) => self.layout(self.type_of(&entry), nesting),
            _ => Ok(match self.passed(Some(ty), nesting)? {
                Some(Type::Integer { bits, .. }) => {
                    let bytes = u64::from(bits).div_ceil(8);
                    Some(plain(bytes, bytes, Kind::Integer))
                }
                Some(Type::Pointer { .. }) => Some(plain(8, 8, Kind::Integer)),
                Some(Type::Float(bits @ (32 | 64))) => {
                    let bytes = u64::from(bits) / 8;
                    Some(plain(bytes, bytes, Kind::Float))
                }
                _ => None,
            }),
        }
    }

    fn array(&self, entry: &Entry<'data>, nesting: Nesting<'_>) -> gimli::Result<Option<Layout>> {
        let (Some(of), Some(count)) = (
            self.layout(self.type_of(entry), nesting)?,
            self.count(entry)?,
        ) else {
            return Ok(None);
        };
        Ok(repeated(&of, count))
    }

    /// How many elements an array has, over all of its dimensions.
    fn count(&self, entry: &Entry<'data>) -> gimli::Result<Option<u64>> {
        let mut count = 1_u64;
        let mut tree = self.unit.entries_tree(Some(entry.offset()))?;
        let mut children = tree.root()?.children();
        while let Some(child) = children.next()? {
            let child = child.entry();
            let value = |name| child.attr_value(name).and_then(|value| value.udata_value());
            let last = value(gimli::DW_AT_upper_bound).map(|last| last.saturating_add(1));
            let Some(number) = value(gimli::DW_AT_count).or(last) else {
                return Ok(None);
            };
            count = count.saturating_mul(number);
        }
        Ok(Some(count))
    }

    fn structure(&self, ty: UnitOffset, nesting: Nesting<'_>) -> gimli::Result<Option<Layout>> {
        let mut tree = self.unit.entries_tree(Some(ty))?;
        let root = tree.root()?;
        let number = |entry: &Entry<'data>, name| {
            let value = entry.attr_value(name);
            value.and_then(|value| value.udata_value())
        };
        let Some(size) = number(root.entry(), gimli::DW_AT_byte_size) else {
            return Ok(None);
        };
        let mut layout = Layout {
            size,
            align: 1,
            fields: Vec::new(),
            rest: None,
        };
        let mut children = root.children();
        while let Some(child) = children.next()? {
            let child = child.entry();
            if child.tag() != gimli::DW_TAG_member {
                continue;
            }
            // Bits that share a byte have no place of their own here.
            let Some(offset) = number(child, gimli::DW_AT_data_member_location) else {
                return Ok(None);
            };
            let Some(inner) = self.layout(self.type_of(child), nesting)? else {
                return Ok(None);
            };
            layout.align = layout.align.max(inner.align);
            if embed(&mut layout.fields, inner, offset, |name| name).is_none() {
                return Ok(None);
            }
        }
        Ok(Some(layout))
    }
}

fn base(entry: &Entry<'_>, size: u64) -> Option<Type> {
    let bits = u16::try_from(size.checked_mul(8)?).ok()?;
    let AttributeValue::Encoding(encoding) = entry.attr_value(gimli::DW_AT_encoding)? else {
        return None;
    };
    let integer = |bits, signed| {
        Some(Type::Integer {
            bits,
            signed: Some(signed),
        })
    };
    match encoding {
        gimli::DW_ATE_boolean => integer(1, false),
        gimli::DW_ATE_signed | gimli::DW_ATE_signed_char => integer(bits, true),
        gimli::DW_ATE_unsigned | gimli::DW_ATE_unsigned_char => integer(bits, false),
        // `long double` takes 16 bytes, and 80 bits of them.
        gimli::DW_ATE_float if bits == 128 => Some(Type::Float(80)),
        gimli::DW_ATE_float => Some(Type::Float(bits)),
        _ => None,
    }
}

/// Whether an array is a vector, as `__m128` is.
fn is_vector(entry: &Entry<'_>) -> bool {
    entry.attr_value(gimli::DW_AT_GNU_vector).is_some()
}

/// A type that says nothing but what another is called or may be used for.
fn is_transparent(tag: gimli::DwTag) -> bool {
    matches!(
        tag,
        gimli::DW_TAG_typedef
            | gimli::DW_TAG_const_type
            | gimli::DW_TAG_volatile_type
            | gimli::DW_TAG_restrict_type
            | gimli::DW_TAG_atomic_type
    )
}

fn language_of(unit: &gimli::Unit<Reader<'_>>) -> gimli::Result<Option<Language>> {
    // DWARF's list of languages has it, gimli has not yet.
    const C23: gimli::DwLang = gimli::DwLang(0x003e);
    let mut entries = unit.entries();
    let root = entries.next_dfs()?;
    let language = root.and_then(|root| root.attr_value(gimli::DW_AT_language));
    Ok(match language {
        Some(AttributeValue::Language(
            gimli::DW_LANG_C
            | gimli::DW_LANG_C89
            | gimli::DW_LANG_C99
            | gimli::DW_LANG_C11
            | gimli::DW_LANG_C17
            | C23,
        )) => Some(Language::C),
        Some(AttributeValue::Language(
            gimli::DW_LANG_C_plus_plus
            | gimli::DW_LANG_C_plus_plus_03
            | gimli::DW_LANG_C_plus_plus_11
            | gimli::DW_LANG_C_plus_plus_14
            | gimli::DW_LANG_C_plus_plus_17
            | gimli::DW_LANG_C_plus_plus_20,
        )) => Some(Language::CPlusPlus),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_conventions_are_those_of_compilers() {
        let of = |number| convention(gimli::DwCc(number));
        assert_eq!(of(0x01), CallConvention::C);
        assert_eq!(of(0xb1), CallConvention::Stdcall);
        assert_eq!(of(0xc1), CallConvention::Win64);
        // LLVM's vectorcall, of which there is no table.
        assert_eq!(of(0xc0), CallConvention::Other);
    }
}
