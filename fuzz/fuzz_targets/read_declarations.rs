//! The readers of declarations on any text: LLVM IR, Rust source, signatures by hand; and what the
//! conventions make of what was read.

#![no_main]

use abide::contracts::Lowered;
use abide::conventions::{CDECL, MICROSOFT_X64, SYSTEM_V_X86_64};
use abide::signatures::rust_source::RustSource;
use abide::signatures::{Signatures, json};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut source = RustSource::default();
    source.add("fuzz.rs", text);
    let mut signatures = Signatures::default();
    signatures.add_ir("fuzz.ll", text);
    for signature in json::read("fuzz.json", text).unwrap_or_default() {
        signatures.add(signature);
    }
    signatures.add_source(&source);
    for (_, said) in signatures.symbols() {
        for signature in said {
            for platform in [&SYSTEM_V_X86_64, &MICROSOFT_X64, &CDECL] {
                let _ = Lowered::of(signature, platform);
            }
        }
    }
});
