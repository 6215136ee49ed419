//! What compiled code refers to in assembly: functions, and tables of functions.

use std::collections::{BTreeMap, HashSet};

use rustc_hash::FxHashSet;

use super::Derived;
use super::roots::is_assembly;
use super::told::{self, Told};
use crate::inputs::{
    Assembly, Image, ImageSymbol, Object, Place, Relocation, RelocationKind, RelocationTarget,
    Resolved, Section, SectionIndex, Symbol, SymbolKind, behind,
};
use crate::signatures::Signatures;

/// A function in assembly, and how compiled code comes to it.
pub(super) struct Reference<'image> {
    /// Its symbol's name.
    pub(super) name: &'image str,
    /// Where it begins.
    pub(super) place: Place,
    /// Directly, or through a table.
    pub(super) by: Derived,
    /// What the reference tells of how it is called.
    pub(super) told: Told,
}

/// Functions in assembly that compiled code leads to, those that it names before those that
/// stand in tables; `signatures` say which names source casts.
pub(super) fn of_compiled_code<'image>(
    image: &'image Image,
    signatures: &Signatures,
) -> Vec<Reference<'image>> {
    let mut found = Vec::new();
    let mut tables = Vec::new();
    let labels = Labels::of(image);
    for (object, number) in image.objects().iter().zip(0..) {
        let Some(assembly) = image.assembly_of(number) else {
            continue;
        };
        let mut seen = FxHashSet::default();
        for (section, relocation) in references(object, assembly) {
            let is_call = told::is_call(section, relocation);
            if !seen.insert((relocation.target, in_section(relocation), is_call)) {
                continue;
            }
            let Some(place) = target(image, number, relocation) else {
                continue;
            };
            if is_assembly(image, place) {
                let symbol = symbol(image, number, relocation.target);
                let name = match symbol {
                    Some(symbol) => Some(symbol.name.as_str()),
                    None => labels.function_at(place),
                };
                found.extend(name.map(|name| Reference {
                    name,
                    place,
                    by: Derived::Referred,
                    told: told::by_reference(object, is_call, signatures.is_cast(name)),
                }));
            } else if data_of_assembly(image, place).is_some() {
                tables.push((place, told::by_reference(object, is_call, false)));
            }
        }
    }
    // Of two ways to a table, the one that tells more counts.
    tables.sort_by_key(|&(_, told)| told);
    found.extend(in_tables(image, &labels, tables));
    found
}

/// Naked functions of Rust to which no assembly refers: what it does may call them otherwise than
/// they are declared, as a switch of stacks enters a trampoline.
pub(super) fn naked<'image>(
    image: &'image Image,
    signatures: &Signatures,
) -> Vec<(&'image str, Place)> {
    let defined = image.symbols().filter_map(|(id, symbol)| {
        let is_one = symbol.kind == SymbolKind::Function && signatures.is_naked(&symbol.name);
        match image.resolve(id)? {
            Resolved::Place(place) if is_one && is_assembly(image, place) => {
                Some((symbol.name.as_str(), place))
            }
            _ => None,
        }
    });
    let mut defined: Vec<_> = defined.collect();
    if !defined.is_empty() {
        let referred = by_assembly(image);
        defined.retain(|(_, place)| !referred.contains(place));
    }
    defined
}

/// The places to which assembly refers.
fn by_assembly(image: &Image) -> FxHashSet<Place> {
    let mut found = FxHashSet::default();
    for (object, number) in image.objects().iter().zip(0..) {
        let Some(assembly) = image.assembly_of(number).filter(|a| !a.is_none()) else {
            continue;
        };
        let sections = object.sections.iter().zip(0..);
        for (section, index) in sections.filter(|(section, _)| section.flags.execute) {
            let own = section.relocations.iter().filter(|relocation| {
                let trace = assembly.trace(SectionIndex(index), relocation.offset);
                trace.is_some()
            });
            found.extend(own.filter_map(|relocation| target(image, number, relocation)));
        }
    }
    found
}

/// The relocations of what a compiler wrote in an object, with their sections.
fn references<'a>(
    object: &'a Object,
    assembly: &'a Assembly,
) -> impl Iterator<Item = (&'a Section, &'a Relocation)> {
    let sections = object.sections.iter().zip(0..);
    let sections = sections.filter(|(section, _)| section.flags.alloc);
    sections.flat_map(move |(section, index)| {
        let is_compiled = move |relocation: &&Relocation| {
            let trace = assembly.trace(SectionIndex(index), relocation.offset);
            trace.is_none()
        };
        let relocations = section.relocations.iter().filter(is_compiled);
        relocations.map(move |relocation| (section, relocation))
    })
}

/// References to a section differ by what is added, those to a symbol do not.
fn in_section(relocation: &Relocation) -> Option<i64> {
    matches!(relocation.target, RelocationTarget::Section(_)).then_some(relocation.addend)
}

/// The beginning of what a relocation refers to.
fn target(image: &Image, object: u32, relocation: &Relocation) -> Option<Place> {
    let Resolved::Place(place) = image.relocation_target(object, relocation.target)? else {
        return None;
    };
    let Some(addend) = in_section(relocation) else {
        return Some(place);
    };
    Some(Place {
        offset: place
            .offset
            .wrapping_add(addend)
            .wrapping_add(behind(relocation.kind)),
        ..place
    })
}

/// The symbol that a relocation names.
fn symbol(image: &Image, object: u32, target: RelocationTarget) -> Option<&Symbol> {
    match target {
        RelocationTarget::Symbol(symbol) => image.symbol(ImageSymbol { object, symbol }),
        _ => None,
    }
}

/// Functions in tables of addresses that assembly holds, the tables' tables included.
fn in_tables<'image>(
    image: &'image Image,
    labels: &Labels<'image>,
    mut open: Vec<(Place, Told)>,
) -> Vec<Reference<'image>> {
    let mut found = Vec::new();
    let mut seen = FxHashSet::default();
    while let Some((table, told)) = open.pop() {
        if !seen.insert(table) {
            continue;
        }
        for place in addresses(image, labels, table) {
            if !is_assembly(image, place) {
                open.push((place, told));
            } else if let Some(name) = labels.function_at(place) {
                let by = Derived::InTable;
                found.push(Reference {
                    name,
                    place,
                    by,
                    told,
                });
            }
        }
    }
    found
}

/// The places whose addresses stand in a piece of an assembly's data.
fn addresses(image: &Image, labels: &Labels<'_>, table: Place) -> Vec<Place> {
    let start = u64::try_from(table.offset).ok();
    let Some(((object, section), start)) = data_of_assembly(image, table).zip(start) else {
        return Vec::new();
    };
    let end = labels.end(table).unwrap_or(section.size);
    let relocations = &section.relocations;
    let first = relocations.partition_point(|relocation| relocation.offset < start);
    let inside = relocations[first..]
        .iter()
        .take_while(|relocation| relocation.offset < end);
    inside
        .filter(|relocation| relocation.kind == RelocationKind::Absolute && relocation.size == 64)
        .filter_map(
            |relocation| match image.relocation_target(object, relocation.target)? {
                Resolved::Place(place) => Some(Place {
                    offset: place.offset.wrapping_add(relocation.addend),
                    ..place
                }),
                _ => None,
            },
        )
        .collect()
}

/// The object and section of a place, if it is data of an object that has assembly.
fn data_of_assembly(image: &Image, place: Place) -> Option<(u32, &Section)> {
    let object = image.object_of(place.section)?;
    let assembly = image.assembly_of(object)?;
    let section = image.section(place.section)?;
    let is_data = section.flags.alloc && !section.flags.execute;
    (is_data && !assembly.is_none()).then_some((object, section))
}

/// The labels of objects that have assembly.
struct Labels<'image> {
    /// By place: a name and the largest size.
    by_place: BTreeMap<Place, (&'image str, u64)>,
    names: HashSet<&'image str>,
}

impl<'image> Labels<'image> {
    fn of(image: &'image Image) -> Self {
        let mut labels = Self {
            by_place: BTreeMap::new(),
            names: HashSet::new(),
        };
        for (id, symbol) in image.symbols() {
            let is_label = !matches!(symbol.kind, SymbolKind::Section | SymbolKind::File)
                && !symbol.name.is_empty();
            let assembly = image.assembly_of(id.object);
            if is_label
                && assembly.is_some_and(|assembly| !assembly.is_none())
                && let Some(Resolved::Place(place)) = image.resolve(id)
            {
                let label = labels.by_place.entry(place);
                let (_, size) = label.or_insert((symbol.name.as_str(), 0));
                *size = symbol.size.max(*size);
                labels.names.insert(&symbol.name);
            }
        }
        labels
    }

    /// The function that begins at a place. NASM's local labels, as `f.loop`, begin none.
    fn function_at(&self, place: Place) -> Option<&'image str> {
        let &(name, _) = self.by_place.get(&place)?;
        let outer = name.rsplit_once('.').map(|(outer, _)| outer);
        let is_part = outer.is_some_and(|outer| self.names.contains(outer));
        (!is_part).then_some(name)
    }

    /// Where a piece of data ends: by its symbol's size, else at the next symbol.
    fn end(&self, place: Place) -> Option<u64> {
        let start = u64::try_from(place.offset).ok()?;
        let size = self.by_place.get(&place).map_or(0, |&(_, size)| size);
        if size > 0 {
            return start.checked_add(size);
        }
        let after = Place {
            offset: place.offset.checked_add(1)?,
            ..place
        };
        let (next, _) = self.by_place.range(after..).next()?;
        (next.section == place.section).then(|| u64::try_from(next.offset).ok())?
    }
}
