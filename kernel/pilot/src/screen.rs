//! The VGA text screen, as text.

use std::fmt;

/// Cells in a line of the text mode that the kernel uses.
pub const COLUMNS: usize = 80;
/// Lines of that mode.
pub const ROWS: usize = 25;
/// Bytes of its buffer: a character and its colours for each cell.
pub const BYTES: usize = COLUMNS * ROWS * 2;
/// Where the buffer stands in physical memory.
pub const ADDRESS: u64 = 0xb8000;

/// The upper half of code page 437, the character set in a VGA card's ROM.
const HIGH_HALF: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
                         └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// What the screen showed at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    lines: Vec<String>,
}

impl Screen {
    /// Reads the buffer's bytes; blanks at the end of a line are dropped.
    #[must_use]
    pub fn from_vga(bytes: &[u8]) -> Self {
        let lines = bytes
            .chunks(COLUMNS * 2)
            .map(|row| {
                row.iter()
                    .step_by(2)
                    .map(|&byte| character(byte))
                    .collect::<String>()
            })
            .map(|line| line.trim_end().to_owned())
            .collect();
        Self { lines }
    }

    /// The lines, from the top.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Whether some line is exactly `text`.
    #[must_use]
    pub fn has_line(&self, text: &str) -> bool {
        self.lines.iter().any(|line| line == text)
    }
}

impl fmt::Display for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used = self
            .lines
            .iter()
            .rposition(|line| !line.is_empty())
            .map_or(0, |last| last + 1);
        self.lines[..used]
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

fn character(byte: u8) -> char {
    match byte {
        0x20..=0x7e => byte.into(),
        0x80.. => HIGH_HALF
            .chars()
            .nth(usize::from(byte - 0x80))
            .unwrap_or('?'),
        _ => ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vga(lines: &[&[u8]]) -> Vec<u8> {
        let mut bytes = [b' ', 0x07].repeat(COLUMNS * ROWS);
        for (row, line) in lines.iter().enumerate() {
            for (column, &byte) in line.iter().enumerate() {
                bytes[(row * COLUMNS + column) * 2] = byte;
            }
        }
        bytes
    }

    #[test]
    fn reads_lines_without_their_blanks() {
        let screen = Screen::from_vga(&vga(&[b"abide", b"", b"> echo"]));
        assert_eq!(screen.lines().len(), ROWS);
        assert!(screen.has_line("> echo"));
        assert_eq!(screen.to_string(), "abide\n\n> echo\n");
    }

    #[test]
    fn knows_the_upper_half() {
        assert_eq!(HIGH_HALF.chars().count(), 128);
        let screen = Screen::from_vga(&vga(&[&[0x84, 0x94, 0x81, 0xe1]]));
        assert!(screen.has_line("äöüß"));
    }
}
