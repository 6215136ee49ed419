//! `runner [--windows | --i386] [--crate NAME]… [--runs N] [--seed S]`: runs what abide has decided
//! in the units below `ABIDE_CORPUS_DIR`, in what `cargo xtask corpus --windows` assembled there, or in
//! their 32-bit code.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
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
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or("each option has a value");
        match argument.as_str() {
            "--windows" => kind = Kind::Windows,
            "--i386" => kind = Kind::Narrow,
            "--crate" => only.push(value()?),
            "--runs" => wanted.runs = value()?.parse()?,
            "--seed" => wanted.seed = value()?.parse()?,
            _ => return Err(format!("no option is called `{argument}`").into()),
        }
    }
    let corpus = std::env::var_os("ABIDE_CORPUS_DIR");
    let corpus = corpus.unwrap_or_else(|| "target/corpus".into());
    println!("{}", Report::head());
    let mut all = Report::default();
    for (name, unit) in unit::units(corpus.as_ref(), kind)? {
        if !only.is_empty() && !only.contains(&name) {
            continue;
        }
        let report = unit::project(&unit, kind)
            .and_then(|(files, project)| unit::run(&files, &project, wanted));
        match report {
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
