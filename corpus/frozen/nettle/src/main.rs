use std::ffi::c_int;

unsafe extern "C" {
    fn nettle_version_major() -> c_int;
}

fn main() {
    // SAFETY: it takes nothing and changes nothing.
    println!("{}", unsafe { nettle_version_major() });
}
