//! What is not known, put together: one question for one obstacle, whoever meets it.

use std::collections::{BTreeMap, BTreeSet};

use super::verdicts::{RootVerdicts, Verdict};
use crate::inputs::Place;
use crate::rules::{self, Decide, Doubt, Rule, decide};

/// A doubt, and all that it keeps from being decided.
pub(super) struct Question<'a> {
    /// The doubt, as the first root has it.
    pub(super) doubt: &'a Doubt,
    /// The first root.
    pub(super) root: &'a str,
    /// All roots.
    pub(super) roots: BTreeSet<&'a str>,
    /// The rules that it keeps open.
    rules: BTreeSet<&'static str>,
    /// The places of doubts of its class.
    places: BTreeSet<Place>,
    decides: BTreeMap<Decide, BTreeSet<&'a str>>,
}

/// The questions that roots leave open, in the order of their places.
pub(super) fn of<'a>(
    roots: &'a [RootVerdicts],
    is_judged: impl Fn(&Rule) -> bool,
) -> Vec<Question<'a>> {
    let mut questions: BTreeMap<(Place, &'static str), Question<'a>> = BTreeMap::new();
    for root in roots {
        for (rule, verdict) in &root.verdicts {
            let Verdict::Unknown(doubts) = verdict else {
                continue;
            };
            if !is_judged(rule) {
                continue;
            }
            for doubts in by_class(doubts).into_values() {
                let name = root.root.name.as_str();
                let Some(&doubt) = doubts.first() else {
                    continue;
                };
                let question = questions
                    .entry((doubt.place, doubt.class))
                    .or_insert_with(|| Question::new(doubt, name));
                question.take(name, rule, &doubts);
            }
        }
    }
    questions.into_values().collect()
}

fn by_class(doubts: &[Doubt]) -> BTreeMap<&'static str, Vec<&Doubt>> {
    let mut classes: BTreeMap<&'static str, Vec<&Doubt>> = BTreeMap::new();
    for doubt in doubts {
        classes.entry(doubt.class).or_default().push(doubt);
    }
    classes
}

impl<'a> Question<'a> {
    fn new(doubt: &'a Doubt, root: &'a str) -> Self {
        Self {
            doubt,
            root,
            roots: BTreeSet::new(),
            rules: BTreeSet::new(),
            places: BTreeSet::new(),
            decides: BTreeMap::new(),
        }
    }

    fn take(&mut self, root: &'a str, rule: &'static Rule, doubts: &[&'a Doubt]) {
        self.roots.insert(root);
        self.rules.insert(rule.id);
        for doubt in doubts {
            self.places.insert(doubt.place);
            for decide in &doubt.decide {
                let roots = self.decides.entry(decide.clone()).or_default();
                roots.insert(root);
            }
        }
    }

    /// What is asked.
    pub(super) fn message(&self) -> String {
        let what = match self.rules.first() {
            Some(rule) if self.rules.len() == 1 => format!("`{rule}`"),
            _ => "its contract".to_owned(),
        };
        format!(
            "whether `{}` keeps {what} is not known: {}",
            self.root, self.doubt.reason
        )
    }

    /// What else it is about.
    pub(super) fn notes(&self) -> Vec<String> {
        if self.doubt.class == Doubt::HOW_CALLED {
            let rules: Vec<_> = self.rules.iter().map(|rule| format!("`{rule}`")).collect();
            let rules = rules.join(", ");
            return vec![format!("called by the convention, it would break {rules}")];
        }
        match self.places.len().saturating_sub(1) {
            0 => Vec::new(),
            1 => vec!["the same holds of 1 more place".to_owned()],
            more => vec![format!("the same holds of {more} more places")],
        }
    }

    /// What would decide it.
    pub(super) fn help(&self, all: &BTreeSet<&str>) -> String {
        let lines = decide::lines(&self.decides, all);
        if lines.is_empty() {
            return format!(
                "no line in `abide.toml` decides it; where it is in order, these say so:\n{}",
                decide::allowing(rules::UNDECIDED.id, &self.roots)
            );
        }
        format!("these lines in `abide.toml` would decide it, if they are true:\n{lines}")
    }
}
