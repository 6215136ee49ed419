//! A part of the committed forms on a few states each; `cargo run --release -p
//! oracle` runs all of them on more.

#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use std::path::Path;

use abide::machine::concrete::Layout;
use abide::registers::InstructionSet;
use oracle::compare::{Outcome, Run, compare};
use oracle::form::{Forms, parse};
use oracle::guest::Guest;
use oracle::model;
use oracle::plan::{Venue, plan};
use oracle::processor::{Cases, code};
use oracle::random::Random;
use oracle::report::Report;
use oracle::state::Areas;

/// One form of so many is run.
const SHARE: usize = 6;
/// On so many states.
const STATES: usize = 6;

const WIDE: InstructionSet = InstructionSet::X86_64;
const NARROW: InstructionSet = InstructionSet::X86;

#[test]
fn effects_agree_with_the_processor() {
    agree(include_str!("../forms.txt"), WIDE);
}

#[test]
fn effects_of_32_bit_code_agree_with_the_processor() {
    agree(include_str!("../forms_i386.txt"), NARROW);
}

fn agree(list: &str, set: InstructionSet) {
    let mut forms: Forms = parse(list, set).into_iter().step_by(SHARE).collect();
    for encodings in forms.values_mut() {
        encodings.truncate(1);
    }
    let report = oracle::report::run(&forms, set, STATES).expect("memory for the runs");
    assert!(report.differing().next().is_none(), "{}", report.text());
    assert!(
        report.tested() > forms.len() / 2,
        "the processor ran too few forms: {}",
        report.text()
    );
}

/// `add rax, rcx`, and what differs from it in one bit.
const ADD: [u8; 3] = [0x48, 0x01, 0xc8];
const SUB: [u8; 3] = [0x48, 0x29, 0xc8];

/// Runs one instruction, and judges it by the effects of another.
fn judge(instruction: &[u8], effects: &[u8]) -> Vec<Outcome> {
    let areas = Areas::of_processor();
    let plan = plan(instruction, WIDE, Venue::Child).expect("a child can run it");
    let mut cases = Cases::new(STATES).expect("memory for the runs");
    let mut random = Random::new(1);
    for case in cases.get() {
        plan.prepare(case, areas, &mut random);
    }
    let memories: Vec<_> = cases.get().iter().map(|case| case.memory).collect();
    cases.run(STATES, &code(&plan.bytes, WIDE), WIDE, areas.components);
    let image = model::image(&code(effects, WIDE), WIDE);
    let effects = model::lift(&image).expect("an instruction");
    let layout = Layout::new(&image);
    let runs = cases.get().iter().zip(&memories);
    let outcomes = runs.map(|(case, memory)| {
        let (mut machine, step) = model::run(&layout, &effects, &case.before, memory, areas);
        let run = Run {
            case,
            memory,
            set: WIDE,
            effects: &effects,
            areas,
        };
        compare(&run, &mut machine, step)
    });
    outcomes.collect()
}

#[test]
fn wrong_effects_are_caught() {
    assert!(judge(&ADD, &ADD).iter().all(|out| *out == Outcome::Agrees));
    let differs = |out: &Outcome| matches!(out, Outcome::Differs(_));
    assert!(judge(&ADD, &SUB).iter().any(differs));
}

/// `cli`, `in al, dx`, `mov ax, fs:[rbx]`, `mov ds, eax`, `iretq`, `invlpg [rax]`, `fxrstor64 [rsp]`.
const PRIVILEGED: &str = "fa\nec\n64668b03\n8ed8\n48cf\n0f0138\n480fae0c24\n";

#[test]
fn what_needs_privilege_agrees_in_a_guest() {
    let forms = parse(PRIVILEGED, WIDE);
    let mut report = Report::default();
    for name in forms.keys() {
        report.forms.insert(name.clone(), Default::default());
    }
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guest");
    let mut guest = Guest::new(&directory).expect("nasm and room for the guest");
    report.add_guest(&forms, &mut guest).expect("QEMU runs");
    let text = report.text();
    assert!(report.differing().next().is_none(), "{text}");
    assert_eq!(report.tested(), forms.len(), "{text}");
    assert!(report.forms.values().all(|form| form.in_guest), "{text}");
}
