//! Which objects join, as GNU ld has it (ld manual, "Options", `archive` and `--start-group`).

use std::collections::HashSet;

use super::{LinkUnit, Target, is_definition, is_demand};
use crate::inputs::{File, Object, ObjectKind};

/// Sorts the objects of the files into those that join and the others.
pub(super) fn fill(unit: &mut LinkUnit, files: Vec<File>) {
    let mut names = Names::wanted_by(unit);
    let take_all = unit.options.whole_archive || !unit.options.complete;
    let mut archives: Vec<Vec<Object>> = Vec::new();
    for file in files {
        let mut members = Vec::new();
        for object in file.objects {
            match place(unit, &object) {
                Side::Image => {
                    names.add_exports(&object);
                    unit.images.push(object);
                }
                Side::Foreign => unit.foreign.push(object),
                Side::Link if file.is_archive && !take_all => members.push(object),
                Side::Link => names.join(unit, object),
            }
        }
        search(unit, &mut names, &mut members);
        archives.push(members);
    }
    if unit.options.group {
        while archives
            .iter_mut()
            .any(|members| search(unit, &mut names, members))
        {}
    }
    unit.left_out = archives.into_iter().flatten().collect();
}

enum Side {
    Image,
    Foreign,
    Link,
}

fn place(unit: &LinkUnit, object: &Object) -> Side {
    match object.kind {
        ObjectKind::Relocatable if unit.target == Some(Target::of(object)) => Side::Link,
        ObjectKind::Relocatable => Side::Foreign,
        _ => Side::Image,
    }
}

/// Lets members join until none defines a wanted name any more; whether any did.
fn search(unit: &mut LinkUnit, names: &mut Names, members: &mut Vec<Object>) -> bool {
    let before = members.len();
    loop {
        let mut left = Vec::new();
        let mut joined = false;
        for member in members.drain(..) {
            if names.are_defined_by(&member) {
                names.join(unit, member);
                joined = true;
            } else {
                left.push(member);
            }
        }
        *members = left;
        if !joined {
            return members.len() != before;
        }
    }
}

/// The linker's memory while it reads the files.
#[derive(Default)]
struct Names {
    defined: HashSet<String>,
    wanted: HashSet<String>,
}

impl Names {
    fn wanted_by(unit: &LinkUnit) -> Self {
        let extern_ = unit.options.script.iter().flat_map(|script| &script.wanted);
        Self {
            defined: HashSet::new(),
            wanted: unit.options.entry.iter().chain(extern_).cloned().collect(),
        }
    }

    fn are_defined_by(&self, member: &Object) -> bool {
        !self.wanted.is_empty()
            && member
                .symbols
                .iter()
                .any(|symbol| is_definition(symbol) && self.wanted.contains(&symbol.name))
    }

    fn join(&mut self, unit: &mut LinkUnit, object: Object) {
        for symbol in object.symbols.iter().filter(|symbol| is_definition(symbol)) {
            self.define(&symbol.name);
        }
        for symbol in object.symbols.iter().filter(|symbol| is_demand(symbol)) {
            if !self.defined.contains(&symbol.name) {
                self.wanted.insert(symbol.name.clone());
            }
        }
        unit.objects.push(object);
    }

    fn add_exports(&mut self, image: &Object) {
        if image.kind == ObjectKind::Shared {
            for symbol in image
                .dynamic_symbols
                .iter()
                .filter(|symbol| is_definition(symbol))
            {
                self.define(&symbol.name);
            }
        }
    }

    fn define(&mut self, name: &str) {
        self.wanted.remove(name);
        if !self.defined.contains(name) {
            self.defined.insert(name.to_owned());
        }
    }
}
