fn main() {
    println!("{}", unsafe { wavpack_sys::WavpackGetLibraryVersion() });
}
