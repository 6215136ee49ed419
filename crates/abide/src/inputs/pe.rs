//! What an image of Windows tells beside its COFF tables, which most have lost: the names that it
//! exports and imports, and the addresses in it that the loader moves (PE format, ".edata", ".idata"
//! and ".reloc").

use std::collections::HashSet;

use object::pe::{IMAGE_REL_BASED_DIR64, ImageNtHeaders64};
use object::read::pe::Import;
use object::read::{ExportTarget, Object as _};
use object::{File, LittleEndian as LE, ReadRef as _};

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
    import_addresses(file, sections, symbols, budget)?;
    base_relocations(file, sections, budget)?;
    put_in_order(sections);
    Ok(())
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
fn import_addresses(
    file: &File<'_>,
    sections: &mut [Section],
    symbols: &mut Vec<Symbol>,
    budget: &mut Budget,
) -> Result<(), Damage> {
    let File::Pe64(image) = file else {
        return Ok(());
    };
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
        let address = descriptor.first_thunk.get(LE);
        // Where a linker left the names in the addresses' place alone, they stand there.
        let names = match descriptor.original_first_thunk.get(LE) {
            0 => address,
            names => names,
        };
        let mut names = imports.thunks(names)?;
        let mut slot = file.relative_address_base().wrapping_add(address.into());
        while let Some(thunk) = names.next::<ImageNtHeaders64>()? {
            let name = match imports.import::<ImageNtHeaders64>(thunk)? {
                Import::Name(_, name) => String::from_utf8_lossy(name).into_owned(),
                Import::Ordinal(ordinal) => format!("#{ordinal}"),
            };
            let name = budget.name(format!("{library}!{name}").as_bytes())?;
            budget.spend(size_of::<Relocation>() + size_of::<Symbol>())?;
            import_address(sections, symbols, slot, name);
            slot = slot.wrapping_add(8);
        }
    }
    Ok(())
}

fn import_address(sections: &mut [Section], symbols: &mut Vec<Symbol>, slot: u64, name: String) {
    let Some((SymbolPlace::Section(section), offset)) = spot(sections, slot) else {
        return;
    };
    let index = SymbolIndex(symbols.len() as u32);
    symbols.push(symbol(name, SymbolPlace::Undefined, 0, sections));
    add_address(
        sections,
        section,
        offset,
        RelocationTarget::Symbol(index),
        0,
    );
}

/// Notes what the eight bytes at an offset in a section are the address of.
fn add_address(
    sections: &mut [Section],
    section: SectionIndex,
    offset: u64,
    target: RelocationTarget,
    addend: i64,
) {
    if let Some(section) = sections.get_mut(section.0 as usize) {
        section.relocations.push(Relocation {
            offset,
            kind: RelocationKind::Absolute,
            size: 64,
            target,
            addend,
        });
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
fn base_relocations(
    file: &File<'_>,
    sections: &mut [Section],
    budget: &mut Budget,
) -> Result<(), Damage> {
    let File::Pe64(image) = file else {
        return Ok(());
    };
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
            if entry.typ == IMAGE_REL_BASED_DIR64 {
                let base = file.relative_address_base();
                move_address(sections, base.wrapping_add(entry.virtual_address.into()));
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

/// Notes that the eight bytes at an address are an address themselves.
fn move_address(sections: &mut [Section], at: u64) {
    let Some((SymbolPlace::Section(section), offset)) = spot(sections, at) else {
        return;
    };
    let target = |section: &Section| {
        let bytes: &[u8] = &section.data;
        let bytes = bytes.read_bytes_at(offset, 8).ok()?;
        spot(sections, u64::from_le_bytes(bytes.try_into().ok()?))
    };
    let target = sections.get(section.0 as usize).and_then(target);
    if let Some((SymbolPlace::Section(to), addend)) = target {
        let to = RelocationTarget::Section(to);
        add_address(sections, section, offset, to, addend as i64);
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
