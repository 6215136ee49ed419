use std::ffi::c_uint;

unsafe extern "C" {
    fn imb_get_version() -> c_uint;
}

fn main() {
    // SAFETY: it takes nothing and changes nothing.
    println!("{:x}", unsafe { imb_get_version() });
}
