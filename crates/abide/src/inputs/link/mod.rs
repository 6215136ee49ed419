//! The link unit: the objects that one link puts together, and what each name means there.

mod live;
mod pull;
mod script;
mod stubs;
mod target;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use super::{
    Binding, File, Import, Lines, Object, ObjectKind, SectionIndex, SourceLine, Symbol,
    SymbolIndex, SymbolKind, SymbolPlace,
};

pub use script::Script;
pub use stubs::{Stub, Stubs};
pub use target::Target;

/// How the files are linked: what the linker is told beside their names.
#[derive(Debug, Clone, Default)]
pub struct LinkOptions {
    /// The symbol at which execution starts.
    pub entry: Option<String>,
    /// Whether nothing else joins the link, so that every name must be defined.
    pub complete: bool,
    /// What the link makes, where it is known.
    pub output: Option<Output>,
    /// Whether archives are searched again until no member is added (`--start-group`).
    pub group: bool,
    /// Whether every member of an archive joins (`--whole-archive`).
    pub whole_archive: bool,
    /// Whether sections that nothing refers to are dropped (`--gc-sections`).
    pub gc_sections: bool,
    /// The linker script.
    pub script: Option<Script>,
    /// Names that the linker is told to define (`--defsym`).
    pub defined: Vec<String>,
}

impl LinkOptions {
    /// Whether they tell that nothing else joins the link: a partial one has no entry.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let by_script = self
            .script
            .as_ref()
            .and_then(|script| script.entry.as_ref());
        self.complete || self.entry.as_ref().or(by_script).is_some()
    }
}

/// What a link makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// A program at a fixed address.
    Static,
    /// A position-independent program.
    Pie,
    /// A shared object.
    Shared,
    /// The bytes of memory and nothing else, made by GNU ld (`--oformat binary`).
    Flat,
    /// The same, made by LLD.
    FlatByLld,
}

/// A symbol of the unit: the object's place in [`LinkUnit::objects`] and its symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SymbolRef {
    /// The object.
    pub object: usize,
    /// The symbol in its static table.
    pub symbol: SymbolIndex,
}

/// A place in one of the unit's objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitPlace {
    /// The object's place in [`LinkUnit::objects`].
    pub object: usize,
    /// The section in it.
    pub section: SectionIndex,
    /// The offset in the section, in bytes.
    pub offset: u64,
}

/// The objects of one link.
#[derive(Debug, Default)]
pub struct LinkUnit {
    /// The objects that join, in the order in which they do.
    pub objects: Vec<Object>,
    /// Members of archives that nothing asked for when the linker came by.
    pub left_out: Vec<Object>,
    /// Objects of another target, which the linker rejects or skips.
    pub foreign: Vec<Object>,
    /// Programs and shared objects that were given: complete links of their own.
    pub images: Vec<Object>,
    /// What most of the objects are made for.
    pub target: Option<Target>,
    /// How they are linked.
    pub options: LinkOptions,
    /// What import libraries that were given stand for.
    pub imports: Vec<Import>,
    definitions: HashMap<String, Vec<SymbolRef>>,
    dynamic: HashSet<String>,
    live: Option<HashSet<(usize, SectionIndex)>>,
    lines: Vec<OnceLock<Lines>>,
}

impl LinkUnit {
    /// Puts the files together as a linker does, in their order.
    ///
    /// An object joins always, a member of an archive where it defines a name that is
    /// undefined when the linker comes by, as GNU ld has it. A unit is *complete* when the
    /// options say so or name an entry, by hand or in the linker script; every other one is
    /// *partial*, the caller brings more, and then every member joins.
    #[must_use]
    pub fn new(files: Vec<File>, mut options: LinkOptions) -> Self {
        options.complete = options.is_complete();
        if options.entry.is_none() {
            options.entry = options.script.as_ref().and_then(|s| s.entry.clone());
        }
        let mut unit = Self {
            target: target::of_most(&files),
            options,
            ..Self::default()
        };
        unit.imports = files.iter().flat_map(|f| f.imports.clone()).collect();
        pull::fill(&mut unit, files);
        unit.definitions = definitions(&unit.objects);
        unit.dynamic = exports(&unit.images);
        let imported = unit.imports.iter().flat_map(Import::names);
        unit.dynamic.extend(imported);
        unit.lines = unit.all().map(|_| OnceLock::new()).collect();
        if unit.options.gc_sections && unit.options.complete {
            unit.live = Some(live::sections(&unit));
        }
        unit
    }

    /// Whether nothing else joins the link.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.options.complete
    }

    /// The definitions of `name` that other objects may refer to, in the objects' order.
    #[must_use]
    pub fn definitions(&self, name: &str) -> &[SymbolRef] {
        self.definitions.get(name).map_or(&[], Vec::as_slice)
    }

    /// The definition of `name` that the linker takes: the first that is not weak, else the first.
    #[must_use]
    pub fn definition(&self, name: &str) -> Option<SymbolRef> {
        let all = self.definitions(name);
        let is_weak = |symbol| {
            self.symbol(symbol)
                .is_some_and(|s| s.binding == Binding::Weak)
        };
        let strong = all.iter().find(|symbol| !is_weak(**symbol));
        strong.or(all.first()).copied()
    }

    /// Every name that has a definition, in no particular order.
    pub fn defined_names(&self) -> impl Iterator<Item = &str> {
        self.definitions.keys().map(String::as_str)
    }

    /// Whether `name` has a meaning in this link, the linker's own names included.
    #[must_use]
    pub fn is_defined(&self, name: &str) -> bool {
        self.definitions.contains_key(name)
            || self.dynamic.contains(name)
            || self.options.defined.iter().any(|defined| defined == name)
            || self
                .options
                .script
                .as_ref()
                .is_some_and(|s| s.defines(name))
            || self.is_of_linker(name)
    }

    /// Names that a linker defines by itself: GNU ld's default script, and the bounds of
    /// sections whose names are identifiers of C.
    fn is_of_linker(&self, name: &str) -> bool {
        const NAMES: &[&str] = &[
            "_GLOBAL_OFFSET_TABLE_",
            "_PROCEDURE_LINKAGE_TABLE_",
            "_DYNAMIC",
            "_TLS_MODULE_BASE_",
            "__ehdr_start",
            "__executable_start",
            "__GNU_EH_FRAME_HDR",
            "__bss_start",
            "__preinit_array_start",
            "__preinit_array_end",
            "__init_array_start",
            "__init_array_end",
            "__fini_array_start",
            "__fini_array_end",
            "__rela_iplt_start",
            "__rela_iplt_end",
            "__rel_iplt_start",
            "__rel_iplt_end",
            "__etext",
            "_etext",
            "etext",
            "_edata",
            "edata",
            "_end",
            "end",
            "__ImageBase",
            "__mh_execute_header",
            "___dso_handle",
            // Calls that the linker relaxes away, or leaves to the dynamic loader.
            "__tls_get_addr",
            "___tls_get_addr",
        ];
        let section = name
            .strip_prefix("__start_")
            .or_else(|| name.strip_prefix("__stop_"));
        NAMES.contains(&name)
            || section.is_some_and(|section| {
                let mut all = self.objects.iter().flat_map(|object| &object.sections);
                all.any(|other| other.name == section)
            })
    }

    /// Whether the section is in what the link makes: in memory, neither discarded by the
    /// linker script nor dropped because nothing refers to it.
    #[must_use]
    pub fn is_live(&self, object: usize, section: SectionIndex) -> bool {
        let Some(found) = self
            .objects
            .get(object)
            .and_then(|object| object.sections.get(section.0 as usize))
        else {
            return false;
        };
        let discarded = self
            .options
            .script
            .as_ref()
            .is_some_and(|s| s.discards(&found.name));
        found.flags.alloc
            && !discarded
            && self
                .live
                .as_ref()
                .is_none_or(|live| live.contains(&(object, section)))
    }

    /// The symbol that is meant.
    #[must_use]
    pub fn symbol(&self, symbol: SymbolRef) -> Option<&Symbol> {
        let object = self.objects.get(symbol.object)?;
        object.symbols.get(symbol.symbol.0 as usize)
    }

    /// How many bytes a definition has at most: those that it says, else all to the end of its
    /// section.
    #[must_use]
    pub fn room_of(&self, definition: SymbolRef) -> Option<u64> {
        let symbol = self.symbol(definition)?;
        let SymbolPlace::Section(section) = symbol.place else {
            return None;
        };
        let sections = &self.objects.get(definition.object)?.sections;
        let section = sections.get(section.0 as usize)?;
        match symbol.size {
            0 => section.size.checked_sub(symbol.value),
            size => Some(size),
        }
    }

    /// The objects that join, and behind them the images: contracts are judged of both, and places
    /// number them so.
    pub fn all(&self) -> impl Iterator<Item = &Object> {
        self.objects.iter().chain(&self.images)
    }

    /// The source line of a place; reads the object's line table at the first question.
    #[must_use]
    pub fn line(&self, place: UnitPlace) -> Option<SourceLine> {
        let object = self.all().nth(place.object)?;
        let lines = self.lines.get(place.object)?;
        lines
            .get_or_init(|| Lines::of(object))
            .at(place.section, place.offset)
    }

    /// The source files that an object's line table names.
    #[must_use]
    pub fn source_files(&self, object: usize) -> &[Arc<str>] {
        let found = self.objects.get(object).zip(self.lines.get(object));
        found.map_or(&[], |(object, lines)| {
            lines.get_or_init(|| Lines::of(object)).files()
        })
    }
}

/// Whether the symbol gives its name a meaning outside its object.
#[must_use]
pub fn is_definition(symbol: &Symbol) -> bool {
    symbol.binding != Binding::Local
        && symbol.place != SymbolPlace::Undefined
        && !matches!(symbol.kind, SymbolKind::Section | SymbolKind::File)
}

/// Whether the object must have a definition of this name from elsewhere.
#[must_use]
pub fn is_demand(symbol: &Symbol) -> bool {
    symbol.place == SymbolPlace::Undefined
        && matches!(symbol.binding, Binding::Global | Binding::Unique)
        && !symbol.name.is_empty()
}

fn definitions(objects: &[Object]) -> HashMap<String, Vec<SymbolRef>> {
    let mut definitions: HashMap<String, Vec<SymbolRef>> = HashMap::new();
    for (object, symbols) in objects.iter().map(|object| &object.symbols).enumerate() {
        for (symbol, found) in (0..).map(SymbolIndex).zip(symbols) {
            if is_definition(found) {
                let symbol = SymbolRef { object, symbol };
                match definitions.get_mut(&found.name) {
                    Some(known) => known.push(symbol),
                    None => drop(definitions.insert(found.name.clone(), vec![symbol])),
                }
            }
        }
    }
    definitions
}

fn exports(images: &[Object]) -> HashSet<String> {
    images
        .iter()
        .filter(|image| image.kind == ObjectKind::Shared)
        .flat_map(|image| &image.dynamic_symbols)
        .filter(|symbol| is_definition(symbol))
        .map(|symbol| symbol.name.clone())
        .collect()
}
