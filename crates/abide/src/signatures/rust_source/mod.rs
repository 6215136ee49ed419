//! Rust source: which symbols it declares, and which functions and statics it defines.
//!
//! Source text is read, not compiled: what macros write is not seen, and items under `cfg`
//! count as present. It explains findings; it never makes one.

mod attributes;
mod casts;
mod items;
mod length;
mod parse;
mod reader;
mod types;

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use syn::visit::Visit as _;

use super::c_headers::is_header;
use super::files;
use super::{CallConvention, DeclaredStatic, Layout, Origin, Parameter, Signature, Type};
use crate::inputs::{Comment, SourceLine, comments};
pub use items::{ItemKind, RustItem};
pub use length::{Length, Operation};
use reader::Reader;
use types::Names;
pub use types::{FunctionType, SourceType};

/// The items of all source files that were read, in the order of their paths and lines.
#[derive(Debug, Default)]
pub struct RustSource {
    /// Functions and statics with a body or a value.
    pub definitions: Vec<RustItem>,
    /// Items of `extern` blocks.
    pub declarations: Vec<RustItem>,
    /// Files that could not be parsed, each with the parser's reason.
    pub skipped: Vec<String>,
    /// Comments for the checker.
    pub comments: Vec<Comment>,
    /// Functions whose addresses are cast to what tells nothing of them.
    cast: HashSet<String>,
    names: Names,
}

/// All `.rs` files under a path, by name, or the one that it is. Directories named `target` and
/// hidden ones are left out, symbolic links to directories not followed.
///
/// # Errors
/// A directory cannot be read.
pub fn files_of_source(path: &Path) -> io::Result<Vec<PathBuf>> {
    if path.is_file() && is_header(path) {
        return Ok(Vec::new());
    }
    files::under(path, ".rs", files::is_of_source)
}

impl RustSource {
    /// Reads all [`files_of_source`] of a path.
    ///
    /// # Errors
    /// A file or directory cannot be read. One that cannot be parsed is no error.
    pub fn read(&mut self, path: &Path) -> io::Result<()> {
        for file in files_of_source(path)? {
            let text = std::fs::read_to_string(&file)?;
            self.add(&file.to_string_lossy(), &text);
        }
        Ok(())
    }

    /// Adds the items of one source text; `file` stands for it in places.
    pub fn add(&mut self, file: &str, text: &str) {
        self.comments.extend(comments(file, text));
        let read = parse::on_deep_stack(|| {
            let parsed = parse::file(text).map_err(|error| {
                let line = error.span().start().line;
                format!("line {line}: {error}")
            })?;
            self.cast.extend(casts::of(&parsed));
            let file = Arc::from(file);
            Reader::new(self, file).visit_file(&parsed);
            Ok(())
        });
        if let Err(why) = read.unwrap_or_else(|error| Err(error.to_string())) {
            self.skipped.push(format!("`{file}` ({why})"));
        }
    }

    /// The signature of a function, where source tells what its types are.
    #[must_use]
    pub fn signature(&self, item: &RustItem) -> Option<Signature> {
        let ItemKind::Function {
            parameters,
            result,
            variadic,
            is_generic: false,
        } = &item.kind
        else {
            return None;
        };
        let function = FunctionType {
            abi: item.abi.clone(),
            parameters: parameters.clone(),
            result: result.clone(),
            variadic: *variadic,
        };
        let symbol = item.symbol.as_deref().unwrap_or(&item.name);
        self.signature_by(&function, symbol, &item.line)
    }

    /// The signature of a function that a pointer of this type leads to.
    fn signature_by(
        &self,
        function: &FunctionType,
        symbol: &str,
        line: &SourceLine,
    ) -> Option<Signature> {
        let abi = function.abi.as_deref()?;
        let convention = match abi.trim_end_matches("-unwind") {
            "C" | "cdecl" | "system" => CallConvention::C,
            "sysv64" => CallConvention::SystemV,
            "win64" | "efiapi" => CallConvention::Win64,
            "stdcall" => CallConvention::Stdcall,
            "fastcall" => CallConvention::Fastcall,
            "thiscall" => CallConvention::Thiscall,
            _ => CallConvention::Other,
        };
        let mut passed = Vec::new();
        let mut returned = None;
        match &function.result {
            SourceType::Never | SourceType::Unit => {}
            ty => match self.names.parameters(ty)?.as_slice() {
                [] => {}
                [
                    Parameter {
                        ty: Type::Memory { bytes, .. },
                        ..
                    },
                ] => passed.push(Parameter {
                    is_result: true,
                    ..Parameter::of(Type::Pointer {
                        to: None,
                        bytes: *bytes,
                        nullable: false,
                    })
                }),
                [only] => returned = Some(only.ty.clone()),
                several => {
                    let parts = several.iter().map(|part| part.ty.clone());
                    returned = Some(Type::Aggregate(parts.collect()));
                }
            },
        }
        for (name, ty) in &function.parameters {
            let parts = self.names.parameters(ty)?;
            passed.extend(parts.into_iter().map(|part| Parameter {
                name: name.clone(),
                ..part
            }));
        }
        Some(Signature {
            symbol: symbol.to_owned(),
            convention,
            parameters: passed,
            result: returned,
            variadic: function.variadic,
            never_returns: function.result == SourceType::Never,
            unwinds: Some(abi.ends_with("-unwind")),
            origin: Origin::Source,
            file: line.file.to_string(),
            line: Some(line.clone()),
        })
    }

    /// The signatures that names of types of functions stand for.
    pub fn function_types(&self) -> impl Iterator<Item = (&str, Signature)> {
        let nowhere = SourceLine {
            file: Arc::from(""),
            line: 0,
        };
        self.names
            .function_types()
            .filter_map(move |(name, ty)| Some((name, self.signature_by(ty, name, &nowhere)?)))
    }

    /// What is declared of a static; `None` for a function.
    #[must_use]
    pub fn static_of(&self, item: &RustItem) -> Option<DeclaredStatic> {
        let ItemKind::Static(ty) = &item.kind else {
            return None;
        };
        Some(DeclaredStatic {
            ty: self.names.pointee(ty, true),
            functions: self.functions_in(ty, &item.line),
            line: item.line.clone(),
        })
    }

    /// The signatures of what a table leads to, each by the offset of its pointer.
    fn functions_in(&self, table: &SourceType, line: &SourceLine) -> Vec<(u64, Signature)> {
        let functions = self.names.functions_in(table).into_iter();
        functions
            .filter_map(|(offset, ty)| Some((offset, self.signature_by(&ty, "", line)?)))
            .collect()
    }

    /// The signature that a text like `fn(u32) -> bool` says.
    #[must_use]
    pub fn signature_of_text(&self, symbol: &str, text: &str, file: &str) -> Option<Signature> {
        let function = parse::on_deep_stack(|| {
            let function: syn::TypeFnPtr = parse::parsed(text).ok()?;
            Some(FunctionType::of(&function))
        });
        let mut function = function.ok()??;
        function.abi.get_or_insert_with(|| "C".to_owned());
        let line = SourceLine {
            file: Arc::from(file),
            line: 0,
        };
        let signature = self.signature_by(&function, symbol, &line)?;
        Some(Signature {
            line: None,
            ..signature
        })
    }

    /// The size and fields of a type; `None` where source does not tell.
    #[must_use]
    pub fn layout(&self, ty: &SourceType) -> Option<Layout> {
        self.names.layout(ty)
    }

    /// Whether a type is a struct whose fields Rust orders as it likes.
    #[must_use]
    pub fn is_unordered(&self, ty: &SourceType) -> bool {
        self.names.is_unordered(ty)
    }

    /// The functions whose addresses are cast to numbers or pointers to data, where source says what
    /// their symbols are; others by their names.
    pub fn cast(&self) -> impl Iterator<Item = &str> {
        let items = self.declarations.iter().chain(&self.definitions);
        let cast = items.filter(|item| {
            matches!(item.kind, ItemKind::Function { .. }) && self.cast.contains(&item.name)
        });
        cast.map(|item| item.symbol.as_deref().unwrap_or(&item.name))
    }

    /// The declarations of the symbol.
    pub fn declarations_of<'a>(&'a self, symbol: &'a str) -> impl Iterator<Item = &'a RustItem> {
        let named = move |item: &&RustItem| item.symbol.as_deref() == Some(symbol);
        self.declarations.iter().filter(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_computed_of_constants() {
        let mut source = RustSource::default();
        source.add(
            "a.rs",
            "const N: usize = 2;
             const BYTES: usize = (N * 4 + 1) << 1;
             const TWICE: u8 = 1;
             mod other { const TWICE: u8 = 2; }
             #[repr(C)] struct Words { all: [u16; crate::BYTES - N], one: u32 }
             #[repr(C)] struct Sized { all: [u8; core::mem::size_of::<Words>() / 4] }
             #[repr(C)] struct Unknown { all: [u8; TWICE as usize] }
             #[repr(C)] struct OfType { all: [u8; Words::N] }
             #[repr(C)] struct Chosen<const N: usize> { all: [u8; N] }",
        );
        let size = |name: &str| {
            let ty = SourceType::Named(name.to_owned(), Vec::new());
            source.layout(&ty).map(|layout| layout.size)
        };
        assert_eq!(size("Words"), Some(36));
        assert_eq!(size("Sized"), Some(9));
        // Of two constants of a name none is meant; those of types and parameters are others.
        for name in ["Unknown", "OfType", "Chosen"] {
            assert_eq!(size(name), None, "{name}");
        }
    }

    #[test]
    fn functions_are_cast_and_variables_are_not() {
        let mut source = RustSource::default();
        source.add(
            "a.rs",
            "use crate::entry::imported;
             unsafe extern \"C\" { fn plain(); #[link_name = \"real\"] fn renamed(); fn typed(); }
             extern \"C\" fn imported() {}
             extern \"C\" fn elsewhere() {}
             fn f(variable: u32) {
                 let _ = (plain as usize, renamed as *const (), variable as usize);
                 let _ = (imported as *const () as u64, typed as unsafe extern \"C\" fn());
             }",
        );
        source.add(
            "b.rs",
            "fn g(elsewhere: u32) { let _ = elsewhere as usize; }",
        );
        let cast: Vec<_> = source.cast().collect();
        assert_eq!(cast, ["plain", "real", "imported"]);
    }

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

    /// The signature of `f` in a text, as it is printed.
    fn signature(text: &str) -> String {
        let mut source = RustSource::default();
        source.add("a.rs", text);
        let f = source.declarations_of("f").next().unwrap();
        match source.signature(f) {
            Some(signature) => {
                let lines = signature.parameters.iter().map(|p| &p.ty);
                format!("{:?} -> {:?}", lines.collect::<Vec<_>>(), signature.result)
            }
            None => "not told".to_owned(),
        }
    }

    #[test]
    fn structs_are_taken_apart_as_the_convention_says() {
        let float = signature("#[repr(C)] struct V([f32; 3]); extern \"C\" { fn f(v: V); }");
        assert_eq!(float, "[Aggregate([Float(64), Float(32)])] -> None");
        let mixed = signature(
            "#[repr(C)] struct S { a: f64, b: (), c: u8 } extern \"C\" { fn f(s: S) -> S; }",
        );
        let integer = "Integer { bits: 64, signed: None }";
        let pair = format!("Aggregate([Float(64), {integer}])");
        assert_eq!(mixed, format!("[{pair}] -> Some({pair})"));
        let large = signature("#[repr(C)] struct S([u64; 3]); extern \"C\" { fn f(s: S); }");
        assert_eq!(large, "[Memory { bytes: 24, align: 8 }] -> None");
        let packed = signature(
            "#[repr(C, packed)] struct S { a: u16, b: u64 } extern \"C\" { fn f(s: S); }",
        );
        assert_eq!(packed, "[Memory { bytes: 10, align: 8 }] -> None");
        let inside = signature(
            "#[repr(transparent)] struct S(T); type T = i128; extern \"C\" { fn f(s: S); }",
        );
        assert_eq!(
            inside,
            "[Integer { bits: 128, signed: Some(true) }] -> None"
        );
        let unordered = signature("struct S { a: u8, b: u64 } extern \"C\" { fn f(s: S); }");
        assert_eq!(unordered, "not told");
        let twice = signature(
            "mod a { type T = u8; } mod b { type T = u64; } extern \"C\" { fn f(s: T); }",
        );
        assert_eq!(twice, "not told");
    }

    #[test]
    fn a_struct_has_its_fields_where_its_representation_puts_them() {
        let mut source = RustSource::default();
        source.add(
            "a.rs",
            "#[repr(C)] struct Open { limit: u16, base: u64 }
             #[repr(C, packed)] struct Closed { limit: u16, base: u64 }
             struct Any { limit: u16, base: u64 }",
        );
        let ty = |name: &str| SourceType::Named(name.to_owned(), Vec::new());
        let base = |name: &str| {
            let layout = source.layout(&ty(name))?;
            Some((layout.fields.get(1)?.offset, layout.size))
        };
        assert_eq!(base("Open"), Some((8, 16)));
        assert_eq!(base("Closed"), Some((2, 10)));
        assert_eq!(base("Any"), None);
        assert!(source.is_unordered(&ty("Any")));
    }

    #[test]
    fn what_is_no_rust_is_said() {
        let mut source = RustSource::default();
        source.add("a.rs", "fn (");
        assert_eq!(source.skipped.len(), 1, "{:?}", source.skipped);
    }
}
