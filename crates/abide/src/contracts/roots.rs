//! Roots: the functions written in assembly that the rest of a link unit refers to.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::references::{self, Reference};
use super::told::Told;
use super::{Configuration, Interrupt};
use crate::inputs::link::is_definition;
use crate::inputs::{Binding, Format, Image, Object, Place, Resolved, SymbolKind, shown_name};
use crate::registers::InstructionSet;
use crate::signatures::Signatures;

/// How a root was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Derived {
    /// Compiled code or data refers to it.
    Referred,
    /// It stands in a table of assembly that compiled code refers to.
    InTable,
    /// It is exported, and all exported functions were asked for.
    Exported,
    /// A gate that the code fills leads to it.
    InGate,
    /// Rust defines it as a naked function, and nothing of the unit refers to it.
    Naked,
    /// It was named.
    Named,
    /// Another root hands its address to a function outside.
    HandedOut,
}

impl Derived {
    /// How, in words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Referred => "referred to by compiled code",
            Self::InTable => "in a table that compiled code refers to",
            Self::InGate => "in a gate that the code fills",
            Self::Exported => "exported",
            Self::Naked => "naked, for others to call",
            Self::Named => "named",
            Self::HandedOut => "handed out by another root",
        }
    }
}

/// A function that is bound by a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Its name, as Rust source has it.
    pub name: String,
    /// Where it begins.
    pub place: Place,
    /// How it was found.
    pub derived: Derived,
    /// What tells that it is called by the convention.
    pub told: Told,
}

/// Which functions are roots.
#[derive(Debug, Clone, Copy)]
pub struct RootChoice<'a> {
    /// Names that the user gave.
    pub named: &'a HashSet<String>,
    /// Every exported function in assembly is one.
    pub all_exported: bool,
    /// What `abide.toml` says.
    pub configuration: &'a Configuration,
    /// The functions that gates lead to which the code fills.
    pub handlers: &'a BTreeMap<Place, Interrupt>,
    /// What is declared, and which functions' addresses are numbers to Rust.
    pub signatures: &'a Signatures,
}

impl RootChoice<'_> {
    /// Whether it names any function.
    fn names_any(&self) -> bool {
        !self.named.is_empty() || self.configuration.names_any()
    }

    fn names(&self, symbol: &str) -> bool {
        let shown = shown_name(symbol);
        let named = |name: &str| self.named.contains(name) || self.configuration.is_root(name);
        named(symbol) || named(&shown)
    }

    /// Whether it names a symbol letter by letter, and not by a glob.
    fn spells(&self, symbol: &str) -> bool {
        self.named.contains(symbol) || self.configuration.spells(symbol)
    }
}

/// The roots of a link unit: what compiled code refers to, what is named,
/// and, where asked for, all that is exported. In the order of their places.
#[must_use]
pub fn roots_of(image: &Image, choice: RootChoice<'_>) -> Vec<Root> {
    let mut roots = BTreeMap::new();
    let mut add = |name: &str, place: Place, derived: Derived, told: Told| {
        let name = shown_name(name);
        let object = image.object_of(place.section);
        let object = object.and_then(|object| image.objects().get(object as usize));
        if !object.is_some_and(is_judged) || choice.configuration.is_no_function(&name) {
            return;
        }
        let root = roots.entry(place).or_insert_with(|| Root {
            name: name.into_owned(),
            place,
            derived,
            told,
        });
        root.told = root.told.max(told);
    };
    let symbols = choice.names_any().then(|| image.symbols());
    for (id, symbol) in symbols.into_iter().flatten() {
        if choice.names(&symbol.name)
            && (choice.spells(&symbol.name) || !is_part(image, &symbol.name))
            && let Some(Resolved::Place(place)) = image.resolve(id)
            && image.is_code(place)
        {
            add(&symbol.name, place, Derived::Named, Told::ByCall);
        }
    }
    for &place in choice.handlers.keys() {
        if is_assembly(image, place)
            && let Some(name) = handler_name(image, place)
        {
            add(&name, place, Derived::InGate, Told::ByCall);
        }
    }
    for found in references::of_compiled_code(image, choice.signatures) {
        let Reference {
            name, place, by, ..
        } = found;
        add(name, place, by, found.told);
    }
    for (name, place) in references::naked(image, choice.signatures) {
        let told = match choice.signatures.is_cast(name) {
            true => Told::ByNothing,
            false => Told::ByType,
        };
        add(name, place, Derived::Naked, told);
    }
    if choice.all_exported {
        let tables = ExportTables::of(image);
        for (id, symbol) in image.symbols() {
            let exported = symbol.binding != Binding::Local && is_function(symbol.kind);
            if exported
                && tables.allow(id.object, &symbol.name)
                && let Some(Resolved::Place(place)) = image.resolve(id)
                && is_assembly(image, place)
            {
                add(&symbol.name, place, Derived::Exported, Told::ByCall);
            }
        }
    }
    roots.into_values().collect()
}

/// What images of Windows export: a table says it, and global labels, of which a linker makes dozens,
/// do not.
struct ExportTables<'a>(HashMap<u32, HashSet<&'a str>>);

impl<'a> ExportTables<'a> {
    fn of(image: &'a Image) -> Self {
        let objects = (0..).zip(image.objects());
        let images = objects.filter(|(_, object)| matches!(object.format, Format::Pe { .. }));
        let tables = images.map(|(number, object)| {
            let symbols = object.dynamic_symbols.iter().filter(|s| is_definition(s));
            (number, symbols.map(|symbol| symbol.name.as_str()).collect())
        });
        Self(tables.collect())
    }

    /// Whether an object may export a global symbol.
    fn allow(&self, object: u32, name: &str) -> bool {
        let table = self.0.get(&object);
        table.is_none_or(|table| table.contains(name))
    }
}

/// The name of a handler. Stubs that a macro makes, one for each vector, have no label that the
/// object keeps, so that they are told by what is before them.
fn handler_name(image: &Image, place: Place) -> Option<Cow<'_, str>> {
    Some(match image.name_of(place)? {
        (name, 0) => Cow::Borrowed(name),
        (name, offset) => Cow::Owned(format!("{}+{offset:#x}", shown_name(name))),
    })
}

/// A function whose address another root hands out, if it is one in assembly.
#[must_use]
pub fn handed_out(image: &Image, place: Place) -> Option<Root> {
    let (name, 0) = image.name_of(place)? else {
        return None;
    };
    is_assembly(image, place).then(|| Root {
        name: shown_name(name).into_owned(),
        place,
        derived: Derived::HandedOut,
        // Who is given a pointer can call it in one way only.
        told: Told::ByCall,
    })
}

/// Whether a name is that of a local label, as NASM's `f.loop` is one of `f`.
fn is_part(image: &Image, name: &str) -> bool {
    let outer = name.rsplit_once('.').map(|(outer, _)| outer);
    outer.is_some_and(|outer| image.symbols().any(|(_, symbol)| symbol.name == outer))
}

/// Whether code of the object can be held to a convention.
#[must_use]
pub fn is_judged(object: &Object) -> bool {
    let format = object.format;
    match object.instruction_set {
        Some(InstructionSet::X86_64) => matches!(
            format,
            Format::Elf { is_64: true }
                | Format::MachO { is_64: true }
                | Format::Coff
                | Format::Pe { is_64: true }
        ),
        Some(InstructionSet::X86) => matches!(
            format,
            Format::Elf { is_64: false } | Format::Coff | Format::Pe { is_64: false }
        ),
        None => false,
    }
}

/// Whether an object has code.
#[must_use]
pub fn has_code(object: &Object) -> bool {
    let mut sections = object.sections.iter();
    sections.any(|section| section.flags.execute && section.size > 0)
}

/// Whether any object has code in assembly.
#[must_use]
pub fn has_assembly(image: &Image) -> bool {
    let mut objects = image.objects().iter().zip(0..);
    objects.any(|(object, number)| {
        let assembly = image.assembly_of(number);
        assembly.is_some_and(|assembly| !assembly.is_none())
            && is_judged(object)
            && has_code(object)
    })
}

fn is_function(kind: SymbolKind) -> bool {
    matches!(
        kind,
        SymbolKind::Function | SymbolKind::IndirectFunction | SymbolKind::Untyped
    )
}

/// Whether a place is code in assembly.
pub(super) fn is_assembly(image: &Image, place: Place) -> bool {
    image.is_code(place) && image.trace_of_assembly(place).is_some()
}
