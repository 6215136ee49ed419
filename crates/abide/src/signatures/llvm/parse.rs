//! The head of a function in LLVM IR: convention, result, name, parameters, attributes.

use std::collections::HashMap;

use super::types::{IrType, MOST_PARTS};
use crate::signatures::{CallConvention, Extension, Parameter, Type};

/// How deep types may nest.
const DEEPEST: u32 = 32;

/// What a line says of a function, its groups of attributes still by name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Head {
    pub(super) symbol: String,
    pub(super) convention: CallConvention,
    pub(super) parameters: Vec<Parameter>,
    pub(super) result: Option<Type>,
    pub(super) variadic: bool,
    pub(super) attributes: Vec<String>,
}

/// Reads a piece of text from its start.
pub(super) struct Parser<'a> {
    rest: &'a str,
    types: &'a HashMap<String, IrType>,
    depth: u32,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, types: &'a HashMap<String, IrType>) -> Self {
        Self {
            rest: text,
            types,
            depth: 0,
        }
    }

    /// From behind `declare`, `define` or `call`.
    pub(super) fn head(&mut self) -> Option<Head> {
        let mut convention = CallConvention::C;
        let mut words = Vec::new();
        let result = loop {
            self.space();
            if let Some(ty) = self.ty() {
                break ty;
            }
            let word = self.word()?;
            match word {
                "ccc" => {}
                "x86_64_sysvcc" => convention = CallConvention::SystemV,
                "win64cc" => convention = CallConvention::Win64,
                "x86_stdcallcc" => convention = CallConvention::Stdcall,
                "x86_fastcallcc" => convention = CallConvention::Fastcall,
                "x86_thiscallcc" => convention = CallConvention::Thiscall,
                "cc" => convention = CallConvention::Other,
                _ if word.ends_with("cc") => convention = CallConvention::Other,
                _ => words.push(word),
            }
        };
        self.space();
        // The type of a function with more arguments is written out at its calls.
        let mut variadic = false;
        let mut fixed = None;
        if self.rest.starts_with('(') {
            let list = self.list()?;
            variadic = list.last().is_some_and(|last| *last == "...");
            fixed = Some(list.len() - usize::from(variadic));
            self.space();
        }
        let symbol = self.symbol()?;
        self.space();
        let mut list = self.list()?;
        if list.last() == Some(&"...") {
            list.pop();
            variadic = true;
        }
        list.truncate(fixed.unwrap_or(usize::MAX));
        let parameters = list.into_iter().map(|text| self.parameter(text));
        let parameters = parameters.collect::<Option<Vec<_>>>()?;
        let attributes = words_of(self.rest)
            .take_while(|word| !matches!(*word, "to" | "{" | "["))
            .filter(|word| word.starts_with('#') || matches!(*word, "noreturn" | "nounwind"))
            .map(|word| word.trim_end_matches(',').to_owned())
            .collect();
        Some(Head {
            symbol,
            convention,
            parameters,
            result: result.passed(),
            variadic,
            attributes,
        })
    }

    fn parameter(&self, text: &str) -> Option<Parameter> {
        let mut parser = Parser::new(text, self.types);
        let ty = parser.ty()?;
        let mut parameter = Parameter::of(ty.passed()?);
        let mut words = words_of(parser.rest);
        let mut align = 8;
        let mut by_value = None;
        while let Some(word) = words.next() {
            if let Some(inner) = argument(word, "byval") {
                by_value = Parser::new(inner, self.types).ty();
            } else if word.starts_with("sret") {
                parameter.is_result = true;
            } else if let Some(bytes) = argument(word, "dereferenceable") {
                if let Type::Pointer {
                    bytes: slot,
                    nullable,
                    ..
                } = &mut parameter.ty
                {
                    *slot = bytes.parse().unwrap_or(0);
                    *nullable = false;
                }
            } else {
                match word {
                    "zeroext" => parameter.extension = Some(Extension::Zero),
                    "signext" => parameter.extension = Some(Extension::Sign),
                    "align" => align = words.next().and_then(|n| n.parse().ok()).unwrap_or(8),
                    "nonnull" => {
                        if let Type::Pointer { nullable, .. } = &mut parameter.ty {
                            *nullable = false;
                        }
                    }
                    _ => {}
                }
            }
        }
        if let Some(ty) = by_value {
            let (bytes, _) = ty.layout();
            parameter.ty = Type::Memory { bytes, align };
        }
        Some(parameter)
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// A word of a keyword or an attribute, what it has in parentheses included.
    fn word(&mut self) -> Option<&'a str> {
        let word = words_of(self.rest).next()?;
        let at = self.rest.find(word)?;
        self.rest = self.rest.get(at + word.len()..)?;
        Some(word)
    }

    /// `@name` or `@"name"`.
    fn symbol(&mut self) -> Option<String> {
        let rest = self.rest.strip_prefix('@')?;
        if let Some(quoted) = rest.strip_prefix('"') {
            let (name, rest) = quoted.split_once('"')?;
            self.rest = rest;
            return Some(unescape(name));
        }
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-$._".contains(c)))?;
        let (name, rest) = rest.split_at(end);
        self.rest = rest;
        Some(name.to_owned())
    }

    /// What stands in parentheses, split at its commas.
    fn list(&mut self) -> Option<Vec<&'a str>> {
        let end = closing(self.rest)?;
        let inner = self.rest.get(1..end)?;
        self.rest = self.rest.get(end + 1..)?;
        Some(split(inner))
    }

    /// A type; the text stays where there is none.
    pub(super) fn ty(&mut self) -> Option<IrType> {
        if self.depth > DEEPEST {
            return None;
        }
        self.depth += 1;
        let before = self.rest;
        let ty = self.ty_inside().filter(|ty| ty.parts() <= MOST_PARTS);
        self.depth -= 1;
        if ty.is_none() {
            self.rest = before;
        }
        ty
    }

    fn ty_inside(&mut self) -> Option<IrType> {
        self.space();
        match self.rest.chars().next()? {
            '{' => self.fields(false),
            '[' => self
                .sequence('[')
                .map(|(count, of)| IrType::Array(count, of)),
            '<' if self.rest.starts_with("<{") => {
                self.rest = &self.rest[1..];
                let fields = self.fields(true)?;
                self.rest = self.rest.strip_prefix('>')?;
                Some(fields)
            }
            '<' => self
                .sequence('<')
                .map(|(count, of)| IrType::Vector(count, of)),
            '%' => {
                let end = match self.rest.strip_prefix("%\"") {
                    Some(quoted) => quoted.find('"')? + 3,
                    None => self
                        .rest
                        .find(|c: char| !(c.is_ascii_alphanumeric() || "%-$._".contains(c)))
                        .unwrap_or(self.rest.len()),
                };
                let found = self.types.get(self.rest.get(..end)?)?.clone();
                self.rest = &self.rest[end..];
                Some(found)
            }
            _ => self.simple(),
        }
    }

    fn simple(&mut self) -> Option<IrType> {
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        let ty = match word {
            "void" => IrType::Void,
            "ptr" => IrType::Pointer,
            "half" | "bfloat" => IrType::Float(16),
            "float" => IrType::Float(32),
            "double" => IrType::Float(64),
            "x86_fp80" => IrType::Float(80),
            "fp128" | "ppc_fp128" => IrType::Float(128),
            _ => IrType::Integer(word.strip_prefix('i')?.parse().ok()?),
        };
        self.rest = &self.rest[end..];
        if ty == IrType::Pointer
            && let Some(rest) = self.rest.trim_start().strip_prefix("addrspace(")
        {
            self.rest = rest.split_once(')')?.1;
        }
        Some(ty)
    }

    /// `[4 x i32]`, `<4 x float>`.
    fn sequence(&mut self, open: char) -> Option<(u64, Box<IrType>)> {
        let rest = self.rest.strip_prefix(open)?;
        let (count, rest) = rest.split_once(" x ")?;
        self.rest = rest;
        let element = self.ty()?;
        self.space();
        let close = if open == '[' { ']' } else { '>' };
        self.rest = self.rest.strip_prefix(close)?;
        Some((count.trim().parse().ok()?, Box::new(element)))
    }

    fn fields(&mut self, packed: bool) -> Option<IrType> {
        self.rest = self.rest.strip_prefix('{')?;
        let mut fields = Vec::new();
        let mut parts = 0;
        loop {
            self.space();
            if let Some(rest) = self.rest.strip_prefix('}') {
                self.rest = rest;
                return Some(IrType::Struct { packed, fields });
            }
            if !fields.is_empty() {
                self.rest = self.rest.strip_prefix(',')?;
            }
            let field = self.ty()?;
            parts += field.parts();
            if parts > MOST_PARTS {
                return None;
            }
            fields.push(field);
        }
    }
}

/// What an attribute has in parentheses, where it is this one.
fn argument<'a>(word: &'a str, name: &str) -> Option<&'a str> {
    word.strip_prefix(name)?
        .strip_prefix('(')?
        .strip_suffix(')')
}

/// Words between spaces, where what is in brackets or quotes is one.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        let end = outside(rest, |c| c.is_whitespace()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end.max(1).min(rest.len()));
        rest = after;
        Some(word)
    })
}

/// Where the bracket closes that the text begins with.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        if at == 0 && depth == 0 {
            return None;
        }
    }
    None
}

/// The first character of a kind outside of brackets and quotes.
fn outside(text: &str, is_it: impl Fn(char) -> bool) -> Option<usize> {
    let mut depth = 0_u32;
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0 && !quoted && is_it(c)).then_some(at)
    })
}

fn split(list: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = list;
    while let Some(at) = outside(rest, |c| c == ',') {
        parts.push(rest[..at].trim());
        rest = &rest[at + 1..];
    }
    if !rest.trim().is_empty() {
        parts.push(rest.trim());
    }
    parts
}

/// `\01name` says that nothing is put before the name; other bytes are written `\XX`.
fn unescape(name: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = name.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let code = code.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, code) {
            (b'\\', Some(code)) => {
                if code != 1 {
                    bytes.push(code);
                }
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
