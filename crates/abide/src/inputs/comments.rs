//! Comments in source that are meant for the checker: `abide: allow(rule) — reason`.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::SourceLine;

/// What a comment begins with, behind the sign that begins a comment.
const MARK: &str = "abide: allow(";

/// A comment that suppresses findings of what it stands beside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Where it stands.
    pub line: SourceLine,
    /// The rules, as they are written.
    pub rules: Vec<String>,
    /// Why; empty where nothing is said.
    pub reason: String,
    /// What it stands beside: the names in its own line or, if it has that for itself, in the next
    /// line of code and the attributes before it.
    pub names: Vec<String>,
}

/// Source files that were looked through, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commented {
    /// The files; some may not be there.
    pub files: BTreeSet<String>,
    /// Their comments.
    pub comments: Vec<Comment>,
}

impl Commented {
    /// Looks through files.
    #[must_use]
    pub fn read(files: BTreeSet<String>) -> Self {
        let of = |file: &String| Some(comments(file, &source_text(file)?));
        let comments = files.iter().filter_map(of).flatten().collect();
        Self { files, comments }
    }
}

/// The text of a source file that a line table or the user names.
///
/// A line table may name anything, so only regular files of a source's size are read: not
/// pipes, which may never end, nor what `/proc` and `/sys` pretend, whose size is 0 or huge.
#[must_use]
pub fn source_text(file: &str) -> Option<String> {
    const LARGEST: u64 = 1 << 24;
    let metadata = std::fs::metadata(file).ok()?;
    let is_source = metadata.is_file() && (1..=LARGEST).contains(&metadata.len());
    is_source
        .then(|| std::fs::read_to_string(file).ok())
        .flatten()
}

/// The comments of a source text, in Rust or assembly.
#[must_use]
pub fn comments(file: &str, text: &str) -> Vec<Comment> {
    if !text.contains(MARK) {
        return Vec::new();
    }
    let file: Arc<str> = Arc::from(file);
    let lines: Vec<&str> = text.lines().collect();
    let found = lines.iter().enumerate().filter_map(|(at, line)| {
        let (code, rest) = split(line)?;
        let (rules, reason) = rest.split_once(')')?;
        let following = lines.get(at + 1..).unwrap_or_default();
        Some(Comment {
            line: SourceLine {
                file: Arc::clone(&file),
                line: u32::try_from(at + 1).unwrap_or(0),
            },
            rules: rules
                .split(',')
                .map(|rule| rule.trim().to_owned())
                .collect(),
            reason: reason_of(reason),
            names: match code.is_empty() {
                true => beside(following),
                false => names(code),
            },
        })
    });
    found.collect()
}

/// The code before a comment for the checker, and what is behind its mark.
fn split(line: &str) -> Option<(&str, &str)> {
    let (before, rest) = line.split_once(MARK)?;
    let before = before.trim_end();
    let signs = ["///", "//!", "//", "/*", ";", "#", "*"];
    let code = signs.iter().find_map(|sign| before.strip_suffix(sign))?;
    let is_text = code.matches('"').count() % 2 == 1;
    (!is_text).then(|| (code.trim(), rest))
}

fn reason_of(rest: &str) -> String {
    let rest = rest.trim().trim_end_matches("*/");
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || "—–-:".contains(c));
    rest.trim().to_owned()
}

/// The names in the first line of code, and in the attributes before it.
fn beside(lines: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for line in lines.iter().map(|line| line.trim()) {
        if line.starts_with("#[") {
            found.extend(texts(line));
            // An item may follow in the same line.
            if line.ends_with(']') {
                continue;
            }
        } else if ["//", ";", "/*"].iter().any(|sign| line.starts_with(sign)) {
            continue;
        }
        found.extend(names(line));
        break;
    }
    found
}

/// The names in a line of code: the item's, where Rust says which, else each word.
fn names(code: &str) -> Vec<String> {
    let is_part = |c: char| c.is_alphanumeric() || "_.$@?".contains(c);
    let mut words = code.split(|c| !is_part(c)).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.by_ref().collect();
    let item = words
        .iter()
        .position(|word| matches!(*word, "fn" | "static"));
    let item = item.and_then(|at| words[at + 1..].iter().find(|word| **word != "mut"));
    match item {
        Some(item) => texts(code).chain([(*item).to_owned()]).collect(),
        None => words.into_iter().map(str::to_owned).collect(),
    }
}

/// What stands in quotes, as in `#[link_name = "f"]`.
fn texts(line: &str) -> impl Iterator<Item = String> {
    let inside = line.split('"').skip(1).step_by(2);
    inside.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u32, Vec<String>, String, String)> {
        let comments = comments("a", text).into_iter();
        comments
            .map(|c| (c.line.line, c.rules, c.reason, c.names.join(" ")))
            .collect()
    }

    #[test]
    fn comments_stand_beside_names() {
        let rust = "unsafe extern \"C\" {
    // abide: allow(a, b) — because
    /// Words.
    #[link_name = \"see\"]
    pub fn c(x: u64);
    fn d(); // abide: allow(a): why
}
// abide: allow(a) -- it is so
declare!(e, u64);
";
        let rules = |all: &[&str]| all.iter().map(|&rule| rule.to_owned()).collect::<Vec<_>>();
        let expected = [
            (
                2,
                rules(&["a", "b"]),
                "because".to_owned(),
                "see c".to_owned(),
            ),
            (6, rules(&["a"]), "why".to_owned(), "d".to_owned()),
            (
                8,
                rules(&["a"]),
                "it is so".to_owned(),
                "declare e u64".to_owned(),
            ),
        ];
        assert_eq!(read(rust), expected);
        let assembly = "; abide: allow(a) - r
f:  ret
g:  ret ; abide: allow(a)
# abide: allow(a) r

/* abide: allow(a) r */
.globl h
";
        let expected = [
            (1, rules(&["a"]), "r".to_owned(), "f ret".to_owned()),
            (3, rules(&["a"]), String::new(), "g ret".to_owned()),
            (4, rules(&["a"]), "r".to_owned(), String::new()),
            (6, rules(&["a"]), "r".to_owned(), ".globl h".to_owned()),
        ];
        assert_eq!(read(assembly), expected);
    }

    #[test]
    fn text_is_no_comment() {
        assert!(read("let a = \"// abide: allow(a) r\";\n").is_empty());
        assert!(read("see abide: allow(a) r\n").is_empty());
        assert!(read("// abide: allow(a r\n").is_empty());
    }
}
