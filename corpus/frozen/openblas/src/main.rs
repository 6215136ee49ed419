use std::ffi::{CStr, c_char};

unsafe extern "C" {
    fn openblas_get_config() -> *const c_char;
}

fn main() {
    // SAFETY: it takes nothing, and what it gives is a string.
    println!("{:?}", unsafe { CStr::from_ptr(openblas_get_config()) });
}
