//! What `abide.toml` says of handlers: the gates that lead to them.

use serde::Deserialize;

use super::Interrupt;
use super::stated::place_of;
use crate::conventions::has_error_code;
use crate::inputs::{Image, Place, RelocationKind, Resolved};

/// How many vectors there are.
const VECTORS: i64 = 256;

/// The gates of a handler, as declared.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// The vector.
    pub vector: Option<u8>,
    /// Several vectors.
    #[serde(default)]
    pub vectors: Vec<u8>,
    /// The symbol of a table of handlers' addresses, in the order of their vectors.
    pub table: Option<String>,
    /// It may interrupt user mode.
    pub user: Option<bool>,
    /// Its gates name a stack of their own (IST).
    pub own_stack: Option<bool>,
}

impl Gate {
    /// How the hardware enters the handler at a place.
    pub(super) fn interrupt(&self, image: &Image, handler: Place) -> Interrupt {
        let mut vectors: Vec<u8> = self.vector.into_iter().collect();
        vectors.extend(&self.vectors);
        let table = self.table.as_ref().and_then(|table| place_of(image, table));
        vectors.extend(table.iter().flat_map(|&table| {
            let entries = entries(image, table);
            entries.filter_map(move |(vector, place)| (place == handler).then_some(vector))
        }));
        vectors.sort_unstable();
        vectors.dedup();
        Interrupt {
            set: image.set_of(handler.section),
            vectors,
            user: self.user,
            own_stack: self.own_stack,
            by_instruction: false,
        }
    }

    /// What it declares that cannot be.
    pub(super) fn contradiction(&self, of: &str) -> Option<String> {
        let mut vectors = self.vector.iter().chain(&self.vectors);
        let with = vectors.clone().find(|&&vector| has_error_code(vector))?;
        let without = vectors.find(|&&vector| !has_error_code(vector))?;
        Some(format!(
            "`{of}` cannot serve both vector {with}, with an error code, and vector {without}, \
             without one"
        ))
    }
}

/// The vectors and handlers of a table of addresses. It ends with its symbol, or, where that has
/// no size, at the first entry that is no address.
fn entries(image: &Image, table: Place) -> impl Iterator<Item = (u8, Place)> {
    // An entry is an address.
    let entry = i64::from(image.set_of(table.section).word());
    let sized = image.symbols().find_map(|(id, symbol)| {
        let is_it = symbol.size > 0 && image.resolve(id) == Some(Resolved::Place(table));
        is_it.then_some(symbol.size as i64 / entry)
    });
    let addresses = (0..sized.unwrap_or(VECTORS).min(VECTORS)).map(move |vector| {
        let place = Place {
            offset: table.offset + entry * vector,
            ..table
        };
        (vector as u8, address_at(image, place))
    });
    addresses
        .take_while(move |(_, handler)| sized.is_some() || handler.is_some())
        .filter_map(|(vector, handler)| Some((vector, handler?)))
}

/// The place whose address stands at another.
fn address_at(image: &Image, place: Place) -> Option<Place> {
    let relocation = image.relocation_at(place)?;
    if relocation.kind != RelocationKind::Absolute
        || relocation.size != image.set_of(place.section).bits()
    {
        return None;
    }
    match image.follow(place, relocation, 0)? {
        Resolved::Place(place) => Some(place),
        _ => None,
    }
}
