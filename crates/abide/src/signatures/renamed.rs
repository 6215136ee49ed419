//! Names that each build mangles anew: the hash in them follows from how a crate is built, so that
//! those of IR and of objects are the same only without it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::inputs::{demangle, shown_name};

/// Mangled names, by the names that source has.
#[derive(Debug, Clone, Default)]
pub(super) struct Renamed(BTreeMap<String, BTreeSet<String>>);

impl Renamed {
    pub(super) fn add(&mut self, symbol: &str) {
        if let Some(name) = demangle(symbol) {
            self.0.entry(name).or_default().insert(symbol.to_owned());
        }
    }

    /// The names that stand for the same function of source as this one; instances of one generic
    /// function are among them.
    pub(super) fn of(&self, symbol: &str) -> impl Iterator<Item = &str> {
        let found = match self.0.is_empty() {
            true => None,
            false => self.0.get(&*shown_name(symbol)),
        };
        found.into_iter().flatten().map(String::as_str)
    }

    /// The only mangled name of a function that source calls so.
    pub(super) fn only(&self, function: &str) -> Option<&str> {
        let is_it = |name: &str| name.rsplit("::").next() == Some(function);
        let mut found = self.0.iter().filter(|(name, _)| is_it(name));
        let (_, symbols) = found.next()?;
        match (found.next(), symbols.len()) {
            (None, 1) => symbols.first().map(String::as_str),
            _ => None,
        }
    }
}

/// Names of symbols, whatever the build that mangled them.
#[derive(Debug, Clone, Default)]
pub struct SymbolNames(HashSet<String>);

impl SymbolNames {
    /// These names.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let names = names.into_iter();
        Self(names.map(|name| shown_name(&name).into_owned()).collect())
    }

    /// Whether a symbol is one of them.
    #[must_use]
    pub fn has(&self, symbol: &str) -> bool {
        self.0.contains(symbol) || demangle(symbol).is_some_and(|name| self.0.contains(&name))
    }
}
