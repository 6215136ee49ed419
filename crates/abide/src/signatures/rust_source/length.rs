//! How long arrays are, as source writes it: numbers, constants, and what is computed of them.

use super::types::SourceType;

/// A length, or the value of a constant that lengths may be made of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Length {
    /// A number.
    Number(u64),
    /// A constant, by the last name of its path.
    Constant(String),
    /// `size_of::<T>()`.
    SizeOf(Box<SourceType>),
    /// Two, and what is computed of them.
    Computed(Operation, Box<Length>, Box<Length>),
    /// Source does not tell.
    Unknown,
}

/// What is computed of two lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `<<`
    ShiftLeft,
    /// `>>`
    ShiftRight,
}

impl Length {
    pub(super) fn of(expression: &syn::Expr) -> Self {
        match expression {
            syn::Expr::Lit(literal) => match &literal.lit {
                syn::Lit::Int(number) => number.base10_parse().map_or(Self::Unknown, Self::Number),
                _ => Self::Unknown,
            },
            syn::Expr::Paren(inner) => Self::of(&inner.expr),
            syn::Expr::Group(inner) => Self::of(&inner.expr),
            // A type that is too narrow would not compile.
            syn::Expr::Cast(cast) => Self::of(&cast.expr),
            syn::Expr::Path(path) => constant(&path.path),
            syn::Expr::Call(call) if call.args.is_empty() => size_of(&call.func),
            syn::Expr::Binary(binary) => match operation(&binary.op) {
                Some(operation) => Self::Computed(
                    operation,
                    Box::new(Self::of(&binary.left)),
                    Box::new(Self::of(&binary.right)),
                ),
                None => Self::Unknown,
            },
            _ => Self::Unknown,
        }
    }
}

/// A constant of a module. Those of types and traits differ from one to the next.
fn constant(path: &syn::Path) -> Length {
    let mut names = path
        .segments
        .iter()
        .rev()
        .map(|part| part.ident.to_string());
    let (name, outer) = (names.next(), names.next());
    let is_of_type = outer.is_some_and(|outer| outer.starts_with(char::is_uppercase));
    match name.filter(|_| !is_of_type) {
        Some(name) => Length::Constant(name),
        None => Length::Unknown,
    }
}

fn size_of(function: &syn::Expr) -> Length {
    let syn::Expr::Path(path) = function else {
        return Length::Unknown;
    };
    let last = path.path.segments.last();
    match last.map(|last| (last.ident == "size_of", &last.arguments)) {
        Some((true, syn::PathArguments::AngleBracketed(of))) => match of.args.first() {
            Some(syn::GenericArgument::Type(ty)) => Length::SizeOf(Box::new(SourceType::of(ty))),
            _ => Length::Unknown,
        },
        _ => Length::Unknown,
    }
}

const fn operation(operator: &syn::BinOp) -> Option<Operation> {
    Some(match operator {
        syn::BinOp::Add(_) => Operation::Add,
        syn::BinOp::Sub(_) => Operation::Subtract,
        syn::BinOp::Mul(_) => Operation::Multiply,
        syn::BinOp::Div(_) => Operation::Divide,
        syn::BinOp::Shl(_) => Operation::ShiftLeft,
        syn::BinOp::Shr(_) => Operation::ShiftRight,
        _ => return None,
    })
}

impl Operation {
    /// The result, as constants are computed: what does not fit is an error.
    pub(super) fn on(self, left: u64, right: u64) -> Option<u64> {
        let shift = || u32::try_from(right).ok().filter(|&by| by < u64::BITS);
        match self {
            Self::Add => left.checked_add(right),
            Self::Subtract => left.checked_sub(right),
            Self::Multiply => left.checked_mul(right),
            Self::Divide => left.checked_div(right),
            Self::ShiftLeft => {
                let shifted = left << shift()?;
                (shifted >> shift()? == left).then_some(shifted)
            }
            Self::ShiftRight => Some(left >> shift()?),
        }
    }
}

impl std::fmt::Display for Length {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Constant(name) => f.write_str(name),
            _ => f.write_str("_"),
        }
    }
}
