//! One run over some copies of the input, in a process of its own so that its memory is its own.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::str::FromStr;

use abide::inputs::{Binding, Image, Object, read};
use abide::project::{Project, judge_unit};
use abide::signatures::Signatures;
use anyhow::{Context as _, Error, Result};

/// What one run did.
pub(super) struct Once {
    /// How many roots there were.
    pub(super) roots: usize,
    /// The most memory that the process had, in bytes.
    pub(super) memory: u64,
}

/// Reads the files `copies` times and decides all roots.
pub(super) fn run(files: &[PathBuf], copies: usize) -> Result<Once> {
    let mut objects = Vec::new();
    for copy in 0..copies {
        for file in files {
            let mut read = read(file)?;
            read.iter_mut().for_each(|object| rename(object, copy));
            objects.append(&mut read);
        }
    }
    let unit = judge_unit(
        Image::new(objects),
        &Project::default(),
        &Signatures::default(),
    )?;
    Ok(Once {
        roots: unit.roots.len(),
        memory: most_memory()?,
    })
}

/// Gives each copy names of its own, so that a link does not make one of them.
fn rename(object: &mut Object, copy: usize) {
    if copy == 0 {
        return;
    }
    for symbol in &mut object.symbols {
        if symbol.binding != Binding::Local {
            symbol.name = format!("{}~{copy}", symbol.name);
        }
    }
}

/// The process's greatest resident memory so far (proc(5), `VmHWM`).
fn most_memory() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("failed to ask for the memory")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kilobytes
        .map(|kilobytes: u64| kilobytes << 10)
        .context("failed to read the memory")
}

impl fmt::Display for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.roots, self.memory)
    }
}

impl FromStr for Once {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let numbers: Result<Vec<u64>, _> = text.split_whitespace().map(str::parse).collect();
        let [roots, memory] = numbers?[..] else {
            return Err(Error::msg("a run printed something else than two numbers"));
        };
        Ok(Self {
            roots: roots as usize,
            memory,
        })
    }
}
