//! The rules: one file each, its page beside it. A rule reads facts and returns findings.

mod below_stack_pointer;
mod clashing_declaration;
mod clobbered_register;
pub mod decide;
mod direction_flag;
mod dirty_flags_in_handler;
mod dirty_fp_state;
mod duplicate_symbol;
mod executable_stack;
mod extended_state;
pub mod facts;
mod fall_through;
mod finding;
mod foreign_object;
mod garbage;
mod interrupted_register_lost;
mod interruptible_red_zone;
mod judgement;
mod level;
mod lost_across_call;
mod lost_got;
mod lost_panic;
mod lost_segments;
mod misaligned_call;
mod misaligned_stack_access;
mod misfit;
mod missing_argument;
mod missing_got;
mod missing_home_space;
mod missing_return_value;
mod missing_vzeroupper;
mod needless_suppression;
mod out_of_frame_store;
mod pointee_layout;
mod results;
mod returns_from_never;
mod rust_abi_call;
mod text_relocation;
mod trusted_upper_bits;
mod unbalanced_stack;
mod undecided;
mod undeclared_argument;
mod undeclared_function;
mod undefined_register_read;
mod undefined_symbol;
mod unprobed_frame;
mod untyped_symbol;
mod wrong_interrupt_frame;
mod wrong_unwind_info;
mod wrong_visibility;

use std::fmt;

use serde::Deserialize as _;
use serde::de::Error as _;

pub use decide::Decide;
pub use facts::Facts;
pub use finding::{Finding, Location, ObjectPlace, RuleId};
pub use judgement::{Candidate, Doubt, Judgement, RootFacts, Symptom, name_at};
pub use level::{Level, Levels};
pub use misaligned_stack_access::RULE as MISALIGNED_STACK_ACCESS;
pub use needless_suppression::RULE as NEEDLESS_SUPPRESSION;
pub use trusted_upper_bits::RULE as TRUSTED_UPPER_BITS;
pub use undecided::RULE as UNDECIDED;
pub(crate) use undeclared_argument::RULE as UNDECLARED_ARGUMENT;
pub(crate) use undefined_register_read::RULE as UNDEFINED_REGISTER_READ;

/// Those of state that a function leaves in use: who called it in another way finds it likewise.
pub(crate) static LEFT_BEHIND: [&Rule; 3] = [
    &direction_flag::RULE,
    &dirty_fp_state::RULE,
    &missing_vzeroupper::RULE,
];

/// A rule.
pub struct Rule {
    /// Its name, which reads well after "allow".
    pub id: &'static str,
    /// Its level, unless the user chooses another.
    pub level: Level,
    /// Its page, in Markdown.
    pub page: &'static str,
    /// Why it never ends in *unknown*; `None` where it may.
    pub never_unknown: Option<&'static str>,
    check: Check,
}

impl fmt::Debug for Rule {
    /// Its name, which tells all of it and is the same in every run.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// What a rule judges.
#[derive(Debug, Clone, Copy)]
enum Check {
    /// The names of a link unit.
    Names(fn(&Facts<'_>) -> Outcome),
    /// One root, over all of its paths.
    Contract(fn(&RootFacts<'_>) -> Judgement),
    /// One root against its declaration.
    Declaration(fn(&RootFacts<'_>) -> Judgement),
}

/// What a rule says of a link unit.
#[derive(Debug)]
pub enum Outcome {
    /// It was judged; no findings mean that the rule is kept. Their level is set by [`Rule::check`].
    Judged(Vec<Finding>),
    /// There is nothing that the rule could judge, for this reason.
    NotApplicable(&'static str),
}

/// Every rule, by name.
pub static ALL: &[&Rule] = &[
    &below_stack_pointer::RULE,
    &clashing_declaration::RULE,
    &clobbered_register::RULE,
    &direction_flag::RULE,
    &dirty_flags_in_handler::RULE,
    &dirty_fp_state::RULE,
    &duplicate_symbol::RULE,
    &executable_stack::RULE,
    &fall_through::RULE,
    &foreign_object::RULE,
    &interrupted_register_lost::RULE,
    &interruptible_red_zone::RULE,
    &lost_across_call::RULE,
    &lost_got::RULE,
    &lost_panic::RULE,
    &misaligned_call::RULE,
    &misaligned_stack_access::RULE,
    &missing_argument::RULE,
    &missing_got::RULE,
    &missing_home_space::RULE,
    &missing_return_value::RULE,
    &missing_vzeroupper::RULE,
    &needless_suppression::RULE,
    &out_of_frame_store::RULE,
    &pointee_layout::RULE,
    &returns_from_never::RULE,
    &rust_abi_call::RULE,
    &text_relocation::RULE,
    &trusted_upper_bits::RULE,
    &unbalanced_stack::RULE,
    &undecided::RULE,
    &undeclared_argument::RULE,
    &undeclared_function::RULE,
    &undefined_register_read::RULE,
    &undefined_symbol::RULE,
    &unprobed_frame::RULE,
    &untyped_symbol::RULE,
    &wrong_interrupt_frame::RULE,
    &wrong_unwind_info::RULE,
    &wrong_visibility::RULE,
];

/// Why rules about the input of a link do not apply to linked images.
const NO_OBJECTS: &str = "no object to be linked was given";

/// Why most *Names* rules never end in *unknown*.
const TABLES_DECIDE: &str = "symbol tables and section headers decide it";

impl Rule {
    /// Judges the unit at the given level; `None` for a rule that judges roots.
    #[must_use]
    pub fn check(&self, facts: &Facts<'_>, level: Level) -> Option<Outcome> {
        let Check::Names(check) = self.check else {
            return None;
        };
        let mut outcome = check(facts);
        if let Outcome::Judged(findings) = &mut outcome {
            for finding in findings {
                // What a rule tells in milder words stays mild.
                let is_mild = finding.level < self.level;
                finding.level = if is_mild {
                    level.min(finding.level)
                } else {
                    level
                };
            }
        }
        Some(outcome)
    }

    /// Judges a root; `None` for a rule that judges names, or where there is nothing to judge.
    #[must_use]
    pub fn judge(&self, root: &RootFacts<'_>) -> Option<Judgement> {
        match self.check {
            Check::Contract(check) | Check::Declaration(check) => {
                Some(check(root)).filter(Judgement::speaks)
            }
            Check::Names(_) => None,
        }
    }

    /// Whether the rule judges roots.
    #[must_use]
    pub const fn is_of_contracts(&self) -> bool {
        matches!(self.check, Check::Contract(_) | Check::Declaration(_))
    }

    /// Whether the rule holds roots to their declarations.
    #[must_use]
    pub const fn is_of_declarations(&self) -> bool {
        matches!(self.check, Check::Declaration(_))
    }

    /// What it does: the first sentence of its page.
    #[must_use]
    pub fn summary(&self) -> String {
        let text = self.purpose();
        let (sentence, _) = text.split_once(". ").unwrap_or((&text, ""));
        sentence.to_owned()
    }

    /// What it does: the first paragraph of its page.
    #[must_use]
    pub fn purpose(&self) -> String {
        let (_, text) = self
            .page
            .split_once("## What it does\n")
            .unwrap_or_default();
        let (paragraph, _) = text.trim_start().split_once("\n\n").unwrap_or((text, ""));
        paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// A finding of this rule, still without places and notes.
    fn finding(&self, symbol: &str, message: String, help: String) -> Finding {
        Finding {
            rule: self.id,
            level: self.level,
            symbol: symbol.to_owned(),
            message,
            places: Vec::new(),
            path: Vec::new(),
            frame: None,
            notes: Vec::new(),
            help,
        }
    }
}

/// The rule of that name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}

/// Reads the name of a rule that there is.
fn known_id<'de, D: serde::Deserializer<'de>>(from: D) -> Result<&'static str, D::Error> {
    let id = String::deserialize(from)?;
    let rule = find(&id).ok_or_else(|| D::Error::custom(format!("`{id}` is no rule")));
    rule.map(|rule| rule.id)
}

/// The rules whose names are nearest to `id`, the nearest first.
#[must_use]
pub fn nearest(id: &str) -> Option<&'static Rule> {
    let distance = |rule: &&&Rule| strsim::damerau_levenshtein(rule.id, id);
    ALL.iter().min_by_key(distance).copied()
}
