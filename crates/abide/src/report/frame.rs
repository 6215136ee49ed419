//! A picture of a frame, in text.

use std::collections::BTreeSet;

use crate::interpret::replay::{Frame, Holds, Piece};

/// A picture has no more rows: beyond that, those without a mark are left out.
const MOST_ROWS: usize = 11;
/// What stands for rows that are left out.
const LEFT_OUT: &str = "...";

/// Some bytes of the stack, and what is to be said beside them.
struct Row {
    offset: i64,
    text: String,
    mark: String,
}

/// Draws a frame, high addresses first. Each row is named by its lowest address.
/// `None` for a frame of the return address alone, which tells nothing.
pub(super) fn draw(frame: &Frame) -> Option<String> {
    let rows = shorten(rows(frame));
    let is_bare = |piece: &Piece| piece.holds == Holds::ReturnAddress;
    if rows.len() < 2 && frame.pieces.iter().all(is_bare) {
        return None;
    }
    let names = rows.iter().map(|row| name(row.offset).len()).max();
    let texts = rows.iter().map(|row| row.text.len()).max();
    let (names, texts) = (names.unwrap_or(0), texts.unwrap_or(0));
    let lines = rows.iter().map(|row| {
        let name = match row.text.as_str() {
            LEFT_OUT => String::new(),
            _ => name(row.offset),
        };
        let text = format!("{name:names$} | {:texts$} | {}", row.text, row.mark);
        text.trim_end().to_owned()
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

fn name(offset: i64) -> String {
    match offset {
        0 => "entry".to_owned(),
        1.. => format!("entry + {offset:#x}"),
        _ => format!("entry - {:#x}", offset.unsigned_abs()),
    }
}

fn rows(frame: &Frame) -> Vec<Row> {
    let cuts: Vec<i64> = cuts(frame).into_iter().collect();
    let mut rows: Vec<Row> = Vec::new();
    for pair in cuts.windows(2).rev() {
        let &[low, high] = pair else { continue };
        let piece = frame
            .pieces
            .iter()
            .find(|piece| piece.offset <= low && low < end(piece));
        rows.push(Row {
            offset: low,
            text: match piece {
                Some(piece) => text(piece, low, high, frame.word.into()),
                None if low >= i64::from(frame.word) => "the caller's frame".to_owned(),
                None => format!("{} bytes, nothing stored", high.abs_diff(low)),
            },
            mark: mark(frame, low, high),
        });
    }
    rows
}

/// Where rows begin and end.
fn cuts(frame: &Frame) -> BTreeSet<i64> {
    let mut cuts = BTreeSet::from([0, i64::from(frame.word), frame.stack_pointer]);
    cuts.extend(frame.red_zone_end);
    if let Some(access) = frame.access {
        cuts.extend([
            access.offset,
            access.offset.saturating_add_unsigned(access.bytes),
        ]);
    }
    for pair in frame.pieces.windows(2) {
        // Neighbours that hold nothing of note are one row.
        let &[high, low] = pair else { continue };
        let is_plain = |piece: Piece| piece.holds == Holds::Other;
        if !(is_plain(high) && is_plain(low) && end(&low) == high.offset) {
            cuts.extend([high.offset, end(&low)]);
        }
    }
    let ends = frame.pieces.first().into_iter().map(end);
    let starts = frame.pieces.last().into_iter().map(|piece| piece.offset);
    cuts.extend(ends.chain(starts));
    // What the caller has above is shown where something is to be said of it.
    let highest = cuts.last().copied().unwrap_or(0);
    if frame.stack_pointer >= highest {
        cuts.insert(frame.stack_pointer + i64::from(frame.word));
    }
    cuts
}

fn end(piece: &Piece) -> i64 {
    piece.offset.saturating_add_unsigned(piece.bytes)
}

/// A piece that is as long as a word is whole: a register, or an address.
fn text(piece: &Piece, low: i64, high: i64, word: u64) -> String {
    let bytes = high.abs_diff(low);
    match piece.holds {
        Holds::Other if low < word as i64 && high > 0 => {
            format!("{bytes} bytes of data over the return address")
        }
        Holds::Other => format!("{bytes} bytes of data"),
        holds if bytes == word && piece.bytes == word => holds.to_string(),
        holds => format!("{bytes} bytes of: {holds}"),
    }
}

fn mark(frame: &Frame, low: i64, high: i64) -> String {
    let mut marks = Vec::new();
    let top = frame.stack_pointer_name();
    if frame.stack_pointer == low {
        marks.push(match frame.residue {
            Some(residue) => format!("<- {top}, {residue} modulo 16"),
            None => format!("<- {top}"),
        });
    }
    if frame.red_zone_end == Some(low) {
        marks.push("<- end of the red zone".to_owned());
    }
    if let Some(access) = frame.access {
        let end = access.offset.saturating_add_unsigned(access.bytes);
        let verb = if access.is_store { "stored" } else { "read" };
        if access.offset == low {
            marks.push(format!("<- {} bytes are {verb} here", access.bytes));
        } else if access.offset < low && high <= end {
            marks.push("<- and here".to_owned());
        }
    }
    marks.join(", ")
}

/// Leaves out rows without a mark, from the middle on.
fn shorten(mut rows: Vec<Row>) -> Vec<Row> {
    while rows.len() > MOST_ROWS {
        let middle = rows.len() / 2;
        let plain = |&at: &usize| rows[at].mark.is_empty() && rows[at].text != LEFT_OUT;
        let candidates = 1..rows.len().saturating_sub(1);
        let Some(at) = candidates
            .filter(plain)
            .min_by_key(|at| at.abs_diff(middle))
        else {
            break;
        };
        let is_beside = |at: usize| rows.get(at).is_some_and(|row| row.text == LEFT_OUT);
        if is_beside(at - 1) || is_beside(at + 1) {
            rows.remove(at);
        } else {
            rows[at].text = LEFT_OUT.to_owned();
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::{Place, SectionId};
    use crate::interpret::replay::FrameAccess;
    use crate::registers::{InstructionSet, Register};

    fn piece(offset: i64, bytes: u64, holds: Holds) -> Piece {
        Piece {
            offset,
            bytes,
            holds,
        }
    }

    #[test]
    fn a_long_frame_keeps_what_is_marked() {
        let mut pieces = vec![piece(0, 8, Holds::ReturnAddress)];
        pieces.extend((1..40).map(|slot| {
            piece(
                -8 * slot,
                8,
                Holds::Entry(Register::RBX, InstructionSet::X86_64),
            )
        }));
        let frame = Frame {
            word: 8,
            stack_pointer: -312,
            residue: None,
            red_zone_end: None,
            access: Some(FrameAccess {
                place: Place {
                    section: SectionId(0),
                    offset: 0,
                },
                offset: -104,
                bytes: 8,
                is_store: true,
            }),
            pieces,
        };
        let picture = draw(&frame).expect("there are many rows");
        assert!(picture.lines().count() <= MOST_ROWS, "{picture}");
        assert!(
            picture.contains("rbx of the entry | <- 8 bytes are stored here"),
            "{picture}"
        );
        assert!(picture.ends_with("<- rsp"), "{picture}");
        assert_eq!(picture.matches(LEFT_OUT).count(), 2, "{picture}");
    }
}
