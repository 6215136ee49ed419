//! One run over some copies of the input, in a process of its own so that its memory is its own.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::str::FromStr;

use abide::contracts::roots_of;
use abide::conventions::SYSTEM_V_X86_64;
use abide::inputs::{Binding, Image, Object, read};
use abide::interpret::{Boundaries, Calls, Explorer, Surroundings, in_parallel};
use abide::registers::{Register, RegisterSet};
use anyhow::{Context as _, Error, Result};

/// What one run did.
pub(super) struct Once {
    /// How many roots there were.
    pub(super) roots: usize,
    /// How many instructions were visited.
    pub(super) visits: u64,
    /// The most memory that the process had, in bytes.
    pub(super) memory: u64,
}

/// Reads the files `copies` times and analyses all roots.
pub(super) fn run(files: &[PathBuf], copies: usize) -> Result<Once> {
    let mut objects = Vec::new();
    for copy in 0..copies {
        for file in files {
            let mut read = read(file)?;
            read.iter_mut().for_each(|object| rename(object, copy));
            objects.append(&mut read);
        }
    }
    let image = Image::new(objects);
    let roots = roots_of(&image, &Default::default(), false);
    let around = Surroundings {
        image: &image,
        convention: &SYSTEM_V_X86_64,
        boundaries: Boundaries::new(&image),
        contracted: roots.iter().map(|root| root.place).collect(),
        never_return: |_| false,
    };
    let all: RegisterSet = (0..16).map(Register).collect();
    let undefined = all.difference(SYSTEM_V_X86_64.arguments);
    let visits = in_parallel(&image, &roots, |code, root| {
        let analysis = Explorer::analyse(code, &around, Calls::ByContract, root.place, undefined);
        analysis.facts.visited
    });
    Ok(Once {
        roots: roots.len(),
        visits: visits.iter().sum(),
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
        write!(f, "{} {} {}", self.roots, self.visits, self.memory)
    }
}

impl FromStr for Once {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let numbers: Result<Vec<u64>, _> = text.split_whitespace().map(str::parse).collect();
        let [roots, visits, memory] = numbers?[..] else {
            return Err(Error::msg(
                "a run printed something else than three numbers",
            ));
        };
        Ok(Self {
            roots: roots as usize,
            visits,
            memory,
        })
    }
}
