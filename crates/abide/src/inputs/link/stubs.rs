//! Which calls of 32-bit code the linker leads through stubs that count on `ebx`.
//!
//! A stub of the procedure linkage table fetches the function's address from the global offset
//! table. In what may be moved, 32-bit code cannot name that table by an address: the stub goes by
//! `ebx`, which its caller loads (System V ABI, Intel386 supplement, fourth edition, 5.2
//! "Procedure Linkage Table"). In a program at a fixed address it names the table itself.

use super::{LinkOptions, Output};
use crate::inputs::{
    Binding, Format, Image, ImageSymbol, Object, ObjectKind, Place, RelocationKind,
    RelocationTarget, Symbol, SymbolKind, Visibility,
};
use crate::registers::InstructionSet;

/// What the linker makes of a call that asks for a stub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stub {
    /// The function itself is called, or a stub that names the table by its address.
    Free,
    /// A stub that goes by `ebx`.
    GoesByEbx,
    /// One of the two.
    Unknown {
        /// What is not known, as the end of a sentence.
        why: &'static str,
    },
}

/// What of a link tells which calls go through stubs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stubs {
    output: Option<Output>,
    is_complete: bool,
}

impl Stubs {
    /// Those of a link.
    #[must_use]
    pub fn of(options: &LinkOptions) -> Self {
        Self {
            output: options.output,
            is_complete: options.is_complete(),
        }
    }

    /// Whom the call or jump at a place leads to, and how; `None` where it asks for no stub.
    #[must_use]
    pub fn at(self, image: &Image, place: Place) -> Option<(ImageSymbol, Stub)> {
        let object = image.object_of(place.section)?;
        let file = image.objects().get(object as usize)?;
        if !may_ask(file) {
            return None;
        }
        // The opcode has a byte, or two (`jz`, or behind a prefix).
        let mut fields = [1, 2].into_iter().map(|bytes| Place {
            offset: place.offset + bytes,
            ..place
        });
        let relocation = fields.find_map(|field| {
            let found = image.relocation_at(field)?;
            (found.kind == RelocationKind::PltRelative).then_some(found)
        })?;
        let RelocationTarget::Symbol(symbol) = relocation.target else {
            return None;
        };
        let symbol = ImageSymbol { object, symbol };
        Some((symbol, self.to(image, symbol)))
    }

    /// What becomes of a call of a symbol.
    fn to(self, image: &Image, symbol: ImageSymbol) -> Stub {
        let own = image.symbol(symbol);
        let definition = own.and_then(|own| image.global(&own.name));
        // Shared objects that were given define it for the loader alone.
        let is_inside = definition.is_some_and(|id| {
            let file = image.objects().get(id.object as usize);
            file.is_some_and(|file| file.kind == ObjectKind::Relocatable)
        });
        let definition = definition
            .filter(|_| is_inside)
            .and_then(|id| image.symbol(id));
        let is_kept_inside = own.is_none_or(stays_inside) || definition.is_some_and(stays_inside);
        let is_chosen_late = |symbol: &Symbol| symbol.kind == SymbolKind::IndirectFunction;
        match self.output {
            Some(Output::Static | Output::Flat | Output::FlatByLld) => Stub::Free,
            Some(Output::Pie | Output::Shared)
                if own.into_iter().chain(definition).any(is_chosen_late) =>
            {
                Stub::GoesByEbx
            }
            _ if is_kept_inside => Stub::Free,
            Some(Output::Pie) if is_inside => Stub::Free,
            Some(Output::Shared) if is_inside => Stub::Unknown {
                why: "a version script or `-Bsymbolic` may bind it inside of the shared object",
            },
            Some(Output::Pie | Output::Shared) => match self.is_complete {
                true => Stub::GoesByEbx,
                false => Stub::Unknown {
                    why: "another object of the link may define it: `--complete` says that none does",
                },
            },
            None => Stub::Unknown {
                why: "`--pie`, `--shared` or `--no-pie` says what the link makes",
            },
        }
    }
}

fn may_ask(object: &Object) -> bool {
    object.instruction_set == Some(InstructionSet::X86)
        && object.kind == ObjectKind::Relocatable
        && matches!(object.format, Format::Elf { .. })
}

/// Whether no other module takes the symbol's place.
fn stays_inside(symbol: &Symbol) -> bool {
    symbol.binding == Binding::Local || symbol.visibility != Visibility::Default
}
