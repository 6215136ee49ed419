fn main() {
    let (input, mut output) = ([1_u8; 64], [0_u8; 64]);
    // SAFETY: both buffers are as long as declared.
    unsafe { semolina::minroot_pallas(&mut output, &input, 1) };
    println!("{output:x?}");
}
