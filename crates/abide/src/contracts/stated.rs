//! What `abide.toml` states of single instructions.

use std::collections::HashMap;

use serde::Deserialize;

use crate::inputs::{Image, Place, Resolved, shown_name};
use crate::registers::{Register, RegisterSet};

/// The bound of a jump table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The instruction that jumps: `symbol` or `symbol+0x12`.
    pub jump: String,
    /// How many entries the table has.
    pub entries: u32,
    /// Why.
    pub reason: String,
}

/// What an instruction does that its bytes do not say.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instruction {
    /// The instruction: `symbol` or `symbol+0x12`.
    pub at: String,
    /// The labels that it leads to.
    #[serde(default)]
    pub leads_to: Vec<String>,
    /// It leads to functions that keep the convention.
    #[serde(default)]
    pub by_convention: bool,
    /// It goes on to the next instruction, and changes only these registers.
    pub clobbers: Option<Vec<String>>,
    /// The address that it accesses, or SP at the call that it makes, is a multiple of this.
    pub aligned: Option<u32>,
    /// The mode that it goes on in, by a far return: 16, 32 or 64.
    pub bits: Option<u8>,
    /// Why.
    pub reason: String,
}

/// What is stated of an instruction, resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stated {
    /// How many entries the table has that it jumps through.
    pub entries: Option<u32>,
    /// The places that it leads to.
    pub leads_to: Vec<Place>,
    /// It leads to functions that keep the convention.
    pub by_convention: bool,
    /// It goes on to the next instruction, and changes only these registers.
    pub clobbers: Option<RegisterSet>,
    /// The address that it accesses, or SP at the call that it makes, is a multiple of this.
    pub aligned: Option<u32>,
    /// The mode that it goes on in.
    pub bits: Option<u8>,
}

impl Stated {
    /// Whether it tells where control goes from an instruction that is not modelled.
    pub(crate) const fn tells_flow(&self) -> bool {
        self.clobbers.is_some() || !self.leads_to.is_empty()
    }
}

impl Instruction {
    /// Whether it states nothing at all.
    pub(super) fn is_empty(&self) -> bool {
        self.leads_to.is_empty()
            && !self.by_convention
            && self.clobbers.is_none()
            && self.aligned.is_none()
            && self.bits.is_none()
    }

    /// Every label that it names.
    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        let labels = self.leads_to.iter().map(String::as_str);
        labels.chain([self.at.as_str()])
    }
}

/// What is stated of each instruction; what names no place of the image states nothing here.
pub(super) fn resolve(
    image: &Image,
    tables: &[Table],
    instructions: &[Instruction],
) -> HashMap<Place, Stated> {
    let mut stated: HashMap<Place, Stated> = HashMap::new();
    for table in tables {
        if let Some(place) = place_of(image, &table.jump) {
            stated.entry(place).or_default().entries = Some(table.entries);
        }
    }
    for instruction in instructions {
        let Some(place) = place_of(image, &instruction.at) else {
            continue;
        };
        let stated = stated.entry(place).or_default();
        let labels = instruction.leads_to.iter();
        stated
            .leads_to
            .extend(labels.filter_map(|label| place_of(image, label)));
        stated.by_convention |= instruction.by_convention;
        stated.aligned = instruction.aligned.or(stated.aligned);
        stated.bits = instruction.bits.or(stated.bits);
        let clobbers = instruction.clobbers.iter().flatten();
        if instruction.clobbers.is_some() {
            stated.clobbers = Some(clobbers.filter_map(|name| Register::named(name)).collect());
        }
    }
    stated
}

/// The place that `symbol` or `symbol+0x12` names; of local symbols, the first.
pub(super) fn place_of(image: &Image, text: &str) -> Option<Place> {
    let (name, distance) = split(text)?;
    let is_it = |symbol: &str| symbol == name || shown_name(symbol) == name;
    let (id, _) = image.symbols().find(|(_, symbol)| is_it(&symbol.name))?;
    match image.resolve(id)? {
        Resolved::Place(place) => Some(Place {
            offset: place.offset.checked_add(distance)?,
            ..place
        }),
        _ => None,
    }
}

/// The symbol that a label begins with, and the distance from it.
pub(super) fn split(text: &str) -> Option<(&str, i64)> {
    match text.rsplit_once("+0x") {
        Some((name, distance)) => Some((name, i64::from_str_radix(distance, 16).ok()?)),
        None => Some((text, 0)),
    }
}
