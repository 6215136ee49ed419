//! The kernel built in one way or another, for the tests.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The kernel's sources.
pub const KERNEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A way to build the kernel.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Names its directory under `kernel/build`.
    pub name: &'static str,
    /// Cargo features of the kernel.
    pub features: &'static str,
    /// Further flags for the assembler.
    pub nasm_flags: &'static str,
}

/// What a build leaves behind.
#[derive(Clone, Debug)]
pub struct Built {
    directory: PathBuf,
}

impl Built {
    /// The disk image: the boot sector, the flat binary, and padding.
    #[must_use]
    pub fn image(&self) -> PathBuf {
        self.directory.join("kernel.img")
    }

    /// The linked kernel, with its symbols.
    #[must_use]
    pub fn elf(&self) -> PathBuf {
        self.directory.join("kernel.elf")
    }

    /// What stands in memory from 0x7e00 on.
    #[must_use]
    pub fn flat(&self) -> PathBuf {
        self.directory.join("kernel.bin")
    }
}

impl Variant {
    /// Builds the variant, or finds it built.
    pub fn build(&self) -> Result<Built> {
        let out = format!("build/{}", self.name);
        let directory = Path::new(KERNEL).join(&out);
        std::fs::create_dir_all(&directory)?;
        let lock = Path::new(KERNEL).join("build/lock");
        let lock = File::create(&lock).context("failed to make a lock for the build")?;
        // Tests are processes of their own, and two `make` in one tree tread on each other.
        lock.lock().context("failed to wait for another build")?;
        let output = Command::new("make")
            .args(["--no-print-directory", "-C", KERNEL])
            .arg(format!("OUT={out}"))
            .arg(format!("FEATURES={}", self.features))
            .arg(format!("NASMFLAGS={}", self.nasm_flags))
            // The outer make's flags and its job server are not meant for this one.
            .env_remove("MAKEFLAGS")
            .env_remove("MAKELEVEL")
            .output()
            .context("failed to run make")?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "the kernel `{}` does not build:\n{errors}",
            self.name
        );
        Ok(Built { directory })
    }
}
