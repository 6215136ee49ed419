//! What C declares of the functions of a link unit, by its headers.

use std::collections::HashSet;
use std::path::PathBuf;

use super::{Error, Project};
use crate::inputs::link::LinkUnit;
use crate::inputs::{File, Format, Language};
use crate::registers::InstructionSet;
use crate::signatures::c_headers::{CHeaders, Platform, Prototypes};

/// The C headers of a package, which speak of the functions in what was built of it alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageHeaders {
    /// The files of the link that were built of it.
    pub files: Vec<PathBuf>,
    /// Where its headers are: its own directory, and those that its build wrote to.
    pub directories: Vec<PathBuf>,
}

/// Headers that were read, and the names that they speak of.
#[derive(Debug)]
pub(super) struct OfPackage {
    names: HashSet<String>,
    headers: CHeaders,
}

/// Reads the headers of packages that have assembly of which nothing else speaks yet.
pub(super) fn of_packages(project: &Project, files: &[File]) -> Result<Vec<OfPackage>, Error> {
    let mut all = Vec::new();
    for package in &project.headers {
        let paths = project.files.iter().zip(files);
        let own = paths.filter(|(path, _)| package.files.contains(path));
        let names = own.flat_map(|(_, file)| names_of_assembly(&file.objects));
        let names = names.filter(|name| project.signatures.of(name).is_empty());
        let names: HashSet<String> = names.map(str::to_owned).collect();
        if names.is_empty() {
            continue;
        }
        let mut headers = CHeaders::default();
        for path in &package.directories {
            let read = headers.read_package(path);
            read.map_err(|source| Error::Source {
                path: path.clone(),
                source,
            })?;
        }
        all.push(OfPackage { names, headers });
    }
    Ok(all)
}

/// What headers declare of functions that assembly defines or refers to.
pub(super) fn all(unit: &LinkUnit, headers: &CHeaders, packages: &[OfPackage]) -> Prototypes {
    let platform = platform(unit);
    let names: HashSet<&str> = names_of_assembly(&unit.objects).collect();
    let mut prototypes = headers.prototypes(platform, |name| names.contains(name));
    for package in packages {
        let own = package
            .headers
            .prototypes(platform, |name| package.names.contains(name));
        prototypes.join(own);
    }
    prototypes
}

fn names_of_assembly(objects: &[crate::inputs::Object]) -> impl Iterator<Item = &str> {
    let assembly = objects.iter().filter(|o| o.language == Language::Assembly);
    let symbols = assembly.flat_map(|object| &object.symbols);
    symbols.map(|symbol| symbol.name.as_str())
}

/// What headers are read for.
fn platform(unit: &LinkUnit) -> Platform {
    let set = unit.target.and_then(|target| target.instruction_set);
    let format = unit.target.map(|target| target.format);
    let (long, address) = match format {
        _ if set == Some(InstructionSet::X86) => (32, 32),
        // learn.microsoft.com/cpp/cpp/data-type-ranges: `long` has four bytes.
        Some(Format::Coff | Format::Pe { .. }) => (32, 64),
        // Code for x86-64 in files of 32 bits has addresses of 32.
        Some(Format::Elf { is_64: false }) => (32, 32),
        _ => (64, 64),
    };
    Platform {
        long,
        address,
        is_x86_64: set == Some(InstructionSet::X86_64),
        is_elf: matches!(format, Some(Format::Elf { .. })),
    }
}
