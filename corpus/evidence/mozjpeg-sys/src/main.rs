//! `jsimd_h2v1_upsample_sse2` of mozjpeg-sys 2.2.3 is declared with an `int` that says how many rows
//! there are, and counts with all 64 bits of `rdi`. It is called here twice for two rows, as any
//! caller may: once with zeros above the low 32 bits of `rdi`, once with ones. Both calls ought to
//! fill two rows.

use std::arch::asm;

use mozjpeg_sys as _;

/// Twice as wide as the input, as the function makes it.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
struct Row([u8; 64]);

unsafe extern "C" {
    fn jsimd_h2v1_upsample_sse2(
        rows: i32,
        width: u32,
        from: *const *const Row,
        to: *const *const *mut Row,
    );
}

/// How many of two rows are filled where `rdi` holds this.
fn filled_by(rdi: u64) -> usize {
    let from = [Row([7; 64]); 2];
    let mut to = [Row([0; 64]); 2];
    let from = from.each_ref().map(|row| row as *const Row);
    let rows = to.each_mut().map(|row| row as *mut Row);
    let at = rows.as_ptr();
    // SAFETY: the arguments are as declared: two rows, which are long and aligned enough; the
    // convention leaves what is above the low half of `rdi` to the caller.
    unsafe {
        asm!(
            "call {function}",
            function = sym jsimd_h2v1_upsample_sse2,
            in("rdi") rdi,
            in("rsi") 32,
            in("rdx") from.as_ptr(),
            in("rcx") &raw const at,
            clobber_abi("C"),
        );
    }
    to.iter().filter(|row| row.0[0] == 7).count()
}

fn main() {
    let (clean, dirty) = (filled_by(2), filled_by(0xffff_ffff_0000_0002));
    println!("2, zeros above:  {clean} rows");
    println!("2, ones above:   {dirty} rows");
    assert_ne!(clean, dirty, "the bits above the number did not matter");
}
