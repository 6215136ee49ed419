//! The assembled objects of a unit as one archive: what `objdump` is timed on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use abide::inputs::Object;
use anyhow::{Context as _, Result, ensure};

use super::unit::LinkUnit;

/// Writes the unit's assembled objects to `asm/` and `asm.a` in `work`; `None` if it has none.
pub(crate) fn write(unit: &LinkUnit, work: &Path) -> Result<Option<PathBuf>> {
    let directory = work.join("asm");
    let archive = work.join("asm.a");
    remove(&directory, &archive)?;
    if unit.assembled().next().is_none() {
        return Ok(None);
    }
    let members = write_members(unit, &directory)?;
    let status = Command::new("ar")
        .arg("rcsD")
        .arg(&archive)
        .args(&members)
        .status()
        .context("failed to run ar")?;
    ensure!(status.success(), "`ar` failed");
    Ok(Some(archive))
}

/// An `ar` onto what an older build left would keep that build's members.
fn remove(directory: &Path, archive: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory).context("failed to remove an older asm/")?;
    }
    if archive.exists() {
        fs::remove_file(archive).context("failed to remove an older asm.a")?;
    }
    Ok(())
}

fn write_members(unit: &LinkUnit, directory: &Path) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(directory).context("failed to create asm/")?;
    let mut members = Vec::new();
    for (place, object) in unit.assembled().enumerate() {
        let path = directory.join(format!("{place:03}-{}", member_name(object)));
        fs::write(&path, &*object.data)
            .with_context(|| format!("failed to write {}", path.display()))?;
        members.push(path);
    }
    Ok(members)
}

/// `archive(member)` and `directory/member` both end in the name that is wanted.
fn member_name(object: &Object) -> &str {
    let name = object.name.strip_suffix(')').unwrap_or(&object.name);
    name.rsplit(['(', '/']).next().unwrap_or(name)
}
