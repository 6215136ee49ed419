//! Where things lie in a struct, and what it is to the convention.

use super::{Extension, Type};

/// How many fields are told apart in a type.
const MOST_FIELDS: usize = 1 << 14;
/// How many elements of an array are.
const MOST_ELEMENTS: u64 = 4096;

/// Where something lies in a type, in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Field {
    /// Its path: `limit`, `base.low`.
    pub name: String,
    /// Its first byte.
    pub offset: u64,
    /// How many there are.
    pub size: u64,
    pub(super) kind: Kind,
}

/// What a plain piece of data is to the convention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Integer,
    Float,
}

/// What a pointer is declared to point to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pointee {
    /// The type's name.
    pub name: String,
    /// Where what lies in it; `None` where Rust orders the fields as it likes.
    pub layout: Option<Layout>,
    /// It is a reference: behind the type there is nothing that may be accessed.
    pub is_reference: bool,
}

/// A type's size and what is where in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Layout {
    /// How many bytes.
    pub size: u64,
    /// The alignment, in bytes.
    pub align: u64,
    /// The plain pieces, by offset.
    pub fields: Vec<Field>,
    /// From which byte on there may be any number of elements, where its last field is an array of
    /// none.
    pub rest: Option<u64>,
}

/// Section 3.2.3 of the System V ABI: up to two words go in registers, each by what is in it.
pub(super) fn classified(layout: &Layout) -> Type {
    let memory = Type::Memory {
        bytes: layout.size,
        align: layout.align.max(8),
    };
    let is_odd = |field: &Field| field.size > 0 && !field.offset.is_multiple_of(field.size.min(8));
    if layout.size > 16 || layout.size == 0 || layout.fields.iter().any(is_odd) {
        return memory;
    }
    let words = (0..layout.size.div_ceil(8)).map(|word| {
        let mut inside = layout
            .fields
            .iter()
            .filter(|field| field.offset < word * 8 + 8 && field.offset + field.size > word * 8);
        let bytes = (layout.size - word * 8).min(8);
        match inside.any(|field| field.kind == Kind::Integer) {
            true => Type::integer(bytes as u16 * 8),
            false if bytes == 4 => Type::Float(32),
            false => Type::Float(64),
        }
    });
    Type::Aggregate(words.collect())
}

/// Integers narrower than 32 bits are extended by the caller.
pub(super) fn extended(ty: Type) -> (Option<Extension>, Type) {
    let extension = match ty {
        Type::Integer {
            bits: 0..32,
            signed: Some(true),
        } => Some(Extension::Sign),
        Type::Integer { bits: 0..32, .. } => Some(Extension::Zero),
        _ => None,
    };
    (extension, ty)
}

pub(super) fn plain(size: u64, align: u64, kind: Kind) -> Layout {
    let field = Field {
        name: String::new(),
        offset: 0,
        size,
        kind,
    };
    Layout {
        size,
        align: align.max(1),
        fields: if size == 0 { Vec::new() } else { vec![field] },
        rest: None,
    }
}

/// Puts the fields of a type among those of one that has it at an offset, each by its name there;
/// `None` where they become too many.
pub(super) fn embed(
    fields: &mut Vec<Field>,
    inner: Layout,
    offset: u64,
    name: impl Fn(String) -> String,
) -> Option<()> {
    let inner = inner.fields.into_iter().map(|field| Field {
        name: name(field.name),
        offset: offset.saturating_add(field.offset),
        ..field
    });
    fields.extend(inner);
    (fields.len() <= MOST_FIELDS).then_some(())
}

/// An array of so many; `None` where its size or its fields are too many.
pub(super) fn repeated(of: &Layout, count: u64) -> Option<Layout> {
    let size = of.size.checked_mul(count)?;
    let mut fields = Vec::new();
    // A long array is one piece, unless there are gaps in it.
    let is_dense = of.fields.iter().map(|field| field.size).sum::<u64>() == of.size;
    if count > 64 && is_dense {
        let kind = of.fields.first()?.kind;
        let mut whole = plain(size, of.align, kind);
        whole.fields.iter_mut().for_each(|field| field.size = size);
        return Some(whole);
    }
    for number in 0..count.min(MOST_ELEMENTS) {
        embed(&mut fields, of.clone(), number * of.size, |inner| {
            format!("[{number}]{inner}")
        })?;
    }
    Some(Layout {
        size,
        align: of.align,
        fields,
        rest: (count == 0 && of.size > 0).then_some(0),
    })
}

impl Layout {
    /// The field that begins at this byte.
    #[must_use]
    pub fn field_at(&self, offset: u64) -> Option<&Field> {
        self.fields.iter().find(|field| field.offset == offset)
    }

    /// Whether a byte of the type belongs to no field.
    #[must_use]
    pub fn is_padding(&self, byte: u64) -> bool {
        let holds = |field: &Field| (field.offset..field.offset + field.size).contains(&byte);
        byte < self.size && !self.fields.iter().any(holds)
    }
}
