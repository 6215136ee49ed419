//! LLVM's types, as far as passing them goes.

use crate::signatures::Type;

/// How many elements of an array are passed one by one: more go in no register, and no compiler
/// writes them.
const MOST_ELEMENTS: u64 = 16;
/// How many plain types one may be made of. Named types name others, so that a few lines could say
/// more than memory holds.
pub(super) const MOST_PARTS: u64 = 1 << 12;

/// A type of LLVM IR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum IrType {
    Void,
    Integer(u16),
    Float(u16),
    Pointer,
    Vector(u64, Box<IrType>),
    Array(u64, Box<IrType>),
    Struct { packed: bool, fields: Vec<IrType> },
}

impl IrType {
    /// Size and alignment, in bytes, on x86-64.
    pub(super) fn layout(&self) -> (u64, u64) {
        match self {
            Self::Void => (0, 1),
            Self::Integer(bits) => {
                let size = u64::from(*bits).div_ceil(8).next_power_of_two();
                (size, size.min(16))
            }
            Self::Float(80) => (16, 16),
            Self::Float(bits) => (u64::from(*bits) / 8, u64::from(*bits) / 8),
            Self::Pointer => (8, 8),
            Self::Vector(count, element) => {
                let size = count
                    .saturating_mul(element.layout().0)
                    .checked_next_power_of_two();
                let size = size.unwrap_or(u64::MAX);
                (size, size)
            }
            Self::Array(count, element) => {
                let (size, align) = element.layout();
                (count.saturating_mul(size), align)
            }
            Self::Struct { packed, fields } => {
                let (mut end, mut most) = (0_u64, 1);
                for field in fields {
                    let (size, align) = field.layout();
                    let align = if *packed { 1 } else { align };
                    end = end
                        .checked_next_multiple_of(align)
                        .unwrap_or(end)
                        .saturating_add(size);
                    most = most.max(align);
                }
                (end.checked_next_multiple_of(most).unwrap_or(end), most)
            }
        }
    }

    /// Of how many types it is made, itself among them.
    pub(super) fn parts(&self) -> u64 {
        let inner = match self {
            Self::Array(count, element) => (*count)
                .clamp(1, MOST_ELEMENTS)
                .saturating_mul(element.parts()),
            Self::Vector(_, element) => element.parts(),
            Self::Struct { fields, .. } => fields.iter().map(Self::parts).sum(),
            _ => 0,
        };
        inner.saturating_add(1)
    }

    /// How it is passed; `None` for nothing.
    pub(super) fn passed(&self) -> Option<Type> {
        match self {
            Self::Void => None,
            Self::Integer(bits) => Some(Type::integer(*bits)),
            Self::Float(bits) => Some(Type::Float(*bits)),
            Self::Pointer => Some(Type::pointer()),
            Self::Vector(..) => Some(Type::Vector(
                u32::try_from(self.layout().0).unwrap_or(u32::MAX),
            )),
            Self::Array(count, element) => {
                let count = (*count).min(MOST_ELEMENTS) as usize;
                Some(Type::Aggregate(vec![element.passed()?; count]))
            }
            Self::Struct { fields, .. } => {
                let fields = fields.iter().filter_map(Self::passed);
                Some(Type::Aggregate(fields.collect()))
            }
        }
    }
}
