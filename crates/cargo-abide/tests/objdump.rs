//! `symbols --format objdump` against GNU objdump, on what the system and the compilers made.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{abide, run, scratch, stderr};

/// Compares `-t` and `-T` on one file, named as given.
fn compare(dir: &Path, file: &str) {
    for (flag, arguments) in [
        ("-t", &["symbols", "--format", "objdump", file][..]),
        ("-T", &["symbols", "--format", "objdump", "--dynamic", file]),
    ] {
        let expected = Command::new("objdump")
            .current_dir(dir)
            .args([flag, file])
            .output()
            .unwrap();
        let found = abide(dir, arguments);
        assert_eq!(
            found.status.code(),
            Some(0),
            "{file} {flag}: {}",
            stderr(&found)
        );
        assert!(!expected.stdout.is_empty(), "{file} {flag}");
        // Tables may have megabytes: their first difference is enough.
        if let Some(line) = first_difference(&expected.stdout, &found.stdout) {
            panic!("{file} {flag}: {line}");
        }
    }
}

fn first_difference(expected: &[u8], found: &[u8]) -> Option<String> {
    let lines = |bytes: &[u8]| -> Vec<String> {
        bytes
            .split(|b| *b == b'\n')
            .map(|l| String::from_utf8_lossy(l).into_owned())
            .collect()
    };
    if expected == found {
        return None;
    }
    let (expected, found) = (lines(expected), lines(found));
    let at = expected.iter().zip(&found).position(|(a, b)| a != b);
    let at = at.unwrap_or(expected.len().min(found.len()));
    Some(format!(
        "line {}: expected {:?}, found {:?}",
        at + 1,
        expected.get(at),
        found.get(at)
    ))
}

#[test]
fn libraries_programs_and_objects_of_the_system() {
    let rustlib = run(Command::new("rustc").args(["--print", "target-libdir"]));
    let rustlib = PathBuf::from(String::from_utf8(rustlib.stdout).unwrap().trim());
    let rlib = |name: &str| {
        let mut all = std::fs::read_dir(&rustlib)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        all.find(|path| {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            file.starts_with(name) && file.ends_with(".rlib")
        })
    };
    let gcc = |name: &str| {
        let found = run(Command::new("gcc").arg(format!("-print-file-name={name}")));
        Some(PathBuf::from(
            String::from_utf8(found.stdout).unwrap().trim(),
        ))
    };
    let files: Vec<_> = [
        gcc("libc.so.6"),
        gcc("libm.so.6"),
        gcc("libc.a"),
        gcc("libgcc.a"),
        gcc("libgcc_s.so.1"),
        gcc("libstdc++.so.6"),
        gcc("crt1.o"),
        gcc("Scrt1.o"),
        gcc("crtbegin.o"),
        gcc("crtend.o"),
        rlib("libcore-"),
        rlib("liballoc-"),
        rlib("libstd-"),
        rlib("libcompiler_builtins-"),
        Some(PathBuf::from("/bin/ls")),
        Some(PathBuf::from("/bin/sh")),
        Some(PathBuf::from("/usr/bin/ld")),
        Some(std::env::current_exe().unwrap()),
    ]
    .into_iter()
    .flatten()
    .filter(|path| path.is_file())
    .collect();
    assert!(files.len() >= 10, "{files:?}");
    for file in files {
        compare(Path::new("/"), &file.to_string_lossy());
    }
}

#[test]
fn symbols_of_every_kind() {
    let dir = scratch("objdump");
    std::fs::write(
        dir.join("kinds.s"),
        "
        .globl f, g, o, w, hidden, internal, protected, unique, indirect, nothing
        .text
        .type f, @function
        f: ret
        .size f, . - f
        g: call outside
        .weak w, weak_outside
        w: call weak_outside
        .hidden hidden
        hidden: nop
        .internal internal
        internal: nop
        .protected protected
        protected: nop
        .type indirect, @gnu_indirect_function
        indirect: ret
        .data
        .type o, @object
        o: .long 1
        .size o, 4
        .type unique, @gnu_unique_object
        unique: .long 1
        .comm shared, 24, 8
        .lcomm own, 8
        .set absolute, 0x1234
        .globl absolute
        .section .tdata,\"awT\",@progbits
        .globl t
        .type t, @tls_object
        t: .long 1
        .section .group_of_one,\"axG\",@progbits,key,comdat
        key: nop
        ",
    )
    .unwrap();
    for flags in [&["--64"][..], &["--32"], &["--x32"]] {
        let object = format!("kinds{}.o", flags[0]);
        run(Command::new("as")
            .current_dir(&dir)
            .args(flags)
            .args(["-o", &object, "kinds.s"]));
        compare(&dir, &object);
    }
}

#[test]
fn versions_of_symbols() {
    let dir = scratch("versions");
    std::fs::write(
        dir.join("v.c"),
        "int one(void) { return 1; }\nint two(void) { return 2; }\n\
         __asm__(\".symver one,f@V1\\n.symver two,f@@V2\");\n#include <stdio.h>\n\
         void g(void) { puts(\"\"); }\n",
    )
    .unwrap();
    std::fs::write(
        dir.join("v.map"),
        "V1 { global: f; local: *; };\nV2 { global: f; g; } V1;\n",
    )
    .unwrap();
    run(Command::new("gcc").current_dir(&dir).args([
        "-shared",
        "-fPIC",
        "-o",
        "v.so",
        "v.c",
        "-Wl,--version-script=v.map",
        "-Wl,-soname,v.so",
    ]));
    compare(&dir, "v.so");
}

#[test]
fn archives_of_all_kinds() {
    let dir = scratch("archives");
    std::fs::write(dir.join("a.s"), ".globl a\na: ret\n").unwrap();
    std::fs::write(dir.join("text"), "no object\n").unwrap();
    run(Command::new("as").current_dir(&dir).args([
        "-o",
        "a_name_of_more_than_sixteen_bytes.o",
        "a.s",
    ]));
    run(Command::new("ar").current_dir(&dir).args([
        "crs",
        "mixed.a",
        "a_name_of_more_than_sixteen_bytes.o",
        "text",
    ]));
    run(Command::new("ar")
        .current_dir(&dir)
        .args(["crs", "empty.a"]));
    run(Command::new("ar")
        .current_dir(&dir)
        .args(["cr", "outer.a", "mixed.a"]));
    compare(&dir, "mixed.a");
    compare(&dir, "outer.a");
    compare(&dir, "empty.a");
}
