//! The kernel built in one way or another, for the tests.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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
    /// Whether it is checked before it is linked: what is broken on purpose is not.
    pub checked: bool,
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
        let mut variables = vec![
            format!("OUT={out}"),
            format!("FEATURES={}", self.features),
            format!("NASMFLAGS={}", self.nasm_flags),
        ];
        if !self.checked {
            variables.push("ABIDE=".to_owned());
        }
        let output = Turn::wait()?.make(Path::new(KERNEL), &variables)?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "the kernel `{}` does not build:\n{errors}",
            self.name
        );
        Ok(Built {
            directory: Path::new(KERNEL).join(out),
        })
    }
}

/// The turn to build. Tests are threads and processes of their own, and builds that share a
/// directory tread on each other: so there is one at a time.
#[derive(Debug)]
pub struct Turn {
    /// Locked; the lock goes with it.
    _lock: File,
}

impl Turn {
    /// Waits for the turn, which lasts until it is dropped.
    pub fn wait() -> Result<Self> {
        let build = Path::new(KERNEL).join("build");
        std::fs::create_dir_all(&build)?;
        let lock = File::create(build.join("lock")).context("failed to make a lock")?;
        lock.lock().context("failed to wait for another build")?;
        Ok(Self { _lock: lock })
    }

    /// Runs `make` in `directory`, the kernel's or a copy of it, with the checker.
    pub fn make(&self, directory: &Path, variables: &[String]) -> Result<Output> {
        Command::new("make")
            .args(["--no-print-directory", "-C"])
            .arg(directory)
            .arg(format!("ABIDE={}", checker()?.display()))
            .args(variables)
            // The flags and the job server of a make that runs the tests are not meant for this.
            .env_remove("MAKEFLAGS")
            .env_remove("MAKELEVEL")
            .output()
            .context("failed to run make")
    }
}

/// The checker that `ABIDE` names, or the one of this repository, built if need be.
pub fn checker() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("ABIDE") {
        return Ok(named.into());
    }
    let root = Path::new(KERNEL).join("..").canonicalize()?;
    let status = Command::new("cargo")
        .args([
            "build",
            "--quiet",
            "--package",
            "cargo-abide",
            "--target-dir",
            "target",
        ])
        .current_dir(&root)
        .status()
        .context("failed to run cargo")?;
    ensure!(status.success(), "the checker does not build");
    Ok(root.join("target/debug/cargo-abide"))
}
