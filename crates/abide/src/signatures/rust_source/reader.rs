//! One file's items, as its syntax has them.

use std::sync::Arc;

use proc_macro2::Span;
use syn::visit::{self, Visit};

use super::attributes::Attributes;
use super::types::{self, Definition};
use super::{ItemKind, Length, RustItem, RustSource, SourceType};
use crate::inputs::SourceLine;

/// Puts the items of one file with those of the others.
pub(super) struct Reader<'a> {
    source: &'a mut RustSource,
    file: Arc<str>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(source: &'a mut RustSource, file: Arc<str>) -> Self {
        Self { source, file }
    }

    fn line(&self, span: Span) -> SourceLine {
        SourceLine {
            file: Arc::clone(&self.file),
            line: u32::try_from(span.start().line).unwrap_or(0),
        }
    }

    fn name(&mut self, name: &syn::Ident, definition: Definition) {
        self.source.names.define(unraw(name), definition);
    }

    fn define(
        &mut self,
        name: &syn::Ident,
        attributes: &[syn::Attribute],
        visibility: &syn::Visibility,
        abi: Option<&syn::Abi>,
        kind: ItemKind,
    ) {
        let attributes = Attributes::read(attributes);
        let own_name = attributes.no_mangle.then(|| unraw(name));
        let item = RustItem {
            name: unraw(name),
            symbol: attributes.export_name.or(own_name),
            line: self.line(name.span()),
            is_public: !matches!(visibility, syn::Visibility::Inherited),
            is_conditional: attributes.is_conditional,
            is_naked: attributes.is_naked,
            abi: abi.map(abi_name),
            kind,
        };
        self.source.definitions.push(item);
    }

    fn declare(
        &mut self,
        name: &syn::Ident,
        attributes: &[syn::Attribute],
        visibility: &syn::Visibility,
        abi: &syn::Abi,
        kind: ItemKind,
    ) {
        let attributes = Attributes::read(attributes);
        let item = RustItem {
            name: unraw(name),
            symbol: Some(attributes.link_name.unwrap_or_else(|| unraw(name))),
            line: self.line(name.span()),
            is_public: !matches!(visibility, syn::Visibility::Inherited),
            is_conditional: attributes.is_conditional,
            is_naked: attributes.is_naked,
            abi: Some(abi_name(abi)),
            kind,
        };
        self.source.declarations.push(item);
    }
}

fn unraw(name: &syn::Ident) -> String {
    let name = name.to_string();
    name.strip_prefix("r#").map_or(name.clone(), str::to_owned)
}

/// `extern` alone means `extern "C"`.
pub(super) fn abi_name(abi: &syn::Abi) -> String {
    abi.name
        .as_ref()
        .map_or_else(|| "C".to_owned(), syn::LitStr::value)
}

pub(super) fn result_of(output: &syn::ReturnType) -> SourceType {
    match output {
        syn::ReturnType::Default => SourceType::Unit,
        syn::ReturnType::Type(_, ty) => SourceType::of(ty),
    }
}

fn function(signature: &syn::Signature) -> ItemKind {
    let parameters = signature.inputs.iter().map(|input| match input {
        syn::FnArg::Receiver(_) => (None, SourceType::Other),
        syn::FnArg::Typed(typed) => {
            let name = match &*typed.pat {
                syn::Pat::Ident(name) => Some(unraw(&name.ident)),
                _ => None,
            };
            (name, SourceType::of(&typed.ty))
        }
    });
    let generics = &signature.generics.params;
    let is_lifetime =
        |generic: &syn::GenericParam| matches!(generic, syn::GenericParam::Lifetime(_));
    ItemKind::Function {
        parameters: parameters.collect(),
        result: result_of(&signature.output),
        variadic: signature.variadic.is_some(),
        is_generic: !generics.iter().all(is_lifetime),
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        let definition = types::definition_of_struct(item);
        self.name(&item.ident, definition);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        if let Some(definition) = types::definition_of_enum(item) {
            self.name(&item.ident, definition);
        }
    }

    fn visit_item_union(&mut self, item: &'ast syn::ItemUnion) {
        self.name(&item.ident, Definition::Open);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        let value = Length::of(&item.expr);
        self.source.names.define_constant(unraw(&item.ident), value);
        visit::visit_item_const(self, item);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        let is_open = item.generics.const_params().next().is_some();
        let definition = match is_open {
            true => Definition::Open,
            false => Definition::Alias(SourceType::of(&item.ty)),
        };
        self.name(&item.ident, definition);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.define(
            &item.sig.ident,
            &item.attrs,
            &item.vis,
            item.sig.abi.as_ref(),
            function(&item.sig),
        );
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.define(
            &item.sig.ident,
            &item.attrs,
            &item.vis,
            item.sig.abi.as_ref(),
            function(&item.sig),
        );
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        let kind = ItemKind::Static(SourceType::of(&item.ty));
        self.define(&item.ident, &item.attrs, &item.vis, None, kind);
        visit::visit_item_static(self, item);
    }

    fn visit_item_foreign_mod(&mut self, block: &'ast syn::ItemForeignMod) {
        for item in &block.items {
            match item {
                syn::ForeignItem::Fn(f) => {
                    let kind = function(&f.sig);
                    self.declare(&f.sig.ident, &f.attrs, &f.vis, &block.abi, kind);
                }
                syn::ForeignItem::Static(s) => {
                    let kind = ItemKind::Static(SourceType::of(&s.ty));
                    self.declare(&s.ident, &s.attrs, &s.vis, &block.abi, kind);
                }
                _ => {}
            }
        }
    }
}
