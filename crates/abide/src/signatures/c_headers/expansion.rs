//! What names stand for, put in their places.
//!
//! A name is expanded where it is sure what it stands for: one thing wherever it is defined. What wraps
//! declarations, as `EXTERN(type)`, is read by its definition like all others.

use std::collections::BTreeSet;

use super::directives::{Macro, is_of_name};
use super::syntax;

/// How many times names are put in place of others that stand for them.
const DEEPEST: u32 = 8;
/// By how many bytes a text may grow so.
const MOST_GROWTH: usize = 1 << 20;
/// How long the arguments of one use may be.
const MOST_ARGUMENTS: usize = 1 << 12;

/// What stands in a name's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meaning<'a> {
    parameters: Option<&'a [String]>,
    body: &'a str,
}

/// The one thing that a name stands for, by all its definitions; `None` if they are several, or it is
/// not sure that any holds.
pub(super) fn meaning<'a>(definitions: &BTreeSet<&'a Macro>) -> Option<Meaning<'a>> {
    let first = definitions.first()?;
    let (count, parameters) = (arity(first), first.parameters.as_deref());
    let mut all = definitions.iter();
    // Attributes that change nothing, whether they are there or not.
    if count.is_none()
        && all
            .clone()
            .all(|own| own.parameters.is_none() && is_nothing(own))
    {
        return Some(Meaning {
            parameters,
            body: "",
        });
    }
    // Such attributes around what is handed in.
    if count == Some(1)
        && all
            .clone()
            .all(|own| arity(own) == Some(1) && is_wrapping(own))
    {
        let body = parameters?.first()?;
        return Some(Meaning { parameters, body });
    }
    let is_same = |own: &&Macro| {
        !own.is_uncertain && own.parameters == first.parameters && own.body == first.body
    };
    let body = first.body.as_str();
    all.all(is_same).then_some(Meaning { parameters, body })
}

fn arity(own: &Macro) -> Option<usize> {
    own.parameters.as_ref().map(Vec::len)
}

fn is_nothing(own: &Macro) -> bool {
    syntax::is_harmless(&own.body)
}

/// Whether a body is its parameter, once, with attributes that change nothing.
fn is_wrapping(own: &Macro) -> bool {
    let Some([parameter]) = own.parameters.as_deref() else {
        return false;
    };
    let (mut rest, mut times) = (String::new(), 0);
    for piece in pieces(&own.body) {
        match piece == parameter {
            true => times += 1,
            false => rest.push_str(piece),
        }
    }
    times == 1 && !rest.contains('#') && syntax::is_harmless(&rest)
}

/// The text with what names stand for in their places, on the same lines.
pub(super) fn expand<'a>(original: &str, meaning: &dyn Fn(&str) -> Option<Meaning<'a>>) -> String {
    let mut text = original.to_owned();
    for _ in 0..DEEPEST {
        let Some(out) = expand_once(&text, meaning, original.len() + MOST_GROWTH) else {
            // Names that stand for several, over and over, are no prototype's.
            return original.to_owned();
        };
        let is_done = out == text;
        text = out;
        if is_done {
            break;
        }
    }
    text
}

/// The text with each name replaced once; `None` if it grows too long.
fn expand_once<'a>(
    text: &str,
    meaning: &dyn Fn(&str) -> Option<Meaning<'a>>,
    most: usize,
) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(piece) = pieces(rest).next() {
        rest = &rest[piece.len()..];
        match is_name(piece).then(|| meaning(piece)).flatten() {
            None => out.push_str(piece),
            Some(Meaning {
                parameters: None,
                body,
            }) => out.push_str(body),
            Some(Meaning {
                parameters: Some(parameters),
                body,
            }) => match arguments(rest) {
                Some((arguments, length)) if fits(&arguments, parameters) => {
                    out.push_str(&substituted(body, parameters, &arguments));
                    let lines = rest[..length].matches('\n').count();
                    out.extend(std::iter::repeat_n('\n', lines));
                    rest = &rest[length..];
                }
                _ => out.push_str(piece),
            },
        }
        if out.len() > most {
            return None;
        }
    }
    Some(out)
}

fn fits(arguments: &[String], parameters: &[String]) -> bool {
    arguments.len() == parameters.len()
        || parameters.is_empty() && matches!(arguments, [only] if only.is_empty())
}

/// The arguments that a text begins with, each on one line, and how many bytes they are.
fn arguments(text: &str) -> Option<(Vec<String>, usize)> {
    let start = text.find(|c: char| !c.is_whitespace())?;
    let mut depth = 0_u32;
    let mut arguments = vec![String::new()];
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at < start) {
        if at > MOST_ARGUMENTS {
            return None;
        }
        match c {
            '(' => depth += 1,
            _ if depth == 0 => return None,
            ')' => depth -= 1,
            _ => {}
        }
        match (c, depth) {
            ('(', 1) => {}
            (')', 0) => {
                let trimmed = arguments.iter().map(|argument| argument.trim().to_owned());
                return Some((trimmed.collect(), at + 1));
            }
            (',', 1) => arguments.push(String::new()),
            (c, _) => arguments.last_mut()?.push(if c == '\n' { ' ' } else { c }),
        }
    }
    None
}

/// A body with arguments in place of its parameters, and pasted together where it says so.
fn substituted(body: &str, parameters: &[String], arguments: &[String]) -> String {
    let mut out = String::new();
    let mut is_pasting = false;
    for piece in pieces(body) {
        let by = parameters.iter().position(|parameter| parameter == piece);
        let by = by
            .and_then(|at| arguments.get(at))
            .map_or(piece, String::as_str);
        match piece {
            // The first of `##`, and the second.
            "#" if out.ends_with('#') => {
                out.pop();
                out.truncate(out.trim_end().len());
                is_pasting = true;
            }
            _ if is_pasting && piece.trim().is_empty() => {}
            _ => {
                out.push_str(by);
                is_pasting = false;
            }
        }
    }
    out
}

/// A text in its pieces: names and numbers, and single characters between them.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = match is_of_name(first) {
            true => rest.find(|c| !is_of_name(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (piece, behind) = rest.split_at(end);
        rest = behind;
        Some(piece)
    })
}

fn is_name(piece: &str) -> bool {
    piece.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(parameters: Option<&[&str]>, body: &str) -> Macro {
        Macro {
            parameters: parameters.map(|names| names.iter().map(|&n| n.to_owned()).collect()),
            body: body.to_owned(),
            is_uncertain: false,
        }
    }

    #[test]
    fn names_with_and_without_parameters_are_put_in_place() {
        let macros = [
            ("EXTERN", own(Some(&["type"]), "extern type")),
            ("NAME", own(Some(&["f"]), "JOIN(lib, f)")),
            ("JOIN", own(Some(&["a", "b"]), "PASTE(a, b)")),
            ("PASTE", own(Some(&["a", "b"]), "a ## _ ## b")),
            ("short", own(None, "NAME(short)")),
            ("limb", own(None, "unsigned long")),
        ];
        let lookup = |name: &str| {
            let (_, own) = macros.iter().find(|(known, _)| *known == name)?;
            meaning(&BTreeSet::from([own]))
        };
        let text = "EXTERN(limb)\nshort2(int NAME, limb x); EXTERN(\nint) NAME(a)(void);";
        let expected = "unsigned long\nshort2(int NAME, unsigned long x); int\n lib_a(void);";
        assert_eq!(expand(text, &lookup), expected);
    }

    #[test]
    fn only_what_stands_for_one_thing_is_put_in_place() {
        let hidden = own(None, "__attribute__((visibility(\"hidden\")))");
        let empty = Macro {
            is_uncertain: true,
            ..own(None, "")
        };
        let nothing = meaning(&BTreeSet::from([&hidden, &empty]));
        assert_eq!(nothing.map(|meaning| meaning.body), Some(""));
        let exported = own(Some(&["t"]), "__declspec(dllexport) t");
        let imported = own(Some(&["type"]), "extern type");
        let wrapping = meaning(&BTreeSet::from([&exported, &imported]));
        assert_eq!(wrapping.map(|meaning| meaning.body), Some("t"));
        for (one, other) in [
            (own(None, "int"), own(None, "long")),
            (own(Some(&["t"]), "t"), own(Some(&["t"]), "t __stdcall")),
            (own(None, "int"), own(Some(&["t"]), "int")),
        ] {
            assert_eq!(meaning(&BTreeSet::from([&one, &other])), None);
        }
        let sometimes = Macro {
            is_uncertain: true,
            ..own(None, "int")
        };
        assert_eq!(meaning(&BTreeSet::from([&sometimes])), None);
    }
}
