//! Files of C that include one another, and what names stand for in each.
//!
//! A name means what the file and those that it includes say; where these say nothing, whoever includes
//! the file does, and then all headers count.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::directives::{Macro, Plain};
use super::expansion::{self, Meaning};
use super::syntax::{self, Declaration, Said};
use super::types::Written;
use super::{Platform, is_header};

/// Files that were read, with what is known of each once it is asked for.
pub(super) struct Library<'a> {
    texts: Vec<Text<'a>>,
    /// Each macro by its name, with the file that defines it.
    macros: HashMap<&'a str, Vec<(usize, &'a Macro)>>,
    /// The files by the last part of their names.
    by_name: HashMap<String, Vec<usize>>,
    is_wanted: &'a dyn Fn(&str) -> bool,
}

/// A file without its directives.
pub(super) struct Text<'a> {
    name: &'a Arc<str>,
    path: PathBuf,
    plain: &'a Plain,
    scope: OnceCell<Vec<bool>>,
    expanded: OnceCell<String>,
    declarations: OnceCell<Vec<Declaration>>,
}

impl Text<'_> {
    pub(super) const fn name(&self) -> &Arc<str> {
        self.name
    }

    /// Whether a condition of the preprocessor goes through these lines.
    pub(super) fn is_cut(&self, declaration: &Declaration) -> bool {
        let conditions = &self.plain.conditions;
        conditions.range(declaration.lines.clone()).next().is_some()
    }

    /// What a declaration makes of the name of a type.
    fn type_of(&self, declaration: &Declaration) -> Option<Written> {
        let Said::TypeName(ty) = &declaration.said else {
            return None;
        };
        let mut uncertain = self.plain.uncertain.range(declaration.lines.clone());
        let is_sure = uncertain.next().is_none() && !self.is_cut(declaration);
        Some(match is_sure {
            true => ty.clone(),
            false => Written::Conditional(declaration.name.clone()),
        })
    }
}

/// The files without their directives, as a platform reads them.
pub(super) fn plain(files: &[(Arc<str>, String)], platform: Platform) -> Vec<Plain> {
    let texts = files.iter().map(|(_, text)| Plain::of(text, platform));
    texts.collect()
}

impl<'a> Library<'a> {
    pub(super) fn new(
        files: &'a [(Arc<str>, String)],
        plain: &'a [Plain],
        is_wanted: &'a dyn Fn(&str) -> bool,
    ) -> Self {
        let mut library = Self {
            texts: Vec::new(),
            macros: HashMap::new(),
            by_name: HashMap::new(),
            is_wanted,
        };
        for (at, ((name, _), plain)) in files.iter().zip(plain).enumerate() {
            let path = PathBuf::from(&**name);
            if let Some(last) = path.file_name() {
                let last = last.to_string_lossy().into_owned();
                library.by_name.entry(last).or_default().push(at);
            }
            for (name, all) in &plain.macros {
                let known = library.macros.entry(name).or_default();
                known.extend(all.iter().map(|own| (at, own)));
            }
            library.texts.push(Text {
                name,
                path,
                plain,
                scope: OnceCell::new(),
                expanded: OnceCell::new(),
                declarations: OnceCell::new(),
            });
        }
        library
    }

    /// The files in which a function that is wanted is named.
    pub(super) fn naming(&self) -> impl Iterator<Item = (usize, &Text<'a>)> {
        let texts = self.texts.iter().enumerate();
        texts.filter(|(at, _)| {
            let mut words = expansion::pieces(self.expanded(*at));
            words.any(|word| (self.is_wanted)(word))
        })
    }

    /// What a file declares.
    pub(super) fn declarations(&self, at: usize) -> &[Declaration] {
        let Some(text) = self.texts.get(at) else {
            return &[];
        };
        let read = || syntax::read(self.expanded(at), self.is_wanted);
        text.declarations.get_or_init(read)
    }

    /// What a name of a type stands for in a file.
    pub(super) fn types(&self, at: usize, name: &str) -> BTreeSet<Written> {
        let scope = self.scope(at);
        let own = self.types_where(name, |other| scope.get(other) == Some(&true));
        match own.is_empty() {
            true => self.types_where(name, |other| self.is_shared(other)),
            false => own,
        }
    }

    fn types_where(&self, name: &str, is_asked: impl Fn(usize) -> bool) -> BTreeSet<Written> {
        let mut types = BTreeSet::new();
        for (at, text) in self
            .texts
            .iter()
            .enumerate()
            .filter(|(at, _)| is_asked(*at))
        {
            if self.expanded(at).contains(name) {
                let all = self.declarations(at).iter();
                let own = all.filter(|declaration| declaration.name == name);
                types.extend(own.filter_map(|declaration| text.type_of(declaration)));
            }
        }
        types
    }

    /// Whether others may include a file.
    fn is_shared(&self, at: usize) -> bool {
        let text = self.texts.get(at);
        text.is_some_and(|text| is_header(&text.path))
    }

    fn expanded(&self, at: usize) -> &str {
        let Some(text) = self.texts.get(at) else {
            return "";
        };
        let expand = || expansion::expand(&text.plain.text, &|name| self.meaning(at, name));
        text.expanded.get_or_init(expand)
    }

    fn meaning(&self, at: usize, name: &str) -> Option<Meaning<'a>> {
        let all = self.macros.get(name)?;
        let scope = self.scope(at);
        let own = all.iter().filter(|(by, _)| scope.get(*by) == Some(&true));
        let own: BTreeSet<&Macro> = own.map(|(_, own)| *own).collect();
        if !own.is_empty() {
            return expansion::meaning(&own);
        }
        let shared = all.iter().filter(|(by, _)| self.is_shared(*by));
        expansion::meaning(&shared.map(|(_, own)| *own).collect())
    }

    /// The file itself, and all that it includes, whether one by one or by others.
    fn scope(&self, at: usize) -> &[bool] {
        let Some(text) = self.texts.get(at) else {
            return &[];
        };
        text.scope.get_or_init(|| {
            let mut scope = vec![false; self.texts.len()];
            let mut open = vec![at];
            while let Some(at) = open.pop() {
                let is_new = scope
                    .get_mut(at)
                    .is_some_and(|is| !std::mem::replace(is, true));
                if let Some(text) = self.texts.get(at).filter(|_| is_new) {
                    let included = text.plain.includes.iter();
                    open.extend(included.flat_map(|name| self.included(text, name)));
                }
            }
            scope
        })
    }

    /// The file that is included by a name: beside the one that includes it, else all that end so.
    fn included(&self, by: &Text<'_>, name: &str) -> Vec<usize> {
        let last = name.rsplit('/').next().unwrap_or(name);
        let found = self.by_name.get(last).map_or(&[][..], Vec::as_slice);
        let beside = by
            .path
            .parent()
            .map(|directory| plainly(&directory.join(name)));
        let path = |at: &usize| self.texts.get(*at).map(|text| text.path.as_path());
        if let Some(at) = found.iter().find(|at| path(at) == beside.as_deref()) {
            return vec![*at];
        }
        let end = name.trim_start_matches("./").trim_start_matches("../");
        let ends = found
            .iter()
            .filter(|at| path(at).is_some_and(|path| path.ends_with(end)));
        ends.copied().collect()
    }
}

/// A path without `.` and `..`, by its words alone.
fn plainly(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}
