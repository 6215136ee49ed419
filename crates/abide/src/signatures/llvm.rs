//! Textual LLVM IR, of any version with opaque pointers: what is declared, defined and called.
//!
//! Read are the lines that begin with `declare` and `define`, the calls of named functions, the
//! groups of attributes and the named types; everything else is passed over. A call counts for
//! itself, since LLVM keeps one `declare` for a symbol whatever else was declared.

mod parse;
mod types;

use std::collections::{HashMap, HashSet};

use super::{Origin, Signature};
use parse::{Head, Parser};
use types::IrType;

/// What `llvm.ident` says of who wrote a text.
const BY_RUSTC: &str = "!{!\"rustc version ";

/// The signatures that a text of LLVM IR tells, each once; `file` stands for it.
#[must_use]
pub fn read(file: &str, text: &str) -> Vec<Signature> {
    let mut reader = Reader {
        is_rust: text.contains(BY_RUSTC),
        ..Reader::default()
    };
    for line in text.lines() {
        reader.define_type(line);
        reader.group(line);
    }
    for line in text.lines() {
        reader.line(line);
    }
    reader.finish(file)
}

/// The labels of assembly that stands in IR: of `global_asm!`, and of naked functions.
pub fn labels(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines();
    let lines = lines.filter_map(|line| line.strip_prefix("module asm \"")?.strip_suffix("\""));
    lines.filter_map(|line| line.trim().strip_suffix(':'))
}

#[derive(Default)]
struct Reader {
    /// Whether rustc wrote it.
    is_rust: bool,
    types: HashMap<String, IrType>,
    /// The attributes of a group that matter: it never returns, it does not unwind.
    groups: HashMap<String, (bool, bool)>,
    found: Vec<(Origin, Head)>,
    seen: HashSet<(Origin, Head)>,
}

impl Reader {
    /// `%name = type { i64, double }`
    fn define_type(&mut self, line: &str) {
        if !line.starts_with('%') {
            return;
        }
        let Some((name, body)) = line.split_once(" = type ") else {
            return;
        };
        let mut parser = Parser::new(body, &self.types);
        if let Some(ty) = parser.ty() {
            self.types.insert(name.to_owned(), ty);
        }
    }

    /// `attributes #3 = { noreturn nounwind … }`
    fn group(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("attributes ") else {
            return;
        };
        let Some((name, body)) = rest.split_once(" = ") else {
            return;
        };
        let has = |word: &str| body.split_whitespace().any(|found| found == word);
        self.groups
            .insert(name.to_owned(), (has("noreturn"), has("nounwind")));
    }

    fn line(&mut self, line: &str) {
        let (origin, rest) = if let Some(rest) = line.strip_prefix("declare ") {
            (Origin::Declared, rest)
        } else if let Some(rest) = line.strip_prefix("define ") {
            (Origin::Defined, rest)
        } else if let Some(rest) = called(line) {
            (Origin::Called, rest)
        } else {
            return;
        };
        let head = Parser::new(rest, &self.types).head();
        let Some(head) = head.filter(|head| !head.symbol.starts_with("llvm.")) else {
            return;
        };
        if self.seen.insert((origin, head.clone())) {
            self.found.push((origin, head));
        }
    }

    fn finish(self, file: &str) -> Vec<Signature> {
        let groups = &self.groups;
        let signature = |(origin, head): (Origin, Head)| {
            let of_groups = head.attributes.iter().filter_map(|name| groups.get(name));
            let (mut never_returns, mut nounwind) = (false, false);
            for &(never, no) in of_groups {
                never_returns |= never;
                nounwind |= no;
            }
            let has = |word: &str| head.attributes.iter().any(|found| found == word);
            let may_unwind = !(nounwind || has("nounwind"));
            // Clang does not say it of what C declares, since nothing there is to be unwound.
            let tells = !may_unwind || self.is_rust || origin == Origin::Defined;
            Signature {
                convention: head.convention,
                never_returns: never_returns || has("noreturn"),
                unwinds: tells.then_some(may_unwind),
                symbol: head.symbol,
                parameters: head.parameters,
                result: head.result,
                variadic: head.variadic,
                origin,
                file: file.to_owned(),
                line: None,
            }
        };
        let mut all: Vec<Signature> = self.found.into_iter().map(signature).collect();
        // What a call says that its declaration says is said once. Of a call's attributes,
        // those that tell what becomes of it are facts of the one call.
        let said: HashMap<String, Signature> = all
            .iter()
            .filter(|signature| signature.origin != Origin::Called)
            .map(|signature| (signature.symbol.clone(), signature.clone()))
            .collect();
        for call in all
            .iter_mut()
            .filter(|signature| signature.origin == Origin::Called)
        {
            if let Some(said) = said.get(&call.symbol) {
                call.never_returns = said.never_returns;
                call.unwinds = said.unwinds;
                if said.variadic && call.convention == said.convention {
                    call.variadic = true;
                    call.parameters.truncate(said.parameters.len());
                }
            }
        }
        all.retain(|signature| {
            let same = said.get(&signature.symbol);
            signature.origin != Origin::Called || !same.is_some_and(|said| said.agrees(signature))
        });
        all
    }
}

/// What follows `call` or `invoke`, where the line has one.
fn called(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let body = match line.strip_prefix('%') {
        Some(rest) => rest.split_once(" = ")?.1,
        None => line,
    };
    let body = ["tail ", "musttail ", "notail "]
        .into_iter()
        .find_map(|prefix| body.strip_prefix(prefix))
        .unwrap_or(body);
    ["call ", "invoke "]
        .into_iter()
        .find_map(|word| body.strip_prefix(word))
}

#[cfg(test)]
mod tests;
