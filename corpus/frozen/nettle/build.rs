//! Debian's nettle, configured as Debian does, for a static link.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let (source, out) = (place("CORPUS_SOURCE"), place("OUT_DIR"));
    let arguments = [
        "--enable-fat",
        "--enable-mini-gmp",
        "--disable-shared",
        "--disable-openssl",
        "--disable-documentation",
    ];
    run(&out, &source.join("configure"), &arguments);
    run(
        &out,
        Path::new("make"),
        &["-j2", "libnettle.a", "libhogweed.a"],
    );
    println!("cargo:rustc-link-search=native={}", out.display());
    println!("cargo:rustc-link-lib=static=hogweed");
    println!("cargo:rustc-link-lib=static=nettle");
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
