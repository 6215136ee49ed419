//! Unwind tables of Windows, held against what `llvm-readobj --unwind` prints.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use abide::inputs::{self, CanonicalFrame, Saved, SectionIndex, Seh, UnwindCode, UnwindInfo};
use abide::registers::Register;

/// What `llvm-readobj --unwind tables.obj` printed (LLVM 14).
const LISTING: &str = include_str!("seh/tables.txt");

fn assembled(name: &str) -> PathBuf {
    assemble(name, "tables.asm")
}

fn assemble(name: &str, source: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("seh")
        .join(name);
    fs::create_dir_all(&dir).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/seh")
        .join(source);
    let status = Command::new("nasm")
        .current_dir(&dir)
        .args(["-f", "win64", "-o", "tables.obj"])
        .arg(source)
        .status();
    assert!(status.unwrap().success());
    dir.join("tables.obj")
}

fn object(path: &Path) -> inputs::Object {
    let mut objects = inputs::read(path).unwrap();
    assert_eq!(objects.len(), 1);
    objects.remove(0)
}

fn shown(register: Register) -> String {
    register.to_string().replace("zmm", "xmm").to_uppercase()
}

/// The lines that say what an entry's prologue does, as `llvm-readobj` writes them.
fn listed(info: &UnwindInfo) -> String {
    let mut text = String::new();
    let (register, above) = match info.frame {
        Some((register, above)) => (
            format!("{} (0x{:X})", shown(register), register.0),
            format!("0x{:X}", above / 16),
        ),
        None => ("-".to_owned(), "-".to_owned()),
    };
    writeln!(text, "Version: {}", info.version).unwrap();
    writeln!(text, "PrologSize: {}", info.prologue).unwrap();
    writeln!(text, "FrameRegister: {register}").unwrap();
    writeln!(text, "FrameOffset: {above}").unwrap();
    for (offset, code) in &info.codes {
        let code = match code {
            UnwindCode::Push(register) => format!("PUSH_NONVOL reg={}", shown(*register)),
            UnwindCode::Allocate(bytes @ ..=128) => format!("ALLOC_SMALL size={bytes}"),
            UnwindCode::Allocate(bytes) => format!("ALLOC_LARGE size={bytes}"),
            UnwindCode::SetFrame => {
                let (register, above) = info.frame.unwrap();
                format!("SET_FPREG reg={}, offset=0x{above:X}", shown(register))
            }
            UnwindCode::Save(register, above) => {
                let name = match register.is_vector() {
                    true => "SAVE_XMM128",
                    false => "SAVE_NONVOL",
                };
                let far = if *above > 0xffff { "_FAR" } else { "" };
                format!("{name}{far} reg={}, offset=0x{above:X}", shown(*register))
            }
            UnwindCode::MachineFrame { has_code } => {
                let has_code = if *has_code { "yes" } else { "no" };
                format!("PUSH_MACHFRAME errcode={has_code}")
            }
            UnwindCode::Unread => format!("{code:?}"),
        };
        writeln!(text, "0x{offset:02X}: {code}").unwrap();
    }
    if info.has_handler {
        text.push_str("Handler\n");
    }
    if info.parent.is_some() {
        text.push_str("Chained\n");
    }
    text
}

/// The same lines out of a listing.
fn wanted(listing: &str) -> String {
    let lines = listing.lines().map(str::trim).filter_map(|line| {
        let is_field = [
            "Version:",
            "PrologSize:",
            "FrameRegister:",
            "FrameOffset:",
            "0x",
        ]
        .iter()
        .any(|start| line.starts_with(start));
        match line {
            _ if is_field => Some(line),
            "Chained {" => Some("Chained"),
            _ if line.starts_with("Handler:") => Some("Handler"),
            _ => None,
        }
    });
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn entries_are_those_that_llvm_lists() {
    let object = object(&assembled("entries"));
    let seh = Seh::of(&object);
    let found: String = seh
        .entries()
        .iter()
        .map(|entry| listed(seh.info(entry).unwrap()))
        .collect();
    assert_eq!(found, wanted(LISTING));
}

/// Where LLVM is installed, its listing is the one that is kept here.
#[test]
fn the_listing_is_what_llvm_prints() {
    let path = assembled("listing");
    let output = Command::new("llvm-readobj")
        .arg("--unwind")
        .arg(path)
        .output();
    let Ok(output) = output else {
        return eprintln!("llvm-readobj is not installed: the listing was not compared");
    };
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(wanted(&printed), wanted(LISTING));
}

#[test]
fn rows_follow_the_prologue_and_the_epilogue() {
    let object = object(&assembled("rows"));
    let seh = Seh::of(&object);
    let symbol = |name: &str| {
        let found = object.symbols.iter().find(|symbol| symbol.name == name);
        found.unwrap().value
    };
    let at = |offset| seh.at(&object, SectionIndex(0), offset).unwrap();
    let xmm6 = Register::vector(6);

    let f = symbol("f");
    assert_eq!(at(f).frame, CanonicalFrame::Offset(Register::RSP, 8));
    let pushed = at(symbol("f.pushed"));
    assert_eq!(pushed.frame, CanonicalFrame::Offset(Register::RSP, 16));
    assert_eq!(pushed.saved, [(Register::RBX, Saved::At(-16))]);
    let body = at(symbol("f.back"));
    assert_eq!(body.frame, CanonicalFrame::Offset(Register::RSP, 0x40));
    assert_eq!(
        body.saved,
        [(Register::RBX, Saved::At(-16)), (xmm6, Saved::At(-0x20))]
    );
    // `add rsp, 0x30`, `pop rbx`, `ret`: `xmm6` is back, as the unwinder sees it.
    let end = at(symbol("f.back") + 5);
    assert_eq!(end.frame, CanonicalFrame::Offset(Register::RSP, 0x40));
    assert_eq!(end.saved, [(Register::RBX, Saved::At(-16))]);
    let ret = at(symbol("f.back") + 10);
    assert_eq!(ret.frame, CanonicalFrame::Offset(Register::RSP, 8));

    let body = at(symbol("g.xmm7"));
    assert_eq!(
        body.frame,
        CanonicalFrame::Offset(Register::RBP, 0x20_0000 - 0x80 + 16)
    );
    assert!(body.saved.contains(&(Register::RBP, Saved::At(-16))));
    assert!(body.saved.contains(&(Register::RDI, Saved::At(-0x20_0008))));
    // `lea rsp, [rbp + 0x1fff80]`, `pop rbp`, and a jump out of the function.
    let end = at(symbol("g.xmm7") + 5);
    assert_eq!(
        end.frame,
        CanonicalFrame::Offset(Register::RBP, 0x1f_ff80 + 16)
    );
    assert_eq!(end.saved, [(Register::RBP, Saved::At(-16))]);

    let child = at(symbol("m.allocated") + 2);
    assert_eq!(child.frame, CanonicalFrame::Offset(Register::RSP, 56));
    assert_eq!(child.saved, [(Register::R14, Saved::At(-56))]);
    assert!(matches!(at(symbol("k")).frame, CanonicalFrame::Computed(_)));
}

#[test]
fn version_2_tells_where_epilogues_are() {
    let object = object(&assemble("version_2", "version_2.asm"));
    let seh = Seh::of(&object);
    let [f, g] = seh.entries() else {
        panic!("two entries");
    };
    let f = seh.info(f).unwrap();
    assert_eq!((f.version, f.epilogues.bytes), (2, 4));
    assert_eq!(f.epilogues.before_end, [4, 15]);
    assert_eq!(f.codes.len(), 3);
    assert_eq!(seh.info(g).unwrap().epilogues.before_end, [0x102]);

    let symbol = |name: &str| {
        let found = object.symbols.iter().find(|symbol| symbol.name == name);
        found.unwrap().value
    };
    let frame = |name: &str| {
        let row = seh.at(&object, SectionIndex(0), symbol(name)).unwrap();
        (row.frame, row.saved)
    };
    let (r12, rbx) = (Register::R12, Register::RBX);
    let both = vec![(rbx, Saved::At(-16)), (r12, Saved::At(-24))];
    let offset = |bytes| CanonicalFrame::Offset(Register::RSP, bytes);
    // `add rsp, 40` comes before what is told: the prologue is gone back over until then.
    for epilogue in ["f.first", "f.last"] {
        let at = |place: &str| frame(&format!("{epilogue}{place}"));
        assert_eq!(at(""), (offset(64), both.clone()));
        assert_eq!(at(".pops"), (offset(24), both.clone()));
        assert_eq!(at(".rbx"), (offset(16), vec![(rbx, Saved::At(-16))]));
        assert_eq!(at(".ret"), (offset(8), vec![]));
    }
    // These look like an epilogue, and are none: no table tells of them.
    assert_eq!(frame("g.no_epilogue").0, offset(16));
    assert_eq!(frame("g.pops").0, offset(16));
    assert_eq!(frame("g.ret").0, offset(8));
}
