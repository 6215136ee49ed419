use zstd_sys::{ZSTD_decompress, ZSTD_versionNumber};

fn main() {
    let (mut out, frame) = ([0_u8; 16], [0_u8; 16]);
    // SAFETY: both buffers are as long as said.
    let (size, version) = unsafe {
        let size = ZSTD_decompress(out.as_mut_ptr().cast(), 16, frame.as_ptr().cast(), 16);
        (size, ZSTD_versionNumber())
    };
    println!("{size} {version}");
}
