//! A Cargo project → the links that its build makes.
//!
//! Cargo builds as always, with one thing between: `RUSTC_WORKSPACE_WRAPPER` names this program,
//! which hands each call on to rustc and, where rustc links, stands between it and the linker to
//! keep what goes in. Cargo gives what a wrapper made file names of its own, so the user's own
//! artifacts stay as they are, and dependencies are shared with them.
//!
//! What functions are declared as comes from a second build, of LLVM IR alone, in a directory of its
//! own.

mod arguments;
mod configured;
mod dep_info;
mod native;
mod signatures;
mod stand_in;

use std::env;
use std::ffi::OsString;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use abide::project::{PackageHeaders, linker};
use anyhow::{Context as _, Result, bail};
use cargo_metadata::camino::Utf8PathBuf;
use cargo_metadata::{Artifact, BuildScript, CrateType, Message, MetadataCommand, PackageId};

use native::Natives;

pub(crate) use arguments::Build;
pub(crate) use signatures::{Emitted, Told, emit, read};
pub(crate) use stand_in::stand_in;

/// The files of one link, or of one library that nothing links yet.
pub(crate) struct Unit {
    /// What Cargo calls it.
    pub(crate) name: String,
    /// The files, in link order.
    pub(crate) files: Vec<PathBuf>,
    /// C headers of the packages that the files were built of.
    pub(crate) headers: Vec<PackageHeaders>,
    /// Whether all members of all archives belong to it: nothing says yet which are needed.
    pub(crate) is_library: bool,
}

/// A project that is built.
pub(crate) struct Built {
    /// The workspace's directory.
    pub(crate) root: PathBuf,
    /// The directory under `target` for what is kept beside the user's own artifacts.
    pub(crate) place: PathBuf,
    /// What was linked.
    pub(crate) units: Vec<Unit>,
}

/// Builds the selected packages, and tells what was linked.
pub(crate) fn build(build: &Build) -> Result<Built> {
    let metadata = metadata(build)?;
    let target = match &build.target_dir {
        // rustc runs in directories of its own.
        Some(named) => std::path::absolute(named).context("failed to find the target directory")?,
        None => metadata.target_directory.into_std_path_buf(),
    };
    let place = target.join("abide");
    let units = units(build, &place.join("links"), &metadata.workspace_members)?;
    Ok(Built {
        root: metadata.workspace_root.into_std_path_buf(),
        place,
        units,
    })
}

fn units(build: &Build, place: &Path, members: &[PackageId]) -> Result<Vec<Unit>> {
    let mut made = run(build, place)?;
    let mut units = links(&made.artifacts, members, place)?;
    if units.is_none() {
        // What was linked before was not kept: it is linked again.
        for (_, linked) in linked(&made.artifacts, members) {
            stand_in::unmake(&linked);
        }
        made = run(build, place)?;
        units = links(&made.artifacts, members, place)?;
    }
    let Some(mut units) = units else {
        bail!(
            "the build succeeded, but its links were not seen: does a wrapper of rustc run another \
             compiler than it is given? Name the files instead: `cargo abide check FILE…`"
        );
    };
    if units.is_empty() {
        units.extend(library(&made.artifacts, members));
    }
    if units.is_empty() {
        bail!("nothing that was built is a program or a library: select a package by `--package`");
    }
    let natives = Natives::of(&made.artifacts, &made.scripts);
    for unit in &mut units {
        unit.headers = natives.headers(&unit.files);
    }
    Ok(units)
}

fn metadata(build: &Build) -> Result<cargo_metadata::Metadata> {
    let mut command = MetadataCommand::new();
    command
        .cargo_path(cargo())
        .other_options(build.of_metadata());
    if let Some(path) = &build.manifest_path {
        command.manifest_path(path);
    }
    command.exec().map_err(|error| match error {
        cargo_metadata::Error::CargoMetadata { stderr } => {
            let stderr = stderr.trim();
            anyhow::anyhow!(
                "{}\nrun it in a Cargo project, say where one is by `--manifest-path`, or name \
                 the files of a link: `cargo abide check FILE…`",
                stderr.strip_prefix("error: ").unwrap_or(stderr)
            )
        }
        error => anyhow::Error::new(error).context("failed to run `cargo metadata`"),
    })
}

fn cargo() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// What a command of Cargo made.
struct Made {
    artifacts: Vec<Artifact>,
    /// The build scripts that were run.
    scripts: Vec<BuildScript>,
    is_success: bool,
}

/// Builds, and returns what Cargo made.
fn run(build: &Build, place: &Path) -> Result<Made> {
    let ourselves = env::current_exe().context("failed to find our own program")?;
    let mut command = Command::new(cargo());
    command
        .arg("build")
        .args(build.of_build())
        .env(stand_in::WRAPPER, ourselves)
        .env(stand_in::PLACE, place);
    let variables = [stand_in::WRAPPER, "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER"];
    if let Some(inner) = user_wrapper(variables, "rustc-workspace-wrapper") {
        command.env(stand_in::INNER, inner);
    }
    let made = made(&mut command)?;
    if !made.is_success {
        bail!("the build failed, so that there is nothing to check: mend what Cargo says above");
    }
    Ok(made)
}

/// Runs a command of Cargo; what it made, and whether it succeeded.
fn made(command: &mut Command) -> Result<Made> {
    let mut child = command
        .arg("--message-format=json-render-diagnostics")
        .stdout(Stdio::piped())
        .spawn()
        .context("failed to run cargo")?;
    let (mut artifacts, mut scripts) = (Vec::new(), Vec::new());
    if let Some(output) = child.stdout.take() {
        for message in Message::parse_stream(BufReader::new(output)) {
            match message.context("failed to read what cargo says")? {
                Message::CompilerArtifact(artifact) => artifacts.push(artifact),
                Message::BuildScriptExecuted(script) => scripts.push(script),
                _ => {}
            }
        }
    }
    // Jobs run side by side: Cargo tells of them in any order.
    artifacts.sort_by(|a, b| order(a).cmp(&order(b)));
    let status = child.wait().context("failed to wait for cargo")?;
    Ok(Made {
        artifacts,
        scripts,
        is_success: status.success(),
    })
}

fn order(artifact: &Artifact) -> (&str, &str, &[Utf8PathBuf]) {
    let package = &artifact.package_id.repr;
    (package, &artifact.target.name, &artifact.filenames)
}

/// The wrapper that the user has set already, by a variable or in a configuration file; it goes on to
/// be called.
fn user_wrapper(variables: [&str; 2], key: &str) -> Option<OsString> {
    match variables.into_iter().find_map(env::var_os) {
        Some(wrapper) => Some(wrapper).filter(|wrapper| !wrapper.is_empty()),
        None => configured::wrapper(key),
    }
}

/// What an artifact's link made, where it has one that counts: neither a build script nor a macro
/// is part of what the user ships.
fn linked_file(artifact: &Artifact) -> Option<PathBuf> {
    let kinds = &artifact.target.crate_types;
    let is_shared = |kind: &CrateType| matches!(kind, CrateType::CDyLib | CrateType::DyLib);
    if artifact.target.is_custom_build() || artifact.target.is_proc_macro() {
        return None;
    }
    if let Some(program) = &artifact.executable {
        return Some(program.clone().into_std_path_buf());
    }
    let is_library = |path: &&Utf8PathBuf| path.extension() == Some("so");
    let file = artifact.filenames.iter().find(is_library);
    file.filter(|_| kinds.iter().any(is_shared))
        .map(|file| file.clone().into_std_path_buf())
}

/// What the workspace's own packages are linked into. A dependency that may be a shared library as
/// well is made one by Cargo, and nobody uses that.
fn linked<'a>(
    artifacts: &'a [Artifact],
    members: &'a [PackageId],
) -> impl Iterator<Item = (&'a Artifact, PathBuf)> {
    let own = artifacts
        .iter()
        .filter(|artifact| members.contains(&artifact.package_id));
    own.filter_map(|artifact| Some((artifact, linked_file(artifact)?)))
}

/// The kept links of these artifacts; `None` if one was not kept.
fn links(artifacts: &[Artifact], members: &[PackageId], place: &Path) -> Result<Option<Vec<Unit>>> {
    let mut units = Vec::new();
    for (artifact, linked) in linked(artifacts, members) {
        let Some(directory) = stand_in::kept_for(place, &linked) else {
            return Ok(None);
        };
        let files = linker::kept(&directory)
            .with_context(|| format!("failed to read the link kept in {}", directory.display()))?;
        units.push(Unit {
            name: artifact.target.name.clone(),
            files,
            headers: Vec::new(),
            is_library: false,
        });
    }
    Ok(Some(units))
}

/// The libraries that were built, as one unit: those of the workspace first.
fn library(artifacts: &[Artifact], members: &[PackageId]) -> Option<Unit> {
    let is_own = |artifact: &&Artifact| members.contains(&artifact.package_id);
    let own = artifacts.iter().filter(is_own);
    let others = artifacts.iter().filter(|artifact| !is_own(artifact));
    let mut names = Vec::new();
    let mut files: Vec<PathBuf> = Vec::new();
    for artifact in own.chain(others) {
        let archives = artifact
            .filenames
            .iter()
            .filter(|path| matches!(path.extension(), Some("rlib" | "a")));
        // A static library holds what the rlib beside it holds, and all it depends on.
        let Some(archive) = archives.min_by_key(|path| path.extension() != Some("rlib")) else {
            continue;
        };
        if members.contains(&artifact.package_id) {
            names.push(artifact.target.name.clone());
        }
        files.push(archive.clone().into_std_path_buf());
    }
    (!files.is_empty()).then(|| Unit {
        name: names.join(", "),
        files,
        headers: Vec::new(),
        is_library: true,
    })
}
