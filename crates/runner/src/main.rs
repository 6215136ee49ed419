//! `runner [--windows | --i386] [--crate NAME]… [--runs N] [--seed S]`: runs what abide has decided
//! in the units below `ABIDE_CORPUS_DIR`, in what `cargo xtask corpus --windows` assembled there, or in
//! their 32-bit code.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use abide::project::Project;
    use runner::children::Wanted;
    use runner::report::Report;
    use runner::unit::{self, Kind};

    let mut wanted = Wanted {
        runs: 48,
        seed: 1,
        followed: 3,
    };
    let mut only = Vec::new();
    let mut kind = Kind::Linked;
    let mut arguments = std::env::args().skip(1);
    let mut is_narrow = false;
    while let Some(argument) = arguments.next() {
        if argument == "--i386" {
            is_narrow = true;
            continue;
        }
        if argument == "--windows" {
            kind = Kind::Windows;
            continue;
        }
        let value = arguments.next().ok_or("each option has a value")?;
        match argument.as_str() {
            "--crate" => only.push(value),
            "--runs" => wanted.runs = value.parse()?,
            "--seed" => wanted.seed = value.parse()?,
            _ => return Err(format!("no option is called `{argument}`").into()),
        }
    }
    let corpus = std::env::var_os("ABIDE_CORPUS_DIR");
    let corpus = corpus.unwrap_or_else(|| "target/corpus".into());
    if is_narrow {
        return run_narrow(corpus.as_ref(), &only, wanted);
    }
    println!("{}", Report::head());
    let mut all = Report::default();
    for (name, unit) in unit::units(corpus.as_ref(), kind)? {
        if !only.is_empty() && !only.contains(&name) {
            continue;
        }
        let files = unit::files(&unit)?;
        let project = Project {
            roots: unit::roots(&unit, kind, &files)?,
            ..Project::default()
        };
        match unit::run(&files, &project, wanted) {
            Ok(report) => {
                println!("{}", report.line(&name));
                all.merge(report);
            }
            Err(error) => println!("{name:<16} not run: {error}"),
        }
    }
    println!("{}", all.line("all"));
    print!("{}", all.details());
    if !all.contradictions.is_empty() {
        return Err("runs contradict proofs".into());
    }
    Ok(())
}

/// The same of 32-bit code.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn run_narrow(
    corpus: &std::path::Path,
    only: &[String],
    wanted: runner::children::Wanted,
) -> Result<(), Box<dyn std::error::Error>> {
    use runner::narrow;
    use runner::report::Report;

    println!("{}", Report::head());
    let mut all = Report::default();
    for (name, entry) in narrow::entries(corpus)? {
        if !only.is_empty() && !only.contains(&name) {
            continue;
        }
        match narrow::run(&entry, wanted) {
            Ok(report) => {
                println!("{}", report.line(&name));
                all.merge(report);
            }
            Err(error) => println!("{name:<16} not run: {error}"),
        }
    }
    println!("{}", all.line("all"));
    print!("{}", all.details());
    if !all.contradictions.is_empty() {
        return Err("runs contradict proofs".into());
    }
    Ok(())
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
fn main() {
    eprintln!("the runner needs an x86-64 processor and Linux");
}
