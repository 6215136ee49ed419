//! C headers as they come.

#![no_main]

use abide::signatures::c_headers::{CHeaders, Platform};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut headers = CHeaders::default();
    headers.add("fuzz.h", text);
    let platform = Platform {
        long: 64,
        address: 64,
        is_x86_64: true,
        is_elf: true,
    };
    let _ = headers.prototypes(platform, |_| true);
});
