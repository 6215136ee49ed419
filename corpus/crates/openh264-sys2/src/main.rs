use openh264_sys2::{API as _, DynamicAPI};

fn main() {
    let mut decoder = std::ptr::null_mut();
    // SAFETY: the pointer is to a local, into which the library writes.
    let status = unsafe { DynamicAPI::from_source().WelsCreateDecoder(&mut decoder) };
    println!("{status}");
}
