//! All that is said of all symbols.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::debug_info::{DebugInfo, Table, TablePlace};
use super::renamed::{Renamed, SymbolNames};
use super::rust_source::{ItemKind, RustItem, RustSource};
use super::{CallConvention, DeclaredStatic, Origin, Signature, files, json, llvm};
use crate::inputs::{
    Language, Object, RelocationTarget, SectionIndex, SourceLine, Symbol, SymbolPlace, shown_name,
};

/// What is said of each symbol, by everyone.
#[derive(Debug, Clone, Default)]
pub struct Signatures {
    by_symbol: BTreeMap<String, Vec<Signature>>,
    renamed: Renamed,
    /// Functions whose addresses Rust casts to what tells nothing of them.
    cast: BTreeSet<String>,
    /// Functions that Rust defines, and whose bodies are assembly alone.
    naked: BTreeSet<String>,
    statics: BTreeMap<String, DeclaredStatic>,
    /// What names of types of functions stand for.
    function_types: BTreeMap<String, Signature>,
    /// Whether anything was there to be read.
    pub is_given: bool,
}

/// All `.ll` files under a path, by name, or the file that it is. Symbolic links to directories are
/// not followed.
///
/// # Errors
/// A directory cannot be read.
pub fn files_of_ir(path: &Path) -> io::Result<Vec<PathBuf>> {
    files::under(path, ".ll", |_| true)
}

impl Signatures {
    /// Reads a `.ll` or `.json` file, or all `.ll` files under a directory.
    ///
    /// # Errors
    /// A file or directory cannot be read, or is not of its form.
    pub fn read(&mut self, path: &Path) -> io::Result<()> {
        self.is_given = true;
        for path in files_of_ir(path)? {
            let text = std::fs::read_to_string(&path)?;
            let file = path.to_string_lossy();
            if path.extension().is_some_and(|ending| ending == "json") {
                let signatures = json::read(&file, &text).map_err(io::Error::other)?;
                signatures
                    .into_iter()
                    .for_each(|signature| self.add(signature));
            } else {
                self.add_ir(&file, &text);
            }
        }
        Ok(())
    }

    /// Adds what a text of LLVM IR says.
    pub fn add_ir(&mut self, file: &str, text: &str) {
        self.is_given = true;
        for signature in llvm::read(file, text) {
            self.add(signature);
        }
    }

    /// Reads what a file of LLVM IR says of these symbols; whether it declares or defines any.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read_of(&mut self, path: &Path, symbols: &SymbolNames) -> io::Result<bool> {
        self.is_given = true;
        let text = std::fs::read_to_string(path)?;
        let said = llvm::read(&path.to_string_lossy(), &text).into_iter();
        let said: Vec<Signature> = said
            .filter(|signature| symbols.has(&signature.symbol))
            .collect();
        let is_any = !said.is_empty() || llvm::labels(&text).any(|label| symbols.has(label));
        said.into_iter().for_each(|signature| self.add(signature));
        Ok(is_any)
    }

    /// Adds what objects' debug information says of functions that they call, and then of those in
    /// the tables that some of them have, where nothing is said of their names.
    pub fn add_debug_info<'a>(
        &mut self,
        objects: impl IntoIterator<Item = &'a Object>,
        has_tables: impl Fn(&Object) -> bool,
    ) {
        let mut tables = Vec::new();
        for object in objects {
            let Some(debug_info) = DebugInfo::of(object) else {
                continue;
            };
            for signature in debug_info.functions() {
                self.is_given = true;
                self.add(signature);
            }
            if has_tables(object) {
                tables.push((object, debug_info.tables()));
            }
        }
        for (object, tables) in tables {
            self.add_tables(object, tables);
        }
    }

    /// Adds what debug information says of these symbols alone, where objects by C refer to any of them.
    pub fn add_debug_info_of(&mut self, objects: &[Object], symbols: &SymbolNames) {
        let is_wanted =
            |symbol: &Symbol| symbol.place == SymbolPlace::Undefined && symbols.has(&symbol.name);
        let of_c = objects.iter().filter(|o| o.language == Language::C);
        for object in of_c.filter(|object| object.symbols.iter().any(is_wanted)) {
            let said = DebugInfo::of(object).map(|debug_info| debug_info.functions());
            for signature in said.unwrap_or_default() {
                if symbols.has(&signature.symbol) {
                    self.is_given = true;
                    self.add(signature);
                }
            }
        }
    }

    fn add_tables(&mut self, object: &Object, tables: Vec<Table>) {
        for Table { of, functions } in tables {
            match of {
                TablePlace::Named(symbol, line) => {
                    let ty = None;
                    let declared = DeclaredStatic {
                        ty,
                        functions,
                        line,
                    };
                    self.statics.entry(symbol).or_insert(declared);
                }
                TablePlace::Within(section, start) => {
                    for (offset, signature) in functions {
                        let symbol = pointed_to(object, section, start.saturating_add(offset));
                        if let Some(symbol) = symbol.filter(|symbol| self.of(symbol).is_empty()) {
                            self.add(Signature {
                                symbol: symbol.to_owned(),
                                ..signature
                            });
                        }
                    }
                }
            }
        }
    }

    /// Adds a signature, unless one that agrees is there from the same origin.
    pub fn add(&mut self, signature: Signature) {
        self.renamed.add(&signature.symbol);
        let known = self.by_symbol.entry(signature.symbol.clone()).or_default();
        let is_known = known
            .iter()
            .any(|known| known.agrees(&signature) && known.origin <= signature.origin);
        if !is_known {
            known.push(signature);
        }
    }

    /// Adds what C headers declare of functions that nothing else speaks of.
    pub fn add_prototypes(&mut self, prototypes: Vec<Signature>) {
        for signature in prototypes {
            if self.of(&signature.symbol).is_empty() {
                self.add(signature);
            }
        }
    }

    /// Takes in what source knows: places and names for what is there, and signatures of
    /// functions that nothing else speaks of.
    pub fn add_source(&mut self, source: &RustSource) {
        self.add_statics(source);
        self.cast.extend(source.cast().map(str::to_owned));
        let types = source.function_types();
        let types = types.map(|(name, ty)| (name.to_owned(), ty));
        self.function_types.extend(types);
        let items = source.declarations.iter().chain(&source.definitions);
        for item in items {
            let Some(symbol) = self.symbol_of(item) else {
                continue;
            };
            let symbol = symbol.as_str();
            let own = source.signature(item);
            let own = own.map(|own| Signature {
                symbol: symbol.to_owned(),
                ..own
            });
            if item.is_naked {
                self.naked.insert(symbol.to_owned());
            }
            let Some(known) = self.by_symbol.get_mut(symbol) else {
                if let Some(own) = own {
                    self.by_symbol.insert(symbol.to_owned(), vec![own]);
                }
                continue;
            };
            let found = known.iter_mut().filter(|known| known.line.is_none());
            let mut fits = found.filter(|known| own.as_ref().is_none_or(|own| own.agrees(known)));
            if let Some(fit) = fits.next() {
                fit.line = Some(item.line.clone());
                if let Some(own) = own {
                    describe(fit, &own);
                }
            } else if let Some(own) = own
                && !known.iter().any(|known| known.agrees(&own))
                && !item.is_conditional
            {
                known.push(own);
            }
        }
    }

    /// The symbol of an item: what source says, or what compiled code calls a function whose name it
    /// mangled.
    fn symbol_of(&self, item: &RustItem) -> Option<String> {
        let mangled = || {
            let is_function = matches!(item.kind, ItemKind::Function { .. });
            let is_foreign = is_function && item.abi.is_some();
            self.renamed.only(&item.name).filter(|_| is_foreign)
        };
        let symbol = item.symbol.as_deref().or_else(mangled)?;
        Some(symbol.to_owned())
    }

    /// By what a function's type is known: as it is printed, and the names of types like it.
    #[must_use]
    pub fn type_names(&self, signature: &Signature) -> Vec<String> {
        let types = self.function_types.iter();
        let named = types.filter(|(_, ty)| ty.agrees(signature));
        let named = named.map(|(name, _)| name.clone());
        named.chain([signature.to_string()]).collect()
    }

    fn add_statics(&mut self, source: &RustSource) {
        // Who defines a static knows its type, whatever others make of it.
        for items in [&source.declarations, &source.definitions] {
            let mut said: BTreeMap<&str, DeclaredStatic> = BTreeMap::new();
            for item in items {
                let (Some(symbol), Some(own)) = (item.symbol.as_deref(), source.static_of(item))
                else {
                    continue;
                };
                let known = said.entry(symbol).or_insert_with(|| own.clone());
                if known.ty != own.ty || known.functions.len() != own.functions.len() {
                    known.ty = None;
                    known.functions.clear();
                }
            }
            let said = said.into_iter();
            self.statics
                .extend(said.map(|(symbol, own)| (symbol.to_owned(), own)));
        }
    }

    /// What source declares of a static.
    #[must_use]
    pub fn static_of(&self, symbol: &str) -> Option<&DeclaredStatic> {
        self.statics.get(symbol)
    }

    /// Whether nothing is said of anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_symbol.is_empty() && self.statics.is_empty()
    }

    /// Whether Rust casts the function's address to a number or a pointer to data.
    #[must_use]
    pub fn is_cast(&self, symbol: &str) -> bool {
        let name = shown_name(symbol);
        let last = name.rsplit("::").next().unwrap_or_default();
        self.cast.contains(symbol) || last != name && self.cast.contains(last)
    }

    /// Takes in what a build mangled the name of a function to, where none that is known stands for
    /// the same.
    pub fn add_mangled(&mut self, symbol: &str) {
        if self.renamed.of(symbol).next().is_none() {
            self.renamed.add(symbol);
        }
    }

    /// Whether Rust defines a function whose body is assembly alone, and whose convention is known.
    #[must_use]
    pub fn is_naked(&self, symbol: &str) -> bool {
        let mut names = self.renamed.of(symbol).chain([symbol]);
        names.any(|name| self.naked.contains(name)) && self.first(symbol).is_some()
    }

    /// Everything that is said of a symbol.
    #[must_use]
    pub fn of(&self, symbol: &str) -> &[Signature] {
        let own = self.by_symbol.get(symbol);
        let own = own.or_else(|| self.of_another_build(symbol));
        own.map_or(&[], Vec::as_slice)
    }

    /// What is said of a function that another build mangled otherwise, if no other instance of it
    /// has another signature.
    fn of_another_build(&self, symbol: &str) -> Option<&Vec<Signature>> {
        let names = self.renamed.of(symbol);
        let mut said = names.filter_map(|name| self.by_symbol.get(name));
        let first = said.next()?;
        let agrees = |one: &Signature| first.iter().all(|other| other.agrees(one));
        said.flatten().all(agrees).then_some(first)
    }

    /// The signature to hold a symbol to: the first whose convention is known.
    #[must_use]
    pub fn first(&self, symbol: &str) -> Option<&Signature> {
        let mut all: Vec<_> = self
            .of(symbol)
            .iter()
            .filter(|signature| signature.convention != CallConvention::Other)
            .collect();
        all.sort_by_key(|signature| rank(signature.origin));
        all.first().copied()
    }

    /// Whether all that is said of a symbol is by a convention that is not known.
    #[must_use]
    pub fn is_unfamiliar(&self, symbol: &str) -> bool {
        let all = self.of(symbol);
        let is_other = |one: &Signature| one.convention == CallConvention::Other;
        !all.is_empty() && all.iter().all(is_other)
    }

    /// Where a symbol is declared, as far as it is known.
    #[must_use]
    pub fn line(&self, symbol: &str) -> Option<&SourceLine> {
        self.of(symbol)
            .iter()
            .find_map(|signature| signature.line.as_ref())
    }

    /// All symbols.
    pub fn symbols(&self) -> impl Iterator<Item = (&str, &[Signature])> {
        let all = self.by_symbol.iter();
        all.map(|(symbol, signatures)| (symbol.as_str(), signatures.as_slice()))
    }
}

/// The symbol whose address is put at an offset of a section.
fn pointed_to(object: &Object, section: SectionIndex, offset: u64) -> Option<&str> {
    let relocations = &object.sections.get(section.0 as usize)?.relocations;
    let found = relocations.binary_search_by_key(&offset, |relocation| relocation.offset);
    let relocation = relocations.get(found.ok()?)?;
    let RelocationTarget::Symbol(symbol) = relocation.target else {
        return None;
    };
    let symbol = object.symbols.get(symbol.0 as usize)?;
    (relocation.addend == 0 && !symbol.name.is_empty()).then_some(symbol.name.as_str())
}

/// What compilers made of a declaration comes before what a reader makes of it.
const fn rank(origin: Origin) -> u8 {
    match origin {
        Origin::Defined => 0,
        Origin::Declared => 1,
        Origin::Called => 2,
        Origin::DebugInfo => 3,
        Origin::Tabled => 4,
        Origin::Source => 5,
        Origin::Header => 6,
    }
}

/// Takes the names and types of source, where each parameter is passed as one.
fn describe(signature: &mut Signature, source: &Signature) {
    if signature.parameters.len() != source.parameters.len() {
        return;
    }
    for (known, own) in signature.parameters.iter_mut().zip(&source.parameters) {
        known.name.clone_from(&own.name);
        known.pointee.clone_from(&own.pointee);
        known.ty = merged(&known.ty, &own.ty);
    }
    if let (Some(known), Some(own)) = (&mut signature.result, &source.result) {
        *known = merged(known, own);
    }
}

fn merged(known: &super::Type, own: &super::Type) -> super::Type {
    use super::Type::Pointer;
    match (known, own) {
        (
            Pointer {
                bytes, nullable, ..
            },
            Pointer {
                to,
                bytes: own_bytes,
                nullable: own_nullable,
            },
        ) => Pointer {
            to: to.clone(),
            bytes: *bytes.max(own_bytes),
            nullable: *nullable && *own_nullable,
        },
        _ => own.clone(),
    }
}
