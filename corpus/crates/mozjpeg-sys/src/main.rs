use mozjpeg_sys::{JPEG_LIB_VERSION, jpeg_destroy_decompress};
use mozjpeg_sys::{jpeg_CreateDecompress, jpeg_decompress_struct, jpeg_error_mgr, jpeg_std_error};

fn main() {
    // SAFETY: zero is a valid value of both C structures, and the library fills them in.
    unsafe {
        let mut errors: jpeg_error_mgr = std::mem::zeroed();
        let mut decoder: jpeg_decompress_struct = std::mem::zeroed();
        decoder.common.err = jpeg_std_error(&mut errors);
        jpeg_CreateDecompress(&mut decoder, JPEG_LIB_VERSION, size_of_val(&decoder));
        jpeg_destroy_decompress(&mut decoder);
    }
}
