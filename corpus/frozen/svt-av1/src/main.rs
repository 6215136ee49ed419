use std::ffi::{CStr, c_char};

unsafe extern "C" {
    fn svt_av1_get_version() -> *const c_char;
}

fn main() {
    // SAFETY: it takes nothing, and what it gives is a constant.
    println!("{:?}", unsafe { CStr::from_ptr(svt_av1_get_version()) });
}
