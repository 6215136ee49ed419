//! The wrappers of rustc that Cargo's configuration files name: a variable takes their place, so that
//! who sets one has to run them.
//!
//! Cargo looks for `.cargo/config.toml` in the current directory and those above it, then in its own
//! (The Cargo Book, "Configuration", "Hierarchical structure"); the nearest counts.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// What `build.KEY` names, if a configuration file has it. One that cannot be read says nothing: Cargo
/// tells what is wrong with it.
pub(super) fn wrapper(key: &str) -> Option<OsString> {
    let here = env::current_dir().ok()?;
    let own = here.ancestors().map(|directory| directory.join(".cargo"));
    own.chain(home())
        .find_map(|directory| named(&directory, key))
}

fn home() -> Option<PathBuf> {
    let named = env::var_os("CARGO_HOME").map(PathBuf::from);
    named.or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

fn named(directory: &Path, key: &str) -> Option<OsString> {
    let files = ["config", "config.toml"].map(|name| directory.join(name));
    let text = files
        .iter()
        .find_map(|file| fs::read_to_string(file).ok())?;
    let file: toml::Table = text.parse().ok()?;
    let program = file.get("build")?.get(key)?.as_str()?;
    if program.is_empty() {
        return None;
    }
    // One with a slash is relative to the directory that `.cargo` is in; others are searched.
    Some(match program.contains('/') {
        true => directory.parent()?.join(program).into(),
        false => program.into(),
    })
}
