//! `aes128_key_expansion` of evercrypt-sys 0.0.9 is declared to return a `uint64_t`, and sets no `rax`. It
//! is called here twice with the same key, as any caller may: with another number in `rax` each time.
//! What it is said to return is that number.

use std::arch::asm;

use evercrypt_sys as _;

unsafe extern "C" {
    fn aes128_key_expansion(key: *mut u8, expanded: *mut u8) -> u64;
}

#[repr(C, align(64))]
struct Bytes([u8; 256]);

/// What is returned where `rax` holds this.
fn returned_by(rax: u64) -> u64 {
    let mut key = Bytes([1; 256]);
    let mut expanded = Bytes([0; 256]);
    let result;
    // SAFETY: the arguments are as declared: a key of 16 bytes, and room for 176; the convention lets the
    // caller keep anything in `rax`.
    unsafe {
        asm!(
            "call {function}",
            function = sym aes128_key_expansion,
            in("rdi") key.0.as_mut_ptr(),
            in("rsi") expanded.0.as_mut_ptr(),
            inlateout("rax") rax => result,
            clobber_abi("C"),
        );
    }
    result
}

fn main() {
    let (one, other) = (returned_by(1), returned_by(2));
    println!("rax was 1:  {one}");
    println!("rax was 2:  {other}");
    assert_ne!(one, other, "it returned something of its own");
}
