//! Debian's OpenBLAS, for one processor of each family that has assembly of its own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let (source, out) = (place("CORPUS_SOURCE"), place("OUT_DIR"));
    let copy = out.join("openblas");
    run(
        &out,
        "cp",
        &["-r".as_ref(), source.as_os_str(), copy.as_os_str()],
    );
    let goal = [
        "-j2",
        "DYNAMIC_ARCH=1",
        "DYNAMIC_LIST=NEHALEM HASWELL",
        "NO_FORTRAN=1",
        "NO_LAPACK=1",
        "NO_SHARED=1",
        "USE_THREAD=0",
        "libs",
    ];
    run(&copy, "make", &goal.map(OsStr::new));
    run(
        &copy,
        "sh",
        &["-c", "cp libopenblas*-r*.a libopenblas_one.a"].map(OsStr::new),
    );
    println!("cargo:rustc-link-search=native={}", copy.display());
    println!("cargo:rustc-link-lib=static=openblas_one");
    println!("cargo:rustc-link-lib=m");
}

fn place(name: &str) -> PathBuf {
    std::env::var_os(name).expect(name).into()
}

fn run(directory: &Path, program: &str, arguments: &[&OsStr]) {
    let status = Command::new(program)
        .args(arguments)
        // Cargo's has another meaning than OpenBLAS's, which names a processor.
        .env_remove("TARGET")
        .current_dir(directory)
        .status();
    assert!(status.expect("it runs").success(), "{program:?}");
}
