//! Statics that assembly shares with compiled code: where each lies, and what it is declared as.

use std::collections::HashSet;

use rustc_hash::FxHashMap;

use crate::inputs::{
    Binding, Image, Language, Place, Resolved, SectionId, Symbol, SymbolKind, SymbolPlace,
};
use crate::signatures::{DeclaredStatic, Layout, Signatures};

/// A static.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Static {
    /// Its symbol.
    pub name: String,
    /// Where it begins.
    pub place: Place,
    /// How many bytes a compiler gave it; `None` where assembly defines it, which alone knows
    /// what follows.
    pub size: Option<u64>,
    /// What source declares.
    pub declared: Option<DeclaredStatic>,
}

impl Static {
    /// Source of which a compiler made something of another size is of another build.
    fn distrust(&mut self) {
        if let (Some(size), Some(declared)) = (self.size, &mut self.declared) {
            let is_so = |layout: &Layout| layout.size == size;
            declared
                .ty
                .take_if(|ty| !ty.layout.as_ref().is_none_or(is_so));
        }
    }
}

/// The statics of a link unit, by the sections that hold any.
#[derive(Debug, Default)]
pub struct Statics {
    by_section: FxHashMap<SectionId, Vec<Static>>,
}

impl Statics {
    /// Those that assembly defines and source declares, and those that compiled code defines and
    /// assembly names or source declares, with their neighbours.
    #[must_use]
    pub fn of(image: &Image, signatures: &Signatures) -> Self {
        let wanted = wanted_by_assembly(image);
        let mut by_section: FxHashMap<SectionId, Vec<Static>> = FxHashMap::default();
        let mut shared = HashSet::new();
        for (id, symbol) in image.symbols() {
            let Some(Resolved::Place(place)) = image.resolve(id) else {
                continue;
            };
            let object = image.objects().get(id.object as usize);
            let is_assembly = object.is_some_and(|o| o.language == Language::Assembly);
            let declared = signatures.static_of(&symbol.name);
            if !is_data(image, symbol, place) || is_assembly && declared.is_none() {
                continue;
            }
            let is_global = symbol.binding != Binding::Local;
            if is_global && (declared.is_some() || wanted.contains(symbol.name.as_str())) {
                shared.insert(place.section);
            }
            by_section.entry(place.section).or_default().push(Static {
                name: symbol.name.clone(),
                place,
                size: (!is_assembly && symbol.size > 0).then_some(symbol.size),
                declared: declared.filter(|_| is_global).cloned(),
            });
        }
        by_section.retain(|section, _| shared.contains(section));
        for statics in by_section.values_mut() {
            statics.sort_by_key(|of| of.place);
            statics.dedup_by_key(|of| of.place);
            statics.iter_mut().for_each(Static::distrust);
        }
        Self { by_section }
    }

    /// Whether there is none at all.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.by_section.is_empty()
    }

    /// Whether a section holds any.
    #[must_use]
    pub fn are_in(&self, section: SectionId) -> bool {
        self.by_section.contains_key(&section)
    }

    /// The one that begins at a place.
    #[must_use]
    pub fn at(&self, place: Place) -> Option<&Static> {
        self.before(place).filter(|found| found.place == place)
    }

    /// The last that begins at a place or before it, in its section.
    #[must_use]
    pub fn before(&self, place: Place) -> Option<&Static> {
        let statics = self.by_section.get(&place.section)?;
        let behind = statics.partition_point(|of| of.place <= place);
        statics.get(behind.checked_sub(1)?)
    }
}

/// The names that assembly looks for in other objects.
fn wanted_by_assembly(image: &Image) -> HashSet<&str> {
    let objects = image.objects().iter();
    objects
        .filter(|object| object.language == Language::Assembly)
        .flat_map(|object| &object.symbols)
        .filter(|symbol| symbol.place == SymbolPlace::Undefined)
        .map(|symbol| symbol.name.as_str())
        .collect()
}

/// Whether a symbol that a section defines names data. Assembly often says no type.
fn is_data(image: &Image, symbol: &Symbol, place: Place) -> bool {
    let is_defined = matches!(symbol.place, SymbolPlace::Section(_)) && !symbol.name.is_empty();
    let is_named = matches!(symbol.kind, SymbolKind::Object | SymbolKind::Untyped);
    is_defined && is_named && !image.is_code(place)
}
