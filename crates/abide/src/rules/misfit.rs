//! How an access of memory disagrees with the type that is declared of it.

use crate::machine::arithmetic::greatest_divisor;
use crate::signatures::{Field, Layout, Pointee};

/// What `lidt` and its like access: a limit of two bytes, then a base of eight.
const DESCRIPTOR: [(u64, u64); 2] = [(0, 2), (2, 8)];
/// The most that an access takes which means one field: what is wider copies.
const WORD: u64 = 8;

/// How many places in an element an index may lead to that are looked at.
const MOST_PLACES: i64 = 64;

/// What is wrong with an access.
pub(super) struct Misfit {
    /// What is accessed, and what is there.
    pub(super) what: String,
    /// It may be meant so.
    pub(super) is_mild: bool,
}

impl Misfit {
    const fn bad(what: String) -> Self {
        Self {
            what,
            is_mild: false,
        }
    }

    const fn mild(what: String) -> Self {
        Self {
            what,
            is_mild: true,
        }
    }
}

/// Why the processor does not find the two parts of a descriptor there.
pub(super) fn of_descriptor(pointee: &Pointee, start: u64) -> Option<Misfit> {
    let name = &pointee.name;
    let Some(layout) = &pointee.layout else {
        return Some(Misfit::bad(format!(
            "the processor finds a limit at 0 and a base at 2, and Rust orders the fields of \
             `{name}` as it likes"
        )));
    };
    let (at, size) = DESCRIPTOR
        .into_iter()
        .map(|(at, size)| (start + at, size))
        .find(|&(at, size)| !is_told(layout, at, size))?;
    let after = layout.fields.iter().find(|field| field.offset > at);
    let there = match after {
        Some(field) => format!("the next field, `{}`, is at {}", field.name, field.offset),
        None => format!("no field begins there in its {} bytes", layout.size),
    };
    Some(Misfit::bad(format!(
        "the processor finds {size} bytes at {at}, where `{name}` has none of its own: {there}"
    )))
}

/// Whether fields fill these bytes, and one begins with the first.
fn is_told(layout: &Layout, at: u64, size: u64) -> bool {
    let is_plain_bytes = layout.fields.iter().all(|field| field.size == 1);
    let begins = is_plain_bytes || layout.field_at(at).is_some();
    begins && at + size <= layout.size && (at..at + size).all(|byte| !layout.is_padding(byte))
}

/// What is wrong with an access beyond what there is.
pub(super) fn beyond(name: &str, size: u64, offset: i64, bytes: u64) -> Option<Misfit> {
    let start = u64::try_from(offset).ok();
    let is_inside = start.is_some_and(|start| start.saturating_add(bytes) <= size);
    (!is_inside).then(|| {
        Misfit::bad(format!(
            "this accesses {bytes} bytes at {offset:#x}, and `{name}` has {size} bytes"
        ))
    })
}

/// What is wrong with an access among the fields of a struct.
pub(super) fn among_fields(pointee: &Pointee, offset: i64, bytes: u64) -> Option<Misfit> {
    let name = &pointee.name;
    let Some(layout) = &pointee.layout else {
        return Some(Misfit::mild(format!(
            "this accesses {bytes} bytes at {offset:#x}, and Rust orders the fields of `{name}` as \
             it likes: another compiler may put them elsewhere"
        )));
    };
    // An array's parts have names too, but no gaps and no kinds.
    if layout.size == 0 || bytes > WORD || !is_struct(layout) {
        return None;
    }
    let start = u64::try_from(offset).ok()?;
    if layout
        .rest
        .is_some_and(|rest| start.saturating_add(bytes) > rest)
    {
        return None;
    }
    // Behind a pointer there may be more of its kind.
    let start = start % layout.size;
    let end = start + bytes;
    let touched = |field: &&Field| field.offset < end && start < field.offset + field.size;
    let is_whole = |field: &Field| start <= field.offset && field.offset + field.size <= end;
    let fields: Vec<&Field> = layout.fields.iter().filter(touched).collect();
    let (Some(first), Some(last)) = (fields.first(), fields.last()) else {
        return Some(Misfit::bad(format!(
            "this accesses {bytes} bytes at {offset:#x}, where `{name}` has no field"
        )));
    };
    if start < first.offset {
        return Some(Misfit::bad(format!(
            "this accesses {bytes} bytes at {offset:#x}, where `{name}` has none of its own: the \
             next field, `{}`, is at {}",
            first.name, first.offset
        )));
    }
    let is_inside = first.offset <= start && end <= first.offset + first.size;
    let is_fit = is_inside || fields.iter().all(|field| is_whole(field));
    (!is_fit).then(|| {
        let cut = if is_whole(first) { last } else { first };
        Misfit::mild(format!(
            "this accesses {bytes} bytes at {offset:#x}, and cuts a field of `{name}` in two: `{}` has \
             {} bytes at {}",
            cut.name, cut.size, cut.offset
        ))
    })
}

/// What is wrong with an access of elements in a row, to which an index adds multiples of `stride`:
/// what is wrong wherever in an element that may be.
pub(super) fn among_elements(
    pointee: &Pointee,
    offset: i64,
    stride: u64,
    bytes: u64,
) -> Option<Misfit> {
    let layout = pointee
        .layout
        .as_ref()
        .filter(|layout| layout.rest.is_none())?;
    let size = i64::try_from(layout.size).ok()?;
    // From one place in an element to the next that it may be: of whole elements there is one.
    let step = i64::try_from(greatest_divisor(stride, size.unsigned_abs())).ok()?;
    let turns = size
        .checked_div(step)
        .filter(|turns| (1..=MOST_PLACES).contains(turns))?;
    let mut places = (0..turns).map(|turn| offset.rem_euclid(step) + turn * step);
    let first = among_fields(pointee, places.next()?, bytes)?;
    let all = places.all(|place| among_fields(pointee, place, bytes).is_some());
    all.then_some(first)
}

/// Whether a type has fields that differ, and not only parts of one kind.
fn is_struct(layout: &Layout) -> bool {
    let is_part = |field: &Field| field.name.is_empty() || field.name.starts_with('[');
    layout.fields.len() > 1 && !layout.fields.iter().all(is_part)
}
