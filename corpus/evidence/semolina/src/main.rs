//! `pasta_cneg` of semolina 0.1.5 is declared with a `flag: bool`, and tests all 64 bits of `rdx`.
//! It is called here twice with `false`, as any caller may: once with zeros above the low 32 bits
//! of `rdx`, once with something else. The two results ought to be the same.

use std::arch::asm;

use semolina as _;

type Number = [u64; 4];

unsafe extern "C" {
    fn pasta_cneg(ret: *mut Number, a: *const Number, flag: bool, modulus: *const Number);
}

/// The modulus of Pallas.
const MODULUS: Number = [0x992d_30ed_0000_0001, 0x2246_98fc_094c_f91b, 0, 0x4000_0000_0000_0000];

/// `a`, negated if the function takes what is in `rdx` for `true`.
fn negated_by(rdx: u64, a: &Number) -> Number {
    let mut result = [0; 4];
    // SAFETY: the arguments are as declared, the low byte of `rdx` is 0 or 1, and the convention
    // leaves what is above to the caller.
    unsafe {
        asm!(
            "call {function}",
            function = sym pasta_cneg,
            in("rdi") &raw mut result,
            in("rsi") a,
            in("rdx") rdx,
            in("rcx") &MODULUS,
            clobber_abi("C"),
        );
    }
    result
}

fn main() {
    let a = [1, 2, 3, 4];
    let clean = negated_by(0, &a);
    let dirty = negated_by(1 << 32, &a);
    println!("false, zeros above:     {clean:x?}");
    println!("false, bit 32 is set:   {dirty:x?}");
    println!("true:                   {:x?}", negated_by(1, &a));
    assert_ne!(clean, dirty, "the bits above the flag did not matter");
}
