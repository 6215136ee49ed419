use std::ffi::{CStr, c_char};

unsafe extern "C" {
    fn gcry_check_version(wanted: *const c_char) -> *const c_char;
}

fn main() {
    // SAFETY: without a wish it says what it is, in a string that stays.
    let version = unsafe { CStr::from_ptr(gcry_check_version(std::ptr::null())) };
    println!("{version:?}");
}
