//! Functions that break a convention on purpose: BoringSSL's ABI test has one for each register, one that
//! leaves the direction flag set, and some with wrong unwind tables. What the checker says of each must be
//! what the convention's table says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use abide::conventions::{CDECL, CDECL_ON_WORDS, Convention, MICROSOFT_X64, SYSTEM_V_X86_64};
use abide::registers::File;
use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::checker::checker;
use crate::corpus;

/// The crate that ships the test.
const ENTRY: &str = "aws-lc-sys";
/// What NASM's sources include, and the build writes.
const INCLUDED: &str = "openssl/boringssl_prefix_symbols_nasm.inc";

/// No options.
#[derive(clap::Args)]
pub(crate) struct Options {}

/// The test for one platform.
struct Form {
    source: &'static str,
    convention: &'static Convention,
    /// Who assembles it, and how.
    assembler: (&'static str, &'static [&'static str]),
}

const FORMS: [Form; 4] = [
    Form {
        source: "linux-x86_64/crypto/test/trampoline-x86_64.S",
        convention: &SYSTEM_V_X86_64,
        assembler: ("cc", &["-c"]),
    },
    Form {
        source: "win-x86_64/crypto/test/trampoline-x86_64.asm",
        convention: &MICROSOFT_X64,
        assembler: ("nasm", &["-f", "win64"]),
    },
    Form {
        source: "linux-x86/crypto/test/trampoline-x86.S",
        convention: &CDECL,
        assembler: ("cc", &["-c", "-m32"]),
    },
    Form {
        source: "win-x86/crypto/test/trampoline-x86.asm",
        convention: &CDECL_ON_WORDS,
        assembler: ("nasm", &["-f", "win32"]),
    },
];

#[derive(Deserialize)]
struct Report {
    contracts: Contracts,
}

#[derive(Deserialize)]
struct Contracts {
    roots: Vec<Root>,
}

#[derive(Deserialize)]
struct Root {
    name: String,
    verdicts: BTreeMap<String, String>,
}

/// Asks the command about each form; the exit code tells whether all is as it must be.
pub(crate) fn run(_: &Options) -> Result<ExitCode> {
    let entries = corpus::entries(&[ENTRY.to_owned()])?;
    let entry = entries.first().context("the corpus has no such entry")?;
    let library = corpus::directory(entry, ENTRY)?.join("aws-lc");
    let scratch = entry.work.join("clobbers");
    let included = scratch.join(INCLUDED);
    fs::create_dir_all(included.parent().unwrap_or(&scratch))?;
    fs::write(included, "")?;
    println!("convention     broken  refuted    kept   proved");
    let mut is_right = true;
    for form in &FORMS {
        let object = assemble(form, &library, &scratch)?;
        is_right &= compare(form, &ask(&object)?);
    }
    Ok(ExitCode::from(u8::from(!is_right)))
}

fn assemble(form: &Form, library: &Path, scratch: &Path) -> Result<PathBuf> {
    let object = scratch.join("trampoline.o");
    let (program, flags) = form.assembler;
    let status = Command::new(program)
        .args(flags)
        .arg(format!("-I{}/", scratch.display()))
        .arg(format!("-I{}/", library.join("include").display()))
        .arg("-o")
        .arg(&object)
        .arg(library.join("generated-src").join(form.source))
        .status()
        .with_context(|| format!("failed to run `{program}`"))?;
    anyhow::ensure!(status.success(), "`{program}` failed on {}", form.source);
    Ok(object)
}

fn ask(object: &Path) -> Result<Vec<Root>> {
    let output = Command::new(checker()?)
        .args(["abide", "check", "--all-exported", "--format", "json"])
        .arg(object)
        .stderr(Stdio::inherit())
        .output()
        .context("failed to run the checker")?;
    let report: Report = serde_json::from_slice(&output.stdout)
        .context("failed to understand what the checker prints")?;
    Ok(report.contracts.roots)
}

/// Prints a line, and the functions of which the checker says something else.
fn compare(form: &Form, roots: &[Root]) -> bool {
    let preserved = preserved(form.convention);
    let (mut broken, mut refuted, mut kept, mut proved) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    for root in roots {
        let Some((rule, is_broken)) = expected(&root.name, &preserved) else {
            continue;
        };
        let verdict = root.verdicts.get(rule).map_or("not asked", String::as_str);
        let (count, right, wanted) = match is_broken {
            true => (&mut broken, &mut refuted, "refuted"),
            false => (&mut kept, &mut proved, "proved"),
        };
        *count += 1;
        *right += usize::from(verdict == wanted);
        if verdict != wanted {
            wrong.push(format!("{}: {rule} is {verdict}", root.name));
        }
    }
    let name = form.convention.name;
    println!("{name:<14} {broken:>6} {refuted:>8} {kept:>7} {proved:>8}");
    for line in &wrong {
        println!("  {line}");
    }
    wrong.is_empty() && broken > 0
}

/// The names of the registers that a convention preserves.
fn preserved(convention: &Convention) -> BTreeSet<String> {
    let names = convention
        .preserved
        .iter()
        .map(|register| match register.file() {
            (File::Vector, number) => format!("xmm{number}"),
            _ => convention.set.words(&register.to_string()),
        });
    names.collect()
}

/// What a function of the test breaks, or might be said to: the rule, and whether it does. The others
/// are the test's own machinery, which does what no function may.
fn expected(name: &str, preserved: &BTreeSet<String>) -> Option<(&'static str, bool)> {
    let name = name.trim_start_matches('_').strip_prefix("abi_test_")?;
    if let Some(register) = name.strip_prefix("clobber_") {
        return Some(("clobbered_register", preserved.contains(register)));
    }
    match name {
        "set_direction_flag" => Some(("direction_flag", true)),
        "get_and_clear_direction_flag" => Some(("direction_flag", false)),
        _ if name.starts_with("bad_unwind_") => Some(("wrong_unwind_info", true)),
        _ => None,
    }
}
