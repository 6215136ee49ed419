//! C headers tell what C without debug information calls; what they do not tell is said.

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::package::assert_code;
use common::{abide, run, scratch, stdout};
use serde_json::Value;

/// Each prototype with what is made of it: a signature, or why there is none.
const READ: [(&str, &str, &str); 20] = [
    (
        "copy",
        "void copy(uint8_t *to, const uint8_t from[32], size_t bytes);",
        "fn(pointer, pointer, u64)",
    ),
    (
        "narrow",
        "API extern signed char narrow(unsigned short, _Bool is, char);",
        "fn(u16, bool, i8) -> i8",
    ),
    (
        "widths",
        "unsigned long widths(long int, unsigned, long long unsigned int a, int b);",
        "fn(i64, u32, u64, i32) -> u64",
    ),
    (
        "floats",
        "double floats(float, const double x) __attribute__((pure));",
        "fn(f32, f64) -> f64",
    ),
    (
        "vectors",
        "__m256i vectors(__m128d of);",
        "fn(vector of 16 bytes) -> vector of 32 bytes",
    ),
    (
        "named",
        "limb named(limb a[], callback f, int (*g)(void), enum kind k, word *w);",
        "fn(pointer, pointer, pointer, i32, pointer) -> u64",
    ),
    ("none", "int none(void);", "fn() -> i32"),
    (
        "counted",
        "int counted(int count, ...);",
        "fn(i32, ...) -> i32",
    ),
    (
        "pointer",
        "const char *pointer(struct other *);",
        "fn(pointer) -> pointer",
    ),
    ("stops", "_Noreturn void stops(void);", "fn() -> !"),
    (
        "guarded",
        "#if defined(__x86_64__)\nvoid guarded(int);\n#endif",
        "fn(i32)",
    ),
    (
        "across",
        "int several(int,\n  int);\n#define PREFIXED(x) lib_ ## x\nint across(int a),\n    also(int);",
        "fn(i32) -> i32",
    ),
    (
        "renamed",
        "#define short_name renamed\nvoid short_name(u64 a);",
        "fn(u64)",
    ),
    ("wide", "__int128 wide(__uint128_t);", "fn(u128) -> i128"),
    (
        "wrapped",
        "EXTERN(\n int) wrapped(short a);",
        "fn(i16) -> i32",
    ),
    (
        "lib_pasted",
        "#define NAMED(f) PREFIXED(f)\nvoid NAMED(pasted)(int);",
        "fn(i32)",
    ),
    (
        "starred",
        "#define STAR *\nvoid starred(int STAR a);",
        "fn(pointer)",
    ),
    (
        "lengths",
        "void lengths(const unsigned char a[AT_LEAST 16]);",
        "fn(pointer)",
    ),
    (
        "here",
        "#if defined(__x86_64__) || defined(OTHER)\ntypedef long here_t;\n#elif defined(_WIN64)\n\
         typedef int here_t;\n#else\ntypedef short here_t;\n#endif\nvoid here(here_t);",
        "fn(i64)",
    ),
    (
        "spaced",
        "namespace other {\nextern \"C\" {\nvoid spaced(int);\n}\n}",
        "fn(i32)",
    ),
];

/// Each prototype that does not count, and why.
const UNREAD: [(&str, &str, &str); 13] = [
    (
        "of_unknown",
        "void of_unknown(other_t a);",
        "`other_t` is not known",
    ),
    (
        "by_value",
        "void by_value(struct pair a);",
        "`struct pair` is not read",
    ),
    ("old", "int old();", "it says nothing of its parameters"),
    (
        "by_another",
        "__attribute__((ms_abi)) void by_another(int);",
        "`__attribute__((ms_abi))` is not read",
    ),
    ("by_macro", "void by_macro(int) FASTCALL;", "is not"),
    (
        "before_it",
        "EXPORTED void before_it(int a);",
        "it is not understood",
    ),
    (
        "in_two_ways",
        "#ifdef LARGE\nvoid in_two_ways(long);\n#else\nvoid in_two_ways(int);\n#endif",
        "others say something else",
    ),
    (
        "cut",
        "void cut(int a\n#ifdef MORE\n, int b\n#endif\n);",
        "a condition of the preprocessor goes through it",
    ),
    (
        "by_condition",
        "#ifdef LARGE\ntypedef long sometimes;\n#endif\nvoid by_condition(sometimes);",
        "`sometimes` is defined under a condition",
    ),
    (
        "ambiguous",
        "typedef int either;\ntypedef long either;\nvoid ambiguous(either);",
        "`either` is defined in several ways",
    ),
    (
        "long_floats",
        "long double long_floats(void);",
        "`long double` is not read",
    ),
    (
        "by_some_macro",
        "#ifdef LARGE\n#define SOME(t) long\n#else\n#define SOME(t) t\n#endif\nSOME(int) by_some_macro(void);",
        "`SOME(int)` is not read",
    ),
    (
        "by_calling_macro",
        "#define CALLED(t) t __attribute__((ms_abi))\nCALLED(int) by_calling_macro(int);",
        "`__attribute__((ms_abi))` is not read",
    ),
];

/// What the prototypes lean on, in a header of its own.
const TYPES: &str = "/* Types. */
#ifndef TYPES_H
#define TYPES_H
#include <stdint.h>
#ifdef _WIN32
#define API __declspec(dllexport)
#else
#define API __attribute__((visibility(\"default\")))
#endif
#define u64 unsigned long long
#define EXTERN(type) extern type
#ifdef __SIZE_TYPE__
typedef __SIZE_TYPE__ size_t;
#endif
typedef uint64_t word, limb;
typedef int (*callback)(void *);
enum kind { ONE, TWO };
#endif
";

/// A directory with headers, assembly that defines functions, and C that calls them.
fn unit(test: &str, headers: &[(&str, &str)], names: &[&str], code: &str) -> PathBuf {
    let dir = scratch(&format!("headers/{test}"));
    fs::create_dir_all(dir.join("include")).unwrap();
    for (name, text) in headers {
        fs::write(dir.join("include").join(name), text).unwrap();
    }
    let mut assembly = "section .note.GNU-stack noalloc noexec nowrite progbits\n".to_owned();
    let mut c = String::new();
    let mut calls = String::new();
    assembly.push_str("section .text\n");
    for name in names {
        writeln!(assembly, "global {name}:function\n{name}:\n{code}").unwrap();
        writeln!(c, "void {name}();").unwrap();
        write!(calls, "{name}(); ").unwrap();
    }
    writeln!(c, "void caller(void) {{ {calls} }}").unwrap();
    fs::write(dir.join("a.asm"), assembly).unwrap();
    fs::write(dir.join("caller.c"), c).unwrap();
    let nasm = ["-g", "-F", "dwarf", "-f", "elf64", "a.asm", "-o", "a.o"];
    run(Command::new("nasm").current_dir(&dir).args(nasm));
    let gcc = [
        "-O1",
        "-fno-builtin",
        "-w",
        "-c",
        "caller.c",
        "-o",
        "caller.o",
    ];
    run(Command::new("gcc").current_dir(&dir).args(gcc));
    dir
}

fn report(dir: &Path) -> Value {
    let arguments = [
        "check", "--format", "json", "--source", "include", "a.o", "caller.o",
    ];
    let output = abide(dir, &arguments);
    serde_json::from_str(&stdout(&output)).unwrap()
}

fn signature<'a>(report: &'a Value, name: &str) -> Option<&'a str> {
    let roots = report["contracts"]["roots"].as_array().unwrap();
    let root = roots.iter().find(|root| root["name"] == name).unwrap();
    root["signature"].as_str()
}

#[test]
fn prototypes_are_read_in_their_headers_own_words() {
    let all: Vec<&str> = READ.iter().map(|(_, text, _)| *text).collect();
    let functions = format!(
        "#pragma once\n#include \"types.h\"\n#ifdef __cplusplus\nextern \"C\" {{\n#endif\n{}\n\
         #ifdef __cplusplus\n}}\n#endif\n",
        all.join("\n")
    );
    let names = READ.map(|(name, ..)| name);
    let headers = [("a.h", &*functions), ("types.h", TYPES)];
    let dir = unit("read", &headers, &names, "    ret");
    let report = report(&dir);
    for (name, text, expected) in READ {
        assert_eq!(
            signature(&report, name),
            Some(expected),
            "{text}\n{:#}",
            report["skipped"]
        );
    }
}

#[test]
fn what_is_not_known_is_said_and_holds_nothing() {
    let all: Vec<&str> = UNREAD.iter().map(|(_, text, _)| *text).collect();
    let names = UNREAD.map(|(name, ..)| name);
    let functions = all.join("\n");
    let headers = [("a.h", &*functions)];
    let dir = unit("unread", &headers, &names, "    ret");
    let report = report(&dir);
    let skipped = report["skipped"].as_array().unwrap().iter();
    let skipped: Vec<&str> = skipped.filter_map(Value::as_str).collect();
    for (name, text, why) in UNREAD {
        assert_eq!(signature(&report, name), None, "{text}");
        let begin = format!("`{name}` is not held to its prototype at `include/a.h:");
        let said = skipped
            .iter()
            .any(|said| said.starts_with(&begin) && said.contains(why));
        assert!(said, "{text}\n{skipped:#?}");
    }
}

#[test]
fn code_is_held_to_its_prototype_and_both_places_are_shown() {
    let header =
        "#ifndef A_H\n#define A_H\nunsigned long sum(unsigned long a, unsigned b);\n#endif\n";
    let third = "    mov rax, [rdi + rdx]\n    ret";
    let dir = unit("held", &[("a.h", header)], &["sum"], third);
    let arguments = ["check", "--source", "include", "a.o", "caller.o"];
    // Nothing tells of the function without its header.
    assert_code(&abide(&dir, &["check", "a.o", "caller.o"]), 0);
    let output = abide(&dir, &arguments);
    assert_code(&output, 1);
    let text = stdout(&output);
    assert!(text.contains("error[undeclared_argument]"), "{text}");
    assert!(text.contains("include/a.h:3:1"), "{text}");
    assert!(text.contains("declared as `fn(u64, u32) -> u64`"), "{text}");
    let second = "    mov eax, esi\n    add rax, rdi\n    ret";
    let dir = unit("kept", &[("a.h", header)], &["sum"], second);
    assert_code(&abide(&dir, &arguments), 0);
    let wide = "    lea rax, [rdi + rsi]\n    ret";
    let dir = unit("wide", &[("a.h", header)], &["sum"], wide);
    let output = abide(&dir, &arguments);
    assert_code(&output, 1);
    assert!(stdout(&output).contains("error[trusted_upper_bits]"));
}

#[test]
fn a_platform_chooses_the_widths() {
    let dir = unit(
        "widths",
        &[("a.h", "long f(long a, size_t b);\n")],
        &["f"],
        "    ret",
    );
    fs::write(dir.join("b.asm"), "section .text\nglobal f\nf:\n    ret\n").unwrap();
    for (format, expected) in [
        ("win64", "fn(i32, u64) -> i32"),
        ("elf32", "fn(i32, u32) -> i32"),
    ] {
        run(Command::new("nasm")
            .current_dir(&dir)
            .args(["-f", format, "b.asm", "-o", "b.o"]));
        let arguments = [
            "check",
            "--format",
            "json",
            "--all-exported",
            "--source",
            "include",
            "b.o",
        ];
        let report: Value = serde_json::from_str(&stdout(&abide(&dir, &arguments))).unwrap();
        assert_eq!(signature(&report, "f"), Some(expected));
    }
}
