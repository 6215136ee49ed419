//! The symbol table as a person wants it.

use serde::Serialize;

use super::printable::printable;
use super::table;

/// One symbol of one object.
#[derive(Debug, Clone, Serialize)]
pub struct SymbolRow {
    /// What it names: `function`, `object`, `untyped`, …
    pub kind: &'static str,
    /// Who may refer to it: `local`, `global`, `weak`, `unique`, with the visibility after it
    /// where that is not the default (`global hidden`).
    pub binding: String,
    /// The section, or `undefined`, `absolute`, `common`, or `imported` in an import library.
    pub section: String,
    /// The offset in the section, or the address in a linked image.
    pub value: u64,
    /// The size, in bytes; 0 where the file does not say.
    pub size: u64,
    /// The language of the object, or of the name where that is mangled by rustc.
    pub language: &'static str,
    /// The crossing that it is part of, as `asm → Rust`: who calls, and who is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crossing: Option<String>,
    /// The name in the file.
    pub name: String,
    /// The name as source has it, where the file's is mangled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub demangled: Option<String>,
}

/// The symbols of one object.
#[derive(Debug, Clone, Serialize)]
pub struct ObjectSymbols {
    /// The object's name.
    pub object: String,
    /// What it was made for.
    pub target: String,
    /// What it was written in.
    pub language: &'static str,
    /// Its symbols, in file order.
    pub symbols: Vec<SymbolRow>,
}

#[derive(Serialize)]
struct Listing<'a> {
    objects: &'a [ObjectSymbols],
}

/// The listing as JSON, with `"version": 1`, ending in a newline.
#[must_use]
pub fn json(objects: &[ObjectSymbols]) -> String {
    super::json::versioned(&Listing { objects })
}

const HEADINGS: [&str; 8] = [
    "KIND", "BINDING", "SECTION", "VALUE", "SIZE", "LANGUAGE", "CROSSING", "NAME",
];

/// The listing as text: a table an object, its columns as wide as their widest cell.
#[must_use]
pub fn text(objects: &[ObjectSymbols]) -> String {
    let mut out = String::new();
    for (i, object) in objects.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        out.push_str(&format!(
            "{}: {}, {}\n",
            printable(&object.object),
            object.target,
            object.language
        ));
        if object.symbols.is_empty() {
            out.push_str("  no symbols\n");
        } else {
            let rows = object.symbols.iter().map(cells).collect();
            table::write(HEADINGS, rows, &mut out);
        }
    }
    out
}

fn cells(row: &SymbolRow) -> [String; 8] {
    [
        row.kind.to_owned(),
        row.binding.clone(),
        row.section.clone(),
        format!("{:#x}", row.value),
        row.size.to_string(),
        row.language.to_owned(),
        row.crossing.clone().unwrap_or_default(),
        printable(row.demangled.as_deref().unwrap_or(&row.name)).into_owned(),
    ]
}
