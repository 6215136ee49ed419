//! Members of import libraries of Windows: what a linker makes a stub of (PE format, "Import Library
//! Format").

use object::read::coff::{ImportFile, ImportName};

/// A function or a piece of data that another library has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its name to those who link: in 32-bit code it tells the convention.
    pub symbol: String,
    /// What an image's import table calls it, as `library!name`.
    pub address: String,
}

impl Import {
    /// Reads a member in the short form.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let import = ImportFile::parse(bytes).ok()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let name = match import.import() {
            ImportName::Ordinal(number) => format!("#{number}"),
            ImportName::Name(name) => text(name),
        };
        Some(Self {
            symbol: text(import.symbol()),
            address: address(&text(import.dll()), &name),
        })
    }

    /// The names that it defines: a stub, and the pointer that the stub goes by.
    pub fn names(&self) -> [String; 2] {
        [format!("__imp_{}", self.symbol), self.symbol.clone()]
    }
}

/// What an image imports, in one word. Windows tells no capitals in names of libraries.
pub(super) fn address(library: &str, name: &str) -> String {
    format!("{}!{name}", library.to_ascii_lowercase())
}
