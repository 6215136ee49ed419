//! Which keys write a text.
//!
//! QEMU names a key by what stands on it in the United States (a "qcode"), so the key that writes
//! `z` on a German keyboard is QEMU's `y`. A layout is three texts, read along the rows of keys.

use anyhow::{Context, Result};

/// Bytes that fit into the queue of QEMU's PS/2 keyboard. What does not fit is lost silently.
const QUEUE: usize = 16;

/// A key by QEMU's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(pub &'static str);

impl Key {
    /// The left shift key.
    pub const SHIFT: Self = Self("shift");
    /// The left control key.
    pub const CTRL: Self = Self("ctrl");
    /// The right alternate key, which reaches the third level of many layouts.
    pub const ALT_GR: Self = Self("alt_r");
    /// Caps lock.
    pub const CAPS_LOCK: Self = Self("caps_lock");
    /// Enter.
    pub const ENTER: Self = Self("ret");
    /// Backspace.
    pub const BACKSPACE: Self = Self("backspace");
    /// Tab.
    pub const TAB: Self = Self("tab");
    /// The space bar.
    pub const SPACE: Self = Self("spc");
    /// Cursor left.
    pub const LEFT: Self = Self("left");
    /// Cursor right.
    pub const RIGHT: Self = Self("right");
    /// Cursor up.
    pub const UP: Self = Self("up");
    /// Cursor down.
    pub const DOWN: Self = Self("down");
    /// Home.
    pub const HOME: Self = Self("home");
    /// End.
    pub const END: Self = Self("end");
    /// Delete.
    pub const DELETE: Self = Self("delete");

    /// Bytes that one event of this key puts into the controller: the keys that came with the
    /// 101-key keyboard have the prefix E0.
    #[must_use]
    pub fn scancodes(self) -> usize {
        let extended = [
            Self::ALT_GR,
            Self::LEFT,
            Self::RIGHT,
            Self::UP,
            Self::DOWN,
            Self::HOME,
            Self::END,
            Self::DELETE,
        ];
        if extended.contains(&self) { 2 } else { 1 }
    }
}

/// A key going down or coming up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyEvent {
    /// The key.
    pub key: Key,
    /// Whether it goes down.
    pub down: bool,
}

/// A key struck once, perhaps while another is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stroke {
    key: Key,
    held: Option<Key>,
}

impl Stroke {
    /// `key` alone.
    #[must_use]
    pub const fn plain(key: Key) -> Self {
        Self { key, held: None }
    }

    /// `key` while `held` is down.
    #[must_use]
    pub const fn with(held: Key, key: Key) -> Self {
        Self {
            key,
            held: Some(held),
        }
    }

    /// The key that is struck.
    #[must_use]
    pub fn key(self) -> Key {
        self.key
    }

    /// The events in their order, as a careful finger makes them.
    #[must_use]
    pub fn events(self) -> Vec<KeyEvent> {
        let keys: Vec<Key> = self.held.into_iter().chain([self.key]).collect();
        let downs = keys.iter().map(|&key| KeyEvent { key, down: true });
        let ups = keys.iter().rev().map(|&key| KeyEvent { key, down: false });
        downs.chain(ups).collect()
    }

    /// Bytes that the stroke puts into the controller.
    #[must_use]
    pub fn scancodes(self) -> usize {
        self.events()
            .iter()
            .map(|event| event.key.scancodes())
            .sum()
    }
}

/// A layout that the kernel knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// United States, 104 keys.
    #[default]
    Us,
    /// German, 105 keys.
    De,
}

/// The keys that write characters, row by row from the upper left, in QEMU's names.
#[rustfmt::skip]
const KEYS: [&str; 48] = [
    "grave_accent", "1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "minus", "equal",
    "q", "w", "e", "r", "t", "y", "u", "i", "o", "p", "bracket_left", "bracket_right",
    "a", "s", "d", "f", "g", "h", "j", "k", "l", "semicolon", "apostrophe", "backslash",
    "less", "z", "x", "c", "v", "b", "n", "m", "comma", "dot", "slash",
];

/// What the keys of [`KEYS`] write, level by level; a space marks a key that writes nothing new.
struct Levels {
    plain: &'static str,
    shifted: &'static str,
    alt_gr: &'static str,
}

const US: Levels = Levels {
    plain: "`1234567890-=qwertyuiop[]asdfghjkl;'\\ zxcvbnm,./",
    shifted: "~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:\"| ZXCVBNM<>?",
    alt_gr: "",
};

const DE: Levels = Levels {
    plain: "^1234567890ß´qwertzuiopü+asdfghjklöä#<yxcvbnm,.-",
    shifted: "°!\"§$%&/()=?`QWERTZUIOPÜ*ASDFGHJKLÖÄ'>YXCVBNM;:_",
    alt_gr: "  ²³   {[]}\\ @ €        ~            |      µ   ",
};

impl Layout {
    /// The name that the shell's `layout` takes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::De => "de",
        }
    }

    /// How `character` is typed, if the layout has it.
    #[must_use]
    pub fn stroke(self, character: char) -> Option<Stroke> {
        let levels = self.levels();
        match character {
            ' ' => Some(Stroke::plain(Key::SPACE)),
            '\n' => Some(Stroke::plain(Key::ENTER)),
            '\u{8}' => Some(Stroke::plain(Key::BACKSPACE)),
            _ => None,
        }
        .or_else(|| key_on(levels.plain, character).map(Stroke::plain))
        .or_else(|| key_on(levels.shifted, character).map(|key| Stroke::with(Key::SHIFT, key)))
        .or_else(|| key_on(levels.alt_gr, character).map(|key| Stroke::with(Key::ALT_GR, key)))
    }

    /// Every character that the layout's keys write, the space among them.
    pub fn characters(self) -> impl Iterator<Item = char> {
        let Levels {
            plain,
            shifted,
            alt_gr,
        } = self.levels();
        let written = [plain, shifted, alt_gr]
            .into_iter()
            .flat_map(|level| level.chars());
        written.filter(|&character| character != ' ').chain([' '])
    }

    fn levels(self) -> &'static Levels {
        match self {
            Self::Us => &US,
            Self::De => &DE,
        }
    }
}

/// Keys that fit into the queue together, and what the kernel echoes to them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The events in their order.
    pub events: Vec<KeyEvent>,
    /// What the kernel answers on its serial line: the text, and what takes a character back.
    pub echo: String,
}

/// Splits `text` into batches, each as long as the queue allows.
pub fn batches(text: &str, layout: Layout) -> Result<Vec<Batch>> {
    let mut batches = Vec::new();
    let mut batch = Batch::default();
    let mut room = QUEUE;
    for character in text.chars() {
        let stroke = layout
            .stroke(character)
            .with_context(|| format!("the layout `{}` has no {character:?}", layout.name()))?;
        if stroke.scancodes() > room {
            batches.push(std::mem::take(&mut batch));
            room = QUEUE;
        }
        room -= stroke.scancodes();
        batch.events.extend(stroke.events());
        batch.echo.push_str(&echo(character));
    }
    batches.push(batch);
    Ok(batches)
}

/// How the end of a line changes on a terminal when `character` is typed there.
fn echo(character: char) -> String {
    match character {
        '\u{8}' => "\u{8} \u{8}".to_owned(),
        other => other.to_string(),
    }
}

fn key_on(level: &str, character: char) -> Option<Key> {
    let position = level.chars().position(|written| written == character)?;
    KEYS.get(position).map(|&name| Key(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(layout: Layout, character: char) -> Option<Stroke> {
        layout.stroke(character)
    }

    #[test]
    fn levels_are_as_long_as_the_rows() {
        for level in [US.plain, US.shifted, DE.plain, DE.shifted, DE.alt_gr] {
            assert_eq!(level.chars().count(), KEYS.len(), "{level}");
        }
    }

    #[test]
    fn layouts_differ_where_they_should() {
        assert_eq!(key(Layout::Us, 'z'), Some(Stroke::plain(Key("z"))));
        assert_eq!(key(Layout::De, 'z'), Some(Stroke::plain(Key("y"))));
        assert_eq!(key(Layout::Us, '/'), Some(Stroke::plain(Key("slash"))));
        assert_eq!(
            key(Layout::De, '/'),
            Some(Stroke::with(Key::SHIFT, Key("7")))
        );
        assert_eq!(
            key(Layout::De, '\\'),
            Some(Stroke::with(Key::ALT_GR, Key("minus")))
        );
        assert_eq!(
            key(Layout::De, '|'),
            Some(Stroke::with(Key::ALT_GR, Key("less")))
        );
        assert_eq!(
            key(Layout::De, 'µ'),
            Some(Stroke::with(Key::ALT_GR, Key("m")))
        );
        assert_eq!(key(Layout::Us, 'ä'), None);
    }

    #[test]
    fn each_character_can_be_typed() {
        for layout in [Layout::Us, Layout::De] {
            assert!(
                layout
                    .characters()
                    .all(|character| layout.stroke(character).is_some())
            );
            let ascii = (' '..='~').filter(|&c| layout.characters().any(|other| other == c));
            assert_eq!(
                ascii.count(),
                95,
                "{layout:?} writes all of printable ASCII"
            );
        }
    }

    #[test]
    fn batches_fit_into_the_queue() -> Result<()> {
        let batches = batches("echo Hello, World! (twice)", Layout::Us)?;
        let texts: Vec<&str> = batches.iter().map(|batch| batch.echo.as_str()).collect();
        assert_eq!(texts, ["echo He", "llo, Wo", "rld! (", "twice)"]);
        assert!(batches.iter().all(|batch| batch.events.len() <= QUEUE));
        assert!(super::batches("ä", Layout::Us).is_err());
        Ok(())
    }

    #[test]
    fn a_stroke_lets_go_of_what_it_held() {
        let stroke = Stroke::with(Key::SHIFT, Key("a"));
        let story: Vec<_> = stroke.events().iter().map(|e| (e.key.0, e.down)).collect();
        assert_eq!(
            story,
            [("shift", true), ("a", true), ("a", false), ("shift", false)]
        );
        assert_eq!(stroke.scancodes(), 4);
        assert_eq!(Stroke::plain(Key::LEFT).scancodes(), 4);
    }
}
