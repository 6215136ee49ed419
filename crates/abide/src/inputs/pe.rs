//! What an image of Windows tells beside its COFF tables, which most have lost: the names that it
//! exports and imports, and the addresses in it that the loader moves (PE format, ".edata", ".idata"
//! and ".reloc").

use std::collections::HashSet;

use object::pe::{
    BaseRelocationType, IMAGE_REL_BASED_DIR64, IMAGE_REL_BASED_HIGHLOW, ImageNtHeaders32,
    ImageNtHeaders64,
};
use object::read::pe::{ImageNtHeaders, Import, PeFile};
use object::read::{ExportTarget, Object as _};
use object::{File, LittleEndian as LE, ReadRef as _};

use super::import::address;
use super::parse::{Budget, Damage};
use super::{
    Binding, Relocation, RelocationKind, RelocationTarget, Section, SectionIndex, Symbol,
    SymbolIndex, SymbolKind, SymbolPlace, Visibility,
};

/// Adds what the image's own tables tell to what its COFF tables did.
pub(super) fn complete(
    file: &File<'_>,
    sections: &mut [Section],
    symbols: &mut Vec<Symbol>,
    dynamic: &mut Vec<Symbol>,
    budget: &mut Budget,
) -> Result<(), Damage> {
    *dynamic = dynamic_symbols(file, sections, budget)?;
    add_exports(symbols, dynamic);
    match file {
        File::Pe32(image) => addresses::<ImageNtHeaders32>(image, sections, symbols, budget)?,
        File::Pe64(image) => addresses::<ImageNtHeaders64>(image, sections, symbols, budget)?,
        _ => {}
    }
    put_in_order(sections);
    Ok(())
}

/// The addresses that the loader writes into an image.
fn addresses<Headers: Wide>(
    image: &PeFile<'_, Headers>,
    sections: &mut [Section],
    symbols: &mut Vec<Symbol>,
    budget: &mut Budget,
) -> Result<(), Damage> {
    import_addresses(image, sections, symbols, budget)?;
    base_relocations(image, sections, budget)
}

/// How wide an image's addresses are.
trait Wide: ImageNtHeaders {
    /// In bytes.
    const BYTES: u8;
    /// The kind of relocation that moves one.
    const MOVED: BaseRelocationType;
}

impl Wide for ImageNtHeaders32 {
    const BYTES: u8 = 4;
    const MOVED: BaseRelocationType = IMAGE_REL_BASED_HIGHLOW;
}

impl Wide for ImageNtHeaders64 {
    const BYTES: u8 = 8;
    const MOVED: BaseRelocationType = IMAGE_REL_BASED_DIR64;
}

/// The names that an image exports and imports, as a dynamic symbol table has them.
fn dynamic_symbols(
    file: &File<'_>,
    sections: &[Section],
    budget: &mut Budget,
) -> Result<Vec<Symbol>, Damage> {
    let mut symbols = Vec::new();
    for export in file.exports()? {
        let export = export?;
        // What another library has under this name is no code of the image.
        if let (Some(name), ExportTarget::Address { address }) =
            (export.name().name(), export.target())
            && let Some((place, value)) = spot(sections, address)
        {
            symbols.push(symbol(budget.name(name)?, place, value, sections));
        }
    }
    for import in file.imports()? {
        let import = import?;
        if let Some(name) = import.name().name() {
            let name = budget.name(name)?;
            symbols.push(symbol(name, SymbolPlace::Undefined, 0, sections));
        }
    }
    Ok(symbols)
}

/// The import address table: notes of each entry what the loader writes there, by a symbol of the form
/// `library!name`, which nothing in the image defines.
fn import_addresses<Headers: Wide>(
    image: &PeFile<'_, Headers>,
    sections: &mut [Section],
    symbols: &mut Vec<Symbol>,
    budget: &mut Budget,
) -> Result<(), Damage> {
    let table = image.section_table();
    let Some(imports) = image
        .data_directories()
        .import_table(image.data(), &table)?
    else {
        return Ok(());
    };
    let mut descriptors = imports.descriptors()?;
    while let Some(descriptor) = descriptors.next()? {
        let library = String::from_utf8_lossy(imports.name(descriptor.name.get(LE))?);
        let table = descriptor.first_thunk.get(LE);
        // Where a linker left the names in the addresses' place alone, they stand there.
        let names = match descriptor.original_first_thunk.get(LE) {
            0 => table,
            names => names,
        };
        let mut names = imports.thunks(names)?;
        let mut slot = image.relative_address_base().wrapping_add(table.into());
        while let Some(thunk) = names.next::<Headers>()? {
            let name = match imports.import::<Headers>(thunk)? {
                Import::Name(_, name) => String::from_utf8_lossy(name).into_owned(),
                Import::Ordinal(ordinal) => format!("#{ordinal}"),
            };
            let name = budget.name(address(&library, &name).as_bytes())?;
            budget.spend(size_of::<Relocation>() + size_of::<Symbol>())?;
            import_address(sections, symbols, slot, Headers::BYTES, name);
            slot = slot.wrapping_add(Headers::BYTES.into());
        }
    }
    Ok(())
}

fn import_address(
    sections: &mut [Section],
    symbols: &mut Vec<Symbol>,
    slot: u64,
    bytes: u8,
    name: String,
) {
    let Some((SymbolPlace::Section(section), offset)) = spot(sections, slot) else {
        return;
    };
    let index = SymbolIndex(symbols.len() as u32);
    symbols.push(symbol(name, SymbolPlace::Undefined, 0, sections));
    let address = Relocation {
        offset,
        kind: RelocationKind::Absolute,
        size: 8 * bytes,
        target: RelocationTarget::Symbol(index),
        addend: 0,
    };
    add_address(sections, section, address);
}

/// Notes what some bytes of a section are the address of.
fn add_address(sections: &mut [Section], section: SectionIndex, address: Relocation) {
    if let Some(section) = sections.get_mut(section.0 as usize) {
        section.relocations.push(address);
    }
}

/// Adds to the symbols those that an image exports and its COFF table does not name.
fn add_exports(symbols: &mut Vec<Symbol>, dynamic: &[Symbol]) {
    let known: HashSet<&str> = symbols.iter().map(|symbol| symbol.name.as_str()).collect();
    let added = dynamic.iter().filter(|symbol| {
        symbol.place != SymbolPlace::Undefined && !known.contains(symbol.name.as_str())
    });
    let added: Vec<_> = added.cloned().collect();
    symbols.extend(added);
}

/// The addresses of the image that stand in it, and which the loader moves with it.
fn base_relocations<Headers: Wide>(
    image: &PeFile<'_, Headers>,
    sections: &mut [Section],
    budget: &mut Budget,
) -> Result<(), Damage> {
    let table = image.section_table();
    let Some(mut blocks) = image
        .data_directories()
        .relocation_blocks(image.data(), &table)?
    else {
        return Ok(());
    };
    while let Some(block) = blocks.next()? {
        for entry in block {
            budget.spend(size_of::<Relocation>())?;
            if entry.typ == Headers::MOVED {
                let base = image.relative_address_base();
                let at = base.wrapping_add(entry.virtual_address.into());
                move_address(sections, at, Headers::BYTES);
            }
        }
    }
    Ok(())
}

/// Sorts what the tables told, and leaves one address of each place, whatever they claim.
fn put_in_order(sections: &mut [Section]) {
    for section in sections {
        let relocations = &mut section.relocations;
        relocations.sort_by_key(|relocation| relocation.offset);
        relocations.dedup_by_key(|relocation| relocation.offset);
    }
}

/// Notes that so many bytes at an address are an address themselves.
fn move_address(sections: &mut [Section], at: u64, bytes: u8) {
    let Some((SymbolPlace::Section(section), offset)) = spot(sections, at) else {
        return;
    };
    let target = |section: &Section| {
        let data: &[u8] = &section.data;
        let data = data.read_bytes_at(offset, bytes.into()).ok()?;
        let mut address = [0; 8];
        address.get_mut(..data.len())?.copy_from_slice(data);
        spot(sections, u64::from_le_bytes(address))
    };
    let target = sections.get(section.0 as usize).and_then(target);
    if let Some((SymbolPlace::Section(to), addend)) = target {
        let address = Relocation {
            offset,
            kind: RelocationKind::Absolute,
            size: 8 * bytes,
            target: RelocationTarget::Section(to),
            addend: addend as i64,
        };
        add_address(sections, section, address);
    }
}

/// The section that an address lies in, and how far.
fn spot(sections: &[Section], address: u64) -> Option<(SymbolPlace, u64)> {
    let mut numbered = (0..).map(SectionIndex).zip(sections);
    numbered.find_map(|(index, section)| {
        let offset = address.checked_sub(section.address)?;
        (offset < section.size).then_some((SymbolPlace::Section(index), offset))
    })
}

fn symbol(name: String, place: SymbolPlace, value: u64, sections: &[Section]) -> Symbol {
    let section = match place {
        SymbolPlace::Section(index) => sections.get(index.0 as usize),
        _ => None,
    };
    Symbol {
        name,
        kind: match section {
            Some(section) if section.flags.execute => SymbolKind::Function,
            Some(_) => SymbolKind::Object,
            None => SymbolKind::Untyped,
        },
        binding: Binding::Global,
        visibility: Visibility::Default,
        place,
        value,
        size: 0,
    }
}
