//! What is not known prints the lines of `abide.toml` that decide it: here they are pasted.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{abide, run, scratch, stderr, stdout};

/// A function that is not decided, and what its author knows.
struct Undecided {
    name: &'static str,
    /// What follows a label `f:`; other functions may follow.
    source: &'static str,
    /// What is printed to be filled in, and what is true.
    filled: &'static [(&'static str, &'static str)],
}

const UNDECIDED: &[Undecided] = &[
    Undecided {
        name: "a helper that calls itself on another stack",
        source: "
            push rbx
            mov rbx, rsp
            mov rsp, rsi
            call helper
            mov rsp, rbx
            pop rbx
            ret
        helper: dec rdi
            jz .out
            sub rsp, 8
            call helper
            add rsp, 8
        .out: ret
        ",
        filled: &[],
    },
    Undecided {
        name: "a jump to a computed place",
        source: "
            imul rdi, rdi, 5
            lea rax, [rel .first]
            add rax, rdi
            jmp rax
        .first: mov eax, 1
            ret
        ",
        filled: &[("\"…\"] # the labels", "\"f.first\"]")],
    },
    Undecided {
        name: "a call of a private helper by a computed address",
        source: "
            lea rax, [rel helper]
            add rax, [rel offset]
            call rax
            ret
        helper: mov eax, 1
            ret
        section .data
        offset: dq 0
        ",
        filled: &[("\"…\"] # the labels", "\"helper\"]")],
    },
    Undecided {
        name: "a jump by a pointer from another stack",
        source: "
            mov rsp, rsi
            jmp [rdi]
        ",
        filled: &[],
    },
    Undecided {
        name: "a call on another stack",
        source: "
            push rbx
            mov rbx, rsp
            mov rsp, rsi
            call outside
            mov rsp, rbx
            pop rbx
            ret
        ",
        filled: &[],
    },
    Undecided {
        name: "a call on a stack that was moved by data",
        source: "
            push rbp
            mov rbp, rsp
            sub rsp, rdi
            call outside
            leave
            ret
        ",
        filled: &[],
    },
    Undecided {
        name: "an exit on a stack that depends on data",
        source: "
            mov rsp, [rdi]
            ret
        ",
        filled: &[],
    },
    Undecided {
        name: "an address by an argument",
        source: "
            sub rsp, 72
            movaps [rsp + rdi], xmm0
            add rsp, 72
            ret
        ",
        filled: &[],
    },
    Undecided {
        name: "an address by an argument that counts no whole words",
        source: "
            sub rsp, 72
            movaps [rsp + 4*rdi], xmm0
            add rsp, 72
            ret
        ",
        filled: &[],
    },
    Undecided {
        name: "an address by what memory holds",
        source: "
            sub rsp, 72
            mov rax, [rdi]
            movaps [rsp + rax], xmm0
            add rsp, 72
            ret
        ",
        filled: &[],
    },
    Undecided {
        name: "stack arguments that are stored to",
        source: "
            mov [rsp + 8], rdi
            mov [rsp + 24], rsi
            ret
        ",
        filled: &[],
    },
    Undecided {
        name: "an instruction that is not modelled",
        source: "
            push 0x33
            lea rax, [rel .behind]
            push rax
            db 0x48, 0xcb
        .behind: xor eax, eax
            ret
        ",
        filled: &[],
    },
    Undecided {
        name: "code that is not made for 64-bit mode",
        source: "
            mov rax, cr0
            or eax, 0x80000001
            mov cr0, rax
            ret
        ",
        filled: &[],
    },
    Undecided {
        name: "an interrupt handler",
        source: "
            push rax
            pop rax
            iretq
        ",
        filled: &[],
    },
    Undecided {
        name: "code that writes to code",
        source: "
            mov byte [rel .there], 0x90
        .there: nop
            ret
        ",
        filled: &[],
    },
];

const HEAD: &str = "
section .note.GNU-stack noalloc noexec nowrite progbits
extern outside
global f:function
global g:function
section .text
g:  ret
f:
";

/// The lines that all questions of a report print.
fn lines(report: &str) -> String {
    let questions = report.split("would decide it, if they are true:\n").skip(1);
    let lines = questions.flat_map(|help| help.lines().take_while(|line| !line.trim().is_empty()));
    lines.map(|line| format!("{}\n", line.trim())).collect()
}

#[test]
fn the_lines_decide_when_they_are_pasted() {
    let dir = scratch("decided");
    let failures: Vec<String> = UNDECIDED
        .iter()
        .filter_map(|undecided| {
            let failure = try_to_decide(&dir, undecided).err()?;
            Some(format!("{}: {failure}", undecided.name))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn try_to_decide(dir: &Path, undecided: &Undecided) -> Result<(), String> {
    fs::write(dir.join("f.asm"), [HEAD, undecided.source].concat()).unwrap();
    run(Command::new("nasm")
        .current_dir(dir)
        .args(["-f", "elf64", "f.asm", "-o", "f.o"]));
    let before = stdout(&abide(dir, &["check", "--all-exported", "f.o"]));
    if !before.contains("[undecided]") {
        return Err(format!("it is decided:\n{before}"));
    }
    let mut pasted = String::new();
    let mut report = before;
    // What is decided may come to a question behind it.
    for _ in 0..2 {
        pasted += &fill(&lines(&report), undecided.filled);
        fs::write(dir.join("known.toml"), &pasted).unwrap();
        let check = ["check", "--all-exported", "--config", "known.toml", "f.o"];
        let after = abide(dir, &check);
        report = stdout(&after) + &stderr(&after);
        if report.contains(" 0 unknown ") {
            return Ok(());
        }
    }
    Err(format!("{pasted}\n{report}"))
}

fn fill(lines: &str, filled: &[(&str, &str)]) -> String {
    filled
        .iter()
        .fold(lines.to_owned(), |lines, (printed, known)| {
            assert!(lines.contains(printed), "nothing to fill in:\n{lines}");
            lines.replace(printed, known)
        })
}
