//! Debian's libipsec-mb, for a static link.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let (source, out) = (place("CORPUS_SOURCE"), place("OUT_DIR"));
    let library = source.join("lib");
    run(&library, Path::new("make"), &["-j2", "SHARED=n"]);
    std::fs::copy(library.join("libIPSec_MB.a"), out.join("libIPSec_MB.a")).expect("it was made");
    println!("cargo:rustc-link-search=native={}", out.display());
    println!("cargo:rustc-link-lib=static=IPSec_MB");
}

fn place(name: &str) -> PathBuf {
    std::env::var_os(name).expect(name).into()
}

fn run(directory: &Path, program: &Path, arguments: &[&str]) {
    let status = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .status();
    assert!(status.expect("it runs").success(), "{program:?}");
}
