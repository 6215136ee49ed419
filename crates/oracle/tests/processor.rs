//! A part of the committed forms on a few states each; `cargo run --release -p
//! oracle` runs all of them on more.

#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use oracle::form::{Forms, parse};

/// One form of so many is run.
const SHARE: usize = 6;
/// On so many states.
const STATES: usize = 6;

#[test]
fn effects_agree_with_the_processor() {
    let mut forms: Forms = parse(include_str!("../forms.txt"))
        .into_iter()
        .step_by(SHARE)
        .collect();
    for encodings in forms.values_mut() {
        encodings.truncate(1);
    }
    let report = oracle::report::run(&forms, STATES).expect("memory for the runs");
    assert!(report.differing().next().is_none(), "{}", report.text());
    assert!(
        report.tested() > forms.len() / 2,
        "the processor ran too few forms: {}",
        report.text()
    );
}
