//! Signatures by hand, for what no compiler tells: `[{"symbol": "f", "rust": "fn(u32) -> bool"}]`.

use serde::Deserialize;

use super::Signature;
use super::rust_source::RustSource;
use crate::inputs::SourceLine;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    symbol: String,
    /// The signature as Rust writes the type of a function: `unsafe extern "C" fn(*const u8)`.
    rust: String,
}

/// Reads them.
///
/// # Errors
/// The text is no JSON of this form, or a signature is none that is understood.
pub fn read(file: &str, text: &str) -> Result<Vec<Signature>, String> {
    let entries: Vec<Entry> =
        serde_json::from_str(text).map_err(|error| format!("no list of signatures: {error}"))?;
    let source = RustSource::default();
    let signature = |entry: Entry| {
        let signature = source.signature_of_text(&entry.symbol, &entry.rust, file);
        let signature = signature.map(|signature| Signature {
            line: line(file, text, &entry.symbol),
            ..signature
        });
        signature.ok_or_else(|| {
            format!(
                "`{}` of `{}` is no type of a function that is understood: write it as \
                     `fn(*const u8, u32) -> bool`",
                entry.rust, entry.symbol
            )
        })
    };
    entries.into_iter().map(signature).collect()
}

/// The first line that names the symbol.
fn line(file: &str, text: &str, symbol: &str) -> Option<SourceLine> {
    let quoted = serde_json::to_string(symbol).ok()?;
    let mut lines = (1..).zip(text.lines());
    let (line, _) = lines.find(|(_, text)| text.contains(&quoted))?;
    Some(SourceLine {
        file: file.into(),
        line,
    })
}
