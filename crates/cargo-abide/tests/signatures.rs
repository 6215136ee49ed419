//! Each kind of signature: code that keeps to it is proved, code that does not is told.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use common::package::assert_code;
use common::{abide, run, scratch, stdout};
use serde_json::Value;

/// Declarations of each kind; `caller` uses them, so that rustc tells of them.
const RUST: &str = r#"
#[repr(C)] #[derive(Clone, Copy)] pub struct Pair { a: u64, b: u64 }
#[repr(C)] #[derive(Clone, Copy)] pub struct Mixed { a: f64, b: u64 }
#[repr(C)] #[derive(Clone, Copy)] pub struct Large { a: [u64; 3] }
#[repr(transparent)] #[derive(Clone, Copy)] pub struct Handle(u32);

unsafe extern "C" {
    fn pair(of: Pair) -> u64;
    fn mixed(of: Mixed) -> u64;
    fn large(of: Large) -> u64;
    fn transparent(of: Handle) -> u64;
    fn two_words(of: i128) -> i128;
    fn of_floats(of: f32, times: i32) -> f32;
    fn variadic(count: u32, ...) -> u64;
    fn through_memory() -> Large;
    fn in_a_table(of: *const u32) -> u32;
    fn maybe_a_function(of: Option<unsafe extern "C" fn(u32)>) -> bool;
    fn reference(of: &Pair) -> u64;
    fn weak(of: u64) -> u64;
    #[link_name = "by_another_name"]
    fn nickname(of: u64) -> u64;
}

unsafe extern "C-unwind" {
    fn may_unwind(of: u64) -> u64;
}

macro_rules! prefixed {
    ($($name:ident: $symbol:literal),*) => {
        unsafe extern "C" { $(#[link_name = concat!("lib_1_2_", $symbol)] fn $name(of: u64) -> u64;)* }
    };
}
prefixed!(prefixed: "function");

type Function = unsafe extern "C" fn(*const u32) -> u32;
pub static TABLE: [Function; 1] = [in_a_table];

unsafe extern "C" fn callback(_: u32) {}

pub unsafe fn caller(p: Pair, m: Mixed, l: Large, n: u64) -> u64 {
    unsafe {
        let mut sum = pair(p) + mixed(m) + large(l) + transparent(Handle(n as u32));
        sum += two_words(n as i128) as u64 + of_floats(n as f32, 2) as u64;
        sum += variadic(2, n, n) + through_memory().a[1];
        sum += u64::from(maybe_a_function(Some(callback))) + reference(&p) + weak(n);
        sum + nickname(n) + may_unwind(n) + prefixed(n)
    }
}
"#;

/// For each symbol code that keeps to its declaration, code that does not, and the rule.
const CODE: [(&str, &str, &str, &str); 15] = [
    (
        "pair",
        "lea rax, [rdi + rsi]",
        "lea rax, [rdi + rdx]",
        "undeclared_argument",
    ),
    (
        "mixed",
        "mov rax, rdi",
        "mov rax, rsi",
        "undeclared_argument",
    ),
    (
        "large",
        "mov rax, [rsp + 24]",
        "mov rax, [rsp + 32]",
        "undeclared_argument",
    ),
    (
        "transparent",
        "mov eax, edi",
        "mov rax, rdi",
        "trusted_upper_bits",
    ),
    (
        "two_words",
        "mov rax, rdi\n mov rdx, rsi",
        "mov rax, rdi",
        "missing_return_value",
    ),
    (
        "of_floats",
        "cvtsi2ss xmm1, edi\n mulss xmm0, xmm1",
        "movd eax, xmm1\n shr eax, 31\n jz .out\n addss xmm0, xmm0\n.out:",
        "undeclared_argument",
    ),
    (
        "variadic",
        "lea rax, [rsi + rdx]",
        "lea rax, [rdi + rsi]",
        "trusted_upper_bits",
    ),
    (
        "through_memory",
        "xor ecx, ecx\n mov [rdi], rcx\n mov [rdi + 8], rcx\n mov [rdi + 16], rcx\n mov rax, rdi",
        "xor ecx, ecx\n mov [rdi], rcx\n mov [rdi + 8], rcx\n mov [rdi + 16], rcx",
        "missing_return_value",
    ),
    (
        "in_a_table",
        "mov eax, [rdi]",
        "mov eax, [rsi]",
        "undeclared_argument",
    ),
    (
        "maybe_a_function",
        "test rdi, rdi\n setnz al",
        "xor eax, eax\n cmp rdi, rsi\n je .out\n inc eax\n.out:",
        "undeclared_argument",
    ),
    (
        "reference",
        "mov rax, [rdi + 8]",
        "mov rax, [rdi + 16]",
        "pointee_layout",
    ),
    (
        "weak",
        "mov rax, rdi",
        "mov rax, rsi",
        "undeclared_argument",
    ),
    (
        "by_another_name",
        "mov rax, rdi",
        "mov rax, rsi",
        "undeclared_argument",
    ),
    (
        "may_unwind",
        "mov rax, rdi",
        "mov rax, rsi",
        "undeclared_argument",
    ),
    (
        "lib_1_2_function",
        "mov rax, rdi",
        "mov rax, rsi",
        "undeclared_argument",
    ),
];

fn assemble(dir: &Path, body: impl Fn(&(&str, &'static str, &'static str, &str)) -> &'static str) {
    let mut source =
        String::from("section .note.GNU-stack noalloc noexec nowrite progbits\nsection .text\n");
    for code in &CODE {
        let (symbol, kind) = match code.0 {
            "weak" => ("weak", "function weak"),
            symbol => (symbol, "function"),
        };
        source += &format!("global {symbol}:{kind}\n{symbol}:\n {}\n ret\n", body(code));
    }
    fs::write(dir.join("a.asm"), source).unwrap();
    run(Command::new("nasm")
        .current_dir(dir)
        .args(["-g", "-F", "dwarf", "-f", "elf64", "a.asm", "-o", "a.o"]));
}

fn check(dir: &Path) -> Output {
    let words =
        "check --format json --allow unprobed_frame --signatures c.ll --source c.rs a.o c.o";
    abide(dir, &words.split(' ').collect::<Vec<_>>())
}

#[test]
fn code_that_keeps_to_it_is_proved_and_code_that_does_not_is_told() {
    let dir = scratch("signatures/kinds");
    fs::write(dir.join("c.rs"), RUST).unwrap();
    run(Command::new("rustc").current_dir(&dir).args([
        "--edition=2024",
        "--crate-type=lib",
        "--emit=llvm-ir,obj",
        "-Cdebuginfo=0",
        "-Cpanic=abort",
        "c.rs",
    ]));
    assemble(&dir, |code| code.1);
    let kept = check(&dir);
    assert_code(&kept, 0);
    let kept: Value = serde_json::from_str(&stdout(&kept)).unwrap();
    let roots = kept["contracts"]["roots"].as_array().unwrap();
    assert_eq!(roots.len(), CODE.len(), "{roots:#?}");
    for root in roots {
        assert!(root["signature"].is_string(), "{root:#}");
        let mut verdicts = root["verdicts"].as_object().unwrap().values();
        assert!(verdicts.all(|verdict| verdict == "proved"), "{root:#}");
    }

    assemble(&dir, |code| code.2);
    let told = check(&dir);
    assert_code(&told, 1);
    let told: Value = serde_json::from_str(&stdout(&told)).unwrap();
    let found: BTreeSet<(&str, &str)> = told["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            (
                finding["symbol"].as_str().unwrap(),
                finding["rule"].as_str().unwrap(),
            )
        })
        .collect();
    let expected: BTreeSet<_> = CODE.iter().map(|code| (code.0, code.3)).collect();
    assert_eq!(found, expected);
    for root in told["contracts"]["roots"].as_array().unwrap() {
        let code = CODE.iter().find(|code| root["name"] == code.0).unwrap();
        assert_eq!(root["verdicts"][code.3], "refuted", "{root:#}");
    }
}
