//! What a linker script says about names: no more of it is read.

use std::collections::HashSet;

/// The part of a GNU linker script that decides about names (ld manual, "Linker Scripts").
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// The argument of `ENTRY`.
    pub entry: Option<String>,
    /// The first argument of `OUTPUT_FORMAT`.
    pub format: Option<String>,
    /// The arguments of `EXTERN`: names that are undefined from the start.
    pub wanted: Vec<String>,
    defined: HashSet<String>,
    kept: Vec<String>,
    discarded: Vec<String>,
}

impl Script {
    /// Reads a script; what it does not know is skipped.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let tokens = tokens(text);
        let mut script = Self::default();
        for (i, token) in tokens.iter().enumerate() {
            let rest = tokens.get(i + 1..).unwrap_or_default();
            match token.as_str() {
                "ENTRY" => script.entry = script.entry.or_else(|| in_brackets(rest).next()),
                "OUTPUT_FORMAT" => script.format = in_brackets(rest).next(),
                "EXTERN" => script.wanted.extend(in_brackets(rest)),
                "KEEP" => script.kept.extend(in_brackets(rest)),
                "/DISCARD/" => {
                    let body = rest.iter().position(|token| token == "{").unwrap_or(0);
                    script.discarded.extend(in_brackets(&rest[body..]));
                }
                name if is_word(name) && is_assignment(rest) => {
                    script.defined.insert(name.to_owned());
                }
                _ => {}
            }
        }
        script
    }

    /// Whether the script assigns to `name`.
    #[must_use]
    pub fn defines(&self, name: &str) -> bool {
        self.defined.contains(name)
    }

    /// Whether `KEEP` saves the section from `--gc-sections`.
    #[must_use]
    pub fn keeps(&self, section: &str) -> bool {
        self.kept.iter().any(|pattern| matches(pattern, section))
    }

    /// Whether the section goes to `/DISCARD/`.
    #[must_use]
    pub fn discards(&self, section: &str) -> bool {
        self.discarded
            .iter()
            .any(|pattern| matches(pattern, section))
    }
}

/// The words in the brackets that `tokens` begin with; bare file patterns say nothing.
fn in_brackets(tokens: &[String]) -> impl Iterator<Item = String> + '_ {
    let mut depth = 0_usize;
    tokens
        .iter()
        .take_while(move |token| {
            match token.as_str() {
                "(" | "{" => depth += 1,
                ")" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth > 0
        })
        .filter(|token| is_word(token) && *token != "*")
        .cloned()
}

/// `=`, `+=` and their like, but no comparison.
fn is_assignment(rest: &[String]) -> bool {
    let token = |i: usize| rest.get(i).map(String::as_str);
    match (token(0), token(1)) {
        (Some("="), next) => next != Some("="),
        (Some("+" | "-" | "/" | "&" | "|"), next) => next == Some("="),
        _ => false,
    }
}

fn is_word(token: &str) -> bool {
    token
        .chars()
        .any(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '*' | '?' | '$'))
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if c.is_whitespace() {
            c.len_utf8()
        } else if c == '"' {
            let end = rest[1..].find('"').map_or(rest.len(), |end| end + 2);
            tokens.push(rest[1..end].trim_end_matches('"').to_owned());
            end
        } else {
            let end = word(rest).unwrap_or(c.len_utf8());
            tokens.push(rest[..end].to_owned());
            end
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of the name or pattern at the start of `text`.
fn word(text: &str) -> Option<usize> {
    if text.starts_with("/DISCARD/") {
        return Some("/DISCARD/".len());
    }
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || "_.*?$[]".contains(c)))
        .unwrap_or(text.len());
    (end > 0).then_some(end)
}

/// Whether a pattern of `*` and `?` fits the whole name.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    // Where the last `*` stands, and how much of the name it has taken.
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    n = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_tells_names_sections_and_the_entry() {
        let script = Script::parse(
            "/* comment = no */ ENTRY(start)\nEXTERN(a b)\nSECTIONS {\n . = 0x7e00; first = .;\n\
             .text : { KEEP(*(.text.start)) *(.text .text.*) }\n\
             PROVIDE(given = .); size += 4; \"quoted\" = 1;\n\
             /DISCARD/ : { *(.eh_frame) *(.note.*) }\n}\nASSERT(start == 1, \"x = y\")",
        );
        assert_eq!(script.entry.as_deref(), Some("start"));
        assert_eq!(script.wanted, ["a", "b"]);
        for name in ["first", "given", "size", "quoted"] {
            assert!(script.defines(name), "{name}");
        }
        assert!(!script.defines("start") && !script.defines("comment"));
        assert!(script.keeps(".text.start") && !script.keeps(".text.other"));
        assert!(script.discards(".note.GNU-stack") && !script.discards(".text"));
    }

    #[test]
    fn the_output_may_be_flat() {
        for text in ["OUTPUT_FORMAT(binary)", "OUTPUT_FORMAT(\"binary\")"] {
            assert_eq!(Script::parse(text).format.as_deref(), Some("binary"));
        }
        assert_eq!(Script::parse("ENTRY(binary)").format, None);
    }

    #[test]
    fn patterns_fit_whole_names() {
        for (pattern, name, fits) in [
            (".text.*", ".text.a", true),
            (".text.*", ".text", false),
            ("*", "", true),
            ("a*b*c", "aXbYbZc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }
}
