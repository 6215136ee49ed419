//! Mutants: proved functions of the corpus, broken in ways that surely break the contract, and
//! changed in ways that surely keep it. None of the first may be proved, nearly all of the
//! second must be.
//!
//! Data moves one way: [`subject`] (a proved function) → [`body`] (its code) → [`breaking`],
//! [`preserving`] (what could be changed, as [`edit`]s) → [`sample`] (what is) → the checker →
//! [`running`] (judges what is proved) → [`table`].

mod body;
mod breaking;
mod edit;
mod frame_table;
pub(crate) mod parallel;
mod preserving;
mod running;
mod sample;
mod seh_table;
pub(crate) mod subject;
mod table;

use std::collections::BTreeMap;
use std::process::ExitCode;

use abide::inputs::Image;
use abide::project::{Verdict, judge_root};
use anyhow::Result;

use crate::corpus::{self, Unit};
use edit::Edit;
use sample::Mutant;
use subject::Subject;
use table::{Counts, Decided};

/// One way to change a function.
pub(crate) struct Mutator {
    name: &'static str,
    breaks: bool,
    edits: fn(&body::Body) -> Vec<Edit>,
}

/// Over the whole corpus, unless told otherwise.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only this entry; may be given several times.
    #[arg(long = "crate", value_name = "NAME")]
    names: Vec<String>,
    /// What of the corpus assembles for Windows.
    #[arg(long, conflicts_with = "i386")]
    windows: bool,
    /// How many mutants that break the contract; of those that keep it a quarter as many.
    #[arg(long, default_value_t = 24_000)]
    count: usize,
    /// Which mutants: the same seed makes the same.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many places of a mutant are searched for a run that refutes it: most of the time goes
    /// there, and with none each broken mutant is *possible*.
    #[arg(long, default_value_t = 6)]
    searches: u32,
    /// Of what the entries' assembly is for 32-bit x86, by cdecl.
    #[arg(long)]
    i386: bool,
}

/// Makes the mutants, judges them, and prints the tables.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let subjects = subjects(options)?;
    let broken = judge(&subjects, breaking::ALL, options.count, options);
    let kept = judge(&subjects, preserving::ALL, options.count / 4, options);
    Ok(ExitCode::from(u8::from(!broken || !kept)))
}

fn subjects(options: &Options) -> Result<Vec<Subject>> {
    let mut subjects = Vec::new();
    for unit in units(options)? {
        let (name, proved) = (&unit.name, subject::proved(&unit, false));
        println!("{name}: {} proved functions", proved.len());
        subjects.extend(proved);
    }
    Ok(subjects)
}

fn units(options: &Options) -> Result<Vec<Unit>> {
    match (options.windows, options.i386) {
        (true, _) => corpus::units_for_windows(&options.names),
        (_, true) => corpus::units_of_i386(&options.names),
        _ => corpus::units(&options.names),
    }
}

/// Whether the checker said of the mutants what it must.
fn judge(
    subjects: &[Subject],
    mutators: &'static [Mutator],
    count: usize,
    options: &Options,
) -> bool {
    let mutants = sample::choose(subjects, mutators, count, options.seed);
    let decided = parallel::map(&mutants, |mutant| decide(mutant, options.searches));
    let mut counts: BTreeMap<&str, Counts> = BTreeMap::new();
    for (mutant, (decided, words)) in mutants.iter().zip(&decided) {
        counts.entry(mutant.mutator.name).or_default().add(*decided);
        if let Some(words) = words {
            println!("{}", told(mutant, words));
        }
    }
    println!("\n{}", table::render(mutators, &counts));
    decided
        .iter()
        .all(|(decided, _)| *decided != Decided::Proved)
}

/// What the checker says of a mutant, and what is to be told of it one by one.
fn decide(mutant: &Mutant<'_>, searches: u32) -> (Decided, Option<String>) {
    let subject = mutant.subject;
    let image = mutant.edit.apply(&subject.around.image);
    let verdicts = judge_root(&image, &subject.root, &subject.around.roots, searches);
    let mut decided = Decided::Equivalent;
    for (rule, verdict) in &verdicts.verdicts {
        match verdict {
            // Where code is moved away, tables no longer speak of it.
            _ if rule.id == "wrong_unwind_info" && !mutant.edit.appended.is_empty() => {}
            Verdict::Refuted(_) => decided = Decided::Refuted,
            Verdict::Possible(_) if decided != Decided::Refuted => decided = Decided::Possible,
            Verdict::Unknown(_) if decided == Decided::Equivalent => decided = Decided::Unknown,
            _ => {}
        }
    }
    let words = || {
        let rules = verdicts
            .verdicts
            .iter()
            .filter(|(_, v)| !matches!(v, Verdict::Proved));
        let rules: Vec<_> = rules
            .map(|(rule, v)| format!("{} {}", v.word(), rule.id))
            .collect();
        rules.join(", ")
    };
    match (mutant.mutator.breaks, decided) {
        (true, Decided::Equivalent) => examined(mutant, &image),
        (true, Decided::Unknown)
        | (false, Decided::Refuted | Decided::Possible | Decided::Unknown) => {
            (decided, Some(words()))
        }
        _ => (decided, None),
    }
}

/// A mutant that should be broken and is proved.
fn examined(mutant: &Mutant<'_>, image: &Image) -> (Decided, Option<String>) {
    let runs = running::run(mutant, image);
    let is_dead = runs.stay_away() && is_proved_with_a_trap(mutant);
    let decided = match runs.show_equivalence() || is_dead {
        true => Decided::Equivalent,
        false => Decided::Proved,
    };
    let words = format!(
        "proved{}: of {} runs that return {} come through it and {} break the contract{}",
        if decided == Decided::Proved {
            " (!)"
        } else {
            ""
        },
        runs.returned,
        runs.touched,
        runs.broke,
        if is_dead {
            "; with what is no instruction in its place it stays proved"
        } else {
            ""
        }
    );
    (decided, Some(words))
}

/// Whether the function stays proved with what is no instruction where it was changed: then the
/// proof says that control never comes there.
fn is_proved_with_a_trap(mutant: &Mutant<'_>) -> bool {
    let subject = mutant.subject;
    let places = mutant.edit.patches.iter().map(|(place, _)| *place);
    let edit = Edit {
        patches: places.map(|place| (place, UNDEFINED.to_vec())).collect(),
        ..Edit::default()
    };
    let image = edit.apply(&subject.around.image);
    judge_root(&image, &subject.root, &subject.around.roots, 0).is_proved()
}

/// `lock` before what is no instruction.
const UNDEFINED: [u8; 2] = [0xf0, 0xff];

fn told(mutant: &Mutant<'_>, words: &str) -> String {
    let Mutant {
        subject,
        mutator,
        edit,
    } = mutant;
    let place = edit.patches.first().map_or(0, |(place, _)| place.offset);
    format!(
        "{}: {} at {:#x} ({:+}), {}: {words}",
        subject.entry,
        subject.root.name,
        place,
        place - subject.root.place.offset,
        mutator.name
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::Path;
    use std::process::Command;

    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn subjects() -> Vec<Subject> {
        let mut subjects = assembled("functions.asm", "elf64");
        subjects.extend(assembled("functions_win64.asm", "win64"));
        subjects.extend(assembled("functions_i386.asm", "elf32"));
        subjects
    }

    fn assembled(source: &str, format: &str) -> Vec<Subject> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src/mutants")
            .join(source);
        // Tests run side by side, and each removes its own.
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let object = format!("mutants-{}-{number}-{format}.o", std::process::id());
        let object = std::env::temp_dir().join(object);
        let mut nasm = Command::new("nasm");
        let status = nasm
            .args(["-f", format, "-o"])
            .arg(&object)
            .arg(source)
            .status();
        assert!(status.is_ok_and(|status| status.success()), "nasm failed");
        let file = abide::inputs::open(&object).expect("nasm wrote an object");
        std::fs::remove_file(&object).expect("the object is ours");
        let unit = Unit {
            name: "test".to_owned(),
            objects: file.objects,
            roots: HashSet::new(),
        };
        subject::proved(&unit, true)
    }

    fn decided(subjects: &[Subject], mutators: &'static [Mutator]) -> Vec<(String, Decided)> {
        let mutants = sample::choose(subjects, mutators, usize::MAX, 1);
        let decided = parallel::map(&mutants, |mutant| decide(mutant, 6));
        let told = mutants.iter().map(|mutant| told(mutant, ""));
        told.zip(decided.into_iter().map(|(decided, _)| decided))
            .collect()
    }

    #[test]
    fn no_broken_function_is_proved() {
        let subjects = subjects();
        assert_eq!(
            subjects.len(),
            17,
            "a function is not proved before it is broken"
        );
        let decided = decided(&subjects, breaking::ALL);
        let wrong: Vec<_> = decided
            .iter()
            .filter(|(_, decided)| !matches!(decided, Decided::Refuted | Decided::Possible))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        for mutator in breaking::ALL {
            let is_made = decided.iter().any(|(told, _)| told.contains(mutator.name));
            assert!(is_made, "no mutant was made: {}", mutator.name);
        }
    }

    #[test]
    fn functions_that_keep_the_contract_stay_proved() {
        let decided = decided(&subjects(), preserving::ALL);
        let wrong: Vec<_> = decided
            .iter()
            .filter(|(_, decided)| *decided != Decided::Equivalent)
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(!decided.is_empty());
    }
}
