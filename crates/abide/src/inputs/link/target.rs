//! What an object was made for.

use std::fmt;

use crate::inputs::{File, Format, Object, ObjectKind};
use crate::registers::InstructionSet;

/// A format and an instruction set: what all objects of one link have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target {
    /// The file format and its word size.
    pub format: Format,
    /// The instruction set; `None` for one that abide does not know.
    pub instruction_set: Option<InstructionSet>,
}

impl Target {
    /// The target of one object.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        Self {
            format: object.format,
            instruction_set: object.instruction_set,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = |is_64| if is_64 { 64 } else { 32 };
        match self.format {
            Format::Elf { is_64 } => write!(f, "{}-bit ELF", bits(is_64))?,
            Format::MachO { is_64 } => write!(f, "{}-bit Mach-O", bits(is_64))?,
            Format::Pe { is_64 } => write!(f, "{}-bit PE", bits(is_64))?,
            Format::Coff => write!(f, "COFF")?,
        }
        match self.instruction_set {
            Some(InstructionSet::X86) => write!(f, " for i386"),
            Some(InstructionSet::X86_64) => write!(f, " for x86-64"),
            None => write!(f, " for another processor"),
        }
    }
}

/// The target of most objects; of the first, where several are equally frequent.
pub(super) fn of_most(files: &[File]) -> Option<Target> {
    let mut counts: Vec<(Target, usize)> = Vec::new();
    let objects = files.iter().flat_map(|file| &file.objects);
    for object in objects.filter(|object| object.kind == ObjectKind::Relocatable) {
        let target = Target::of(object);
        match counts.iter_mut().find(|(known, _)| *known == target) {
            Some((_, count)) => *count += 1,
            None => counts.push((target, 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max()?;
    counts
        .iter()
        .find(|(_, count)| *count == most)
        .map(|(target, _)| *target)
}
