fn main() {
    println!("{}", unsafe { liblzma_sys::lzma_version_number() });
}
