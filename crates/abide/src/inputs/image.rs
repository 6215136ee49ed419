//! The sections of a link unit under one numbering, each relocated place resolved.
//!
//! An address is a [`Place`]: a section and an offset in it. Nothing is laid
//! out, so sections of different objects never lie beside one another, and
//! a verdict does not change when another object grows. Final images keep the
//! addresses that their linker chose, as an attribute of each section.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::{
    Assembly, Binding, Import, Modes, Object, Relocation, RelocationKind, RelocationTarget,
    Section, SectionIndex, Symbol, SymbolIndex, SymbolKind, SymbolPlace, Trace,
};
use crate::registers::InstructionSet;

/// A section of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SectionId(pub u32);

/// An address: an offset, in bytes, from the start of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The section.
    pub section: SectionId,
    /// The offset in it; a reference may point outside, as `label - 8` does.
    pub offset: i64,
}

impl Place {
    /// The first of all places.
    pub const LOWEST: Self = Self {
        section: SectionId(0),
        offset: i64::MIN,
    };
}

/// A symbol of the image: which object's, and which of its symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageSymbol {
    /// The object's place in [`Image::objects`].
    pub object: u32,
    /// The symbol's place in the object.
    pub symbol: SymbolIndex,
}

/// What a name or relocation stands for after the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resolved {
    /// A place in the image, and the symbol that was followed, if it was one that is interposable or weak.
    Place(Place),
    /// A symbol that the unit does not define.
    External(ImageSymbol),
    /// A number.
    Absolute(u64),
}

/// A link unit: its objects, and one numbering of all of their sections.
#[derive(Debug, Default)]
pub struct Image {
    objects: Vec<Object>,
    /// For each section of the image: its object and its index there.
    sections: Vec<(u32, SectionIndex)>,
    /// For each object, the id of its first section.
    first: Vec<u32>,
    globals: HashMap<String, ImageSymbol>,
    /// Sections that the linker drops.
    dropped: HashSet<SectionId>,
    /// For each object, which of its code is assembly.
    assembly: Vec<Assembly>,
    /// What code runs in another mode than that of its object.
    modes: Modes,
    /// What import libraries call what images import, by the name in the import table.
    imports: HashMap<String, String>,
    /// For each object, the symbols that places are named by: sorted once they are asked for.
    names: Vec<OnceLock<Names>>,
}

/// The symbols of an object that name places, each by its section, its value and whether it is
/// seen outside, and which symbol it is. In that order: the last at or before a place names it.
type Names = Vec<(SectionIndex, u64, bool, usize)>;

impl Image {
    /// Puts objects together as one link does: the first strong definition of
    /// a name wins, else the first weak one.
    #[must_use]
    pub fn new(objects: Vec<Object>) -> Self {
        let mut image = Self::default();
        for (number, object) in objects.iter().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            image.first.push(image.sections.len() as u32);
            let sections = 0..u32::try_from(object.sections.len()).unwrap_or(u32::MAX);
            image
                .sections
                .extend(sections.map(|section| (number, SectionIndex(section))));
        }
        image.assembly = objects.iter().map(Assembly::of).collect();
        image.names = objects.iter().map(|_| OnceLock::new()).collect();
        image.objects = objects;
        image.globals = image.choose_definitions();
        image
    }

    /// Says which sections the linker drops.
    pub fn drop_sections(&mut self, dropped: HashSet<SectionId>) {
        self.dropped = dropped;
    }

    /// Says what the import libraries call what images import.
    pub fn name_imports(&mut self, imports: &[Import]) {
        let pairs = imports.iter();
        let pairs = pairs.map(|import| (import.address.clone(), import.symbol.clone()));
        self.imports = pairs.collect();
    }

    /// The name to those who link of what an import table calls `library!name`.
    #[must_use]
    pub fn name_of_import(&self, address: &str) -> Option<&str> {
        self.imports.get(address).map(String::as_str)
    }

    /// Says what code runs in another mode than that of its object.
    pub fn declare_modes(&mut self, modes: Modes) {
        self.modes = modes;
    }

    /// What code runs in another mode than that of its object.
    #[must_use]
    pub const fn modes(&self) -> &Modes {
        &self.modes
    }

    /// The mode of the code at a place, in bits.
    #[must_use]
    pub fn bits_at(&self, place: Place) -> u8 {
        match self.modes.is_empty() {
            true => self.set_of(place.section).bits(),
            false => {
                let declared = self.modes.at(place);
                declared.unwrap_or(self.set_of(place.section).bits())
            }
        }
    }

    /// Whether a section stays in what is linked.
    #[must_use]
    pub fn is_live(&self, section: SectionId) -> bool {
        !self.dropped.contains(&section)
    }

    fn choose_definitions(&self) -> HashMap<String, ImageSymbol> {
        let mut chosen: HashMap<String, ImageSymbol> = HashMap::new();
        for (object, symbol) in self.symbols() {
            let defines = symbol.binding != Binding::Local
                && symbol.place != SymbolPlace::Undefined
                && !symbol.name.is_empty();
            if !defines {
                continue;
            }
            let replaces = match chosen.get(&symbol.name) {
                None => true,
                Some(&old) => {
                    let old_is_weak = self.symbol(old).is_some_and(|s| s.binding == Binding::Weak);
                    old_is_weak && symbol.binding != Binding::Weak
                }
            };
            if replaces {
                chosen.insert(symbol.name.clone(), object);
            }
        }
        chosen
    }

    /// The objects, in link order.
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// Every symbol of every object, in order.
    pub fn symbols(&self) -> impl Iterator<Item = (ImageSymbol, &Symbol)> {
        self.objects.iter().enumerate().flat_map(|(object, file)| {
            file.symbols.iter().enumerate().map(move |(symbol, data)| {
                let id = ImageSymbol {
                    object: object as u32,
                    symbol: SymbolIndex(symbol as u32),
                };
                (id, data)
            })
        })
    }

    /// The symbol's data.
    #[must_use]
    pub fn symbol(&self, id: ImageSymbol) -> Option<&Symbol> {
        self.objects
            .get(id.object as usize)?
            .symbols
            .get(id.symbol.0 as usize)
    }

    /// The definition that a global name has in this unit.
    #[must_use]
    pub fn global(&self, name: &str) -> Option<ImageSymbol> {
        self.globals.get(name).copied()
    }

    /// How many sections there are; ids count from 0.
    #[must_use]
    pub fn section_count(&self) -> usize {
        self.sections.len()
    }

    /// The section's data.
    #[must_use]
    pub fn section(&self, id: SectionId) -> Option<&Section> {
        let &(object, section) = self.sections.get(id.0 as usize)?;
        self.objects
            .get(object as usize)?
            .sections
            .get(section.0 as usize)
    }

    /// The object that a section belongs to.
    #[must_use]
    pub fn object_of(&self, id: SectionId) -> Option<u32> {
        self.sections.get(id.0 as usize).map(|&(object, _)| object)
    }

    /// The instruction set of a section's code, which its object names.
    #[must_use]
    pub fn set_of(&self, id: SectionId) -> InstructionSet {
        let object = self.object_of(id);
        let object = object.and_then(|object| self.objects.get(object as usize));
        object
            .and_then(|object| object.instruction_set)
            .unwrap_or_default()
    }

    /// The index that a section has in its object.
    #[must_use]
    pub fn index_of(&self, id: SectionId) -> Option<SectionIndex> {
        self.sections.get(id.0 as usize).map(|&(_, index)| index)
    }

    /// The id of an object's section.
    #[must_use]
    pub fn section_id(&self, object: u32, section: SectionIndex) -> Option<SectionId> {
        let first = *self.first.get(object as usize)?;
        let count = self.objects.get(object as usize)?.sections.len();
        ((section.0 as usize) < count).then_some(SectionId(first + section.0))
    }

    /// Where a symbol leads after the link.
    #[must_use]
    pub fn resolve(&self, id: ImageSymbol) -> Option<Resolved> {
        let symbol = self.symbol(id)?;
        match symbol.place {
            SymbolPlace::Undefined => match self.global(&symbol.name) {
                Some(definition) => self.resolve_definition(definition),
                None => Some(Resolved::External(id)),
            },
            _ if symbol.binding != Binding::Local => {
                // Another object's strong definition may take the place of a weak one.
                self.resolve_definition(self.global(&symbol.name).unwrap_or(id))
            }
            _ => self.resolve_definition(id),
        }
    }

    fn resolve_definition(&self, id: ImageSymbol) -> Option<Resolved> {
        let symbol = self.symbol(id)?;
        match symbol.place {
            SymbolPlace::Section(section) => {
                let section = self.section_id(id.object, section)?;
                let offset = symbol.value as i64;
                Some(Resolved::Place(Place { section, offset }))
            }
            SymbolPlace::Absolute => Some(Resolved::Absolute(symbol.value)),
            SymbolPlace::Undefined | SymbolPlace::Common => Some(Resolved::External(id)),
        }
    }

    /// Where a relocation of an object leads, its addend apart.
    #[must_use]
    pub fn relocation_target(&self, object: u32, target: RelocationTarget) -> Option<Resolved> {
        match target {
            RelocationTarget::Symbol(symbol) => self.resolve(ImageSymbol { object, symbol }),
            RelocationTarget::Section(section) => Some(Resolved::Place(Place {
                section: self.section_id(object, section)?,
                offset: 0,
            })),
            RelocationTarget::Absolute => Some(Resolved::Absolute(0)),
        }
    }

    /// The relocation at exactly this place, if there is one.
    #[must_use]
    pub fn relocation_at(&self, place: Place) -> Option<&Relocation> {
        let offset = u64::try_from(place.offset).ok()?;
        let relocations = &self.section(place.section)?.relocations;
        let found = relocations.binary_search_by_key(&offset, |relocation| relocation.offset);
        relocations.get(found.ok()?)
    }

    /// The place whose address stands at this one, if that is relocated.
    #[must_use]
    pub fn led_to(&self, place: Place) -> Option<Place> {
        match self.follow(place, self.relocation_at(place)?, 0)? {
            Resolved::Place(place) => Some(place),
            _ => None,
        }
    }

    /// The address that stands in a relocated place: for relative relocations
    /// the address they lead to, with `from` bytes between the place and the
    /// point that the processor counts from (4 for a `call`).
    #[must_use]
    pub fn follow(&self, place: Place, relocation: &Relocation, from: i64) -> Option<Resolved> {
        let object = self.object_of(place.section)?;
        let addend = match relocation.kind {
            RelocationKind::Relative | RelocationKind::PltRelative => {
                relocation.addend.wrapping_add(from)
            }
            _ => relocation.addend,
        };
        match self.relocation_target(object, relocation.target)? {
            Resolved::Place(place) => Some(Resolved::Place(Place {
                offset: place.offset.wrapping_add(addend),
                ..place
            })),
            Resolved::Absolute(number) => {
                Some(Resolved::Absolute(number.wrapping_add(addend as u64)))
            }
            external @ Resolved::External(_) => Some(external),
        }
    }

    /// The place at an absolute address, in final images.
    #[must_use]
    pub fn place_at(&self, object: u32, address: u64) -> Option<Place> {
        let file = self.objects.get(object as usize)?;
        let index = file.sections.iter().position(|section| {
            section.flags.alloc
                && address >= section.address
                && address - section.address < section.size
        })?;
        let section = file.sections.get(index)?;
        Some(Place {
            section: self.section_id(object, SectionIndex(index as u32))?,
            offset: (address - section.address) as i64,
        })
    }

    /// The bytes of a section from a place on; empty outside of it.
    #[must_use]
    pub fn bytes_from(&self, place: Place) -> &[u8] {
        let start = usize::try_from(place.offset).ok();
        start
            .zip(self.section(place.section))
            .and_then(|(start, section)| section.data.get(start..))
            .unwrap_or_default()
    }

    /// The number that `bytes` bytes at a place are, at most 8, as the file has them.
    #[must_use]
    pub fn number_at(&self, place: Place, bytes: u8) -> Option<u64> {
        let bytes = self.bytes_from(place).get(..usize::from(bytes))?;
        let digits = bytes.iter().rev();
        Some(digits.fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// Whether the linker fills in any byte from a place on, up to this offset of its section.
    #[must_use]
    pub fn is_relocated(&self, place: Place, end: i64) -> bool {
        let Some(section) = self.section(place.section) else {
            return false;
        };
        // A relocation fills in up to 8 bytes.
        let from = place.offset.saturating_sub(7);
        let relocations = &section.relocations;
        let first = relocations.partition_point(|relocation| (relocation.offset as i64) < from);
        let mut near = relocations[first..]
            .iter()
            .take_while(|relocation| (relocation.offset as i64) < end);
        near.any(|relocation| {
            let bytes = match relocation.size {
                0 => 8,
                bits => i64::from(bits.div_ceil(8)),
            };
            relocation.offset as i64 + bytes > place.offset
        })
    }

    /// Whether a place lies in code.
    #[must_use]
    pub fn is_code(&self, place: Place) -> bool {
        self.section(place.section).is_some_and(|section| {
            section.flags.execute
                && u64::try_from(place.offset).is_ok_and(|offset| offset < section.size)
        })
    }

    /// The assembly in an object.
    #[must_use]
    pub fn assembly_of(&self, object: u32) -> Option<&Assembly> {
        self.assembly.get(object as usize)
    }

    /// What tells that the code at a place is assembly; `None` for compiled code.
    #[must_use]
    pub fn trace_of_assembly(&self, place: Place) -> Option<Trace> {
        let &(object, section) = self.sections.get(place.section.0 as usize)?;
        let assembly = self.assembly.get(object as usize)?;
        assembly.trace(section, u64::try_from(place.offset).unwrap_or(0))
    }

    /// The name to print for a place: the nearest symbol at or before it, and the distance.
    #[must_use]
    pub fn name_of(&self, place: Place) -> Option<(&str, u64)> {
        let &(object, section) = self.sections.get(place.section.0 as usize)?;
        let offset = u64::try_from(place.offset).ok()?;
        let symbols = &self.objects.get(object as usize)?.symbols;
        let names = self.names.get(object as usize)?;
        let names = names.get_or_init(|| names_of(symbols));
        let behind = names.partition_point(|&(of, value, ..)| (of, value) <= (section, offset));
        let &(of, value, _, symbol) = names.get(behind.checked_sub(1)?)?;
        (of == section).then(|| (symbols[symbol].name.as_str(), offset - value))
    }
}

fn names_of(symbols: &[Symbol]) -> Names {
    let named = symbols.iter().enumerate().filter_map(|(index, symbol)| {
        let SymbolPlace::Section(section) = symbol.place else {
            return None;
        };
        let is_name = !matches!(symbol.kind, SymbolKind::Section | SymbolKind::File)
            && !symbol.name.is_empty();
        is_name.then_some((
            section,
            symbol.value,
            symbol.binding != Binding::Local,
            index,
        ))
    });
    let mut names: Names = named.collect();
    names.sort_unstable();
    names
}
