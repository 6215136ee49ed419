//! Import libraries of Windows in the long form: objects whose sections a linker puts together to an
//! import directory (PE format, ".idata"), as GNU's `dlltool` writes them.

use super::import::{address, pointed_to};
use super::{Binding, SymbolPlace};
use super::{Format, Image, ImageSymbol, Import, Object, Place, Resolved, SectionId, SymbolIndex};

/// The part of an import address table.
const ADDRESSES: &str = ".idata$5";
/// The part of an import directory: one library.
const DIRECTORY: &str = ".idata$2";
/// Where in a directory's entry the address of the library's name stands.
const LIBRARY_NAME: i64 = 12;
/// What stands before a name that is looked up: where the library may have it.
const HINT: i64 = 2;

/// Takes those of an archive's objects out that stand for a function of another library each.
pub(super) fn take(objects: &mut Vec<Object>) -> Vec<Import> {
    let is_import = |object: &Object| pointer(object).is_some();
    if !objects.iter().any(is_import) {
        return Vec::new();
    }
    let image = Image::new(objects.clone());
    let imports = (0..)
        .zip(image.objects())
        .filter_map(|(number, object)| import(&image, number, object));
    let imports = imports.collect();
    objects.retain(|object| !is_import(object));
    imports
}

/// What an object stands for.
fn import(image: &Image, number: u32, object: &Object) -> Option<Import> {
    let symbol = pointer(object)?;
    let entry = Place {
        section: section(image, number, object, ADDRESSES)?,
        offset: 0,
    };
    let name = match image.relocation_at(entry) {
        Some(_) => image.led_to(entry).and_then(|hint| text(image, hint, HINT)),
        None => ordinal(image, entry).map(|number| format!("#{number}")),
    };
    let library = library(image, number, object);
    Some(Import {
        symbol: symbol.to_owned(),
        address: address(&library.unwrap_or_default(), &name.unwrap_or_default()),
    })
}

/// The function whose entry of the import address table is all that an object has of it.
fn pointer(object: &Object) -> Option<&str> {
    let table = object
        .sections
        .iter()
        .position(|section| section.name == ADDRESSES)?;
    let is_entry =
        |place| matches!(place, SymbolPlace::Section(section) if section.0 as usize == table);
    let mut pointers = object
        .symbols
        .iter()
        .filter(|symbol| is_entry(symbol.place) && symbol.binding != Binding::Local);
    let (only, None) = (pointers.next()?, pointers.next()) else {
        return None;
    };
    pointed_to(&only.name).filter(|_| object.format == Format::Coff && object.is_member())
}

/// The library's name, which the object that the import asks for tells of the whole archive.
fn library(image: &Image, number: u32, object: &Object) -> Option<String> {
    let asked = (0..)
        .zip(&object.symbols)
        .filter(|(_, symbol)| symbol.place == SymbolPlace::Undefined);
    let mut directories = asked.filter_map(|(symbol, _)| {
        let symbol = ImageSymbol {
            object: number,
            symbol: SymbolIndex(symbol),
        };
        let Resolved::Place(place) = image.resolve(symbol)? else {
            return None;
        };
        (image.section(place.section)?.name == DIRECTORY).then_some(place)
    });
    let name = Place {
        offset: LIBRARY_NAME,
        ..directories.next()?
    };
    text(image, image.led_to(name)?, 0)
}

fn section(image: &Image, number: u32, object: &Object, name: &str) -> Option<SectionId> {
    let mut sections = (0..).zip(&object.sections);
    let (index, _) = sections.find(|(_, section)| section.name == name)?;
    image.section_id(number, super::SectionIndex(index))
}

/// The number in an entry that goes by no name: its highest bit is set.
fn ordinal(image: &Image, entry: Place) -> Option<u16> {
    let word: [u8; 2] = image
        .section(entry.section)?
        .data
        .get(..2)?
        .try_into()
        .ok()?;
    Some(u16::from_le_bytes(word))
}

/// The text so far behind a place, up to a zero.
fn text(image: &Image, place: Place, behind: i64) -> Option<String> {
    let start = usize::try_from(place.offset.checked_add(behind)?).ok()?;
    let bytes = image.section(place.section)?.data.get(start..)?;
    let text = bytes.split(|&byte| byte == 0).next()?;
    Some(String::from_utf8_lossy(text).into_owned())
}
