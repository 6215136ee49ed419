//! Debian's libgcrypt, for a static link.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let (source, out) = (place("CORPUS_SOURCE"), place("OUT_DIR"));
    let arguments = [
        "--enable-static",
        "--disable-shared",
        "--disable-doc",
        "--with-pic",
    ];
    run(&out, &source.join("configure"), &arguments);
    for part in ["compat", "mpi", "cipher", "random", "src"] {
        let goal: &[&str] = match part {
            "src" => &["-j2", "libgcrypt.la"],
            _ => &["-j2"],
        };
        run(&out.join(part), Path::new("make"), goal);
    }
    println!("cargo:rustc-link-search=native={}/src/.libs", out.display());
    println!("cargo:rustc-link-lib=static=gcrypt");
    println!("cargo:rustc-link-lib=gpg-error");
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
