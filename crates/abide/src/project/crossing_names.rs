//! The names by which compiled code and assembly of a link call each other, as its objects tell
//! before anything is judged: what is declared of these is read.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::{Error, open_all};
use crate::inputs::{Assembly, Language, Object, Symbol, SymbolPlace, referred_by_assembly};

/// The names, and which files have the assembly that some of them name.
#[derive(Debug, Default)]
pub struct CrossingNames {
    /// All of them.
    pub all: HashSet<String>,
    /// Of those that assembly defines, the ones in each file.
    pub homes: BTreeMap<PathBuf, HashSet<String>>,
}

impl CrossingNames {
    /// Those of the files of one link.
    ///
    /// # Errors
    /// A file could not be read, or there is no object.
    pub fn of(files: &[PathBuf]) -> Result<Self, Error> {
        let files = open_all(files)?;
        let mut names = Names::default();
        for file in &files {
            for object in &file.objects {
                names.add(Path::new(&file.name), object);
            }
        }
        Ok(names.crossing())
    }

    /// Adds those of another link.
    pub fn extend(&mut self, other: Self) {
        self.all.extend(other.all);
        for (file, names) in other.homes {
            self.homes.entry(file).or_default().extend(names);
        }
    }
}

/// Who names what, by the names in symbol tables.
#[derive(Default)]
struct Names<'a> {
    /// What compiled code takes from other objects.
    wanted: HashSet<&'a str>,
    /// What assembly refers to.
    called: HashSet<&'a str>,
    /// What assembly defines: names, where, and whether code of the same object may refer to it.
    defined: Vec<(&'a str, &'a Path, bool)>,
}

impl<'a> Names<'a> {
    fn add(&mut self, file: &'a Path, object: &'a Object) {
        let assembly = Assembly::of(object);
        let is_assembler = object.language == Language::Assembly;
        let is_mixed = !is_assembler && !assembly.is_none();
        for symbol in object.symbols.iter().filter(|s| !s.name.is_empty()) {
            match symbol.place {
                SymbolPlace::Undefined if is_assembler => {
                    self.called.insert(&symbol.name);
                }
                SymbolPlace::Undefined => {
                    self.wanted.insert(&symbol.name);
                }
                _ if is_assembler || is_traced(&assembly, symbol) => {
                    self.defined.push((&symbol.name, file, is_mixed));
                }
                _ => {}
            }
        }
        if is_mixed {
            let referred = referred_by_assembly(object, &assembly).into_iter();
            let symbols = referred.filter_map(|(to, ..)| object.symbols.get(to.0 as usize));
            self.called
                .extend(symbols.map(|symbol| symbol.name.as_str()));
        }
    }

    fn crossing(self) -> CrossingNames {
        let mut crossing = CrossingNames::default();
        crossing
            .all
            .extend(self.called.iter().map(|&name| name.to_owned()));
        let defined = self.defined.into_iter();
        for (name, file, _) in defined.filter(|(name, _, near)| *near || self.wanted.contains(name))
        {
            crossing.all.insert(name.to_owned());
            let home = crossing.homes.entry(file.to_owned()).or_default();
            home.insert(name.to_owned());
        }
        crossing
    }
}

fn is_traced(assembly: &Assembly, symbol: &Symbol) -> bool {
    match symbol.place {
        SymbolPlace::Section(section) => assembly.trace(section, symbol.value).is_some(),
        _ => false,
    }
}
