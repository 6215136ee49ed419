//! The VGA text screen: 25 rows of 80 cells at 0xb8000, and a hardware cursor.

use core::ops::Range;
use x86_64::instructions::port::Port;

pub(crate) const COLUMNS: usize = 80;
const ROWS: usize = 25;
const CELLS: *mut Cell = 0xb8000 as *mut Cell;
const TAB: usize = 8;

/// A character of code page 437 and its colours.
#[derive(Clone, Copy)]
#[repr(C)]
struct Cell {
    character: u8,
    colour: u8,
}

const LIGHT_GREY_ON_BLACK: u8 = 0x07;

pub(crate) struct Screen {
    row: usize,
    column: usize,
}

impl Screen {
    pub(crate) const fn new() -> Self {
        Self { row: 0, column: 0 }
    }

    pub(crate) fn clear(&mut self) {
        (0..ROWS).for_each(clear_row);
        (self.row, self.column) = (0, 0);
        self.show_cursor();
    }

    /// Writes one character, or obeys it: newline, carriage return, backspace, tab.
    pub(crate) fn put(&mut self, character: char) {
        match character {
            '\n' => self.new_line(),
            '\r' => self.column = 0,
            '\u{8}' => self.column = self.column.saturating_sub(1),
            '\t' => self.advance_to((self.column / TAB + 1) * TAB),
            _ => {
                set(self.row, self.column, code_page_437(character));
                self.advance_to(self.column + 1);
            }
        }
    }

    /// Shows `text` in this row from `start` on, blanks the rest, and sets the cursor into it.
    pub(crate) fn show_line(&mut self, start: usize, text: &[char], cursor: usize) {
        let padded = text.iter().copied().chain(core::iter::repeat(' '));
        for (column, character) in (start..COLUMNS).zip(padded) {
            set(self.row, column, code_page_437(character));
        }
        self.column = start + cursor;
        self.show_cursor();
    }

    /// Moves the hardware cursor to where the next character goes.
    pub(crate) fn show_cursor(&self) {
        let [low, high] = ((self.row * COLUMNS + self.column) as u16).to_le_bytes();
        let mut index: Port<u8> = Port::new(0x3d4);
        let mut data: Port<u8> = Port::new(0x3d5);
        // SAFETY: these are the display controller's cursor registers, 14 and 15.
        unsafe {
            index.write(0x0e);
            data.write(high);
            index.write(0x0f);
            data.write(low);
        }
    }

    fn advance_to(&mut self, column: usize) {
        self.column = column;
        if self.column >= COLUMNS {
            self.new_line();
        }
    }

    fn new_line(&mut self) {
        self.column = 0;
        if self.row + 1 < ROWS {
            self.row += 1;
        } else {
            scroll();
        }
    }
}

fn scroll() {
    // SAFETY: both ranges lie inside the screen.
    unsafe { CELLS.copy_from(CELLS.add(COLUMNS), (ROWS - 1) * COLUMNS) }
    clear_row(ROWS - 1);
}

fn clear_row(row: usize) {
    const ALL: Range<usize> = 0..COLUMNS;
    ALL.for_each(|column| set(row, column, b' '));
}

fn set(row: usize, column: usize, character: u8) {
    assert!(row < ROWS && column < COLUMNS);
    let cell = Cell {
        character,
        colour: LIGHT_GREY_ON_BLACK,
    };
    // SAFETY: the cell lies inside the screen, as asserted, and nothing else writes there.
    unsafe { CELLS.add(row * COLUMNS + column).write_volatile(cell) }
}

/// ASCII as it is, and what the keyboard layouts can type beyond it.
fn code_page_437(character: char) -> u8 {
    const BEYOND: &str = "äöüÄÖÜß§°²µéèàçù£¬æÆåÅ½¡¿·";
    const CODES: &[u8; 26] = b"\x84\x94\x81\x8e\x99\x9a\xe1\x15\xf8\xfd\xe6\x82\x8a\
        \x85\x87\x97\x9c\xaa\x91\x92\x86\x8f\xab\xad\xa8\xfa";
    match character {
        ' '..='~' => character as u8,
        _ => BEYOND
            .chars()
            .zip(CODES)
            .find(|(known, _)| *known == character)
            .map_or(b'?', |(_, code)| *code),
    }
}
