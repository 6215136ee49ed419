//! Rust source: which symbols it declares, and which functions and statics it defines.
//!
//! Source text is read, not compiled: what macros write is not seen, and items under `cfg`
//! count as present. It explains findings; it never makes one.

mod attributes;

use std::io;
use std::path::Path;
use std::sync::Arc;

use proc_macro2::Span;
use syn::visit::{self, Visit};

use crate::inputs::SourceLine;
use attributes::Attributes;

/// The items of all source files that were read, in the order of their paths and lines.
#[derive(Debug, Default)]
pub struct RustSource {
    /// Functions and statics with a body or a value.
    pub definitions: Vec<RustItem>,
    /// Items of `extern` blocks.
    pub declarations: Vec<RustItem>,
    /// Files that could not be parsed, each with the parser's reason.
    pub skipped: Vec<String>,
}

/// A function or static.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RustItem {
    /// Its identifier.
    pub name: String,
    /// The symbol's name, where source decides it: always for a declaration; for a definition
    /// where `no_mangle` or `export_name` stands.
    pub symbol: Option<String>,
    /// Where its identifier stands.
    pub line: SourceLine,
    /// Whether it is `pub`, in whatever scope.
    pub is_public: bool,
    /// Whether a `cfg` on the item itself may take it away.
    pub is_conditional: bool,
    /// The ABI: `Some("C")` for `extern "C"`, `None` for Rust's own. Statics have none.
    pub abi: Option<String>,
}

impl RustSource {
    /// Reads all `.rs` files under `path`, or the one that it is. Directories named `target` and
    /// hidden ones are left out, symbolic links not followed.
    ///
    /// # Errors
    /// A file or directory cannot be read. One that cannot be parsed is no error.
    pub fn read(&mut self, path: &Path) -> io::Result<()> {
        if !path.is_dir() {
            let text = std::fs::read_to_string(path)?;
            self.add(&path.to_string_lossy(), &text);
            return Ok(());
        }
        let entries: io::Result<Vec<_>> = std::fs::read_dir(path)?.collect();
        let mut entries = entries?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let kind = entry.file_type()?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_source = kind.is_file() && name.ends_with(".rs");
            let is_inner = kind.is_dir() && name != "target" && !name.starts_with('.');
            if is_source || is_inner {
                self.read(&entry.path())?;
            }
        }
        Ok(())
    }

    /// Adds the items of one source text; `file` stands for it in places.
    pub fn add(&mut self, file: &str, text: &str) {
        match syn::parse_file(text) {
            Ok(parsed) => {
                let file = Arc::from(file);
                Reader { source: self, file }.visit_file(&parsed);
            }
            Err(error) => {
                let line = error.span().start().line;
                self.skipped
                    .push(format!("`{file}` (line {line}: {error})"));
            }
        }
    }

    /// The declarations of the symbol.
    pub fn declarations_of<'a>(&'a self, symbol: &'a str) -> impl Iterator<Item = &'a RustItem> {
        let named = move |item: &&RustItem| item.symbol.as_deref() == Some(symbol);
        self.declarations.iter().filter(named)
    }
}

struct Reader<'a> {
    source: &'a mut RustSource,
    file: Arc<str>,
}

impl Reader<'_> {
    fn line(&self, span: Span) -> SourceLine {
        SourceLine {
            file: Arc::clone(&self.file),
            line: u32::try_from(span.start().line).unwrap_or(0),
        }
    }

    fn define(
        &mut self,
        name: &syn::Ident,
        attributes: &[syn::Attribute],
        visibility: &syn::Visibility,
        abi: Option<&syn::Abi>,
    ) {
        let attributes = Attributes::read(attributes);
        let own_name = attributes.no_mangle.then(|| unraw(name));
        let item = RustItem {
            name: unraw(name),
            symbol: attributes.export_name.or(own_name),
            line: self.line(name.span()),
            is_public: !matches!(visibility, syn::Visibility::Inherited),
            is_conditional: attributes.is_conditional,
            abi: abi.map(abi_name),
        };
        self.source.definitions.push(item);
    }

    fn declare(
        &mut self,
        name: &syn::Ident,
        attributes: &[syn::Attribute],
        visibility: &syn::Visibility,
        abi: &syn::Abi,
    ) {
        let attributes = Attributes::read(attributes);
        let item = RustItem {
            name: unraw(name),
            symbol: Some(attributes.link_name.unwrap_or_else(|| unraw(name))),
            line: self.line(name.span()),
            is_public: !matches!(visibility, syn::Visibility::Inherited),
            is_conditional: attributes.is_conditional,
            abi: Some(abi_name(abi)),
        };
        self.source.declarations.push(item);
    }
}

fn unraw(name: &syn::Ident) -> String {
    let name = name.to_string();
    name.strip_prefix("r#").map_or(name.clone(), str::to_owned)
}

/// `extern` alone means `extern "C"`.
fn abi_name(abi: &syn::Abi) -> String {
    abi.name
        .as_ref()
        .map_or_else(|| "C".to_owned(), syn::LitStr::value)
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.define(
            &item.sig.ident,
            &item.attrs,
            &item.vis,
            item.sig.abi.as_ref(),
        );
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.define(
            &item.sig.ident,
            &item.attrs,
            &item.vis,
            item.sig.abi.as_ref(),
        );
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.define(&item.ident, &item.attrs, &item.vis, None);
        visit::visit_item_static(self, item);
    }

    fn visit_item_foreign_mod(&mut self, block: &'ast syn::ItemForeignMod) {
        for item in &block.items {
            match item {
                syn::ForeignItem::Fn(f) => {
                    self.declare(&f.sig.ident, &f.attrs, &f.vis, &block.abi);
                }
                syn::ForeignItem::Static(s) => {
                    self.declare(&s.ident, &s.attrs, &s.vis, &block.abi);
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_decide_the_symbol() {
        let mut source = RustSource::default();
        source.add(
            "a.rs",
            r#"
            #[unsafe(no_mangle)] pub extern "C" fn a() {}
            #[no_mangle] static B: u8 = 0;
            mod inner { #[cfg_attr(all(), unsafe(export_name = "see"))] fn c() {} }
            extern "C" fn d() {}
            #[cfg(test)] fn e() {}
            unsafe extern "sysv64" { #[link_name = "eff"] fn f(); static g: u8; }
            "#,
        );
        let symbols: Vec<_> = source
            .definitions
            .iter()
            .map(|item| {
                (
                    &*item.name,
                    item.symbol.as_deref(),
                    item.is_conditional,
                    item.line.line,
                )
            })
            .collect();
        let expected = [
            ("a", Some("a"), false, 2),
            ("B", Some("B"), false, 3),
            ("c", Some("see"), false, 4),
            ("d", None, false, 5),
            ("e", None, true, 6),
        ];
        assert_eq!(symbols, expected);
        let f = source.declarations_of("eff").next().unwrap();
        assert_eq!((&*f.name, f.abi.as_deref()), ("f", Some("sysv64")));
        assert!(source.declarations_of("g").next().is_some());
    }

    #[test]
    fn what_is_no_rust_is_said() {
        let mut source = RustSource::default();
        source.add("a.rs", "fn (");
        assert_eq!(source.skipped.len(), 1, "{:?}", source.skipped);
    }
}
