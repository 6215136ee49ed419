//! What a rule reports.

use serde::{Deserialize, Serialize};

use super::Level;
use crate::inputs::SourceLine;
use crate::interpret::replay::Frame;
use crate::registers::InstructionSet;

/// The name of a rule that there is.
pub type RuleId = &'static str;

/// One violation of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's name.
    #[serde(deserialize_with = "super::known_id")]
    pub rule: RuleId,
    /// What follows from it.
    pub level: Level,
    /// The symbol it is about, or the object where it is about a whole one.
    pub symbol: String,
    /// A sentence without a capital and a full stop.
    pub message: String,
    /// Where, the most telling place first.
    pub places: Vec<Location>,
    /// How control comes from the root to the violation, for rules that follow it.
    pub path: Vec<Location>,
    /// The frame at the violation, for rules of the stack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<Frame>,
    /// What else is known of it, each a sentence as the message is.
    pub notes: Vec<String>,
    /// The next step.
    pub help: String,
}

impl Finding {
    /// The same with registers named as code of an instruction set names them.
    #[must_use]
    pub fn in_words_of(mut self, set: InstructionSet) -> Self {
        if set == InstructionSet::X86_64 {
            return self;
        }
        let texts = [&mut self.message, &mut self.help];
        let notes = texts.into_iter().chain(&mut self.notes);
        let places = self.places.iter_mut().chain(&mut self.path);
        for text in notes.chain(places.map(|place| &mut place.label)) {
            *text = set.words(text);
        }
        self
    }
}

/// A place, by what is known of it, and what is to be said there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Location {
    /// The object, section and offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<ObjectPlace>,
    /// The source line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<SourceLine>,
    /// What is there.
    pub label: String,
}

/// A place in a named object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ObjectPlace {
    /// The object, as given; a member as `archive(member)`.
    pub object: String,
    /// The section; empty for the whole object.
    pub section: String,
    /// The offset in the section, in bytes.
    pub offset: u64,
}

impl ObjectPlace {
    /// Whether it is in the same section of the same object.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        self.object == other.object && self.section == other.section
    }
}
