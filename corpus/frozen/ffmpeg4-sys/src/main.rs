fn main() {
    println!("{}", unsafe { ffmpeg4_sys::avcodec_version() });
}
