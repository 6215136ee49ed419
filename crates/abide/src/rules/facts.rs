//! What rules judge by.

use std::cell::OnceCell;

use super::{Location, ObjectPlace};
use crate::conventions::Convention;
use crate::inputs::link::{LinkUnit, SymbolRef, UnitPlace};
use crate::inputs::{
    Assembly, Language, Object, Relocation, RelocationTarget, SectionIndex, SymbolPlace,
};
use crate::signatures::Signatures;
use crate::signatures::rust_source::{RustItem, RustSource};

/// The link unit, and what is known beside it.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The objects of one link.
    pub unit: &'a LinkUnit,
    /// Rust source, where it was given.
    pub source: &'a RustSource,
    /// What is declared of functions.
    pub signatures: &'a Signatures,
    /// The C convention of the code.
    pub platform: &'static Convention,
    /// For each object which of its code is assembly, told once it is asked for.
    assembly: Vec<OnceCell<Assembly>>,
}

impl<'a> Facts<'a> {
    /// The facts of a link unit, whose code is of a platform.
    #[must_use]
    pub fn new(
        unit: &'a LinkUnit,
        source: &'a RustSource,
        signatures: &'a Signatures,
        platform: &'static Convention,
    ) -> Self {
        Self {
            unit,
            source,
            signatures,
            platform,
            assembly: vec![OnceCell::new(); unit.objects.len()],
        }
    }

    /// Which code of an object is assembly.
    #[must_use]
    pub fn assembly(&self, object: usize) -> Option<&Assembly> {
        let of = self.unit.objects.get(object)?;
        Some(self.assembly.get(object)?.get_or_init(|| Assembly::of(of)))
    }

    /// A place in one of the unit's objects or images, with its source line where one is known.
    #[must_use]
    pub fn location(&self, place: UnitPlace, label: impl Into<String>) -> Location {
        let object = self.unit.all().nth(place.object);
        let section = object.and_then(|object| object.sections.get(place.section.0 as usize));
        Location {
            place: object.map(|object| ObjectPlace {
                object: object.name.clone(),
                section: section.map_or_else(String::new, |section| section.name.clone()),
                offset: place.offset,
            }),
            line: self.unit.line(place),
            label: label.into(),
        }
    }

    /// Where a symbol is defined.
    #[must_use]
    pub fn definition(&self, symbol: SymbolRef, label: impl Into<String>) -> Location {
        let found = self.unit.symbol(symbol);
        match found.map(|found| (found.place, found.value)) {
            Some((SymbolPlace::Section(section), offset)) => {
                let object = symbol.object;
                self.location(
                    UnitPlace {
                        object,
                        section,
                        offset,
                    },
                    label,
                )
            }
            _ => match self.unit.objects.get(symbol.object) {
                Some(object) => whole(object, label),
                None => Location {
                    place: None,
                    line: None,
                    label: label.into(),
                },
            },
        }
    }

    /// Where an object first refers to a symbol of its own table; the object, where it nowhere does.
    #[must_use]
    pub fn reference(&self, symbol: SymbolRef, label: impl Into<String>) -> Location {
        let Some(object) = self.unit.objects.get(symbol.object) else {
            return self.definition(symbol, label);
        };
        let mut sections = (0..).map(SectionIndex).zip(&object.sections);
        let found = sections.find_map(|(section, of)| {
            let is_it = |r: &&Relocation| r.target == RelocationTarget::Symbol(symbol.symbol);
            let mut relocations = of.relocations.iter().filter(|_| of.flags.alloc);
            let offset = relocations.find(is_it)?.offset;
            Some(UnitPlace {
                object: symbol.object,
                section,
                offset,
            })
        });
        match found {
            Some(place) => self.location(place, label),
            None => whole(object, label),
        }
    }

    /// Whether a definition is code.
    #[must_use]
    pub fn is_code(&self, symbol: SymbolRef) -> bool {
        let Some(SymbolPlace::Section(section)) = self.unit.symbol(symbol).map(|s| s.place) else {
            return false;
        };
        let object = self.unit.objects.get(symbol.object);
        let section = object.and_then(|object| object.sections.get(section.0 as usize));
        section.is_some_and(|section| section.flags.execute)
    }

    /// The name of the object that a symbol is in.
    #[must_use]
    pub fn object_name(&self, symbol: SymbolRef) -> &str {
        let object = self.unit.objects.get(symbol.object);
        object.map_or("", |object| &object.name)
    }
}

/// An object as a whole.
#[must_use]
pub fn whole(object: &Object, label: impl Into<String>) -> Location {
    Location {
        place: Some(ObjectPlace {
            object: object.name.clone(),
            section: String::new(),
            offset: 0,
        }),
        line: None,
        label: label.into(),
    }
}

/// An item of Rust source.
#[must_use]
pub fn in_source(item: &RustItem, label: impl Into<String>) -> Location {
    Location {
        place: None,
        line: Some(item.line.clone()),
        label: label.into(),
    }
}

/// Who is speaking, in words.
#[must_use]
pub fn speaker(language: Language) -> &'static str {
    match language {
        Language::Assembly => "assembly",
        Language::Rust => "Rust",
        Language::C => "C",
        Language::Unknown => "code of unknown language",
    }
}
