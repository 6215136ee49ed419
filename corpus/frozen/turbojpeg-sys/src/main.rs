fn main() {
    let _ = unsafe { turbojpeg_sys::tjInitDecompress() };
}
