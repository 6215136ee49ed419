//! The proved functions of a unit, each in an image of what it may reach: a mutant costs a copy
//! of that image, which for most is one object.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use abide::contracts::{self, Configuration, Root, RootChoice};
use abide::inputs::{Image, Language, Place, SymbolPlace};
use abide::interpret::UnwindTables;
use abide::project::judge_root;
use abide::signatures::Signatures;

use super::body::Body;
use super::parallel;
use crate::corpus::Unit;

/// An object with all that it refers to.
pub(crate) struct Neighbourhood {
    /// The objects.
    pub(crate) image: Image,
    /// The roots in them.
    pub(crate) roots: Vec<Root>,
}

/// A proved function.
pub(crate) struct Subject {
    /// Which entry of the corpus it is of.
    pub(crate) entry: String,
    /// Where it is.
    pub(crate) around: Arc<Neighbourhood>,
    /// What is judged.
    pub(crate) root: Root,
    /// Its code.
    pub(crate) body: Body,
}

/// The proved roots of a unit; with `all_exported`, also those that nothing refers to.
pub(crate) fn proved(unit: &Unit, all_exported: bool) -> Vec<Subject> {
    let choice = RootChoice {
        named: &unit.roots,
        all_exported,
        configuration: &Configuration::default(),
        handlers: &BTreeMap::new(),
        signatures: &Signatures::default(),
    };
    let entry = unit.name.as_str();
    let image = Image::new(unit.objects.clone());
    let roots = contracts::roots_of(&image, choice);
    let mut by_object: BTreeMap<u32, Vec<&Root>> = BTreeMap::new();
    for root in &roots {
        if let Some(object) = image.object_of(root.place.section) {
            by_object.entry(object).or_default().push(root);
        }
    }
    let links = links(&image);
    let candidates: Vec<_> = by_object
        .iter()
        .flat_map(|(object, own)| candidates(entry, &image, &roots, &closure(&links, *object), own))
        .collect();
    let verdicts = parallel::map(&candidates, |subject| {
        judge_root(
            &subject.around.image,
            &subject.root,
            &subject.around.roots,
            0,
        )
        .is_proved()
    });
    let with_verdicts = candidates.into_iter().zip(verdicts);
    with_verdicts
        .filter_map(|(subject, proved)| proved.then_some(subject))
        .collect()
}

fn candidates(
    entry: &str,
    image: &Image,
    roots: &[Root],
    objects: &BTreeSet<u32>,
    own: &[&Root],
) -> Vec<Subject> {
    let all = image.objects();
    let near = Image::new(
        objects
            .iter()
            .filter_map(|&n| all.get(n as usize).cloned())
            .collect(),
    );
    let moved = |root: &Root| {
        Some(Root {
            place: translate(image, &near, objects, root.place)?,
            ..root.clone()
        })
    };
    let around = Arc::new(Neighbourhood {
        roots: roots.iter().filter_map(moved).collect(),
        image: near,
    });
    let places: BTreeSet<Place> = around.roots.iter().map(|root| root.place).collect();
    let tables = UnwindTables::new(&around.image);
    let own = own.iter().filter_map(|root| {
        let near = &around.image;
        let place = translate(image, near, objects, root.place)?;
        Some(Subject {
            entry: entry.to_owned(),
            root: Root {
                place,
                ..(*root).clone()
            },
            body: Body::of(near, &tables, place, &places),
            around: Arc::clone(&around),
        })
    });
    own.collect()
}

/// The same place in an image of some of the objects.
fn translate(from: &Image, to: &Image, objects: &BTreeSet<u32>, place: Place) -> Option<Place> {
    let object = from.object_of(place.section)?;
    let number = objects.iter().position(|&other| other == object)? as u32;
    let first = abide::inputs::SectionIndex(0);
    let within = place.section.0 - from.section_id(object, first)?.0;
    Some(Place {
        section: to.section_id(number, abide::inputs::SectionIndex(within))?,
        ..place
    })
}

/// For each object written in assembly, those in assembly that define what it lacks.
fn links(image: &Image) -> Vec<BTreeSet<u32>> {
    let mut links = vec![BTreeSet::new(); image.objects().len()];
    for (id, symbol) in image.symbols() {
        if symbol.place != SymbolPlace::Undefined || !is_assembly(image, id.object) {
            continue;
        }
        let definition = image
            .global(&symbol.name)
            .map(|definition| definition.object);
        if let Some(definition) = definition.filter(|&object| is_assembly(image, object)) {
            links[id.object as usize].insert(definition);
        }
    }
    links
}

fn is_assembly(image: &Image, object: u32) -> bool {
    let object = image.objects().get(object as usize);
    object.is_some_and(|object| !matches!(object.language, Language::Rust | Language::C))
}

fn closure(links: &[BTreeSet<u32>], object: u32) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![object];
    while let Some(object) = waiting.pop() {
        if found.insert(object) {
            waiting.extend(links.get(object as usize).into_iter().flatten());
        }
    }
    found
}
