fn main() {
    println!("{}", unsafe { libaom_sys::aom_codec_version() });
}
