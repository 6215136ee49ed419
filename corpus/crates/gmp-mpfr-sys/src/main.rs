use gmp_mpfr_sys::gmp;
use std::mem::MaybeUninit;

fn main() {
    let mut number = MaybeUninit::uninit();
    // SAFETY: the number is initialised before it is used, and cleared after.
    unsafe {
        gmp::mpz_init_set_ui(number.as_mut_ptr(), 42);
        println!("{}", gmp::mpz_get_ui(number.as_ptr()));
        gmp::mpz_clear(number.as_mut_ptr());
    }
}
