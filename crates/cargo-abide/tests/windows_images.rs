//! Linked images of Windows and the libraries that they import from.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{abide, link_for_windows, run, scratch, stderr, stdout};

/// Functions that keep Microsoft's convention and one that does not. `by_table` jumps by addresses that
/// the loader moves, `outer` calls what another library has.
const SOURCE: &str = "
default rel
extern imported
global lose, keep, by_table, outer
section .text
lose:
    movaps xmm6, xmm0
    ret
keep:
    sub rsp, 24
    movaps [rsp], xmm6
    movaps xmm6, xmm0
    movaps xmm6, [rsp]
    add rsp, 24
    ret
by_table:
    mov eax, 3
    cmp ecx, 2
    ja .out
    mov ecx, ecx
    lea rdx, [table]
    jmp [rdx + rcx * 8]
.one:
    mov eax, 1
.out:
    ret
outer:
    sub rsp, 40
.behind_the_prologue:
    call imported
    xor eax, eax
    add rsp, 40
    ret
.end:
section .rdata
align 8
table: dq by_table.one, by_table.out, by_table.one
";

/// What tells of `outer`, with so many bytes that its prologue is said to take.
fn unwind_table(size: u32) -> String {
    let allocate = (size / 8 - 1) << 4 | 2;
    format!(
        "
section .pdata rdata align=4
    dd outer wrt ..imagebase, outer.end wrt ..imagebase, unwind wrt ..imagebase
section .xdata rdata align=4
unwind: db 1, outer.behind_the_prologue - outer, 1, 0
    db outer.behind_the_prologue - outer, {allocate}, 0, 0
"
    )
}

fn assemble(dir: &Path, name: &str, source: &str) {
    fs::write(dir.join(name).with_extension("asm"), source).unwrap();
    run(Command::new("nasm")
        .current_dir(dir)
        .args(["-f", "win64", &format!("{name}.asm"), "-o"])
        .arg(format!("{name}.obj")));
}

/// `other.dll`, its import library, and `some.dll` that imports from it.
fn libraries(name: &str, unwind: &str) -> std::path::PathBuf {
    let dir = scratch(name);
    assemble(
        &dir,
        "other",
        "global imported\nsection .text\nimported: ret",
    );
    let other = ["/dll", "/noentry", "/out:other.dll", "/implib:other.lib"];
    link_for_windows(
        &dir,
        &[&other[..], &["/export:imported", "other.obj"]].concat(),
    );
    assemble(&dir, "some", &format!("{SOURCE}{unwind}"));
    let some = ["/dll", "/noentry", "/out:some.dll", "some.obj", "other.lib"];
    let exports = [
        "/export:lose",
        "/export:keep",
        "/export:by_table",
        "/export:outer",
    ];
    link_for_windows(
        &dir,
        &[
            some,
            [
                "/debug:symtab",
                exports[0],
                exports[1],
                exports[2],
                exports[3],
            ],
        ]
        .concat(),
    );
    dir
}

/// The verdict about a root by a rule.
fn verdict(report: &str, root: &str, rule: &str) -> String {
    let report: serde_json::Value = serde_json::from_str(report).unwrap();
    let roots = report["contracts"]["roots"].as_array().unwrap();
    let found = roots.iter().find(|found| found["name"] == root).unwrap();
    found["verdicts"][rule].as_str().unwrap().to_owned()
}

#[test]
fn what_an_image_exports_is_judged() {
    let dir = libraries("windows_images_exports", &unwind_table(40));
    let output = abide(&dir, &["abide", "check", "--all-exported", "some.dll"]);
    let shown = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{shown}{}", stderr(&output));
    assert!(
        shown.contains("error[clobbered_register]: `lose` does not preserve `xmm6`")
            && shown.contains("--> some.dll(.text+0x3)"),
        "{shown}"
    );
    assert!(shown.contains("roots: 4 exported"), "{shown}");
    let json = ["abide", "check", "--all-exported", "--format", "json"];
    let report = stdout(&abide(&dir, &[&json[..], &["some.dll"]].concat()));
    assert_eq!(verdict(&report, "lose", "clobbered_register"), "refuted");
    // A jump table whose entries are addresses, and a call that leaves the image, hide nothing.
    for root in ["keep", "by_table", "outer"] {
        assert_eq!(verdict(&report, root, "clobbered_register"), "proved");
        assert_eq!(verdict(&report, root, "unbalanced_stack"), "proved");
    }
    assert_eq!(verdict(&report, "outer", "wrong_unwind_info"), "proved");
    assert!(report.contains("other.dll!imported"), "{report}");
}

#[test]
fn unwind_tables_of_an_image_are_held_to_its_code() {
    let dir = libraries("windows_images_unwinding", &unwind_table(24));
    let arguments = ["abide", "check", "--root", "outer", "--format", "json"];
    let report = stdout(&abide(&dir, &[&arguments[..], &["some.dll"]].concat()));
    assert_eq!(verdict(&report, "outer", "wrong_unwind_info"), "refuted");
}

#[test]
fn an_image_without_names_asks_for_them() {
    let dir = libraries("windows_images_names", "");
    link_for_windows(
        &dir,
        &[
            "/entry:keep",
            "/subsystem:console",
            "/out:some.exe",
            "some.obj",
            "other.lib",
        ],
    );
    let output = abide(&dir, &["abide", "check", "--all-exported", "some.exe"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no function is bound by a contract"));
    let image = fs::read(dir.join("some.exe")).unwrap();
    fs::write(dir.join("half.exe"), &image[..image.len() / 2]).unwrap();
    let output = abide(&dir, &["abide", "check", "--all-exported", "half.exe"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("`half.exe`"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn an_import_library_lists_what_it_stands_for() {
    let dir = libraries("windows_images_imports", "");
    let listed = stdout(&abide(&dir, &["abide", "symbols", "other.lib"]));
    for name in ["__imp_imported", "imported"] {
        let row = listed
            .lines()
            .find(|line| line.ends_with(&format!(" {name}")));
        assert!(
            row.is_some_and(|row| row.contains("imported  ")),
            "{listed}"
        );
    }
    let exports = stdout(&abide(&dir, &["abide", "symbols", "--dynamic", "some.dll"]));
    assert!(exports.contains("  keep"), "{exports}");
    // It defines what the objects look for: nothing is missing in this link.
    let link = [
        "abide",
        "check",
        "--names",
        "--complete",
        "some.obj",
        "other.lib",
    ];
    let output = abide(&dir, &link);
    assert!(
        !stdout(&output).contains("undefined_symbol]: `imported`"),
        "{}",
        stdout(&output)
    );
}

/// The same of 32-bit code: `outer` calls what another library has, which may pop its arguments.
const SOURCE_32: &str = "
bits 32
extern _imported
global _lose, _keep, _by_table, _outer
section .text
_lose:
    mov ebx, [esp + 4]
    ret
_keep:
    push ebx
    mov ebx, [esp + 8]
    mov eax, [word_of_data]
    add eax, ebx
    pop ebx
    ret
_by_table:
    mov eax, 3
    mov ecx, [esp + 4]
    cmp ecx, 2
    ja .out
    jmp [table + ecx * 4]
.one:
    mov eax, 1
.out:
    ret
_outer:
    sub esp, 12
    call _imported
    add esp, 12
    ret
section .rdata
align 4
table: dd _by_table.one, _by_table.out, _by_table.one
word_of_data: dd 7
";

fn assemble_32(dir: &Path, name: &str, source: &str) {
    fs::write(dir.join(name).with_extension("asm"), source).unwrap();
    run(Command::new("nasm")
        .current_dir(dir)
        .args(["-f", "win32", &format!("{name}.asm"), "-o"])
        .arg(format!("{name}.obj")));
}

#[test]
fn a_32_bit_image_is_judged() {
    let dir = scratch("windows_images_32");
    let other = "bits 32\nglobal _imported\nsection .text\n_imported: ret 4";
    assemble_32(&dir, "other", other);
    assemble_32(&dir, "some", SOURCE_32);
    let shared = ["/dll", "/noentry", "/machine:x86", "/safeseh:no"];
    let made = [
        "/out:other.dll",
        "/implib:other.lib",
        "/export:imported",
        "other.obj",
    ];
    link_for_windows(&dir, &[&shared[..], &made].concat());
    let exports = [
        "/export:lose",
        "/export:keep",
        "/export:by_table",
        "/export:outer",
    ];
    let made = ["/out:some.dll", "some.obj", "other.lib"];
    link_for_windows(&dir, &[&shared[..], &made, &exports].concat());
    let json = ["abide", "check", "--all-exported", "--format", "json"];
    let output = abide(&dir, &[&json[..], &["some.dll"]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let report = stdout(&output);
    assert_eq!(verdict(&report, "lose", "clobbered_register"), "refuted");
    // Neither data at an address that the loader moves nor a jump table of such addresses hides anything.
    for root in ["keep", "by_table"] {
        assert_eq!(verdict(&report, root, "clobbered_register"), "proved");
        assert_eq!(verdict(&report, root, "unbalanced_stack"), "proved");
    }
    assert_eq!(verdict(&report, "outer", "unbalanced_stack"), "unknown");
    assert!(report.contains("other.dll!imported"), "{report}");
}

/// Of three functions that another library has, one pops its arguments and one does not; what the third
/// does, nobody tells.
#[test]
fn an_import_library_tells_what_is_popped() {
    let dir = scratch("windows_images_popped");
    let other =
        "bits 32\nglobal _popping@4, _leaving\nsection .text\n_popping@4: ret 4\n_leaving: ret";
    assemble_32(&dir, "other", other);
    let some = "
bits 32
extern _popping@4, _leaving
global _right, _wrong, _both
section .text
_right:
    sub esp, 8
    push 1
    call _popping@4
    add esp, 8
    ret
_wrong:
    sub esp, 8
    push 1
    call _popping@4
    add esp, 12
    ret
_both:
    push 1
    call _leaving
    call _popping@4
    ret
";
    assemble_32(&dir, "some", some);
    let shared = ["/dll", "/noentry", "/machine:x86", "/safeseh:no"];
    let exports = ["/export:popping", "/export:leaving", "other.obj"];
    let made = [&["/out:other.dll", "/implib:other.lib"], &exports[..]].concat();
    link_for_windows(&dir, &[&shared[..], &made].concat());
    let exports = ["/export:right", "/export:wrong", "/export:both"];
    let made = [&["/out:some.dll", "some.obj", "other.lib"], &exports[..]].concat();
    link_for_windows(&dir, &[&shared[..], &made].concat());

    let judged = |files: &[&str]| {
        let json = ["abide", "check", "--all-exported", "--format", "json"];
        let report = stdout(&abide(&dir, &[&json[..], files].concat()));
        let roots = ["right", "wrong", "both"];
        roots.map(|root| verdict(&report, root, "unbalanced_stack"))
    };
    assert_eq!(judged(&["some.dll"]), ["unknown", "unknown", "unknown"]);
    let known = judged(&["some.dll", "other.lib"]);
    assert_eq!(known, ["proved", "refuted", "proved"]);
    import_library_in_the_long_form(&dir);
    assert_eq!(judged(&["some.dll", "other.a"]), known);
}

/// `other.a`, of which each member is an object, as GNU's `dlltool` writes it.
fn import_library_in_the_long_form(dir: &Path) {
    let head = "
extern __other_iname
global __head_other
section .idata$2 data align=4
__head_other: dd 0, 0, 0, __other_iname, 0";
    let tail = "
global __other_iname
section .idata$7 data align=4
__other_iname: db 'Other.dll', 0";
    let import = |symbol: &str, name: &str| {
        format!(
            "
extern __head_other
global {symbol}, __imp_{symbol}
section .text
{symbol}: jmp [__imp_{symbol}]
section .idata$7 data align=4
    dd __head_other
section .idata$5 data align=4
__imp_{symbol}: dd hint
section .idata$6 data align=2
hint: dw 0
    db '{name}', 0"
        )
    };
    assemble_32(dir, "head", head);
    assemble_32(dir, "popping", &import("_popping@4", "popping"));
    assemble_32(dir, "leaving", &import("_leaving", "leaving"));
    assemble_32(dir, "tail", tail);
    let members = ["head.obj", "popping.obj", "leaving.obj", "tail.obj"];
    run(Command::new("ar")
        .current_dir(dir)
        .args(["crs", "other.a"])
        .args(members));
}
