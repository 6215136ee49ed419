//! `mlkem_rej_uniform_avx2_asm` of aws-lc-sys 0.47.0 is declared with an `unsigned` that says how long its
//! buffer is, and tests all 64 bits of `rdx`. It is called here twice with the length 0, as any caller may:
//! once with zeros above the low 32 bits of `rdx`, once with a one. Both calls ought to read nothing, and to
//! return 0.

use std::arch::asm;

use aws_lc_sys as _;

unsafe extern "C" {
    #[link_name = "aws_lc_0_47_0_mlkem_rej_uniform_avx2_asm"]
    fn rej_uniform(to: *mut i16, buffer: *const u8, length: u32, table: *const u8) -> u64;
}

#[repr(C, align(64))]
struct Aligned<T>(T);

/// How many coefficients are told where `rdx` holds this.
fn taken_by(rdx: u64) -> u64 {
    let mut to = Aligned([0_i16; 512]);
    let buffer = Aligned([0_u8; 4096]);
    let table = Aligned([0_u8; 4096]);
    let taken: u64;
    // SAFETY: the arguments are as declared, and longer than all that the function touches at once; the
    // convention leaves what is above the low half of `rdx` to the caller.
    unsafe {
        asm!(
            "call {function}",
            function = sym rej_uniform,
            in("rdi") to.0.as_mut_ptr(),
            in("rsi") buffer.0.as_ptr(),
            in("rdx") rdx,
            in("rcx") table.0.as_ptr(),
            lateout("rax") taken,
            clobber_abi("C"),
        );
    }
    taken
}

fn main() {
    let (clean, dirty) = (taken_by(0), taken_by(1 << 32));
    println!("0, zeros above:    {clean} coefficients");
    println!("0, bit 32 is set:  {dirty} coefficients");
    assert_ne!(clean, dirty, "the bits above the length did not matter");
}
