//! Unwind tables, held against `readelf --debug-dump=frames-interp`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use abide::inputs::{self, CanonicalFrame, Object, Saved, SectionIndex, Unwind};
use abide::registers::{InstructionSet, Register};

const SOURCE: &str = "
    .text
    .globl f
    .type f, @function
f:  .cfi_startproc
    push %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_offset %rbx, -16
    mov %rsp, %r10
    .cfi_def_cfa_register %r10
    push %r10
    .cfi_escape 0x0f,0x05,0x77,0x00,0x06,0x23,0x10
    .cfi_same_value %rbp
    .cfi_register %r12, %r11
    .cfi_undefined %r13
    .cfi_val_offset %r14, -24
    nop
    pop %r10
    .cfi_def_cfa %rsp, 16
    pop %rbx
    .cfi_def_cfa_offset 8
    .cfi_restore %rbx
    ret
    .cfi_endproc
    .section .text.other, \"ax\", @progbits
g:  .cfi_startproc
    sub $24, %rsp
    .cfi_def_cfa_offset 32
    add $24, %rsp
    ret
    .cfi_endproc
    .section .note.GNU-stack, \"\", @progbits
";

/// The same of 32-bit code: DWARF's 4 is esp, and the return address is column 8.
const SOURCE_32: &str = "
    .text
    .globl f
    .type f, @function
f:  .cfi_startproc
    push %ebx
    .cfi_adjust_cfa_offset 4
    .cfi_offset %ebx, -8
    mov %esp, %ebp
    .cfi_def_cfa_register %ebp
    push %ebp
    .cfi_escape 0x0f,0x05,0x74,0x00,0x06,0x23,0x08
    .cfi_same_value %edi
    .cfi_register %esi, %ecx
    .cfi_undefined %edx
    .cfi_val_offset %edi, -12
    nop
    pop %ebp
    .cfi_def_cfa %esp, 8
    pop %ebx
    .cfi_def_cfa_offset 4
    .cfi_restore %ebx
    ret
    .cfi_endproc
    .section .text.other, \"ax\", @progbits
g:  .cfi_startproc
    sub $24, %esp
    .cfi_def_cfa_offset 28
    add $24, %esp
    ret
    .cfi_endproc
    .section .note.GNU-stack, \"\", @progbits
";

/// What gcc makes frames by `ebp`, aligned ones and saves for.
const C_32: &str = "
int outer(int, int *, ...);
int f(int a, int b, int c) { int x[4] = {a, b, c, a}; return outer(a, x, b) * b + outer(c, x) - a; }
int g(int n) { int x[n]; __attribute__((aligned(64))) int y[8]; return outer(n, x, y) + outer(n, y) + n; }
__attribute__((regparm(3))) int h(int a, int b, int c) { return outer(a, &b, c) + outer(b, &a, c); }
";

fn scratch() -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unwind");
    fs::create_dir_all(&dir).unwrap();
    dir
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    output
}

/// An object of a source in assembly; its files have this name, since tests run side by side.
fn assembled(name: &str, source: &str, bits: &str) -> PathBuf {
    let dir = scratch();
    let object = dir.join(format!("{name}.o"));
    fs::write(dir.join(format!("{name}.s")), source).unwrap();
    let source = format!("{name}.s");
    run(Command::new("as")
        .current_dir(&dir)
        .args([bits, &source, "-o"])
        .arg(&object));
    object
}

fn linked(object: &Path, emulation: &str) -> PathBuf {
    let library = object.with_extension("so");
    run(Command::new("ld")
        .args(["-m", emulation, "-shared", "-o"])
        .arg(&library)
        .arg(object));
    library
}

fn one(path: &Path) -> Object {
    let mut objects = inputs::read(path).unwrap();
    assert_eq!(objects.len(), 1);
    objects.remove(0)
}

fn section(object: &Object, name: &str) -> SectionIndex {
    let found = object
        .sections
        .iter()
        .position(|section| section.name == name);
    SectionIndex(u32::try_from(found.unwrap()).unwrap())
}

#[test]
fn rows_of_an_object_with_relocations() {
    let object = one(&assembled("a", SOURCE, "--64"));
    let unwind = Unwind::of(&object);
    let text = section(&object, ".text");
    let row = |offset| unwind.at(text, offset).unwrap();
    assert_eq!(row(0).frame, CanonicalFrame::Offset(Register::RSP, 8));
    assert!(row(0).saved.is_empty());
    assert_eq!(row(1).frame, CanonicalFrame::Offset(Register::RSP, 16));
    assert_eq!(row(1).saved, [(Register::RBX, Saved::At(-16))]);
    assert_eq!(row(1).return_address, Saved::At(-8));
    assert_eq!(row(4).frame, CanonicalFrame::Offset(Register::R10, 16));
    let CanonicalFrame::Computed(steps) = &row(6).frame else {
        panic!("{:?}", row(6));
    };
    assert_eq!(steps.len(), 3);
    assert_eq!(
        row(6).saved,
        [
            (Register::RBX, Saved::At(-16)),
            (Register::RBP, Saved::Same),
            (Register::R12, Saved::In(Register::R11)),
            (Register::R13, Saved::Lost),
            (Register::R14, Saved::Is(-24)),
        ]
    );
    assert!(unwind.at(text, 13).is_none(), "behind the function");
    let other = section(&object, ".text.other");
    let row = unwind.at(other, 4).unwrap();
    assert_eq!(row.frame, CanonicalFrame::Offset(Register::RSP, 32));
    assert!(unwind.at(section(&object, ".eh_frame"), 0).is_none());
}

#[test]
fn rows_of_a_32_bit_object_with_relocations() {
    let object = one(&assembled("a32", SOURCE_32, "--32"));
    let unwind = Unwind::of(&object);
    let text = section(&object, ".text");
    let row = |offset| unwind.at(text, offset).unwrap();
    assert_eq!(row(0).frame, CanonicalFrame::Offset(Register::RSP, 4));
    assert_eq!(row(0).return_address, Saved::At(-4));
    assert!(unwind.begins_function(text, 0));
    assert!(!unwind.begins_function(text, 1));
    assert_eq!(row(1).saved, [(Register::RBX, Saved::At(-8))]);
    assert_eq!(row(3).frame, CanonicalFrame::Offset(Register::RBP, 8));
    let other = section(&object, ".text.other");
    let row = unwind.at(other, 3).unwrap();
    assert_eq!(row.frame, CanonicalFrame::Offset(Register::RSP, 28));
}

#[test]
fn every_row_is_what_readelf_prints() {
    let library = linked(&assembled("b", SOURCE, "--64"), "elf_x86_64");
    for file in [
        &library,
        Path::new("/bin/ls"),
        Path::new("/usr/bin/readelf"),
    ] {
        assert_as_printed(file);
    }
}

#[test]
fn every_row_of_32_bit_code_is_what_readelf_prints() {
    let assembled = assembled("b32", SOURCE_32, "--32");
    let source = scratch().join("c32.c");
    let compiled = source.with_extension("o");
    fs::write(&source, C_32).unwrap();
    run(Command::new("gcc")
        .args(["-m32", "-O2", "-fpic", "-fasynchronous-unwind-tables", "-c"])
        .arg(&source)
        .arg("-o")
        .arg(&compiled));
    for object in [assembled, compiled] {
        assert_as_printed(&linked(&object, "elf_i386"));
    }
}

fn assert_as_printed(file: &Path) {
    let object = one(file);
    let unwind = Unwind::of(&object);
    let set = object.instruction_set.unwrap();
    let expected = printed(file);
    assert!(!expected.is_empty(), "{}", file.display());
    for (&address, expected) in &expected {
        let (index, section) = object
            .sections
            .iter()
            .enumerate()
            .find(|(_, s)| s.flags.alloc && address.wrapping_sub(s.address) < s.size)
            .unwrap();
        let index = SectionIndex(u32::try_from(index).unwrap());
        let row = unwind.at(index, address - section.address);
        let row = row.unwrap_or_else(|| panic!("{}: {address:#x}", file.display()));
        for (column, text) in expected {
            let found = as_printed(row, column, set);
            assert!(
                &found == text,
                "{}: {address:#x}: {column} is {found}, readelf says {text}",
                file.display()
            );
        }
    }
}

/// By address, what stands in each column. An address that two entries speak of is left out.
fn printed(file: &Path) -> BTreeMap<u64, Vec<(String, String)>> {
    let output = run(Command::new("readelf")
        .arg("--debug-dump=frames-interp")
        .arg(file));
    let mut rows: BTreeMap<u64, Vec<(String, String)>> = BTreeMap::new();
    let mut twice = Vec::new();
    let mut columns: Vec<String> = Vec::new();
    let mut in_entry = false;
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["LOC", names @ ..] => columns = names.iter().map(|&name| name.to_owned()).collect(),
            [.., kind, _] if kind.starts_with("cie=") || *kind == "FDE" => in_entry = true,
            [address, cells @ ..] if in_entry && cells.len() == columns.len() => {
                if let Ok(address) = u64::from_str_radix(address, 16) {
                    let cells = cells.iter().map(|&cell| cell.to_owned());
                    let row = columns.iter().cloned().zip(cells).collect();
                    if rows.insert(address, row).is_some() {
                        twice.push(address);
                    }
                }
            }
            _ => in_entry = line.contains("FDE"),
        }
    }
    rows.retain(|address, _| !twice.contains(address));
    rows
}

fn as_printed(row: &inputs::UnwindRow, column: &str, set: InstructionSet) -> String {
    let name = |register: Register| set.words(&register.to_string());
    if column == "CFA" {
        return match &row.frame {
            CanonicalFrame::Offset(register, offset) => format!("{}{offset:+}", name(*register)),
            _ => "exp".to_owned(),
        };
    }
    let saved = if column == "ra" {
        &row.return_address
    } else {
        let found = row.saved.iter().find(|&&(r, _)| name(r) == column);
        match found {
            Some((_, saved)) => saved,
            // What no row names yet is printed as undefined.
            None => return "u".to_owned(),
        }
    };
    match saved {
        Saved::Lost => "u".to_owned(),
        Saved::Same => "s".to_owned(),
        Saved::At(offset) => format!("c{offset:+}"),
        Saved::Is(offset) => format!("v{offset:+}"),
        Saved::In(register) => name(*register),
        Saved::AtComputed(_) => "exp".to_owned(),
        Saved::Computed(_) => "vexp".to_owned(),
        Saved::Unread => "?".to_owned(),
    }
}
