fn main() {
    let _ = x264_dev::sys::x264_encoder_close as *const ();
}
