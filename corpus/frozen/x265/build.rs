//! Debian's x265, of 8 bits, for a static link.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let (source, out) = (place("CORPUS_SOURCE"), place("OUT_DIR"));
    let project = source.join("source");
    let mut arguments = vec![project.as_os_str()];
    let options = [
        "-DCMAKE_BUILD_TYPE=Release",
        "-DENABLE_SHARED=OFF",
        "-DENABLE_CLI=OFF",
        "-DENABLE_LIBNUMA=OFF",
    ];
    arguments.extend(options.map(OsStr::new));
    run(&out, "cmake", &arguments);
    let goal = ["--build", ".", "--target", "x265-static", "--parallel", "2"];
    run(&out, "cmake", &goal.map(OsStr::new));
    println!("cargo:rustc-link-search=native={}", out.display());
    println!("cargo:rustc-link-lib=static=x265");
    println!("cargo:rustc-link-lib=stdc++");
    println!("cargo:rustc-link-lib=m");
    println!("cargo:rustc-link-lib=dl");
}

fn place(name: &str) -> PathBuf {
    std::env::var_os(name).expect(name).into()
}

fn run(directory: &Path, program: &str, arguments: &[&OsStr]) {
    let status = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .status();
    assert!(status.expect("it runs").success(), "{program:?}");
}
