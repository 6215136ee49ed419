//! Debian's SVT-AV1, the encoder and the decoder, for a static link.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let (source, out) = (place("CORPUS_SOURCE"), place("OUT_DIR"));
    let project = source.join("");
    let mut arguments = vec![project.as_os_str()];
    let options = [
        "-DCMAKE_BUILD_TYPE=Release",
        "-DBUILD_SHARED_LIBS=OFF",
        "-DBUILD_APPS=OFF",
        "-DBUILD_TESTING=OFF",
        "-DSVT_AV1_LTO=OFF",
        "-DENABLE_NASM=ON",
    ];
    arguments.extend(options.map(OsStr::new));
    run(&out, "cmake", &arguments);
    let goal = ["--build", ".", "--target", "SvtAv1Enc", "--parallel", "2"];
    run(&out, "cmake", &goal.map(OsStr::new));
    println!(
        "cargo:rustc-link-search=native={}",
        source.join("Bin/Release").display()
    );
    println!("cargo:rustc-link-lib=static=SvtAv1Enc");
    println!("cargo:rustc-link-lib=m");
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
