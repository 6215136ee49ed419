//! How much a finding weighs.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What follows from a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It is not reported.
    Allow,
    /// It is reported.
    Warn,
    /// It is reported, and the check fails.
    Deny,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        })
    }
}

/// The levels that the user chose; other rules keep their own.
#[derive(Debug, Clone, Default)]
pub struct Levels(HashMap<&'static str, Level>);

impl Levels {
    /// Sets the level of one rule; the last word counts.
    pub fn set(&mut self, rule: &super::Rule, level: Level) {
        self.0.insert(rule.id, level);
    }

    /// The level of a rule.
    #[must_use]
    pub fn of(&self, rule: &super::Rule) -> Level {
        self.0.get(rule.id).copied().unwrap_or(rule.level)
    }
}
