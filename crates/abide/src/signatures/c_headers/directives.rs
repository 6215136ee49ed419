//! C source without what is for the preprocessor, line for line.
//!
//! Nobody tells how the source was configured, so all branches of a condition stay, except where
//! C++ is asked for and where it is written out that nothing is wanted. What differs by a condition
//! is then declared in several ways, which tells that nothing is known of it.

use std::collections::{BTreeMap, BTreeSet};

/// A text without its directives.
#[derive(Debug, Default)]
pub(super) struct Plain {
    /// The text: directives, and what belongs to C++ alone, are empty lines.
    pub(super) text: String,
    /// The lines, from 0, of conditions and their ends: what goes across one is not one text.
    pub(super) conditions: BTreeSet<usize>,
    /// The lines, from 0, that stand under a condition of which nobody tells whether it holds.
    pub(super) uncertain: BTreeSet<usize>,
    /// What names without parameters stand for, each with all that it was defined as.
    pub(super) macros: BTreeMap<String, BTreeSet<String>>,
    /// Those of them that are defined under such a condition.
    pub(super) uncertain_macros: BTreeSet<String>,
    /// How many directives there were, and the name of the first, if that asks whether it is defined.
    directives: usize,
    guard: Option<String>,
}

/// A condition that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Branch {
    /// It stays, and so may those beside it.
    Any,
    /// It stays: what is in it is read once.
    Guard,
    /// It goes; those beside it may stay.
    Out,
    /// It stays; those beside it go.
    Only,
    /// Another was the only one.
    Done,
}

impl Branch {
    /// The branch beside it, under a condition of its own if there is one.
    const fn next(self, is_conditional: bool) -> Self {
        match self {
            Self::Out if !is_conditional => Self::Only,
            Self::Any | Self::Out => Self::Any,
            Self::Only | Self::Done | Self::Guard => Self::Done,
        }
    }

    const fn is_out(self) -> bool {
        matches!(self, Self::Out | Self::Done)
    }
}

impl Plain {
    /// Takes directives out of a text.
    pub(super) fn of(text: &str) -> Self {
        let mut plain = Self::default();
        let mut open: Vec<Branch> = Vec::new();
        let text = without_comments(text);
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let Some(directive) = line.trim_start().strip_prefix('#') else {
                let is_out = open.iter().any(|branch| branch.is_out());
                if open.contains(&Branch::Any) {
                    plain.uncertain.insert(number);
                }
                plain.text.push_str(if is_out { "" } else { line });
                plain.text.push('\n');
                continue;
            };
            let mut whole = directive.trim().to_owned();
            plain.text.push('\n');
            while whole.ends_with('\\')
                && let Some((_, more)) = lines.next()
            {
                whole.pop();
                whole.push_str(more.trim());
                plain.text.push('\n');
            }
            plain.follow(&mut open, number, &whole);
        }
        plain
    }

    fn follow(&mut self, open: &mut Vec<Branch>, number: usize, directive: &str) {
        let (word, rest) = split_word(directive);
        self.directives += 1;
        match (self.directives, word, &self.guard) {
            (1, "ifndef", _) => self.guard = Some(rest.to_owned()),
            (2, "define", Some(guard)) if split_word(rest).0 == guard => {
                open.fill(Branch::Guard);
                return;
            }
            _ => {}
        }
        match word {
            "if" | "ifdef" | "ifndef" => open.push(branch_of(word, rest)),
            "else" | "elif" => {
                if let Some(last) = open.last_mut() {
                    *last = last.next(word == "elif");
                }
            }
            "endif" => drop(open.pop()),
            "define" if !open.iter().any(|branch| branch.is_out()) => {
                self.define(rest, open.contains(&Branch::Any));
            }
            _ => {}
        }
        if matches!(word, "if" | "ifdef" | "ifndef" | "else" | "elif" | "endif") {
            self.conditions.insert(number);
        }
    }

    fn define(&mut self, rest: &str, is_uncertain: bool) {
        let end = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
        let (name, body) = rest.split_at(end);
        // With parameters it stands for no text of its own.
        if !name.is_empty() && !body.starts_with('(') {
            let bodies = self.macros.entry(name.to_owned()).or_default();
            bodies.insert(body.trim().to_owned());
            if is_uncertain {
                self.uncertain_macros.insert(name.to_owned());
            }
        }
    }
}

fn branch_of(word: &str, rest: &str) -> Branch {
    let condition: String = rest.split_whitespace().collect();
    let asks_for_cpp = matches!(
        &*condition,
        "__cplusplus" | "defined(__cplusplus)" | "defined__cplusplus"
    );
    match word {
        "ifndef" if asks_for_cpp => Branch::Only,
        "ifdef" | "if" if asks_for_cpp => Branch::Out,
        "if" if condition == "0" => Branch::Out,
        "if" if condition == "1" => Branch::Only,
        _ => Branch::Any,
    }
}

/// The text with blanks in place of comments, line for line.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['/', '"', '\'']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let end = match from.as_bytes() {
            [b'/', b'*', ..] => from[2..].find("*/").map_or(from.len(), |end| end + 4),
            [b'/', b'/', ..] => from.find('\n').unwrap_or(from.len()),
            [b'/', ..] => {
                out.push('/');
                rest = &from[1..];
                continue;
            }
            _ => end_of_quoted(from),
        };
        let (part, behind) = from.split_at(end);
        match part.starts_with('/') {
            true => out.extend(part.chars().map(|c| if c == '\n' { c } else { ' ' })),
            false => out.push_str(part),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Where a string or character ends that a text begins with: with its line, if it is not closed.
fn end_of_quoted(text: &str) -> usize {
    let mut characters = text.char_indices();
    let quote = characters.next().map(|(_, quote)| quote);
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => drop(characters.next()),
            '\n' => return at,
            _ if Some(c) == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn split_word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !is_of_name(c)).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.trim_start())
}

/// Whether a character may stand in a name.
pub(super) const fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_cpp_goes_and_all_else_stays_on_its_line() {
        let text = "#ifndef A_H\n#define A_H\n#ifdef __cplusplus\nextern \"C\" {\n#else\nint a;\n#endif\n\
                    int b;\n#if X\nint c;\n#else\nint d;\n#endif\n#if 0\nint e;\n#endif\n#endif\n";
        let plain = Plain::of(text);
        let lines: Vec<(usize, &str)> = plain.text.lines().enumerate().collect();
        let kept: Vec<_> = lines.iter().filter(|(_, line)| !line.is_empty()).collect();
        let expected = [(5, "int a;"), (7, "int b;"), (9, "int c;"), (11, "int d;")];
        assert_eq!(kept, expected.iter().collect::<Vec<_>>());
        assert!(plain.conditions.contains(&8) && !plain.conditions.contains(&1));
        assert_eq!(plain.uncertain, BTreeSet::from([9, 11]));
    }

    #[test]
    fn names_stand_for_all_that_they_were_defined_as() {
        let plain = Plain::of(
            "#define API __attribute__((visibility(\\\n  \"default\")))\n#define API /* none\n# if */\n#define F(x) x\n",
        );
        let api: Vec<&String> = plain.macros["API"].iter().collect();
        assert_eq!(api, ["", "__attribute__((visibility(\"default\")))"]);
        assert_eq!(plain.macros.len(), 1);
        assert_eq!(plain.text.lines().count(), 5);
        assert!(plain.conditions.is_empty());
    }
}
