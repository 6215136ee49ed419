//! One crate of the corpus: a project of a few lines that depends on it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use serde::Deserialize;

use super::place::Set;

/// Makes a library of the sources that a crate ships, where the project has one.
const BUILD_SCRIPT: &str = "build.rs";

/// What the project tells Cargo, where it does.
const CONFIGURATION: &str = ".cargo/config.toml";

/// A project of the corpus.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The name of its directory.
    pub(crate) name: String,
    /// Its directory.
    pub(crate) project: PathBuf,
    /// The name of its package.
    pub(crate) package: String,
    /// Where its build and its link unit go.
    pub(crate) work: PathBuf,
    /// The crate that it depends on.
    pub(crate) depends_on: String,
    /// The version of that.
    pub(crate) version: String,
    /// The source package of Debian's that the project builds instead, where it does, with its version.
    pub(crate) debian: Option<String>,
    /// The programs that the crate's build script runs.
    pub(crate) needs: Vec<String>,
}

impl Entry {
    /// The link unit's directory.
    pub(crate) fn unit(&self) -> PathBuf {
        self.work.join("unit")
    }

    /// The text of everything in the repo that decides what is built.
    pub(crate) fn recipe(&self) -> Result<String> {
        let mut files = vec!["Cargo.toml", "Cargo.lock", "src/main.rs"];
        let others = [BUILD_SCRIPT, CONFIGURATION].into_iter();
        files.extend(others.filter(|file| self.project.join(file).is_file()));
        let texts = files.iter().map(|file| read(&self.project.join(file)));
        texts.collect()
    }
}

/// All entries of a set, by name.
pub(crate) fn all(set: Set) -> Result<Vec<Entry>> {
    let directory = set.projects();
    let mut projects = fs::read_dir(&directory)
        .and_then(|listing| listing.map(|item| Ok(item?.path())).collect())
        .with_context(|| format!("failed to list {}", directory.display()))
        .map(|mut paths: Vec<PathBuf>| {
            paths.retain(|path| path.join("Cargo.toml").is_file());
            paths
        })?;
    projects.sort();
    projects.iter().map(|project| open(project, set)).collect()
}

fn open(project: &Path, set: Set) -> Result<Entry> {
    let path = project.join("Cargo.toml");
    let manifest: Manifest = toml::from_str(&read(&path)?)
        .with_context(|| format!("failed to understand {}", path.display()))?;
    let corpus = manifest.package.metadata.corpus;
    let of_debian = corpus
        .debian
        .as_deref()
        .and_then(|named| named.split_once('='));
    let dependency = manifest
        .dependencies
        .first_key_value()
        // Sources that a build script makes a library of.
        .or_else(|| manifest.build_dependencies.first_key_value())
        .map(|(name, dependency)| (name.as_str(), dependency.version()));
    let (depends_on, version) = of_debian
        .or(dependency)
        .ok_or_else(|| anyhow!("{} depends on nothing", path.display()))?;
    let name = project.file_name().unwrap_or(project.as_os_str());
    Ok(Entry {
        name: name.to_string_lossy().into_owned(),
        project: project.to_owned(),
        package: manifest.package.name,
        work: set.work().join(name),
        depends_on: depends_on.to_owned(),
        version: version.trim_start_matches('=').to_owned(),
        debian: corpus.debian.clone(),
        needs: corpus.needs,
    })
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))
}

/// What of a project's manifest is asked for.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Manifest {
    package: Package,
    #[serde(default)]
    dependencies: BTreeMap<String, Dependency>,
    #[serde(default)]
    build_dependencies: BTreeMap<String, Dependency>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    corpus: Corpus,
}

#[derive(Deserialize)]
struct Corpus {
    needs: Vec<String>,
    debian: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Dependency {
    Version(String),
    Detailed { version: String },
}

impl Dependency {
    fn version(&self) -> &str {
        match self {
            Self::Version(version) | Self::Detailed { version } => version,
        }
    }
}
