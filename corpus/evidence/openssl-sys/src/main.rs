//! Four functions of OpenSSL 3.6, as openssl-sys 0.9.118 builds it, take an `int` or `unsigned int` for all 64
//! bits of its register. Each is called here twice with the same argument, as any caller may: once with zeros
//! above its low 32 bits, once with a one. What comes of both calls ought to be the same.

use std::arch::{asm, is_x86_feature_detected};

use openssl_sys as _;

unsafe extern "C" {
    fn RC4_set_key(key: *mut u32, length: i32, data: *const u8);
    fn ossl_aes_gcm_finalize_avx512(context: *mut u8, left: u32);
    fn poly1305_blocks(context: *mut u64, input: *const u8, length: u64, padding: u32);
    fn rsaz_512_scatter4(to: *mut u64, from: *const u64, power: i32);
}

#[repr(C, align(64))]
struct Aligned<T>(T);

/// Bit 32, which nobody declares.
const ABOVE: u64 = 1 << 32;

/// The key's state of a key of three bytes: two numbers, and a permutation.
fn key(above: u64) -> Vec<u32> {
    let mut state = [0_u32; 258];
    let data: Vec<u8> = (0..=255).collect();
    // SAFETY: the arguments are as declared; with bit 32 set the function reads on, to the end of `data`.
    unsafe {
        asm!(
            "call {function}",
            function = sym RC4_set_key,
            in("rdi") state.as_mut_ptr(),
            in("rsi") 3 | above,
            in("rdx") data.as_ptr(),
            clobber_abi("C"),
        );
    }
    state[2..6].to_vec()
}

/// The tag that is left where no bytes of a block are.
fn tag(above: u64) -> Vec<u8> {
    let mut context = Aligned([0_u8; 2048]);
    for (at, byte) in context.0.iter_mut().enumerate() {
        *byte = at as u8;
    }
    // SAFETY: the context is longer than what the function touches.
    unsafe {
        asm!(
            "call {function}",
            function = sym ossl_aes_gcm_finalize_avx512,
            in("rdi") context.0.as_mut_ptr(),
            in("rsi") above,
            clobber_abi("C"),
        );
    }
    context.0[0x40..0x48].to_vec()
}

/// The sum after one block of zeros, padded.
fn sum(above: u64) -> Vec<u64> {
    // The sum, and a key of 1 and 4.
    let mut context = Aligned([0_u64; 64]);
    context.0[3] = 1;
    context.0[4] = 4;
    let block = [0_u8; 16];
    // SAFETY: the context is longer than what the function touches, and there is one block.
    unsafe {
        asm!(
            "call {function}",
            function = sym poly1305_blocks,
            in("rdi") context.0.as_mut_ptr(),
            in("rsi") block.as_ptr(),
            in("rdx") 16,
            in("rcx") 1 | above,
            clobber_abi("C"),
        );
    }
    context.0[..3].to_vec()
}

/// How far behind a table of eight words its first word is stored.
fn stored_at(above: u64) -> usize {
    const SIZE: usize = (ABOVE as usize) * 8 + 0x1000;
    let from = [7_u64; 8];
    // SAFETY: nothing is at this place yet; it is kept for stores that lie far behind a table, and given back.
    unsafe {
        let kept = libc::mmap(
            std::ptr::null_mut(),
            SIZE,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        );
        assert_ne!(kept, libc::MAP_FAILED, "there is no room");
        asm!(
            "call {function}",
            function = sym rsaz_512_scatter4,
            in("rdi") kept,
            in("rsi") from.as_ptr(),
            in("rdx") above,
            clobber_abi("C"),
        );
        let words = [0, SIZE - 0x1000];
        let stored = words
            .into_iter()
            .find(|at| kept.byte_add(*at).cast::<u64>().read() == 7);
        libc::munmap(kept, SIZE);
        stored.expect("it was stored")
    }
}

/// What comes of both calls.
fn hold<T: std::fmt::Debug + PartialEq>(name: &str, run: impl Fn(u64) -> T) {
    let (clean, dirty) = (run(0), run(ABOVE));
    println!("{name}, zeros above:    {clean:x?}");
    println!("{name}, bit 32 is set:  {dirty:x?}");
    assert_ne!(clean, dirty, "the bits above the argument did not matter");
}

fn main() {
    hold("RC4_set_key", key);
    hold("poly1305_blocks", sum);
    hold("rsaz_512_scatter4", stored_at);
    if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("vpclmulqdq") {
        hold("ossl_aes_gcm_finalize_avx512", tag);
    }
}
