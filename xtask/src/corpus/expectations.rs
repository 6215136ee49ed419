//! What is expected of an entry: each refutation that is a real defect, with its reason.

use std::fs;
use std::io::ErrorKind;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::outcome::{Outcome, Refuted};
use super::place;

/// The file of an entry; an entry without a file expects nothing to be refuted.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectations {
    #[serde(default)]
    refuted: Vec<Defect>,
    /// What is refuted and should not be: open until it is mended.
    #[serde(default)]
    false_alarm: Vec<Defect>,
}

/// A refutation that was read, and what it is. Each field is asked for, though only two are compared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Defect {
    #[serde(alias = "symbols")]
    symbol: Symbols,
    rule: String,
    #[serde(rename = "reason")]
    _reason: String,
    #[serde(rename = "evidence")]
    _evidence: String,
}

/// What one explanation is of.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Symbols {
    One(String),
    Many(Vec<String>),
}

impl Symbols {
    fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}

impl Expectations {
    /// Reads what is expected of the entry so named.
    pub(crate) fn of(entry: &str) -> Result<Self> {
        let path = place::expectations().join(format!("{entry}.toml"));
        match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text)
                .with_context(|| format!("failed to understand {}", path.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("failed to read {}", path.display())),
        }
    }

    /// A sentence for each refutation that is not explained, and for each that is missing.
    pub(crate) fn complaints(&self, outcome: &Outcome) -> Vec<String> {
        let is_explained = |found: &&Refuted| self.known().any(|defect| defect.fits(found));
        let unexplained = outcome.refuted.iter().filter(|found| !is_explained(found));
        let unexplained = unexplained
            .map(|Refuted { symbol, rule }| format!("{symbol} is refuted by {rule}, unexplained"));
        let expected = self.known().flat_map(|defect| {
            let names = defect.symbol.names().iter();
            names.map(move |name| (name, &defect.rule))
        });
        let is_missing = |&(name, rule): &(&String, &String)| {
            let mut refuted = outcome.refuted.iter();
            !refuted.any(|found| found.rule == *rule && is_named(name, found))
        };
        let missing = expected.filter(is_missing);
        let missing = missing.map(|(name, rule)| format!("{name} is no longer refuted by {rule}"));
        unexplained.chain(missing).collect()
    }

    /// How many of the refutations are known to be false.
    pub(crate) fn false_alarms(&self, outcome: &Outcome) -> usize {
        let is_false = |found: &&Refuted| self.false_alarm.iter().any(|alarm| alarm.fits(found));
        outcome.refuted.iter().filter(is_false).count()
    }

    fn known(&self) -> impl Iterator<Item = &Defect> {
        self.refuted.iter().chain(&self.false_alarm)
    }
}

impl Defect {
    /// Whether it explains a refutation.
    fn fits(&self, found: &Refuted) -> bool {
        let mut names = self.symbol.names().iter();
        names.any(|name| is_named(name, found)) && self.rule == found.rule
    }
}

/// Whether a refutation is of this symbol, or, where that ends in `*`, of one that begins so, as the stubs
/// of 256 vectors do.
fn is_named(name: &str, found: &Refuted) -> bool {
    match name.strip_suffix('*') {
        Some(beginning) => found.symbol.starts_with(beginning),
        None => name == found.symbol,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expecting(symbols: &[&str]) -> Expectations {
        let table = |symbol| {
            format!("[[refuted]]\nsymbol = '{symbol}'\nrule = 'r'\nreason = ''\nevidence = ''\n")
        };
        let text: String = symbols.iter().map(table).collect();
        toml::from_str(&text).expect("the text is of the right form")
    }

    fn refuting(symbols: &[&str]) -> Outcome {
        let refuted = symbols.iter().map(|symbol| Refuted {
            symbol: (*symbol).to_owned(),
            rule: "r".to_owned(),
        });
        Outcome {
            refuted: refuted.collect(),
            ..Outcome::default()
        }
    }

    #[test]
    fn what_is_explained_is_silent() {
        let complaints = expecting(&["f", "g"]).complaints(&refuting(&["g", "f"]));
        assert!(complaints.is_empty(), "{complaints:?}");
    }

    #[test]
    fn a_star_explains_all_that_begin_so() {
        let complaints = expecting(&["stub*"]).complaints(&refuting(&["stub0", "stub1", "tub"]));
        assert_eq!(complaints, ["tub is refuted by r, unexplained"]);
    }

    #[test]
    fn one_explanation_may_be_of_several() {
        let text = "[[refuted]]\nsymbols = ['f', 'g']\nrule = 'r'\nreason = ''\nevidence = ''\n";
        let expected: Expectations = toml::from_str(text).expect("the text is of the right form");
        let complaints = expected.complaints(&refuting(&["f", "h"]));
        let said = [
            "h is refuted by r, unexplained",
            "g is no longer refuted by r",
        ];
        assert_eq!(complaints, said);
    }

    #[test]
    fn both_differences_are_told() {
        let complaints = expecting(&["f"]).complaints(&refuting(&["g"]));
        let expected = [
            "g is refuted by r, unexplained",
            "f is no longer refuted by r",
        ];
        assert_eq!(complaints, expected);
    }

    #[test]
    fn a_false_alarm_is_explained_and_counted() {
        let text = "[[false_alarm]]\nsymbol = 'f'\nrule = 'r'\nreason = ''\nevidence = ''\n";
        let expected: Expectations = toml::from_str(text).expect("the text is of the right form");
        let found = refuting(&["f"]);
        assert!(expected.complaints(&found).is_empty());
        assert_eq!(expected.false_alarms(&found), 1);
        let mended = expected.complaints(&refuting(&[]));
        assert_eq!(mended, ["f is no longer refuted by r"]);
    }

    #[test]
    fn a_defect_without_its_reason_is_no_expectation() {
        let text = "[[refuted]]\nsymbol = 'f'\nrule = 'r'\nevidence = ''\n";
        assert!(toml::from_str::<Expectations>(text).is_err());
    }
}
