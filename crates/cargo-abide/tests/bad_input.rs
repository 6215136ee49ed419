//! Bad input: a clear message, exit code 2, no panic, no runaway.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use abide::inputs::{self, Bytes};
use abide::report::objdump::{self, Table};
use common::{abide, link_for_windows, run, scratch, stderr};

const SOURCE: &str = "
extern outside
global f
section .text
f:  call outside
    mov eax, [table]
    ret
section .data
table: dd f
";

/// Objects of every format, with debug information where NASM writes it.
fn objects(dir: &Path) -> Vec<Vec<u8>> {
    fs::write(dir.join("a.asm"), SOURCE).unwrap();
    let formats = [
        ("elf32", &["-g", "-F", "dwarf"][..]),
        ("elfx32", &[]),
        ("elf64", &[]),
        ("win32", &[]),
        ("macho32", &[]),
    ];
    let mut objects: Vec<_> = formats
        .iter()
        .map(|(format, flags)| {
            let object = dir.join(format!("{format}.o"));
            let mut nasm = Command::new("nasm");
            run(nasm
                .current_dir(dir)
                .args(*flags)
                .args(["-f", format, "a.asm", "-o"])
                .arg(&object));
            fs::read(object).unwrap()
        })
        .collect();
    run(Command::new("ar")
        .current_dir(dir)
        .args(["crs", "a.a", "elf64.o", "elf32.o"]));
    run(Command::new("ld").current_dir(dir).args([
        "-shared",
        "-z",
        "notext",
        "--defsym=outside=0",
        "-m",
        "elf_i386",
        "-o",
        "a.so",
        "elf32.o",
    ]));
    objects.push(fs::read(dir.join("a.a")).unwrap());
    objects.push(fs::read(dir.join("a.so")).unwrap());
    objects.extend(for_windows(dir));
    objects
}

/// An image with all tables that are read, and an import library.
fn for_windows(dir: &Path) -> [Vec<u8>; 2] {
    run(Command::new("nasm")
        .current_dir(dir)
        .args(["-f", "win64", "a.asm", "-o", "a.obj"]));
    let library = ["/dll", "/noentry", "/out:outer.dll", "/implib:outer.lib"];
    fs::write(
        dir.join("outer.asm"),
        "global outside\nsection .text\noutside: ret",
    )
    .unwrap();
    run(Command::new("nasm").current_dir(dir).args([
        "-f",
        "win64",
        "outer.asm",
        "-o",
        "outer.obj",
    ]));
    link_for_windows(
        dir,
        &[&library[..], &["/export:outside", "outer.obj"]].concat(),
    );
    let image = ["/dll", "/noentry", "/out:a.dll", "/largeaddressaware:no"];
    link_for_windows(
        dir,
        &[&image[..], &["/export:f", "a.obj", "outer.lib"]].concat(),
    );
    ["a.dll", "outer.lib"].map(|file| fs::read(dir.join(file)).unwrap())
}

/// Everything that reads bytes; that it returns is all that is asked.
fn read_all(bytes: Vec<u8>) {
    for table in [Table::Static, Table::Dynamic] {
        objdump::write("mutant", &bytes, table, &mut std::io::sink()).unwrap();
    }
    if let Ok(file) = inputs::read_from("mutant", Bytes::new(bytes)) {
        for object in &file.objects {
            let _ = inputs::Lines::of(object);
        }
    }
}

#[test]
fn truncated_files_are_refused_or_read() {
    for object in objects(&scratch("truncated")) {
        for length in (0..object.len()).step_by(7) {
            read_all(object[..length].to_vec());
        }
    }
}

#[test]
fn flipped_bits_are_refused_or_read() {
    for object in objects(&scratch("flipped")) {
        for at in (0..object.len()).step_by(3) {
            let mut mutant = object.clone();
            mutant[at] ^= 1 << (at % 8);
            read_all(mutant);
            let mut mutant = object.clone();
            mutant[at] = 0xff;
            read_all(mutant);
        }
    }
}

#[test]
fn what_is_no_object_is_named() {
    let dir = scratch("bad_input");
    fs::write(dir.join("empty"), "").unwrap();
    fs::write(dir.join("source.asm"), SOURCE).unwrap();
    fs::write(
        dir.join("noise"),
        [0xfe, 0xed, 0xc0, 0xde, 0xff, 0x00].repeat(20),
    )
    .unwrap();
    fs::write(dir.join("header"), b"\x7fELF\x02\x01\x01").unwrap();
    fs::write(dir.join("no_objects.a"), b"!<arch>\n").unwrap();
    run(Command::new("nasm")
        .current_dir(&dir)
        .args(["-f", "elf64", "source.asm", "-o", "a.o"]));
    run(Command::new("ar")
        .current_dir(&dir)
        .args(["crs", "inner.a", "a.o"]));
    run(Command::new("ar")
        .current_dir(&dir)
        .args(["cr", "outer.a", "inner.a"]));
    run(Command::new("ar")
        .current_dir(&dir)
        .args(["crsT", "thin.a", "a.o"]));
    let object = fs::read(dir.join("a.o")).unwrap();
    fs::write(dir.join("half.o"), &object[..object.len() / 2]).unwrap();
    let archive = fs::read(dir.join("inner.a")).unwrap();
    fs::write(dir.join("half.a"), &archive[..archive.len() - 100]).unwrap();

    for (file, message) in [
        ("missing.o", "failed to read `missing.o`: No such file"),
        (".", "`.` is a directory: name the object files"),
        ("/dev/null", "`/dev/null` is no regular file"),
        ("empty", "`empty` is empty: build it anew"),
        (
            "source.asm",
            "`source.asm` is text: give what the assembler",
        ),
        (
            "noise",
            "`noise` is neither an object file nor an archive: give",
        ),
        ("header", "`header` is "),
        ("no_objects.a", "no object is in what was given"),
        (
            "outer.a",
            "`outer.a(inner.a)` is an archive inside an archive",
        ),
        ("thin.a", "`thin.a` is a thin archive"),
        ("half.o", "`half.o` is damaged: "),
        ("half.a", "is damaged: "),
    ] {
        for command in ["check", "symbols"] {
            let output = abide(&dir, &[command, file]);
            let error = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{command} {file}: {error}");
            assert!(error.starts_with("error: "), "{command} {file}: {error}");
            assert!(error.contains(message), "{command} {file}: {error}");
            assert_eq!(error.lines().count(), 1, "{command} {file}: {error}");
        }
    }
    for file in [
        "missing.o",
        ".",
        "empty",
        "source.asm",
        "noise",
        "header",
        "thin.a",
    ] {
        let output = abide(&dir, &["symbols", "--format", "objdump", file]);
        assert_eq!(output.status.code(), Some(2), "{file}: {}", stderr(&output));
    }
}

#[test]
fn wrong_arguments_end_with_two() {
    let dir = scratch("arguments");
    for arguments in [
        &["check", "--deny", "no_such_rule", "a.o"][..],
        &["explain", "undefined_symbl"],
        &["frobnicate"],
        &["check", "--pie", "--shared", "a.o"],
    ] {
        let output = abide(&dir, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    let output = abide(&dir, &["explain", "undefined_symbl"]);
    assert!(stderr(&output).contains("the nearest name is `undefined_symbol`"));
}

#[test]
fn the_command_works_as_cargo_calls_it() {
    let dir = scratch("as_cargo");
    let direct = abide(&dir, &["explain"]);
    let by_cargo = abide(&dir, &["abide", "explain"]);
    assert_eq!(direct.status.code(), Some(0));
    assert_eq!(direct.stdout, by_cargo.stdout);
}

/// Ten thousand sections that all claim one relocation table must not be read ten thousand times.
#[test]
fn overlapping_tables_end_in_an_error() {
    let object = overlapping_tables(4000);
    let error = inputs::read_from("hostile", Bytes::new(object)).unwrap_err();
    assert!(error.to_string().contains("claim far more"), "{error}");
}

fn overlapping_tables(sections: u16) -> Vec<u8> {
    const HEADER: usize = 64;
    const SECTION: usize = 64;
    let relocations = 24 * 4000_usize;
    let table = HEADER + relocations;
    let mut object = vec![0; table + SECTION * usize::from(sections)];
    let mut put = |at: usize, bytes: &[u8]| object[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"\x7fELF\x02\x01\x01");
    put(16, &1_u16.to_le_bytes());
    put(18, &62_u16.to_le_bytes());
    put(20, &1_u32.to_le_bytes());
    put(40, &(table as u64).to_le_bytes());
    put(52, &(HEADER as u16).to_le_bytes());
    put(58, &(SECTION as u16).to_le_bytes());
    put(60, &sections.to_le_bytes());
    put(62, &(sections - 1).to_le_bytes());
    // Number 1 is code, 2 its symbol table (empty); all others relocate it or its like.
    for i in 1..usize::from(sections) {
        let at = table + SECTION * i;
        let (kind, size): (u32, usize) = match i {
            2 => (2, 0),
            // The names of all sections: one empty name.
            _ if i == usize::from(sections) - 1 => (3, 1),
            _ if i % 2 == 1 => (1, 0),
            _ => (4, relocations),
        };
        put(at + 4, &kind.to_le_bytes());
        put(at + 24, &(HEADER as u64).to_le_bytes());
        put(at + 32, &(size as u64).to_le_bytes());
        let link = if kind == 2 {
            u32::from(sections) - 1
        } else {
            2
        };
        put(at + 40, &link.to_le_bytes());
        put(at + 44, &(i as u32 - 1).to_le_bytes());
        put(at + 56, &24_u64.to_le_bytes());
    }
    object
}
