//! A line under edit: what a key does to its text and its cursor. Nothing is shown here.

use heapless::{Deque, String, Vec};
use pc_keyboard::{DecodedKey, KeyCode};

/// A prompt and a line fit into one row of the screen.
pub(crate) const LIMIT: usize = 72;
const REMEMBERED: usize = 16;

type Text = Vec<char, LIMIT>;
/// A finished line. No character takes more than four bytes.
pub(crate) type Finished = String<{ LIMIT * 4 }>;

/// What a key did.
pub(crate) enum Edit {
    Typed(char),
    ErasedBefore,
    ErasedUnder,
    /// The cursor went so many places, negative to the left.
    Moved(isize),
    Replaced,
    Entered,
    Refused,
}

#[derive(Default)]
pub(crate) struct Line {
    text: Text,
    cursor: usize,
    history: Deque<Text, REMEMBERED>,
    /// How many lines back in the history the text is; 0 is the line being written.
    back: usize,
}

impl Line {
    pub(crate) fn text(&self) -> &[char] {
        &self.text
    }

    pub(crate) fn cursor(&self) -> usize {
        self.cursor
    }

    pub(crate) fn edit(&mut self, key: DecodedKey) -> Edit {
        match key {
            DecodedKey::Unicode('\n' | '\r') => Edit::Entered,
            DecodedKey::Unicode('\u{8}') => self.erase_before(),
            DecodedKey::Unicode('\u{7f}') => self.erase_under(),
            DecodedKey::Unicode('\u{1}') => self.move_to(0),
            DecodedKey::Unicode('\u{5}') => self.move_to(self.text.len()),
            DecodedKey::Unicode('\u{15}') => self.replace(Text::new()),
            DecodedKey::Unicode(letter) if !letter.is_control() => self.type_in(letter),
            DecodedKey::RawKey(KeyCode::ArrowLeft) => self.move_to(self.cursor.wrapping_sub(1)),
            DecodedKey::RawKey(KeyCode::ArrowRight) => self.move_to(self.cursor + 1),
            DecodedKey::RawKey(KeyCode::Home) => self.move_to(0),
            DecodedKey::RawKey(KeyCode::End) => self.move_to(self.text.len()),
            DecodedKey::RawKey(KeyCode::Delete) => self.erase_under(),
            DecodedKey::RawKey(KeyCode::ArrowUp) => self.recall(self.back + 1),
            DecodedKey::RawKey(KeyCode::ArrowDown) => self.recall(self.back.wrapping_sub(1)),
            _ => Edit::Refused,
        }
    }

    /// Ends the line: it becomes history, and the next one is empty.
    pub(crate) fn take(&mut self) -> Finished {
        let text = core::mem::take(&mut self.text);
        self.cursor = 0;
        self.back = 0;
        let line = text.iter().collect();
        if !text.is_empty() && self.history.front() != Some(&text) {
            if self.history.is_full() {
                self.history.pop_back();
            }
            let _ = self.history.push_front(text);
        }
        line
    }

    fn type_in(&mut self, letter: char) -> Edit {
        match self.text.insert(self.cursor, letter) {
            Ok(()) => {
                self.cursor += 1;
                Edit::Typed(letter)
            }
            Err(_) => Edit::Refused,
        }
    }

    fn erase_before(&mut self) -> Edit {
        if self.cursor == 0 {
            return Edit::Refused;
        }
        self.cursor -= 1;
        self.text.remove(self.cursor);
        Edit::ErasedBefore
    }

    fn erase_under(&mut self) -> Edit {
        if self.cursor == self.text.len() {
            return Edit::Refused;
        }
        self.text.remove(self.cursor);
        Edit::ErasedUnder
    }

    fn move_to(&mut self, place: usize) -> Edit {
        if place > self.text.len() {
            return Edit::Refused;
        }
        let distance = place as isize - self.cursor as isize;
        self.cursor = place;
        Edit::Moved(distance)
    }

    fn replace(&mut self, text: Text) -> Edit {
        self.cursor = text.len();
        self.text = text;
        Edit::Replaced
    }

    /// Shows the line `back` lines ago. What was being written is given up.
    fn recall(&mut self, back: usize) -> Edit {
        let text = match back.checked_sub(1) {
            None => Text::new(),
            Some(index) => match self.history.iter().nth(index) {
                Some(text) => text.clone(),
                None => return Edit::Refused,
            },
        };
        self.back = back;
        self.replace(text)
    }
}
