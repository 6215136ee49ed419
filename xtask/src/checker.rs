//! The checker, as its users run it.

use std::path::PathBuf;

use anyhow::{Result, ensure};

/// The `cargo-abide` that was built beside this program.
pub(crate) fn checker() -> Result<PathBuf> {
    let checker = std::env::current_exe()?.with_file_name("cargo-abide");
    ensure!(
        checker.is_file(),
        "`{}` is not built: run `cargo build -p cargo-abide` in the same profile",
        checker.display()
    );
    Ok(checker)
}
