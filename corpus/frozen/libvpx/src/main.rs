use std::ffi::c_int;

unsafe extern "C" {
    fn vpx_codec_version() -> c_int;
}

fn main() {
    // SAFETY: it takes nothing and changes nothing.
    println!("{:x}", unsafe { vpx_codec_version() });
}
