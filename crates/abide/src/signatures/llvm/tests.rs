use super::*;
use crate::signatures::CallConvention;
use crate::signatures::{Extension, Type};

/// What is said of each symbol: `origin symbol: signature`.
fn said(text: &str) -> Vec<String> {
    let signatures = read("a.ll", text);
    let lines = signatures.iter().map(|signature| {
        let of = &signature.symbol;
        format!("{} {of}: {signature}", signature.origin.text())
    });
    lines.collect()
}

fn only(text: &str) -> Signature {
    let mut all = read("a.ll", text);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

#[test]
fn extension_and_pointers_are_kept() {
    let f = only(
        "declare noundef i8 @f(i8 noundef zeroext, i16 noundef signext, i1 noundef zeroext, \
         ptr noalias noundef readonly align 1 captures(address, read_provenance) \
         dereferenceable(16), ptr noundef) unnamed_addr #2\n\
         attributes #2 = { nounwind nonlazybind }",
    );
    let extensions: Vec<_> = f.parameters.iter().map(|p| p.extension).collect();
    let (zero, sign) = (Some(Extension::Zero), Some(Extension::Sign));
    assert_eq!(extensions, [zero, sign, zero, None, None]);
    let reference = Type::Pointer {
        to: None,
        bytes: 16,
        nullable: false,
    };
    assert_eq!(f.parameters[3].ty, reference);
    assert_eq!(f.result, Some(Type::integer(8)));
    assert!(f.unwinds == Some(false) && !f.never_returns);
}

#[test]
fn structs_go_as_they_are_passed() {
    let g = only(
        "declare void @g(ptr dead_on_unwind noalias sret([32 x i8]) align 8 \
         captures(address) dereferenceable(32), { i64, double }, ptr byval([24 x i8]) align 8, \
         { double, float }, i128 noundef, <4 x float>, [2 x i64]) unnamed_addr",
    );
    assert!(g.parameters[0].is_result);
    let memory = Type::Memory {
        bytes: 24,
        align: 8,
    };
    assert_eq!(g.parameters[2].ty, memory);
    assert_eq!(
        g.to_string(),
        "fn({i64, f64}, 24 bytes by value, {f64, f32}, i128, vector of 16 bytes, {i64, i64}) -> \
         struct"
    );
}

#[test]
fn named_types_have_their_size() {
    let f = only(
        "%struct.T = type <{ i8, i64 }>\n%\"a b\" = type { i8, %struct.T, i32 }\n\
         declare void @f(ptr byval(%\"a b\") align 16)",
    );
    let memory = Type::Memory {
        bytes: 16,
        align: 16,
    };
    assert_eq!(f.parameters[0].ty, memory);
}

#[test]
fn a_call_that_says_the_same_is_no_second_signature() {
    let text = "declare noundef i32 @p(ptr noundef, ...) unnamed_addr #2\n\
        declare void @f(i32)\n\
        \u{20}  %1 = tail call noundef i32 (ptr, ...) @p(ptr noundef null, i32 1, double 2.0) #5\n\
        \u{20}  call void @f(i32 noundef 1), !dbg !4\n\
        \u{20}  %_9 = invoke i64 @f(i64 noundef %x, ptr getelementptr inbounds (i8, ptr @t, i64 8))\n\
        \u{20}  call void %pointer(i32 1)\n\
        \u{20}  call void @llvm.lifetime.start.p0(ptr nonnull %_6)";
    assert_eq!(
        said(text),
        [
            "declaration in LLVM IR p: fn(pointer, ...) -> i32",
            "declaration in LLVM IR f: fn(i32)",
            "call in LLVM IR f: fn(i64, pointer) -> i64",
        ]
    );
}

#[test]
fn conventions_names_and_what_never_returns() {
    let text = "declare x86_64_sysvcc void @a(i16 noundef zeroext)\n\
        declare win64cc void @b(i16)\n\
        define internal fastcc void @c(i16 %x) unnamed_addr #0 {\n\
        declare void @\"\\01d\"() #1\n\
        define noundef zeroext range(i8 0, 3) i8 @e(ptr addrspace(1) %0, x86_fp80 %1) {\n\
        attributes #1 = { cold noreturn }";
    let all = read("a.ll", text);
    let told: Vec<_> = all
        .iter()
        .map(|s| (&*s.symbol, s.convention, s.never_returns))
        .collect();
    let expected = [
        ("a", CallConvention::SystemV, false),
        ("b", CallConvention::Win64, false),
        ("c", CallConvention::Other, false),
        ("d", CallConvention::C, true),
        ("e", CallConvention::C, false),
    ];
    assert_eq!(told, expected);
    assert_eq!(all[4].to_string(), "fn(pointer, f80) -> i8");
}

#[test]
fn what_may_unwind() {
    let text = "declare void @a()\n\
        declare void @b() #0\n\
        define void @c() {\n\
        attributes #0 = { nounwind }";
    let told = |text: &str| {
        let all = read("a.ll", text);
        all.iter().map(|s| s.unwinds).collect::<Vec<_>>()
    };
    // Clang leaves it open of what C declares.
    assert_eq!(told(text), [None, Some(false), Some(true)]);
    let by_rustc = format!("{text}\n!0 = !{{!\"rustc version 1.95.0 (abc 2026-04-14)\"}}");
    assert_eq!(told(&by_rustc), [Some(true), Some(false), Some(true)]);
}

#[test]
fn broken_text_says_nothing() {
    for text in [
        "declare",
        "declare void",
        "declare void @",
        "declare void @f(",
        "define i8 @f(i9999999)",
        "  call void @f(i32 \"",
        "%x = type { i8, %x }",
        "declare void @f([2 x [2 x )",
    ] {
        assert!(read("a.ll", text).is_empty(), "{text}");
    }
}

#[test]
fn assembly_in_ir_has_labels() {
    let text = "module asm \".globl f\"\nmodule asm \"f:\"\nmodule asm \"  ret\"\ndefine void @g() {\nstart:\n";
    assert_eq!(labels(text).collect::<Vec<_>>(), ["f"]);
}
