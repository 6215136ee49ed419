//! What the build leaves behind: an ELF file, a flat binary and a disk image of one link.

use std::process::Command;

use anyhow::{Context, Result};
use object::{Object, ObjectSection, SectionFlags, elf};

use pilot::variant::checker;

use crate::support::KERNEL;

/// Where the boot sector puts the flat binary, and what `linker.ld` links it for.
const ORIGIN: u64 = 0x7e00;
const SECTOR: usize = 512;

/// A section that takes up memory and has bytes in the file.
struct Loaded {
    name: String,
    offset: usize,
    bytes: Vec<u8>,
}

fn loaded(file: &object::File) -> Result<Vec<Loaded>> {
    let allocated = |section: &object::Section| match section.flags() {
        SectionFlags::Elf { sh_flags, .. } => sh_flags.contains(elf::SHF_ALLOC),
        _ => false,
    };
    file.sections()
        .filter(|section| allocated(section) && section.file_range().is_some())
        .map(|section| {
            let offset = section
                .address()
                .checked_sub(ORIGIN)
                .context("a section below the origin")?;
            Ok(Loaded {
                name: section.name()?.to_owned(),
                offset: usize::try_from(offset)?,
                bytes: section.data()?.to_vec(),
            })
        })
        .collect()
}

#[test]
fn the_elf_file_and_the_flat_binary_agree_byte_for_byte() -> Result<()> {
    let built = KERNEL.build()?;
    let flat = std::fs::read(built.flat())?;
    let elf = std::fs::read(built.elf())?;
    let sections = loaded(&object::File::parse(&*elf)?)?;
    let mut covered = vec![false; flat.len()];
    for Loaded {
        name,
        offset,
        bytes,
    } in &sections
    {
        let end = offset + bytes.len();
        assert_eq!(
            flat.get(*offset..end),
            Some(&bytes[..]),
            "{name} at {offset:#x}"
        );
        covered[*offset..end].fill(true);
    }
    assert!(
        sections.iter().any(|section| section.name == ".text"),
        "there is code"
    );
    let gaps_are_zero = covered
        .iter()
        .zip(&flat)
        .all(|(&covered, &byte)| covered || byte == 0);
    assert!(gaps_are_zero, "what belongs to no section is padding");
    let last = sections
        .iter()
        .map(|section| section.offset + section.bytes.len())
        .max();
    assert_eq!(
        last,
        Some(flat.len()),
        "the flat binary ends where the last section does"
    );
    Ok(())
}

#[test]
fn it_starts_at_its_first_byte() -> Result<()> {
    let elf = std::fs::read(KERNEL.build()?.elf())?;
    assert_eq!(object::File::parse(&*elf)?.entry(), ORIGIN);
    Ok(())
}

#[test]
fn the_disk_image_is_the_boot_sector_and_the_flat_binary() -> Result<()> {
    let built = KERNEL.build()?;
    let flat = std::fs::read(built.flat())?;
    let image = std::fs::read(built.image())?;
    assert_eq!(
        image.len(),
        1 << 20,
        "AHCI, virtio and USB boot from a whole MiB"
    );
    assert_eq!(
        image[SECTOR - 2..SECTOR],
        [0x55, 0xaa],
        "the BIOS's signature"
    );
    let (kernel, padding) = image[SECTOR..].split_at(flat.len());
    assert!(kernel == flat, "the flat binary follows the boot sector");
    assert!(
        padding.iter().all(|&byte| byte == 0),
        "nothing else follows"
    );
    Ok(())
}

/// What is linked, and what comes of it, as `cargo abide symbols` and GNU objdump print it.
#[test]
fn its_symbol_tables_are_printed_as_objdump_does() -> Result<()> {
    let built = KERNEL.build()?;
    let elf = built.elf();
    let directory = elf.parent().context("the ELF file is in a directory")?;
    let mut files = vec![elf.clone()];
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let linked = path.extension().is_some_and(|e| e == "o") && path != elf;
        files.extend(linked.then_some(path));
    }
    files.push(directory.join("cargo/x86_64-unknown-linux-gnu/release/libkernel.a"));
    assert!(files.len() > 6, "the kernel has several objects");
    for file in files {
        let expected = Command::new("objdump").arg("-t").arg(&file).output()?;
        let found = Command::new(checker()?)
            .args(["symbols", "--format", "objdump"])
            .arg(&file)
            .output()?;
        assert!(found.status.success(), "{}", file.display());
        assert!(expected.stdout == found.stdout, "{}", file.display());
    }
    Ok(())
}
