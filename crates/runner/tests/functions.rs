//! The processor agrees with the verdicts on committed functions, and the runs can tell: each
//! violation shows in one of them.

#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use std::path::{Path, PathBuf};
use std::process::Command;

use abide::contracts::{Configuration, platform_of};
use abide::inputs::{self, Image, Resolved};
use abide::project::Project;
use runner::children::Wanted;
use runner::link::Linked;
use runner::outcome::{Breach, Ending, Outcome};
use runner::report::Report;
use runner::run::Runner;
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

/// The same by Microsoft's convention.
const VIOLATED_ON_WINDOWS: [(&str, &str); 7] = [
    ("clobbers_vector", "clobbered_register"),
    ("clobbers_index", "clobbered_register"),
    ("keeps_in_home_space", "clobbered_register"),
    ("leaves_upper_halves", "missing_vzeroupper"),
    ("leaves_rounding", "dirty_fp_state"),
    ("steps_over_pages", "unprobed_frame"),
    ("probes_too_far", "unprobed_frame"),
];

/// How many functions break cdecl, in 32-bit code.
const VIOLATED_NARROW: usize = 8;

fn assemble(source: &str, format: &str) -> PathBuf {
    let object = Path::new(env!("CARGO_TARGET_TMPDIR")).join(source.replace(".asm", ".o"));
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(source);
    let mut nasm = Command::new("nasm");
    nasm.args(["-f", format, "-o"]).arg(&object).arg(source);
    assert!(nasm.status().expect("nasm runs").success());
    object
}

/// Decides the roots of files, and runs them.
type Judge = fn(&[PathBuf], &Project, Wanted) -> Result<Report, Box<dyn std::error::Error>>;

/// One test: the image lies at fixed addresses, so that one at a time can be mapped.
#[test]
fn runs_agree_with_verdicts() {
    let object = assemble("functions.asm", "elf64");
    violations_show(
        &object,
        &VIOLATED,
        &["kept_saves", "kept_calls", "kept_store"],
    );
    verdicts_agree(&object, unit::run, 5, VIOLATED.len());
    wrong_proofs_are_contradicted(&object, unit::run);
    let object = assemble("functions_win64.asm", "win64");
    let kept = [
        "kept_saves",
        "kept_calls",
        "kept_large_frame",
        "kept_probed_frame",
    ];
    violations_show(&object, &VIOLATED_ON_WINDOWS, &kept);
    verdicts_agree(&object, unit::run, kept.len(), VIOLATED_ON_WINDOWS.len());
    let object = assemble("functions_i386.asm", "elf32");
    verdicts_agree(&object, unit::run, 2, VIOLATED_NARROW);
    wrong_proofs_are_contradicted(&object, unit::run);
}

/// A table is declared to have one entry: what is proved of that does not hold on the processor.
fn wrong_proofs_are_contradicted(object: &Path, judge: Judge) {
    let declared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("abide.toml");
    let table = "[[table]]\njump = \"jumps_by_table.jump\"\nentries = 1\nreason = \"a lie\"\n";
    std::fs::write(&declared, table).expect("a directory for tests");
    let project = Project {
        roots: ["jumps_by_table".to_owned()].into(),
        configuration: Configuration::read(&declared).expect("a configuration"),
        ..Project::default()
    };
    let report = judge(&[object.to_owned()], &project, WANTED).expect("the unit is judged");
    let text = report.details();
    assert_eq!(report.tried, 1, "{text}");
    let [contradiction] = &report.contradictions[..] else {
        panic!("one contradiction: {text}");
    };
    assert!(contradiction.contains("bx is clobbered"), "{text}");
}

fn violations_show(object: &Path, violated: &[(&str, &str)], kept: &[&str]) {
    let image = Image::new(inputs::read(object).expect("an object"));
    let linked = Linked::new(&image);
    let mut runner = Runner::new(&linked, WANTED.runs).expect("memory");
    runner.convention = platform_of(image.objects());
    for &(name, rule) in violated {
        let runs = run(&mut runner, &image, name);
        let shown = runs.iter().filter_map(|outcome| outcome.breach);
        let rules: Vec<_> = shown.map(Breach::rule).collect();
        assert!(rules.contains(&rule), "{name}: {rules:?}");
    }
    for name in kept {
        let runs = run(&mut runner, &image, name);
        assert!(
            runs.iter().all(|outcome| outcome.breach.is_none()),
            "{name}: {runs:x?}"
        );
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

fn verdicts_agree(object: &Path, judge: Judge, proved: usize, refuted: usize) {
    let project = Project {
        all_exported: true,
        ..Project::default()
    };
    let report = judge(&[object.to_owned()], &project, WANTED).expect("the unit is judged");
    let text = report.details();
    assert_eq!((report.tried, report.returning), (proved, proved), "{text}");
    assert!(report.contradictions.is_empty(), "{text}");
    let shown = report
        .refuted
        .iter()
        .filter(|text| text.contains(": shown"));
    assert_eq!(shown.count(), refuted, "{text}");
    assert!(!text.contains("not shown"), "{text}");
    assert_eq!(report.coverage.ways_taken, report.coverage.ways, "{text}");
}
