//! What this program does in the middle of a build: as rustc's wrapper, and as its linker.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use abide::project::linker;
use anyhow::{Context as _, Result};

use super::signatures::with_ir;

/// Cargo's variable for a program that is run in rustc's place, for packages of the workspace.
pub(super) const WRAPPER: &str = "RUSTC_WORKSPACE_WRAPPER";
/// Where links are kept; it makes this program a wrapper.
pub(super) const PLACE: &str = "ABIDE_LINKS";
/// The wrapper that the user has set.
pub(super) const INNER: &str = "ABIDE_INNER_WRAPPER";
/// It makes this program a wrapper that lets rustc emit LLVM IR.
pub(super) const SIGNATURES: &str = "ABIDE_SIGNATURES";
/// Where this link is kept; it makes this program a linker.
const LINK: &str = "ABIDE_LINK";
/// The linker that would have been run.
const LINKER: &str = "ABIDE_LINKER";
/// The file that names what a kept link made.
const OUTPUT: &str = "output.txt";

/// Does its part of a build, if that is what this program was run for.
pub(crate) fn stand_in() -> Option<Result<ExitCode>> {
    if let Some(directory) = env::var_os(LINK) {
        return Some(link(Path::new(&directory)));
    }
    if env::var_os(SIGNATURES).is_some() {
        return Some(emit());
    }
    let place = env::var_os(PLACE)?;
    Some(compile(Path::new(&place)))
}

/// The kept link that made a file, which Cargo may have given a second name.
pub(super) fn kept_for(place: &Path, made: &Path) -> Option<PathBuf> {
    let links = fs::read_dir(place).ok()?;
    links
        .filter_map(|link| Some(link.ok()?.path()))
        .find(|link| {
            let output = fs::read_to_string(link.join(OUTPUT));
            output.is_ok_and(|output| is_same(Path::new(&output), made))
        })
}

/// Whether two names are of one file.
fn is_same(one: &Path, other: &Path) -> bool {
    let [one, other] = [one, other].map(|path| fs::metadata(path).ok());
    one.zip(other)
        .is_some_and(|(one, other)| (one.dev(), one.ino()) == (other.dev(), other.ino()))
}

/// Removes what a link made, under all of its names, so that Cargo links it again.
pub(super) fn unmake(made: &Path) {
    let Some(directory) = made.parent() else {
        return;
    };
    for directory in [directory.join("deps"), directory.to_owned()] {
        let files = fs::read_dir(directory).into_iter().flatten().flatten();
        for file in files.map(|entry| entry.path()).filter(|file| file != made) {
            if is_same(&file, made) {
                // Whatever stays is linked later: the next look finds no link kept.
                let _ = fs::remove_file(file);
            }
        }
    }
    let _ = fs::remove_file(made);
}

/// Runs rustc, and lets it emit LLVM IR.
fn emit() -> Result<ExitCode> {
    let (rustc, arguments) = called_with()?;
    let mut command = compiler(&rustc);
    // Build scripts may run compilers that are none of ours.
    command.args(with_ir(arguments)).env_remove(SIGNATURES);
    run(command, &rustc)
}

/// The compiler that this program stands in for, and what it was called with.
fn called_with() -> Result<(OsString, Vec<OsString>)> {
    let mut arguments = env::args_os().skip(1);
    let rustc = arguments.next().context("no compiler was named")?;
    Ok((rustc, arguments.collect()))
}

/// The compiler, through the wrapper that the user has set.
fn compiler(rustc: &OsStr) -> Command {
    match env::var_os(INNER) {
        Some(inner) => {
            let mut command = Command::new(inner);
            command.arg(rustc);
            command
        }
        None => Command::new(rustc),
    }
}

fn run(mut command: Command, rustc: &OsStr) -> Result<ExitCode> {
    let status = command
        .status()
        .with_context(|| format!("failed to run {}", rustc.display()))?;
    Ok(code(status))
}

fn compile(place: &Path) -> Result<ExitCode> {
    let (rustc, arguments) = called_with()?;
    let mut command = compiler(&rustc);
    command.args(&arguments);
    if let Some(name) = linked_crate(&arguments) {
        let ourselves = env::current_exe().context("failed to find our own program")?;
        let mut option = OsString::from("linker=");
        option.push(ourselves);
        command.arg("-C").arg(option).env(LINK, place.join(name));
        if let Some(linker) = codegen(&arguments, "linker") {
            if codegen(&arguments, "linker-flavor").is_none()
                && let Some(flavor) = flavor(&linker)
            {
                command.args(["-C", &format!("linker-flavor={flavor}")]);
            }
            command.env(LINKER, linker);
        }
    }
    run(command, &rustc)
}

/// The name and hash of a crate that is linked into something the user ships.
fn linked_crate(arguments: &[OsString]) -> Option<String> {
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        Some(arguments.get(at + 1)?.to_string_lossy().into_owned())
    };
    let name = value("--crate-name")?;
    let types = arguments
        .iter()
        .zip(arguments.iter().skip(1))
        .filter(|(option, _)| *option == "--crate-type")
        .map(|(_, kind)| kind);
    let is_linked = types.into_iter().any(|kind| {
        kind.to_string_lossy()
            .split(',')
            .any(|kind| matches!(kind, "bin" | "cdylib" | "dylib"))
    });
    let is_test = arguments.iter().any(|argument| argument == "--test");
    if name.starts_with("build_script_") || !(is_linked || is_test) {
        return None;
    }
    let hash = codegen(arguments, "extra-filename").unwrap_or_default();
    Some(format!("{name}{}", hash.to_string_lossy()))
}

/// The last value of a codegen option.
pub(super) fn codegen(arguments: &[OsString], name: &str) -> Option<OsString> {
    let mut found = None;
    let mut after_c = false;
    for argument in arguments {
        let text = argument.to_string_lossy();
        let option = if after_c {
            Some(&*text)
        } else {
            text.strip_prefix("-C")
                .or_else(|| text.strip_prefix("--codegen="))
        };
        after_c = text == "-C" || text == "--codegen";
        let value = option
            .and_then(|option| option.strip_prefix(name))
            .and_then(|option| option.strip_prefix('='));
        if let Some(value) = value {
            found = Some(OsString::from(value));
        }
    }
    found
}

/// What rustc takes a linker of that name to be, where its name tells (as rustc infers it).
fn flavor(linker: &OsStr) -> Option<&'static str> {
    let stem = Path::new(linker)
        .file_stem()?
        .to_string_lossy()
        .into_owned();
    match &*stem {
        "ld" => Some("ld"),
        "ld.lld" | "lld" | "rust-lld" => Some("ld.lld"),
        _ if stem.ends_with("-ld") => Some("ld"),
        _ => None,
    }
}

fn link(directory: &Path) -> Result<ExitCode> {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let link = linker::link(&arguments).context("failed to read the linker's arguments")?;
    linker::keep(&link, directory)
        .with_context(|| format!("failed to keep the link in {}", directory.display()))?;
    let linker = env::var_os(LINKER).unwrap_or_else(|| "cc".into());
    let status = Command::new(&linker)
        .args(&arguments)
        // The linker may run programs that are none of ours.
        .env_remove(LINK)
        .env_remove(PLACE)
        .status()
        .with_context(|| format!("failed to run the linker {}", linker.display()))?;
    if status.success()
        && let Some(output) = &link.output
    {
        let output = std::path::absolute(output)?;
        fs::write(
            directory.join(OUTPUT),
            output.as_os_str().as_encoded_bytes(),
        )?;
    }
    Ok(code(status))
}

fn code(status: std::process::ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    ExitCode::from(code.unwrap_or(1))
}
