//! Debian's libvpx, for a static link.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let (source, out) = (place("CORPUS_SOURCE"), place("OUT_DIR"));
    let arguments = [
        "--target=x86_64-linux-gcc",
        "--as=nasm",
        "--enable-pic",
        "--enable-runtime-cpu-detect",
        "--enable-vp9-highbitdepth",
        "--disable-docs",
        "--disable-examples",
        "--disable-tools",
        "--disable-unit-tests",
        "--disable-install-docs",
    ];
    run(&out, &source.join("configure"), &arguments);
    // Stripped, its objects do not tell what language they are written in.
    let goal = ["-j2", "HAVE_GNU_STRIP=no", "libvpx.a"];
    run(&out, Path::new("make"), &goal);
    println!("cargo:rustc-link-search=native={}", out.display());
    println!("cargo:rustc-link-lib=static=vpx");
    println!("cargo:rustc-link-lib=m");
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
