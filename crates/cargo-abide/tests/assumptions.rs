//! What a proof leans on is named, also where the analysis has lost sight of an address.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use common::{abide, run, scratch, stdout};

/// A function's body, and whether its proof needs that an index stays in its object.
const BODIES: &[(&str, &str, bool)] = &[
    ("pointer_of_the_caller", "mov [rdi], rsi", false),
    (
        "local_at_a_number",
        "push rbx\nsub rsp, 32\nmov [rsp + 8], rdi\nmov rax, [rsp + 8]\nmov [rax], rsi\nadd rsp, 32\npop rbx",
        false,
    ),
    (
        "variable_index",
        "sub rsp, 64\nmov [rsp + rdi * 8], rsi\nadd rsp, 64",
        true,
    ),
    // Addresses of the frame that come back from memory by an index.
    (
        "row_of_local_pointers",
        "push rbx\nsub rsp, 64\nlea rax, [rsp + 48]\nmov [rsp], rax\nmov [rsp + 8], rax\nmov rcx, [rsp + rsi * 8]\nmov [rcx], rdx\nadd rsp, 64\npop rbx",
        true,
    ),
    (
        "copied_in_a_vector",
        "push rbx\nsub rsp, 64\nlea rax, [rsp + 48]\nmov [rsp + 8], rax\nmovups xmm0, [rsp]\nmovups [rsp + 16], xmm0\nmov rax, [rsp + 24]\nmov [rax], rdx\nadd rsp, 64\npop rbx",
        true,
    ),
    // By way of registers and instructions that are not followed.
    (
        "through_mmx",
        "push rbx\nsub rsp, 64\nmovq mm0, rsp\nmovq rax, mm0\nemms\nmov [rax + 64], rdx\nadd rsp, 64\npop rbx",
        true,
    ),
    (
        "through_a_mask",
        "push rbx\nsub rsp, 64\nkmovq k1, rsp\nkmovq rax, k1\nmov [rax + 64], rdx\nadd rsp, 64\npop rbx",
        true,
    ),
    (
        "through_the_x87_stack",
        "push rbx\nsub rsp, 64\nmov [rsp], rsp\nfild qword [rsp]\nfistp qword [rsp + 8]\nmov rax, [rsp + 8]\nmov [rax + 64], rdx\nadd rsp, 64\npop rbx",
        true,
    ),
    (
        "broadcast",
        "push rbx\nsub rsp, 64\nmov [rsp], rsp\nvpbroadcastq xmm0, [rsp]\nvmovq rax, xmm0\nmov [rax + 64], rdx\nadd rsp, 64\npop rbx",
        true,
    ),
    (
        "loaded_from_a_string",
        "push rbx\nsub rsp, 64\nmov [rsp], rsp\nmov rsi, rsp\nlodsq\nmov [rax + 64], rdx\nadd rsp, 64\npop rbx",
        true,
    ),
    (
        "stored_to_a_string",
        "push rbx\nsub rsp, 64\nmov rax, rsp\nmov rdi, rsp\nstosq\nmov rax, [rsp]\nmov [rax + 64], rdx\nadd rsp, 64\npop rbx",
        true,
    ),
    (
        "half_overwritten",
        "sub rsp, 32\nlea rax, [rsp + 8]\nmov [rsp], rax\nmov [rsp], di\nmov rax, [rsp]\nmov [rax], rdx\nadd rsp, 32",
        true,
    ),
    // The index's name is taken over by the loop's next turn, the address lives on.
    (
        "address_of_an_earlier_turn",
        "push rbx\nsub rsp, 64\nmov rax, rdi\n.turn:\nmov rcx, rax\nmov rax, [rsi]\nand eax, 7\nlea rax, [rsp + rax * 8]\nmov [rcx], rdx\ndec edx\njnz .turn\nadd rsp, 64\npop rbx",
        true,
    ),
    (
        "sum_of_many",
        "push rbx\nsub rsp, 64\nlea rax, [rsp + rdi]\nadd rax, rsi\nadd rax, rcx\nadd rax, r8\nadd rax, r9\nadd rax, [rdx]\nadd rax, [rdx + 8]\nadd rax, [rdx + 16]\nadd rax, [rdx + 24]\nadd rax, [rdx + 32]\nmov [rax], rdx\nadd rsp, 64\npop rbx",
        true,
    ),
    (
        "one_way_of_two",
        "push rbx\nsub rsp, 64\nmov [rsp], rdi\ntest esi, esi\njz .out\nlea rax, [rsp + 32]\nmov [rsp], rax\n.out:\nmov rax, [rsp]\nmov [rax], rdx\nadd rsp, 64\npop rbx",
        true,
    ),
];

/// The same of functions that another one answers for.
const LEAVING: &[(&str, &str, bool)] = &[
    ("stays", "mov eax, edi", false),
    (
        "calls_outside",
        "sub rsp, 8\ncall outside wrt ..plt\nadd rsp, 8",
        true,
    ),
    ("leaves_to_outside", "jmp outside wrt ..plt", true),
    ("leaves_to_a_function_that_is_proved", "jmp stays", false),
    ("leaves_by_a_pointer_in_data", "jmp [rel chosen]", true),
    ("leaves_by_the_callers_pointer", "jmp rdi", true),
];

/// The same of frames, which may step over a page that nobody touched.
const FRAMES: &[(&str, &str, bool)] = &[
    (
        "at_a_number",
        "sub rsp, 64\nmov [rsp], rdi\nadd rsp, 64",
        false,
    ),
    (
        "realigned",
        "push rbp\nmov rbp, rsp\nand rsp, -64\nsub rsp, 128\nmov [rsp], rdi\nleave",
        false,
    ),
    (
        "of_an_argument_below_a_page",
        "push rbp\nmov rbp, rsp\nand edi, 0x3f0\nsub rsp, rdi\nmov [rsp], rsi\nleave",
        false,
    ),
    (
        "of_any_argument",
        "push rbp\nmov rbp, rsp\nmov edi, edi\nshl rdi, 4\nsub rsp, rdi\nmov [rsp], rsi\nleave",
        true,
    ),
    (
        "indexed",
        "sub rsp, 64\nmov [rsp + rdi * 8], rsi\nadd rsp, 64",
        false,
    ),
];

/// The same of words that an argument counts, which are aligned where it is even.
const COUNTED: &[(&str, &str, bool)] = &[
    (
        "at_a_number",
        "sub rsp, 72\nmovaps [rsp + 16], xmm0\nadd rsp, 72",
        false,
    ),
    (
        "of_an_argument",
        "sub rsp, 520\nand edi, 63\nmovaps [rsp + rdi * 8], xmm0\nadd rsp, 520",
        true,
    ),
    (
        "of_an_argument_that_is_made_even",
        "sub rsp, 520\nand edi, 62\nmovaps [rsp + rdi * 8], xmm0\nadd rsp, 520",
        false,
    ),
];

#[test]
fn words_that_an_argument_counts_are_assumed_to_be_aligned_by_name() {
    assert_leaning("counted", "counted-words-aligned", COUNTED);
}

#[test]
fn a_frame_of_any_size_is_assumed_to_step_over_no_page_by_name() {
    assert_leaning("frames", "frame-bound", FRAMES);
}

#[test]
fn an_index_into_the_frame_is_assumed_in_bounds_by_name() {
    assert_leaning("indices", "index-in-bounds", BODIES);
}

#[test]
fn a_function_that_another_one_answers_for_is_assumed_to_conform() {
    assert_leaning("callees", "callee-conforms", LEAVING);
}

/// What 32-bit code keeps above the return address of a callee, which may be its arguments.
const NARROW: &[(&str, &str, bool)] = &[
    (
        "keeps_nothing",
        "sub esp, 12\ncall outside\nadd esp, 12",
        false,
    ),
    (
        "keeps_a_register",
        "push ebx\nsub esp, 8\nmov ebx, [esp + 16]\ncall outside\nadd eax, ebx\nadd esp, 8\npop ebx",
        true,
    ),
    (
        "pops_what_it_passed",
        "sub esp, 8\npush dword [esp + 12]\ncall outside\npop eax\nadd esp, 8",
        true,
    ),
    (
        "calls_another_root",
        "push ebx\ncall keeps_to_itself\npop ebx",
        true,
    ),
    ("keeps_to_itself", "xor eax, eax", false),
];

#[test]
fn arguments_of_undeclared_callees_are_assumed_to_stay_by_name() {
    assert_leaning_as("narrow", "elf32", "arguments-stay", NARROW);
}

/// Whether the proofs of these functions name an assumption.
fn assert_leaning(name: &str, assumption: &str, bodies: &[(&str, &str, bool)]) {
    assert_leaning_as(name, "elf64", assumption, bodies);
}

fn assert_leaning_as(name: &str, format: &str, assumption: &str, bodies: &[(&str, &str, bool)]) {
    let dir = scratch(name);
    let functions = bodies
        .iter()
        .map(|(name, body, _)| format!("global {name}:function\n{name}:\n{body}\nret\n"));
    let source: String = functions.collect();
    let data = "extern outside\nsection .data\nchosen: dq 0\n";
    fs::write(dir.join("a.asm"), format!("{data}section .text\n{source}")).unwrap();
    let mut nasm = Command::new("nasm");
    run(nasm
        .current_dir(&dir)
        .args(["-f", format, "a.asm", "-o", "a.o"]));
    let arguments = [
        "abide",
        "check",
        "--all-exported",
        "--format",
        "json",
        "a.o",
    ];
    let report: serde_json::Value =
        serde_json::from_str(&stdout(&abide(&dir, &arguments))).unwrap();
    let roots = report["contracts"]["roots"].as_array().unwrap();
    let leaning: BTreeMap<&str, bool> = roots
        .iter()
        .map(|root| {
            let assumptions = root["assumptions"].as_array().unwrap();
            let leans = |named: &serde_json::Value| {
                named
                    .as_str()
                    .is_some_and(|named| named.starts_with(assumption))
            };
            (
                root["name"].as_str().unwrap(),
                assumptions.iter().any(leans),
            )
        })
        .collect();
    let expected: BTreeMap<&str, bool> = bodies
        .iter()
        .map(|&(name, _, leans)| (name, leans))
        .collect();
    assert_eq!(leaning, expected);
}
