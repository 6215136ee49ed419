//! The one file of OpenSSL's assembly that its pull request 8109 mended and that can be taken by
//! itself: the build script makes it as OpenSSL's own build does.

use std::hint::black_box;

unsafe extern "C" {
    fn ecp_nistz256_point_add(sum: *mut [u64; 12], a: *const [u64; 12], b: *const [u64; 12]);
}

/// What the processor can do; nothing that needs asking.
#[unsafe(no_mangle)]
static mut OPENSSL_ia32cap_P: [u32; 4] = [0; 4];

fn main() {
    let (mut sum, a, b) = ([0; 12], black_box([1; 12]), black_box([2; 12]));
    // SAFETY: three points of twelve words each.
    unsafe { ecp_nistz256_point_add(&mut sum, &a, &b) };
    println!("{sum:x?}");
}
