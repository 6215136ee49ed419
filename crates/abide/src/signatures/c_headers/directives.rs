//! C source without what is for the preprocessor, line for line.
//!
//! Nobody tells how the source was configured, so all branches of a condition stay, except where
//! the platform decides it. What differs by a condition is then declared in several ways, which tells
//! that nothing is known of it.

use std::collections::{BTreeMap, BTreeSet};

use super::Platform;

/// A text without its directives.
#[derive(Debug, Default)]
pub(super) struct Plain {
    /// The text: directives, and what other platforms have, are empty lines.
    pub(super) text: String,
    /// The lines, from 0, of conditions and their ends: what goes across one is not one text.
    pub(super) conditions: BTreeSet<usize>,
    /// The lines, from 0, that stand under a condition of which nobody tells whether it holds.
    pub(super) uncertain: BTreeSet<usize>,
    /// What names stand for, each with all that it was defined as.
    pub(super) macros: BTreeMap<String, BTreeSet<Macro>>,
    /// The files that it includes, as they are named.
    pub(super) includes: Vec<String>,
    /// How many directives there were, and the name of the first, if that asks whether it is defined.
    directives: usize,
    guard: Option<String>,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Macro {
    /// The names of its parameters; `None` where it takes none, without parentheses too.
    pub(super) parameters: Option<Vec<String>>,
    /// What is put in its place.
    pub(super) body: String,
    /// Whether it stands under a condition of which nobody tells whether it holds.
    pub(super) is_uncertain: bool,
}

/// A condition that is open.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// Whether what stands here is read.
    here: Branch,
    /// Whether one of the branches up to here is read, as far as it is known.
    taken: Option<bool>,
}

/// What a condition makes of what stands under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Branch {
    In,
    Out,
    /// Nobody tells.
    Maybe,
}

impl Open {
    const fn new(holds: Option<bool>) -> Self {
        let here = match holds {
            Some(true) => Branch::In,
            Some(false) => Branch::Out,
            None => Branch::Maybe,
        };
        Self { here, taken: holds }
    }

    /// The branch beside it, under this condition.
    const fn next(self, holds: Option<bool>) -> Self {
        let taken = match (self.taken, holds) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), holds) => holds,
            (None, _) => None,
        };
        let here = match (self.taken, holds) {
            (Some(true), _) | (_, Some(false)) => Branch::Out,
            (Some(false), Some(true)) => Branch::In,
            _ => Branch::Maybe,
        };
        Self { here, taken }
    }
}

impl Plain {
    /// Takes directives out of a text.
    pub(super) fn of(text: &str, platform: Platform) -> Self {
        let mut plain = Self::default();
        let mut open: Vec<Open> = Vec::new();
        let text = without_comments(text);
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let Some(directive) = line.trim_start().strip_prefix('#') else {
                let is_out = open.iter().any(|open| open.here == Branch::Out);
                if is_uncertain(&open) {
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
            plain.follow(&mut open, number, &whole, platform);
        }
        plain
    }

    fn follow(&mut self, open: &mut Vec<Open>, number: usize, directive: &str, platform: Platform) {
        let (word, rest) = split_word(directive);
        self.directives += 1;
        match (self.directives, word, &self.guard) {
            (1, "ifndef", _) => self.guard = Some(rest.to_owned()),
            // What is in it is read once.
            (2, "define", Some(guard)) if split_word(rest).0 == guard => {
                open.fill(Open::new(Some(true)));
                return;
            }
            _ => {}
        }
        let holds = || platform.decides(word, rest);
        let is_read = || open.iter().all(|open| open.here != Branch::Out);
        match word {
            "if" | "ifdef" | "ifndef" => open.push(Open::new(holds())),
            "else" | "elif" | "elifdef" | "elifndef" => {
                if let Some(last) = open.last_mut() {
                    *last = last.next(if word == "else" { Some(true) } else { holds() });
                }
            }
            "endif" => drop(open.pop()),
            "define" if is_read() => self.define(rest, is_uncertain(open)),
            "include" if is_read() => self.includes.extend(included(rest)),
            _ => return,
        }
        if !matches!(word, "define" | "include") {
            self.conditions.insert(number);
        }
    }

    fn define(&mut self, rest: &str, is_uncertain: bool) {
        let end = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
        let (name, mut body) = rest.split_at(end);
        let mut parameters = None;
        if let Some(list) = body.strip_prefix('(') {
            // What takes any number of arguments declares nothing.
            let Some((list, behind)) = list.split_once(')').filter(|(list, _)| !list.contains('.'))
            else {
                return;
            };
            let names = list.split(',').map(|name| name.trim().to_owned());
            parameters = Some(names.filter(|name| !name.is_empty()).collect());
            body = behind;
        }
        if !name.is_empty() {
            self.macros
                .entry(name.to_owned())
                .or_default()
                .insert(Macro {
                    parameters,
                    body: body.trim().to_owned(),
                    is_uncertain,
                });
        }
    }
}

fn is_uncertain(open: &[Open]) -> bool {
    open.iter().any(|open| open.here == Branch::Maybe)
}

/// The name of an included file: `"a.h"`, `<a.h>`.
fn included(rest: &str) -> Option<String> {
    let name = rest.strip_prefix(['"', '<'])?;
    let end = name.find(['"', '>'])?;
    name.get(..end).map(str::to_owned)
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

    const PLATFORM: Platform = Platform {
        long: 64,
        address: 64,
        is_x86_64: true,
        is_elf: true,
    };

    #[test]
    fn what_other_platforms_have_goes_and_all_else_stays_on_its_line() {
        let text = "#ifndef A_H\n#define A_H\n#ifdef __cplusplus\nextern \"C\" {\n#else\nint a;\n#endif\n\
                    int b;\n#if X\nint c;\n#elif defined(__arm__)\nint d;\n#else\nint e;\n#endif\n\
                    #if 0\nint f;\n#elif defined(__x86_64__)\nint g;\n#else\nint h;\n#endif\n#endif\n";
        let plain = Plain::of(text, PLATFORM);
        let lines: Vec<(usize, &str)> = plain.text.lines().enumerate().collect();
        let kept: Vec<_> = lines.iter().filter(|(_, line)| !line.is_empty()).collect();
        let expected = [
            (5, "int a;"),
            (7, "int b;"),
            (9, "int c;"),
            (13, "int e;"),
            (18, "int g;"),
        ];
        assert_eq!(kept, expected.iter().collect::<Vec<_>>());
        assert!(plain.conditions.contains(&8) && !plain.conditions.contains(&1));
        assert_eq!(plain.uncertain, BTreeSet::from([9, 13]));
    }

    #[test]
    fn names_stand_for_all_that_they_were_defined_as() {
        let plain = Plain::of(
            "#define API __attribute__((visibility(\\\n  \"default\")))\n#define API /* none\n# if */\n\
             #define F(x, y) x ## y\n#define G(...) x\n#include \"a/b.h\"\n#ifdef A\n#define H\n#endif\n",
            PLATFORM,
        );
        let api: Vec<&str> = plain.macros["API"].iter().map(|m| &*m.body).collect();
        assert_eq!(api, ["", "__attribute__((visibility(\"default\")))"]);
        let names: Vec<&String> = plain.macros.keys().collect();
        assert_eq!(names, ["API", "F", "H"]);
        let [f] = Vec::from_iter(&plain.macros["F"])[..] else {
            panic!("F is defined once")
        };
        let parameters = vec!["x".to_owned(), "y".to_owned()];
        assert_eq!((&f.parameters, &*f.body), (&Some(parameters), "x ## y"));
        assert!(!f.is_uncertain && plain.macros["H"].iter().all(|h| h.is_uncertain));
        assert_eq!(plain.includes, ["a/b.h"]);
        assert_eq!(plain.text.lines().count(), 10);
    }
}
