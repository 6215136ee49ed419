//! The attributes that decide about a symbol's name.

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Token};

/// What the attributes of one item say.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    /// `no_mangle`.
    pub(super) no_mangle: bool,
    /// `export_name`.
    pub(super) export_name: Option<String>,
    /// `link_name`.
    pub(super) link_name: Option<String>,
    /// `naked`.
    pub(super) is_naked: bool,
    /// Whether a `cfg` may take the item away.
    pub(super) is_conditional: bool,
    /// The words of `repr`: `C`, `packed(1)`.
    pub(super) repr: Vec<String>,
}

impl Attributes {
    /// Reads them, through `unsafe(…)` and `cfg_attr(…, …)`, whose condition counts as true.
    pub(super) fn read(attributes: &[Attribute]) -> Self {
        let mut found = Self::default();
        for attribute in attributes {
            found.add(&attribute.meta);
        }
        found
    }

    /// The number of `packed(2)` or `align(16)`; 1 for a word alone.
    pub(super) fn repr_number(&self, name: &str) -> Option<u64> {
        self.repr.iter().find_map(|word| {
            let rest = word.strip_prefix(name)?;
            match rest.strip_prefix('(') {
                Some(number) => number.trim_end_matches(')').parse().ok(),
                None => rest.is_empty().then_some(1),
            }
        })
    }

    fn add(&mut self, meta: &Meta) {
        match meta {
            Meta::Path(path) if path.is_ident("no_mangle") => self.no_mangle = true,
            Meta::Path(path) if path.is_ident("naked") => self.is_naked = true,
            Meta::List(list) if list.path.is_ident("cfg") => self.is_conditional = true,
            Meta::List(list) if list.path.is_ident("repr") => {
                let words = list.tokens.to_string();
                let words = words.split(',').map(|word| word.replace(' ', ""));
                self.repr.extend(words);
            }
            Meta::List(list) if list.path.is_ident("unsafe") => {
                for inner in inner(list) {
                    self.add(&inner);
                }
            }
            Meta::List(list) if list.path.is_ident("cfg_attr") => {
                for inner in inner(list).into_iter().skip(1) {
                    self.add(&inner);
                }
            }
            Meta::NameValue(pair) if pair.path.is_ident("export_name") => {
                self.export_name = text(&pair.value);
            }
            Meta::NameValue(pair) if pair.path.is_ident("link_name") => {
                self.link_name = text(&pair.value);
            }
            _ => {}
        }
    }
}

fn inner(list: &syn::MetaList) -> Punctuated<Meta, Token![,]> {
    list.parse_args_with(Punctuated::parse_terminated)
        .unwrap_or_default()
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}
