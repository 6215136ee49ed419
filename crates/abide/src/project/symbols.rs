//! The symbols of all files given, and the crossings that they make together.

use std::collections::HashMap;
use std::path::PathBuf;

use super::{Error, open_all};
use crate::inputs::link::{Target, is_definition};
use crate::inputs::{
    Binding, File, Import, Language, Lines, Object, ObjectKind, Symbol, SymbolKind, SymbolPlace,
    Visibility, demangle, language_of_source,
};
use crate::report::symbols::{ObjectSymbols, SymbolRow};

/// Lists the symbols of the files, or with `dynamic` their dynamic symbols.
///
/// # Errors
/// A file could not be read, or there is no object.
pub fn symbols(paths: &[PathBuf], dynamic: bool) -> Result<Vec<ObjectSymbols>, Error> {
    let files = open_all(paths)?;
    let objects: Vec<_> = files.iter().flat_map(|file| &file.objects).collect();
    let crossings = Crossings::of(&objects);
    let list = |object: &&Object| {
        let table = if dynamic {
            &object.dynamic_symbols
        } else {
            &object.symbols
        };
        let lines = match object.language {
            Language::Unknown => Lines::of(object),
            _ => Lines::default(),
        };
        ObjectSymbols {
            object: object.name.clone(),
            target: Target::of(object).to_string(),
            language: language(object.language),
            symbols: table
                .iter()
                .map(|symbol| row(object, symbol, &lines, &crossings))
                .collect(),
        }
    };
    let mut listed: Vec<_> = objects.iter().map(list).collect();
    listed.extend(files.iter().filter_map(imports));
    Ok(listed)
}

/// What the members of an import library that are no objects define, all of them together.
fn imports(file: &File) -> Option<ObjectSymbols> {
    let row = |name: String| SymbolRow {
        kind: "untyped",
        binding: "global".to_owned(),
        section: "imported".to_owned(),
        value: 0,
        size: 0,
        language: language(Language::Unknown),
        crossing: None,
        demangled: demangle(&name),
        name,
    };
    (!file.imports.is_empty()).then(|| ObjectSymbols {
        object: file.name.clone(),
        target: "names of another library".to_owned(),
        language: language(Language::Unknown),
        symbols: file
            .imports
            .iter()
            .flat_map(Import::names)
            .map(row)
            .collect(),
    })
}

/// Who defines and who looks for each name.
struct Crossings<'a>(HashMap<&'a str, Sides>);

#[derive(Default)]
struct Sides {
    definers: Vec<Language>,
    seekers: Vec<Language>,
}

impl<'a> Crossings<'a> {
    fn of(objects: &[&'a Object]) -> Self {
        let mut sides: HashMap<&str, Sides> = HashMap::new();
        let relocatable = objects.iter().filter(|o| o.kind == ObjectKind::Relocatable);
        for object in relocatable {
            for symbol in &object.symbols {
                if symbol.binding == Binding::Local || symbol.name.is_empty() {
                    continue;
                }
                let side = sides.entry(&symbol.name).or_default();
                let side = match symbol.place {
                    SymbolPlace::Undefined => &mut side.seekers,
                    _ => &mut side.definers,
                };
                if !side.contains(&object.language) {
                    side.push(object.language);
                }
            }
        }
        Self(sides)
    }

    /// `asm → Rust`: from those who look for the name to those who define it. Crossings
    /// lead out of assembly or into it.
    fn name(&self, symbol: &Symbol) -> Option<String> {
        let sides = self.0.get(symbol.name.as_str())?;
        if symbol.binding == Binding::Local {
            return None;
        }
        let pairs = sides.seekers.iter().flat_map(|seeker| {
            let definers = sides
                .definers
                .iter()
                .map(move |definer| (*seeker, *definer));
            definers.filter(|(seeker, definer)| {
                seeker != definer && [seeker, definer].contains(&&Language::Assembly)
            })
        });
        let mut names: Vec<_> = pairs
            .map(|(from, to)| format!("{} → {}", short(from), short(to)))
            .collect();
        names.sort();
        (!names.is_empty()).then(|| names.join(", "))
    }
}

fn row(object: &Object, symbol: &Symbol, lines: &Lines, crossings: &Crossings<'_>) -> SymbolRow {
    let demangled = demangle(&symbol.name);
    let known = match object.language {
        Language::Unknown => by_symbol(symbol, lines, demangled.is_some()),
        known => known,
    };
    SymbolRow {
        kind: kind(symbol.kind),
        binding: binding(symbol),
        section: section(object, symbol),
        value: value(object, symbol),
        size: symbol.size,
        language: language(known),
        crossing: crossings.name(symbol),
        name: symbol.name.clone(),
        demangled,
    }
}

/// In a linked image only the symbol's source line and its name tell.
fn by_symbol(symbol: &Symbol, lines: &Lines, is_mangled: bool) -> Language {
    let by_line = match symbol.place {
        SymbolPlace::Section(section) => lines.at(section, symbol.value),
        _ => None,
    };
    by_line
        .and_then(|line| language_of_source(&line.file))
        .or((is_mangled && is_definition(symbol)).then_some(Language::Rust))
        .unwrap_or(Language::Unknown)
}

fn value(object: &Object, symbol: &Symbol) -> u64 {
    match symbol.place {
        SymbolPlace::Section(section) => {
            let section = object.sections.get(section.0 as usize);
            symbol
                .value
                .wrapping_add(section.map_or(0, |section| section.address))
        }
        _ => symbol.value,
    }
}

fn section(object: &Object, symbol: &Symbol) -> String {
    match symbol.place {
        SymbolPlace::Undefined => "undefined".to_owned(),
        SymbolPlace::Absolute => "absolute".to_owned(),
        SymbolPlace::Common => "common".to_owned(),
        SymbolPlace::Section(section) => object
            .sections
            .get(section.0 as usize)
            .map_or_else(String::new, |section| section.name.clone()),
    }
}

fn kind(kind: SymbolKind) -> &'static str {
    match kind {
        SymbolKind::Untyped => "untyped",
        SymbolKind::Function => "function",
        SymbolKind::IndirectFunction => "ifunc",
        SymbolKind::Object => "object",
        SymbolKind::Section => "section",
        SymbolKind::File => "file",
        SymbolKind::Tls => "tls",
        SymbolKind::Other => "other",
    }
}

fn binding(symbol: &Symbol) -> String {
    let binding = match symbol.binding {
        Binding::Local => "local",
        Binding::Global => "global",
        Binding::Weak => "weak",
        Binding::Unique => "unique",
    };
    let visibility = match symbol.visibility {
        Visibility::Default => return binding.to_owned(),
        Visibility::Protected => "protected",
        Visibility::Hidden => "hidden",
        Visibility::Internal => "internal",
    };
    format!("{binding} {visibility}")
}

fn language(language: Language) -> &'static str {
    match language {
        Language::Assembly => "assembly",
        Language::Rust => "Rust",
        Language::C => "C",
        Language::Unknown => "unknown",
    }
}

fn short(of: Language) -> &'static str {
    match of {
        Language::Assembly => "asm",
        other => language(other),
    }
}
