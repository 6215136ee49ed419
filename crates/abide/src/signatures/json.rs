//! Signatures by hand, for what no compiler tells: `[{"symbol": "f", "rust": "fn(u32) -> bool"}]`.

use serde::Deserialize;

use super::Signature;
use super::rust_source::RustSource;

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
        source
            .signature_of_text(&entry.symbol, &entry.rust, file)
            .ok_or_else(|| {
                format!(
                    "`{}` of `{}` is no type of a function that is understood: write it as \
                     `fn(*const u8, u32) -> bool`",
                    entry.rust, entry.symbol
                )
            })
    };
    entries.into_iter().map(signature).collect()
}
