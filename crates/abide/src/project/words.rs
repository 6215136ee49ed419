//! Verdicts and assumptions in words.

use super::verdicts::{Assumed, Verdict};
use crate::inputs::Image;
use crate::interpret::Callee;

impl Verdict {
    /// The verdict in a word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Refuted(_) => "refuted",
            Self::Possible(_) => "possible",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl Assumed {
    /// The assumption's name, without what it is about.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NoAlias => "no-alias",
            Self::IndexInBounds => "index-in-bounds",
            Self::CountedWordsAligned(..) => "counted-words-aligned",
            Self::SearchFinds(_) => "search-finds",
            Self::FrameBound => "frame-bound",
            Self::LowAddresses => "low-addresses",
            Self::NoSelfModification => "no-self-modification",
            Self::TableBound(..) => "table-bound",
            Self::CalleeConforms(_) => "callee-conforms",
            Self::ArgumentsStay(_) => "arguments-stay",
        }
    }

    /// The assumption as it is printed.
    #[must_use]
    pub fn text(&self, image: &Image) -> String {
        match self {
            Self::CountedWordsAligned(register, of) => {
                format!("{}({register}, {of})", self.kind())
            }
            Self::SearchFinds(register) => format!("{}({register})", self.kind()),
            Self::TableBound(_, entries) => format!("{}({entries})", self.kind()),
            Self::CalleeConforms(callee) | Self::ArgumentsStay(callee) => {
                let name = match callee {
                    Callee::Place(place) => image.name_of(*place).map(|(name, _)| name),
                    Callee::External(symbol) => image.name_of_function(*symbol),
                    Callee::Pointer => None,
                };
                format!("{}({})", self.kind(), name.unwrap_or("pointer"))
            }
            _ => self.kind().to_owned(),
        }
    }
}
