//! Types as source writes them, and what they are made of where source tells.

use std::collections::HashMap;
use std::sync::Arc;

use syn::{GenericArgument, PathArguments};

use super::attributes::Attributes;
use super::length::Length;
use crate::signatures::layout::{Kind, Layout, classified, embed, extended, plain, repeated};
use crate::signatures::nesting::{Looks, Nesting};
use crate::signatures::{Parameter, Pointee, Type};

/// How many elements of an array are looked at.
const MOST_ELEMENTS: u64 = 4096;

/// A type as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SourceType {
    /// A name, the last of its path, with the types in its brackets.
    Named(String, Vec<SourceType>),
    /// `&T` and `&mut T`.
    Reference(Box<SourceType>),
    /// `*const T`, or `*mut T` where it is true.
    Pointer(Box<SourceType>, bool),
    /// `fn(…)`.
    Function(Box<FunctionType>),
    /// `[T; N]`.
    Array(Box<SourceType>, Length),
    /// `[T]`, `str`, `dyn T`: a pointer to one is two words.
    Unsized,
    /// `()`.
    Unit,
    /// `!`.
    Never,
    /// Anything else.
    Other,
}

/// What a pointer to a function is declared to point to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FunctionType {
    /// The ABI: `Some("C")` for `extern "C"`, `None` for Rust's own.
    pub abi: Option<String>,
    /// Names and types of the parameters.
    pub parameters: Vec<(Option<String>, SourceType)>,
    /// The type of the result.
    pub result: SourceType,
    /// Whether more arguments may follow.
    pub variadic: bool,
}

impl FunctionType {
    pub(super) fn of(function: &syn::TypeFnPtr) -> Self {
        let parameters = function.inputs.iter().map(|input| {
            let name = input.name.as_ref().map(|(name, _)| name.to_string());
            (name, SourceType::of(&input.ty))
        });
        Self {
            abi: function.abi.as_ref().map(super::reader::abi_name),
            parameters: parameters.collect(),
            result: super::reader::result_of(&function.output),
            variadic: function.variadic.is_some(),
        }
    }
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Definition {
    Alias(SourceType),
    Struct(Struct),
    /// An enum without fields, as an integer of so many bits, and whether it has a sign.
    Enum(u16, bool),
    /// A union, or what is chosen where it is used.
    Open,
}

/// A struct and its representation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Struct {
    pub(super) is_c: bool,
    pub(super) is_transparent: bool,
    pub(super) packed: Option<u64>,
    pub(super) align: Option<u64>,
    pub(super) fields: Vec<(String, SourceType)>,
}

impl Struct {
    /// To what a field of it is aligned.
    fn alignment_of(&self, field: &Layout) -> u64 {
        field.align.min(self.packed.unwrap_or(u64::MAX))
    }
}

/// Names and what they stand for; a name of two things stands for neither.
#[derive(Debug, Default)]
pub(super) struct Names {
    types: HashMap<String, Option<Definition>>,
    constants: HashMap<String, Option<Length>>,
}

impl Names {
    pub(super) fn define(&mut self, name: String, definition: Definition) {
        let slot = self.types.entry(name).or_insert(Some(definition.clone()));
        if slot.as_ref() != Some(&definition) {
            *slot = None;
        }
    }

    pub(super) fn define_constant(&mut self, name: String, value: Length) {
        let slot = self.constants.entry(name).or_insert(Some(value.clone()));
        if slot.as_ref() != Some(&value) {
            *slot = None;
        }
    }

    fn get(&self, name: &str) -> Option<&Definition> {
        self.types.get(name)?.as_ref()
    }

    /// How many a length is; `None` where source does not tell.
    fn count(&self, length: &Length, nesting: Nesting<'_>) -> Option<u64> {
        let nesting = nesting.inner()?;
        match length {
            Length::Number(number) => Some(*number),
            Length::Constant(name) => self.count(self.constants.get(name)?.as_ref()?, nesting),
            Length::SizeOf(ty) => Some(self.layout_at(ty, nesting)?.size),
            Length::Computed(operation, left, right) => {
                operation.on(self.count(left, nesting)?, self.count(right, nesting)?)
            }
            Length::Unknown => None,
        }
    }

    /// The size and fields of a type; `None` where source does not tell.
    pub(super) fn layout(&self, ty: &SourceType) -> Option<Layout> {
        self.layout_at(ty, Looks::for_one().outermost())
    }

    fn layout_at(&self, ty: &SourceType, nesting: Nesting<'_>) -> Option<Layout> {
        let nesting = nesting.inner()?;
        match ty {
            SourceType::Unit => Some(plain(0, 1, Kind::Integer)),
            SourceType::Function(_) => Some(plain(8, 8, Kind::Integer)),
            SourceType::Reference(to) | SourceType::Pointer(to, _) => {
                (!self.is_unsized(to, nesting)).then(|| plain(8, 8, Kind::Integer))
            }
            SourceType::Array(of, count) => {
                let of = self.layout_at(of, nesting)?;
                repeated(&of, self.count(count, nesting)?)
            }
            SourceType::Named(name, inner) => {
                if let Some(layout) = primitive(name) {
                    return Some(layout);
                }
                if let ("Option", [inner]) = (name.as_str(), inner.as_slice()) {
                    let is_niche = self.is_never_null(inner, nesting);
                    return is_niche.then(|| plain(8, 8, Kind::Integer));
                }
                if name == "NonNull" {
                    return Some(plain(8, 8, Kind::Integer));
                }
                if let ("MaybeUninit" | "UnsafeCell" | "Cell" | "ManuallyDrop", [inner]) =
                    (name.as_str(), inner.as_slice())
                {
                    return self.layout_at(inner, nesting);
                }
                match self.get(name)? {
                    Definition::Alias(ty) if inner.is_empty() => self.layout_at(ty, nesting),
                    Definition::Enum(bits, _) => {
                        let bytes = u64::from(bits / 8);
                        Some(plain(bytes, bytes, Kind::Integer))
                    }
                    Definition::Struct(definition) if inner.is_empty() => {
                        self.struct_layout(definition, nesting)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn struct_layout(&self, definition: &Struct, nesting: Nesting<'_>) -> Option<Layout> {
        if !definition.is_c && !definition.is_transparent {
            return None;
        }
        let (mut end, mut most, mut rest) = (0_u64, 1, None);
        let mut fields = Vec::new();
        for (name, ty) in &definition.fields {
            let layout = self.layout_at(ty, nesting)?;
            let align = definition.alignment_of(&layout);
            end = end.checked_next_multiple_of(align)?;
            let size = layout.size;
            rest = layout.rest.map(|rest| end.saturating_add(rest));
            embed(&mut fields, layout, end, |inner| match inner.is_empty() {
                true => name.clone(),
                false => format!("{name}.{inner}"),
            })?;
            end = end.checked_add(size)?;
            most = most.max(align);
        }
        let align = most.max(definition.align.unwrap_or(1));
        Some(Layout {
            size: end.checked_next_multiple_of(align)?,
            align,
            fields,
            rest,
        })
    }

    /// Whether a type is an address that is never null, so that an `Option` of it is one as well.
    fn is_never_null(&self, ty: &SourceType, nesting: Nesting<'_>) -> bool {
        let Some(nesting) = nesting.inner() else {
            return false;
        };
        match ty {
            SourceType::Function(_) | SourceType::Reference(_) => true,
            SourceType::Named(name, _) if name == "NonNull" => true,
            SourceType::Named(name, inner) if inner.is_empty() => match self.get(name) {
                Some(Definition::Alias(ty)) => self.is_never_null(ty, nesting),
                _ => false,
            },
            _ => false,
        }
    }

    /// The pointers to functions in a type, each with its offset.
    pub(super) fn functions_in(&self, ty: &SourceType) -> Vec<(u64, FunctionType)> {
        let mut found = Vec::new();
        self.add_functions(ty, 0, Looks::for_one().outermost(), &mut found);
        found
    }

    fn add_functions(
        &self,
        ty: &SourceType,
        start: u64,
        nesting: Nesting<'_>,
        found: &mut Vec<(u64, FunctionType)>,
    ) -> Option<()> {
        let nesting = nesting.inner()?;
        match ty {
            SourceType::Function(function) => found.push((start, FunctionType::clone(function))),
            SourceType::Array(of, count) => {
                let size = self.layout_at(of, nesting)?.size;
                for number in 0..self.count(count, nesting)?.min(MOST_ELEMENTS) {
                    let element = start.saturating_add(number.saturating_mul(size));
                    self.add_functions(of, element, nesting, found)?;
                }
            }
            SourceType::Named(name, inner) => match (name.as_str(), inner.as_slice()) {
                ("Option", [inner]) => self.add_functions(inner, start, nesting, found)?,
                (name, []) => match self.get(name)? {
                    Definition::Alias(ty) => self.add_functions(ty, start, nesting, found)?,
                    Definition::Struct(of) if of.is_c || of.is_transparent => {
                        for (offset, ty) in self.offsets(of, nesting)? {
                            self.add_functions(ty, start.saturating_add(offset), nesting, found)?;
                        }
                    }
                    _ => {}
                },
                _ => {}
            },
            _ => {}
        }
        Some(())
    }

    /// Where the fields of a struct begin.
    fn offsets<'a>(
        &self,
        of: &'a Struct,
        nesting: Nesting<'_>,
    ) -> Option<Vec<(u64, &'a SourceType)>> {
        let mut end = 0_u64;
        let offsets = of.fields.iter().map(|(_, ty)| {
            let layout = self.layout_at(ty, nesting)?;
            let start = end.checked_next_multiple_of(of.alignment_of(&layout))?;
            end = start.checked_add(layout.size)?;
            Some((start, ty))
        });
        offsets.collect()
    }

    /// The names that source gives to types of functions, and these.
    pub(super) fn function_types(&self) -> impl Iterator<Item = (&str, &FunctionType)> {
        self.types
            .iter()
            .filter_map(|(name, definition)| match definition {
                Some(Definition::Alias(SourceType::Function(function))) => {
                    Some((name.as_str(), &**function))
                }
                _ => None,
            })
    }

    /// Whether the name is a struct whose fields Rust orders as it likes.
    pub(super) fn is_unordered(&self, ty: &SourceType) -> bool {
        let SourceType::Named(name, _) = ty else {
            return false;
        };
        match self.get(name) {
            Some(Definition::Struct(definition)) => {
                !definition.is_c && !definition.is_transparent && definition.fields.len() > 1
            }
            _ => false,
        }
    }

    fn is_unsized(&self, ty: &SourceType, nesting: Nesting<'_>) -> bool {
        let Some(nesting) = nesting.inner() else {
            return false;
        };
        match ty {
            SourceType::Unsized => true,
            SourceType::Named(name, _) => match self.get(name) {
                Some(Definition::Alias(ty)) => self.is_unsized(ty, nesting),
                _ => name == "str",
            },
            _ => false,
        }
    }

    /// How a parameter of the type is passed: none for `()`, two words for a slice.
    pub(super) fn parameters(&self, ty: &SourceType) -> Option<Vec<Parameter>> {
        self.parameters_at(ty, Looks::for_one().outermost())
    }

    fn parameters_at(&self, ty: &SourceType, nesting: Nesting<'_>) -> Option<Vec<Parameter>> {
        let nesting = nesting.inner()?;
        match ty {
            SourceType::Unit => Some(Vec::new()),
            SourceType::Reference(to) if !self.is_unsized(to, nesting) => {
                Some(vec![self.pointer_to(ty, to, true)])
            }
            SourceType::Pointer(to, _) if !self.is_unsized(to, nesting) => {
                Some(vec![self.pointer_to(ty, to, false)])
            }
            // Conventions pass it as they pass a struct of the two.
            SourceType::Reference(_) | SourceType::Pointer(..) => {
                let length = Type::Integer {
                    bits: 64,
                    signed: Some(false),
                };
                let words = vec![self.pointer(ty, None, true).ty, length];
                Some(vec![Parameter::of(Type::Aggregate(words))])
            }
            SourceType::Function(_) => Some(vec![self.pointer(ty, None, false)]),
            SourceType::Named(name, inner) => self.named(name, inner, ty, nesting),
            _ => None,
        }
    }

    /// A pointer to something whose size is known when it is compiled.
    fn pointer_to(&self, ty: &SourceType, to: &SourceType, is_reference: bool) -> Parameter {
        let pointee = self.pointee(to, is_reference);
        Parameter {
            pointee: pointee.map(Arc::new),
            ..self.pointer(ty, is_reference.then_some(to), !is_reference)
        }
    }

    /// What a type is to those who have its address.
    pub(super) fn pointee(&self, ty: &SourceType, is_reference: bool) -> Option<Pointee> {
        let layout = self.layout(ty);
        (layout.is_some() || self.is_unordered(ty)).then(|| Pointee {
            name: ty.to_string(),
            layout,
            is_reference,
        })
    }

    fn pointer(&self, ty: &SourceType, to: Option<&SourceType>, nullable: bool) -> Parameter {
        let layout = to.and_then(|to| self.layout(to));
        Parameter::of(Type::Pointer {
            to: Some(ty.to_string()),
            bytes: layout.map_or(0, |layout| layout.size),
            nullable,
        })
    }

    fn named(
        &self,
        name: &str,
        inner: &[SourceType],
        ty: &SourceType,
        nesting: Nesting<'_>,
    ) -> Option<Vec<Parameter>> {
        if let Some(ty) = number(name) {
            let (extension, ty) = extended(ty);
            let mut parameter = Parameter::of(ty);
            parameter.extension = extension;
            return Some(vec![parameter]);
        }
        if matches!((name, inner), ("Option", [_])) || name == "NonNull" {
            self.layout(ty)?;
            return Some(vec![self.pointer(ty, None, name == "Option")]);
        }
        match self.get(name)? {
            Definition::Alias(ty) if inner.is_empty() => self.parameters_at(ty, nesting),
            Definition::Enum(bits, signed) => {
                let (extension, ty) = extended(Type::Integer {
                    bits: *bits,
                    signed: Some(*signed),
                });
                let mut parameter = Parameter::of(ty);
                parameter.extension = extension;
                Some(vec![parameter])
            }
            Definition::Struct(definition) if inner.is_empty() => {
                if definition.is_transparent {
                    let real = |ty: &&SourceType| {
                        self.layout(ty).is_none_or(|layout| layout.size > 0)
                            && !matches!(ty, SourceType::Named(name, _) if name == "PhantomData")
                    };
                    let mut fields = definition.fields.iter().map(|(_, ty)| ty).filter(real);
                    let only = fields.next()?;
                    return match fields.next() {
                        None => self.parameters_at(only, nesting),
                        Some(_) => None,
                    };
                }
                let layout = self.struct_layout(definition, nesting)?;
                Some(vec![Parameter::of(classified(&layout))])
            }
            _ => None,
        }
    }
}

/// The numbers of Rust and of C on x86-64 System V.
fn number(name: &str) -> Option<Type> {
    let integer = |bits, signed| {
        Some(Type::Integer {
            bits,
            signed: Some(signed),
        })
    };
    match name {
        "bool" => integer(1, false),
        "u8" | "c_uchar" | "uint8_t" => integer(8, false),
        "i8" | "c_schar" | "c_char" | "int8_t" => integer(8, true),
        "u16" | "c_ushort" | "uint16_t" => integer(16, false),
        "i16" | "c_short" | "int16_t" => integer(16, true),
        "u32" | "char" | "c_uint" | "uint32_t" => integer(32, false),
        "i32" | "c_int" | "int32_t" => integer(32, true),
        "u64" | "usize" | "c_ulong" | "c_ulonglong" | "size_t" | "uint64_t" | "uintptr_t" => {
            integer(64, false)
        }
        "i64" | "isize" | "c_long" | "c_longlong" | "ssize_t" | "int64_t" | "intptr_t"
        | "ptrdiff_t" => integer(64, true),
        "u128" => integer(128, false),
        "i128" => integer(128, true),
        "f16" => Some(Type::Float(16)),
        "f32" | "c_float" => Some(Type::Float(32)),
        "f64" | "c_double" => Some(Type::Float(64)),
        "f128" => Some(Type::Float(128)),
        "__m128" | "__m128i" | "__m128d" => Some(Type::Vector(16)),
        "__m256" | "__m256i" | "__m256d" => Some(Type::Vector(32)),
        "__m512" | "__m512i" | "__m512d" => Some(Type::Vector(64)),
        _ => None,
    }
}

fn primitive(name: &str) -> Option<Layout> {
    let (bytes, kind) = match number(name)? {
        Type::Integer { bits, .. } => (u64::from(bits).div_ceil(8), Kind::Integer),
        Type::Float(bits) => (u64::from(bits) / 8, Kind::Float),
        // One in a struct is not taken apart here.
        _ => return None,
    };
    Some(plain(bytes, bytes, kind))
}

impl SourceType {
    pub(super) fn of(ty: &syn::Type) -> Self {
        match ty {
            syn::Type::Path(path) => {
                let Some(last) = path.path.segments.last() else {
                    return Self::Other;
                };
                let inner = match &last.arguments {
                    PathArguments::AngleBracketed(inner) => inner
                        .args
                        .iter()
                        .filter_map(|argument| match argument {
                            GenericArgument::Type(ty) => Some(Self::of(ty)),
                            _ => None,
                        })
                        .collect(),
                    _ => Vec::new(),
                };
                Self::Named(last.ident.to_string(), inner)
            }
            syn::Type::Reference(reference) => Self::Reference(Box::new(Self::of(&reference.elem))),
            syn::Type::Ptr(pointer) => {
                let is_mutable = matches!(pointer.mutability, syn::PointerMutability::Mut(_));
                Self::Pointer(Box::new(Self::of(&pointer.elem)), is_mutable)
            }
            syn::Type::FnPtr(function) => Self::Function(Box::new(FunctionType::of(function))),
            syn::Type::Array(array) => {
                Self::Array(Box::new(Self::of(&array.elem)), Length::of(&array.len))
            }
            syn::Type::Slice(_) | syn::Type::TraitObject(_) => Self::Unsized,
            syn::Type::Tuple(tuple) if tuple.elems.is_empty() => Self::Unit,
            syn::Type::Never(_) => Self::Never,
            syn::Type::Paren(inner) => Self::of(&inner.elem),
            syn::Type::Group(inner) => Self::of(&inner.elem),
            _ => Self::Other,
        }
    }
}

impl std::fmt::Display for SourceType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(name, inner) if inner.is_empty() => f.write_str(name),
            Self::Named(name, inner) => {
                let inner: Vec<_> = inner.iter().map(ToString::to_string).collect();
                write!(f, "{name}<{}>", inner.join(", "))
            }
            Self::Reference(to) => write!(f, "&{to}"),
            Self::Pointer(to, false) => write!(f, "*const {to}"),
            Self::Pointer(to, true) => write!(f, "*mut {to}"),
            Self::Function(_) => f.write_str("fn"),
            Self::Array(of, count) => write!(f, "[{of}; {count}]"),
            Self::Unsized => f.write_str("[_]"),
            Self::Unit => f.write_str("()"),
            Self::Never => f.write_str("!"),
            Self::Other => f.write_str("_"),
        }
    }
}

/// What a struct's attributes and fields say.
pub(super) fn definition_of_struct(item: &syn::ItemStruct) -> Definition {
    // How long an array in it is, follows from where it is used.
    if item.generics.const_params().next().is_some() {
        return Definition::Open;
    }
    let attributes = Attributes::read(&item.attrs);
    let fields = item.fields.iter().enumerate().map(|(number, field)| {
        let name = field.ident.as_ref();
        let name = name.map_or_else(|| number.to_string(), ToString::to_string);
        (name, SourceType::of(&field.ty))
    });
    let repr = |name: &str| attributes.repr.iter().any(|found| found == name);
    Definition::Struct(Struct {
        is_c: repr("C"),
        is_transparent: repr("transparent"),
        packed: attributes.repr_number("packed"),
        align: attributes.repr_number("align"),
        fields: fields.collect(),
    })
}

/// What an enum's attributes say, where it has no fields.
pub(super) fn definition_of_enum(item: &syn::ItemEnum) -> Option<Definition> {
    let attributes = Attributes::read(&item.attrs);
    if item
        .variants
        .iter()
        .any(|variant| !variant.fields.is_empty())
    {
        return None;
    }
    attributes.repr.iter().find_map(|repr| match number(repr)? {
        Type::Integer { bits, signed } => Some(Definition::Enum(bits, signed.unwrap_or(false))),
        _ => None,
    })
}
