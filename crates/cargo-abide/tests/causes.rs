//! Findings of one cause are one report, however many roots meet it.

mod common;

use std::fs;
use std::process::Command;

use common::{abide, run, scratch, stdout};

#[test]
fn a_thousand_callers_of_one_bad_helper_are_one_report() {
    // Each caller has a return of its own, and the helper alone is at fault.
    const SOURCE: &str = "
        section .note.GNU-stack noalloc noexec nowrite progbits
        section .text
        helper: mov rbx, rdi
            ret
        %assign number 0
        %rep 1000
        global f_ %+ number:function
        f_ %+ number: sub rsp, 8
            call helper
            add rsp, 8
            ret
        %assign number number + 1
        %endrep
    ";
    let dir = scratch("causes");
    fs::write(dir.join("f.asm"), SOURCE).unwrap();
    run(Command::new("nasm")
        .current_dir(&dir)
        .args(["-f", "elf64", "f.asm", "-o", "f.o"]));
    let report = stdout(&abide(&dir, &["check", "--all-exported", "f.o"]));
    assert_eq!(report.matches("error[").count(), 1, "{report}");
    assert!(report.contains("1000 refuted"), "{report}");
    assert!(
        report.contains("`f_1`, `f_10`, `f_100` and 996 more"),
        "{report}"
    );
}
