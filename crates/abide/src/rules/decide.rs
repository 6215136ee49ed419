//! The lines of `abide.toml` that would decide a doubt.

use std::collections::{BTreeMap, BTreeSet};

/// Something that could be declared, and would decide a doubt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decide {
    /// This line of a contract of the root.
    Contract(String),
    /// That this function has a contract of its own.
    Root(String),
    /// By which convention this function is called.
    Convention(String),
    /// How many bytes of arguments this function takes off the stack.
    Callee(String),
    /// How many entries the table of this jump has.
    Table(String),
    /// In which mode this code runs, in bits where that is told.
    Mode(String, Option<u8>),
    /// This line about an instruction.
    Instruction {
        /// The instruction.
        at: String,
        /// The line.
        line: String,
    },
}

impl Decide {
    /// The lines for the roots that are in doubt; `others` are the unit's other roots.
    fn lines(&self, roots: &BTreeSet<&str>, others: &BTreeSet<&str>) -> String {
        let (table, first, second) = match self {
            Self::Contract(line) => {
                let symbols = symbols(roots, others);
                ("contract", format!("symbols = [{symbols}]"), line.clone())
            }
            Self::Root(name) => {
                let symbols = format!("symbols = [{}]", quoted(name));
                ("contract", symbols, "root = true".to_owned())
            }
            Self::Callee(name) => {
                let symbols = format!("symbols = [{}]", quoted(name));
                let line = "convention = \"stdcall\"\nstack_arguments = 0 # how many it takes off";
                ("contract", symbols, line.to_owned())
            }
            Self::Convention(name) => {
                let symbols = format!("symbols = [{}]", quoted(name));
                let line = "convention = \"…\" # by which it is called".to_owned();
                ("contract", symbols, line)
            }
            Self::Table(jump) => {
                let entries = "entries = 0 # how many".to_owned();
                ("table", format!("jump = {}", quoted(jump)), entries)
            }
            Self::Mode(at, bits) => {
                // A label stands for the code from it on.
                let label = at.split_once('+').map_or(at.as_str(), |(label, _)| label);
                let bits = match bits {
                    Some(bits) => format!("bits = {bits}"),
                    None => "bits = 32 # or 16".to_owned(),
                };
                ("code", format!("symbols = [{}]", quoted(label)), bits)
            }
            Self::Instruction { at, line } => {
                ("instruction", format!("at = {}", quoted(at)), line.clone())
            }
        };
        format!("[[{table}]]\n{first}\n{second}\nreason = \"…\"\n")
    }
}

/// All lines, for each with the roots that it is about.
#[must_use]
pub fn lines(decides: &BTreeMap<Decide, BTreeSet<&str>>, all: &BTreeSet<&str>) -> String {
    let lines = decides.iter().map(|(decide, roots)| {
        let others = all.difference(roots).copied().collect();
        decide.lines(roots, &others)
    });
    let lines: String = lines.collect();
    lines.trim_end().to_owned()
}

/// The lines that suppress a rule for some roots.
#[must_use]
pub fn allowing(rule: &str, roots: &BTreeSet<&str>) -> String {
    let names: Vec<_> = roots.iter().map(|name| quoted(name)).collect();
    let names = names.join(", ");
    format!("[[allow]]\nrule = \"{rule}\"\nsymbols = [{names}]\nreason = \"…\"")
}

/// Names as a list, or a glob where one fits all of them and no other root.
fn symbols(roots: &BTreeSet<&str>, others: &BTreeSet<&str>) -> String {
    const FEW: usize = 4;
    let prefix = common_prefix(roots);
    let is_own = !others.iter().any(|other| other.starts_with(prefix));
    if roots.len() > FEW && !prefix.is_empty() && is_own {
        return quoted(&format!("{prefix}*"));
    }
    let names: Vec<_> = roots.iter().map(|name| quoted(name)).collect();
    names.join(", ")
}

/// A name as a string of TOML on one line, with what would end or reorder it escaped.
fn quoted(name: &str) -> String {
    let mut out = String::from("\"");
    for c in name.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\u{20}'..='\u{7e}' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            c => out.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

fn common_prefix<'a>(names: &BTreeSet<&'a str>) -> &'a str {
    let (Some(first), Some(last)) = (names.first(), names.last()) else {
        return "";
    };
    // Of names in order, the first and the last differ the soonest.
    let same = first.bytes().zip(last.bytes()).take_while(|(a, b)| a == b);
    first.get(..same.count()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_strings_of_toml() {
        assert_eq!(quoted("f.loop+0x1"), "\"f.loop+0x1\"");
        assert_eq!(quoted("größe::<&[u8]>"), "\"größe::<&[u8]>\"");
        let hostile = "\"]\n\\\u{202e}\u{7f}";
        let line = format!("a = {}", quoted(hostile));
        assert_eq!(line, r#"a = "\"]\U0000000A\\\U0000202E\U0000007F""#);
        let table: toml::Table = line.parse().expect("it is TOML");
        assert_eq!(table["a"].as_str(), Some(hostile));
    }

    #[test]
    fn a_glob_stands_for_many_where_it_fits_no_other() {
        let stubs = BTreeSet::from(["stub_1", "stub_2", "stub_3", "stub_4", "stub_5"]);
        assert_eq!(symbols(&stubs, &BTreeSet::from(["other"])), "\"stub_*\"");
        assert!(symbols(&stubs, &BTreeSet::from(["stub_6"])).starts_with("\"stub_1\", "));
    }
}
