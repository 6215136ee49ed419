//! The readers, on objects that NASM, gcc and rustc make here.

use std::path::{Path, PathBuf};
use std::process::Command;

use abide::inputs::{
    self, Binding, Format, Language, Lines, Object, ObjectKind, RelocationKind, RelocationTarget,
    SectionIndex, SymbolKind, SymbolPlace,
};

fn scratch(test: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}

fn nasm(test: &str, format: &str, source: &str) -> PathBuf {
    let dir = scratch(test);
    let asm = dir.join(format!("{format}.asm"));
    let object = dir.join(format!("{format}.o"));
    std::fs::write(&asm, source).unwrap();
    run(Command::new("nasm")
        .args(["-f", format, "-o"])
        .arg(&object)
        .arg(&asm));
    object
}

fn one(path: &Path) -> Object {
    let mut objects = inputs::read(path).unwrap();
    assert_eq!(objects.len(), 1);
    objects.remove(0)
}

const SOURCE: &str = "
    global entry
    extern outside
    section .text
    entry:
        call outside
        mov eax, [table]
        ret
    section .data
    table: dd 1, entry + 5
";

#[test]
fn formats_agree_on_what_the_source_says() {
    for (format, expected) in [
        ("elf32", Format::Elf { is_64: false }),
        ("elf64", Format::Elf { is_64: true }),
        ("macho32", Format::MachO { is_64: false }),
        ("macho64", Format::MachO { is_64: true }),
        ("win32", Format::Coff),
        ("win64", Format::Coff),
    ] {
        let source = if matches!(format, "elf64" | "macho64" | "win64") {
            format!(
                "default rel\n{}",
                SOURCE.replace("dd 1, entry + 5", "dq 1, entry + 5")
            )
        } else {
            SOURCE.to_owned()
        };
        let object = one(&nasm("formats", format, &source));
        assert_eq!(object.format, expected, "{format}");
        assert_eq!(object.kind, ObjectKind::Relocatable, "{format}");

        let symbol = |name: &str| object.symbols.iter().position(|s| s.name == name).unwrap();
        let entry = &object.symbols[symbol("entry")];
        assert_eq!(entry.binding, Binding::Global, "{format}");
        let SymbolPlace::Section(text) = entry.place else {
            panic!("{format}: {:?}", entry.place);
        };
        let text = &object.sections[text.0 as usize];
        assert!(
            text.flags.execute && !text.flags.write,
            "{format}: {:?}",
            text.flags
        );
        assert_eq!(entry.value, 0, "{format}");
        let outside = symbol("outside");
        assert_eq!(
            object.symbols[outside].place,
            SymbolPlace::Undefined,
            "{format}"
        );

        let call = text.relocations[0];
        assert_eq!(call.offset, 1, "{format}");
        assert!(
            matches!(
                call.kind,
                RelocationKind::Relative | RelocationKind::PltRelative
            ),
            "{format}: {call:?}"
        );
        assert_eq!(call.addend, -4, "{format}");
        let RelocationTarget::Symbol(target) = call.target else {
            panic!("{format}: {call:?}");
        };
        assert_eq!(target.0 as usize, outside, "{format}");

        let load = text.relocations[1];
        let data = object
            .sections
            .iter()
            .position(|s| s.flags.write && s.size > 0)
            .unwrap();
        let expected_addend = if load.kind == RelocationKind::Absolute {
            0
        } else {
            -4
        };
        let to_table = match load.target {
            RelocationTarget::Section(section) => {
                section.0 as usize == data && load.addend == expected_addend
            }
            RelocationTarget::Symbol(index) => {
                let symbol = &object.symbols[index.0 as usize];
                symbol.name == "table" && load.addend == expected_addend
            }
            RelocationTarget::Absolute => false,
        };
        assert!(to_table, "{format}: {load:?}");

        let word = object.sections[data].relocations[0];
        assert_eq!(word.kind, RelocationKind::Absolute, "{format}");
        assert_eq!(word.addend, 5, "{format}: {word:?}");
    }
}

#[test]
fn language_is_told_by_its_traces() {
    let dir = scratch("language");
    assert_eq!(
        one(&nasm("language", "elf64", SOURCE)).language,
        Language::Assembly
    );

    let gas = dir.join("gas.S");
    let source = ".globl f\nf: .cfi_startproc\nret\n.cfi_endproc\n";
    std::fs::write(&gas, source).unwrap();
    for flags in [&["-c"][..], &["-c", "-g"]] {
        let object = dir.join("gas.o");
        run(Command::new("gcc")
            .args(flags)
            .arg("-o")
            .arg(&object)
            .arg(&gas));
        assert_eq!(one(&object).language, Language::Assembly, "{flags:?}");
    }

    let c = dir.join("c.c");
    std::fs::write(&c, "int f(void) { return 1; }\n").unwrap();
    run(Command::new("gcc")
        .arg("-c")
        .arg("-o")
        .arg(dir.join("c.o"))
        .arg(&c));
    assert_eq!(one(&dir.join("c.o")).language, Language::C);

    let rust = dir.join("rust.rs");
    std::fs::write(
        &rust,
        "#[unsafe(no_mangle)] pub extern \"C\" fn f() -> u8 { 1 }\n",
    )
    .unwrap();
    for (kind, file) in [("obj", "rust.o"), ("rlib", "librust.rlib")] {
        let (emit, out) = match kind {
            "obj" => (vec!["--crate-type=lib", "--emit=obj"], dir.join(file)),
            _ => (vec!["--crate-type=rlib"], dir.join(file)),
        };
        run(Command::new("rustc")
            .args(emit)
            .arg("-o")
            .arg(&out)
            .arg(&rust));
        let object = one(&out);
        assert_eq!(object.language, Language::Rust, "{file}");
        let f = object.symbols.iter().find(|s| s.name == "f").unwrap();
        assert_eq!(f.kind, SymbolKind::Function);
        assert_eq!(f.size, 3.max(f.size), "{f:?}");
    }
}

#[test]
fn places_have_source_lines() {
    let dir = scratch("lines");
    let asm = dir.join("lines.asm");
    std::fs::write(
        &asm,
        "extern outside\n%macro twice 1\n call %1\n call %1\n%endmacro\n\
         section .text\n nop\nsection .late progbits alloc exec\nf: nop\n twice outside\n ret\n",
    )
    .unwrap();
    for format in ["elf64", "elf32"] {
        let object = dir.join(format!("{format}.o"));
        run(Command::new("nasm")
            .args(["-g", "-F", "dwarf", "-f", format, "-o"])
            .arg(&object)
            .arg(&asm));
        let object = one(&object);
        let lines = Lines::of(&object);
        let late = object
            .sections
            .iter()
            .position(|s| s.name == ".late")
            .unwrap();
        let late = SectionIndex(late as u32);
        let at = |offset| {
            let line = lines.at(late, offset)?;
            assert!(line.file.ends_with("lines.asm"), "{line:?}");
            Some(line.line)
        };
        assert_eq!(
            [at(0), at(1), at(6), at(11), at(12)],
            [Some(9), Some(3), Some(4), Some(11), None]
        );
    }
    std::fs::create_dir_all(dir.join("asm/deep")).unwrap();
    let inner = dir.join("asm/deep/inner.asm");
    std::fs::write(&inner, "section .text\n\nf: nop\n ret\n").unwrap();
    run(Command::new("nasm").current_dir(&dir).args([
        "-g",
        "-F",
        "dwarf",
        "-f",
        "elf64",
        "-o",
        "inner.o",
        "asm/deep/inner.asm",
    ]));
    let line = Lines::of(&one(&dir.join("inner.o"))).at(SectionIndex(0), 0);
    assert_eq!(&*line.unwrap().file, inner.to_str().unwrap());
    let c = dir.join("lines.c");
    std::fs::write(&c, "void g(void);\nvoid f(void) {\n  g();\n}\n").unwrap();
    for flags in [
        &["-c", "-g"][..],
        &["-c", "-g", "-gz", "-ffunction-sections"],
        &["-c", "-g", "-gdwarf-4"],
        &["-shared", "-g"],
    ] {
        let out = dir.join("c.o");
        run(Command::new("gcc").args(flags).arg("-o").arg(&out).arg(&c));
        let object = one(&out);
        let f = object.symbols.iter().find(|s| s.name == "f").unwrap();
        let SymbolPlace::Section(section) = f.place else {
            panic!("{f:?}")
        };
        let line = Lines::of(&object).at(section, f.value).unwrap();
        assert_eq!(
            (line.line, &*line.file),
            (2, c.to_str().unwrap()),
            "{flags:?}"
        );
    }
}

#[test]
fn an_archive_keeps_the_order_of_its_members() {
    let dir = scratch("archive");
    for name in ["b", "a"] {
        let source = format!("global {name}\n{name}: ret\n");
        let object = nasm("archive", "elf64", &source);
        std::fs::rename(object, dir.join(format!("{name}.o"))).unwrap();
    }
    let archive = dir.join("lib.a");
    let _ = std::fs::remove_file(&archive);
    run(Command::new("ar")
        .current_dir(&dir)
        .args(["crs", "lib.a", "b.o", "a.o"]));
    let file = inputs::open(&archive).unwrap();
    assert!(file.is_archive);
    let names: Vec<_> = file
        .objects
        .iter()
        .map(|o| o.name.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(names, ["lib.a(b.o)", "lib.a(a.o)"]);
}
