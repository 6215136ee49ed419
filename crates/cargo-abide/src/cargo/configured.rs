//! What Cargo's configuration files name that a variable takes the place of: who sets one has to heed it.
//!
//! Cargo looks for `.cargo/config.toml` in the current directory and those above it, then in its own
//! (The Cargo Book, "Configuration", "Hierarchical structure"); the nearest counts.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// The program that `build.KEY` names, if a configuration file has it. One that cannot be read says nothing:
/// Cargo tells what is wrong with it.
pub(super) fn wrapper(key: &str) -> Option<OsString> {
    let (directory, program) = directories().find_map(|directory| {
        let program = file(&directory)?
            .get("build")?
            .get(key)?
            .as_str()?
            .to_owned();
        (!program.is_empty()).then_some((directory, program))
    })?;
    // One with a slash is relative to the directory that `.cargo` is in; others are searched.
    Some(match program.contains('/') {
        true => directory.parent()?.join(program).into(),
        false => program.into(),
    })
}

/// What a variable holds for what Cargo runs: the environment's word counts, unless a configuration file
/// forces its own (The Cargo Book, "Configuration", "`[env]`").
pub(super) fn variable(name: &str) -> Option<OsString> {
    let configured = directories().find_map(|directory| {
        let value = file(&directory)?.get("env")?.get(name)?.clone();
        let is_forced = value.get("force").and_then(toml::Value::as_bool) == Some(true);
        let value = value.get("value").unwrap_or(&value).as_str()?;
        Some((is_forced, OsString::from(value)))
    });
    match (env::var_os(name), configured) {
        (_, Some((true, forced))) => Some(forced),
        (own, configured) => own.or(configured.map(|(_, value)| value)),
    }
}

/// Where configuration files are, the nearest first.
fn directories() -> impl Iterator<Item = PathBuf> {
    let here = env::current_dir().unwrap_or_default();
    let own: Vec<PathBuf> = here
        .ancestors()
        .map(|directory| directory.join(".cargo"))
        .collect();
    own.into_iter().chain(home())
}

fn home() -> Option<PathBuf> {
    let named = env::var_os("CARGO_HOME").map(PathBuf::from);
    named.or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

fn file(directory: &Path) -> Option<toml::Table> {
    let files = ["config", "config.toml"].map(|name| directory.join(name));
    let text = files
        .iter()
        .find_map(|file| fs::read_to_string(file).ok())?;
    text.parse().ok()
}
