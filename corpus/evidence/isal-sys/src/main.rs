//! `gf_vect_dot_prod_sse` of isal-sys 0.5.3 is declared with an `int` that says how long the vectors are,
//! and compares all 64 bits of `rdi`. It is called here twice with the length 16, as any caller may:
//! once with zeros above the low 32 bits of `rdi`, once with ones. Both calls ought to write 16 bytes.

use std::arch::asm;

use isal_sys as _;

unsafe extern "C" {
    fn gf_vect_dot_prod_sse(
        len: i32,
        vlen: i32,
        tables: *mut u8,
        src: *mut *mut u8,
        dest: *mut u8,
    );
}

#[repr(C, align(64))]
struct Bytes([u8; 64]);

/// How many bytes are written where `rdi` holds this.
fn written_by(rdi: u64) -> usize {
    // Multiplies each byte by 1: tables of the low and of the high half of a byte.
    let mut tables = Bytes([0; 64]);
    for half in 0..16 {
        tables.0[half] = half as u8;
        tables.0[16 + half] = (half as u8) << 4;
    }
    let mut from = Bytes([7; 64]);
    let mut to = Bytes([0; 64]);
    let mut sources = [from.0.as_mut_ptr()];
    // SAFETY: the arguments are as declared: one source and one target of 16 bytes, tables of 32; the
    // convention leaves what is above the low half of `rdi` to the caller.
    unsafe {
        asm!(
            "call {function}",
            function = sym gf_vect_dot_prod_sse,
            in("rdi") rdi,
            in("rsi") 1,
            in("rdx") tables.0.as_mut_ptr(),
            in("rcx") sources.as_mut_ptr(),
            in("r8") to.0.as_mut_ptr(),
            clobber_abi("C"),
        );
    }
    to.0.iter().filter(|&&byte| byte == 7).count()
}

fn main() {
    let (clean, dirty) = (written_by(16), written_by(0xffff_ffff_0000_0010));
    println!("16, zeros above:  {clean} bytes");
    println!("16, ones above:   {dirty} bytes");
    assert_ne!(clean, dirty, "the bits above the length did not matter");
}
