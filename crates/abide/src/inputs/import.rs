//! Members of import libraries of Windows: what a linker makes a stub of (PE format, "Import Library
//! Format"), and the pointers that stubs and code go by.

use object::read::coff::{ImportFile, ImportName};

use super::{Format, Image, ImageSymbol, Resolved};

/// What the pointer to an imported function is called, before the function's own name.
const POINTER: &str = "__imp_";

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
        [format!("{POINTER}{}", self.symbol), self.symbol.clone()]
    }
}

/// The name of the function that a pointer to an imported one leads to.
pub(super) fn pointed_to(name: &str) -> Option<&str> {
    name.strip_prefix(POINTER)
}

impl Image {
    /// What a pointer to an imported function leads to: what the unit has of that name, or, where it has
    /// none, the pointer's own symbol, which stands for the function. A linker makes such a pointer for what
    /// it finds in no library, too.
    #[must_use]
    pub fn imported(&self, pointer: ImageSymbol) -> Option<ImageSymbol> {
        let function = self.imported_name(pointer)?;
        Some(self.global(function).unwrap_or(pointer))
    }

    /// What a symbol is called that stands for a function: one of a pointer to an import, as the import.
    #[must_use]
    pub fn name_of_function(&self, symbol: ImageSymbol) -> Option<&str> {
        let own = || Some(self.symbol(symbol)?.name.as_str());
        self.imported_name(symbol).or_else(own)
    }

    fn imported_name(&self, pointer: ImageSymbol) -> Option<&str> {
        let object = self.objects().get(pointer.object as usize)?;
        let name = &self.symbol(pointer)?.name;
        let function = pointed_to(name).filter(|_| object.format == Format::Coff)?;
        matches!(self.resolve(pointer)?, Resolved::External(_)).then_some(function)
    }
}

/// What an image imports, in one word. Windows tells no capitals in names of libraries.
pub(super) fn address(library: &str, name: &str) -> String {
    format!("{}!{name}", library.to_ascii_lowercase())
}
