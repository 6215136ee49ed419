//! The processor agrees with the verdicts on committed functions, and the runs can tell: each
//! violation shows in one of them.

#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use std::path::{Path, PathBuf};
use std::process::Command;

use abide::contracts::Configuration;
use abide::inputs::{self, Image, Resolved};
use abide::project::Project;
use runner::link::Linked;
use runner::outcome::{Breach, Ending, Outcome};
use runner::run::{Runner, Wanted};
use runner::unit;

const WANTED: Wanted = Wanted {
    runs: 24,
    seed: 1,
    followed: 4,
};

/// What each function breaks.
const VIOLATED: [(&str, &str); 6] = [
    ("clobbers_on_one_path", "clobbered_register"),
    ("leaves_direction_set", "direction_flag"),
    ("calls_misaligned", "misaligned_call"),
    ("pops_too_much", "unbalanced_stack"),
    ("steps_over_pages", "unprobed_frame"),
    ("jumps_by_table", "clobbered_register"),
];

fn assemble() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions.asm");
    let object = Path::new(env!("CARGO_TARGET_TMPDIR")).join("functions.o");
    let mut nasm = Command::new("nasm");
    nasm.args(["-f", "elf64", "-o"]).arg(&object).arg(source);
    assert!(nasm.status().expect("nasm runs").success());
    object
}

/// One test: the image lies at fixed addresses, so that one at a time can be mapped.
#[test]
fn runs_agree_with_verdicts() {
    let object = assemble();
    violations_show(&object);
    verdicts_agree(&object);
    wrong_proofs_are_contradicted(&object);
}

/// A table is declared to have one entry: what is proved of that does not hold on the processor.
fn wrong_proofs_are_contradicted(object: &Path) {
    let declared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("abide.toml");
    let table = "[[table]]\njump = \"jumps_by_table.jump\"\nentries = 1\nreason = \"a lie\"\n";
    std::fs::write(&declared, table).expect("a directory for tests");
    let project = Project {
        roots: ["jumps_by_table".to_owned()].into(),
        configuration: Configuration::read(&declared).expect("a configuration"),
        ..Project::default()
    };
    let report = unit::run(&[object.to_owned()], &project, WANTED).expect("the unit is judged");
    let text = report.details();
    assert_eq!(report.tried, 1, "{text}");
    let [contradiction] = &report.contradictions[..] else {
        panic!("one contradiction: {text}");
    };
    assert!(contradiction.contains("rbx is clobbered"), "{text}");
}

fn violations_show(object: &Path) {
    let image = Image::new(inputs::read(object).expect("an object"));
    let linked = Linked::new(&image);
    let mut runner = Runner::new(&linked, WANTED.runs).expect("memory");
    for (name, rule) in VIOLATED {
        let runs = run(&mut runner, &image, name);
        let shown = runs.iter().filter_map(|outcome| outcome.breach);
        let rules: Vec<_> = shown.map(Breach::rule).collect();
        assert!(rules.contains(&rule), "{name}: {rules:?}");
    }
    for name in ["kept_saves", "kept_calls"] {
        let runs = run(&mut runner, &image, name);
        assert!(runs.iter().all(|outcome| outcome.breach.is_none()));
        assert!(
            runs.iter()
                .any(|outcome| outcome.ending == Ending::Returned)
        );
    }
}

fn run(runner: &mut Runner<'_>, image: &Image, name: &str) -> Vec<Outcome> {
    let symbol = image.global(name).expect("the function is exported");
    let Some(Resolved::Place(place)) = image.resolve(symbol) else {
        panic!("{name} is defined");
    };
    let runs = runner.run(place, WANTED);
    runs.into_iter().map(|(_, outcome)| outcome).collect()
}

fn verdicts_agree(object: &Path) {
    let project = Project {
        all_exported: true,
        ..Project::default()
    };
    let report = unit::run(&[object.to_owned()], &project, WANTED).expect("the unit is judged");
    let text = report.details();
    assert_eq!((report.tried, report.returning), (2, 2), "{text}");
    assert!(report.contradictions.is_empty(), "{text}");
    assert_eq!(report.refuted.len(), VIOLATED.len(), "{text}");
    assert!(!text.contains("not shown"), "{text}");
    assert_eq!(report.coverage.ways_taken, report.coverage.ways, "{text}");
}
