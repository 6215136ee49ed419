fn main() {
    let mut digest = [0_u8; 32];
    // SAFETY: the message is five bytes, the digest as long as SHA-256 has it.
    unsafe { boring_sys::SHA256(b"abide".as_ptr(), 5, digest.as_mut_ptr()) };
    println!("{digest:x?}");
}
