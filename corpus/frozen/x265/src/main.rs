use std::ffi::c_int;

unsafe extern "C" {
    static x265_max_bit_depth: c_int;
}

fn main() {
    // SAFETY: it is never written.
    println!("{}", unsafe { x265_max_bit_depth });
}
