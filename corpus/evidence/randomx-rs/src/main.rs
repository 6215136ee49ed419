//! `randomx_reciprocal_fast` of randomx-rs 1.6.0 is declared to take a `uint32_t`, and divides by all 64
//! bits of `rdi`. It is called here twice with 3, as any caller may: once with zeros above the low 32
//! bits of `rdi`, once with a one there. Both calls ought to return the same.

use std::arch::asm;

use randomx_rs as _;

unsafe extern "C" {
    fn randomx_reciprocal_fast(divisor: u32) -> u64;
}

/// What is returned where `rdi` holds this.
fn reciprocal_by(rdi: u64) -> u64 {
    let result;
    // SAFETY: the argument is as declared, and no power of two; the convention leaves what is above the
    // low half of `rdi` to the caller.
    unsafe {
        asm!(
            "call {function}",
            function = sym randomx_reciprocal_fast,
            in("rdi") rdi,
            lateout("rax") result,
            clobber_abi("C"),
        );
    }
    result
}

fn main() {
    let (clean, dirty) = (reciprocal_by(3), reciprocal_by(0x2_0000_0003));
    println!("3, zeros above:     {clean:#x}");
    println!("3, bit 33 is set:   {dirty:#x}");
    assert_ne!(clean, dirty, "the bits above the divisor did not matter");
}
