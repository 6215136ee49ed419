use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let script = sources().join("openssl/crypto/ec/asm/ecp_nistz256-x86_64.pl");
    let assembly = out.join("ecp_nistz256-x86_64.s");
    let perl = Command::new("perl")
        .arg(&script)
        .arg("elf")
        .arg(&assembly)
        .env("CC", "cc")
        .current_dir(script.parent().unwrap_or(Path::new("/")))
        .status();
    assert!(perl.is_ok_and(|status| status.success()), "perl failed");
    cc::Build::new().file(&assembly).compile("nistz256");
}

/// Where Cargo unpacked the crate: it tells only in its metadata.
fn sources() -> PathBuf {
    let cargo = env::var_os("CARGO").expect("cargo sets it");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1"])
        .output()
        .expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut strings = text.split('"');
    let manifest = strings
        .find(|string| string.contains("/openssl-src-") && string.ends_with("/Cargo.toml"))
        .expect("it is a dependency");
    let directory = Path::new(manifest).parent().expect("a file is in a directory");
    fs::canonicalize(directory).expect("cargo unpacked it")
}
