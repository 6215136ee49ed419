//! C headers as they come.

#![no_main]

use abide::signatures::c_headers::{CHeaders, Widths};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut headers = CHeaders::default();
    headers.add("fuzz.h", text);
    let widths = Widths {
        long: 64,
        address: 64,
    };
    let _ = headers.prototypes(widths, |_| true);
});
