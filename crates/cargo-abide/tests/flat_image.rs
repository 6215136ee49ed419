//! What GNU ld makes of the global offset table where it writes a flat image.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{abide, run, scratch, stdout};

const START: u64 = 0x7e00;

const CALLER: &str = "default rel\nglobal start:function\nextern print\nstart:\n    \
                      call [print wrt ..got]\n    hlt\n";
const CALLED: &str = "global print:function\nprint:\n    mov eax, 0x11223344\n    ret\n";

fn script(format: &str) -> String {
    format!(
        "ENTRY(start)\nOUTPUT_FORMAT({format})\nSECTIONS {{ . = {START:#x}; .text : {{ *(.text) }} \
         .got : {{ *(.got .got.plt) }} }}\n"
    )
}

/// What is read as the address to call, by the first instruction of an image.
fn target_of_call(image: &[u8]) -> u64 {
    assert_eq!(image[..2], [0xff, 0x15], "`call [rip + …]`");
    let distance = i32::from_le_bytes(image[2..6].try_into().unwrap());
    let entry = usize::try_from(6 + distance).unwrap();
    let mut bytes = image[entry..].to_vec();
    bytes.resize(8, 0);
    u64::from_le_bytes(bytes.try_into().unwrap())
}

fn assemble(dir: &Path, name: &str, source: &str) {
    let file = format!("{name}.asm");
    fs::write(dir.join(&file), source).unwrap();
    run(Command::new("nasm")
        .args(["-f", "elf64", &file])
        .current_dir(dir));
}

fn link(dir: &Path, format: &str) {
    fs::write(dir.join("kernel.ld"), script(format)).unwrap();
    run(Command::new("ld")
        .args(["-T", "kernel.ld", "-o", "kernel", "a.o", "b.o"])
        .current_dir(dir));
}

#[test]
fn a_call_that_goes_astray_is_found_before() {
    let dir = scratch("flat_image");
    assemble(&dir, "a", CALLER);
    assemble(&dir, "b", CALLED);
    let check = ["abide", "check", "--names", "-T", "kernel.ld", "a.o", "b.o"];

    link(&dir, "binary");
    let image = fs::read(dir.join("kernel")).unwrap();
    // `b8 44 33 22 11`: the function's own code, taken for its address.
    assert_eq!(target_of_call(&image) & 0xff_ffff_ffff, 0x11_2233_44b8);
    let report = abide(&dir, &check);
    assert_eq!(report.status.code(), Some(1));
    assert!(stdout(&report).contains("error[lost_got]: `a.o` takes the address of `print`"));

    link(&dir, "elf64-x86-64");
    run(Command::new("objcopy")
        .args(["-O", "binary", "kernel", "kernel.bin"])
        .current_dir(&dir));
    let image = fs::read(dir.join("kernel.bin")).unwrap();
    let called = usize::try_from(target_of_call(&image) - START).unwrap();
    assert_eq!(image[called..][..5], [0xb8, 0x44, 0x33, 0x22, 0x11]);
    assert!(!stdout(&abide(&dir, &check)).contains("lost_got]"));
}
