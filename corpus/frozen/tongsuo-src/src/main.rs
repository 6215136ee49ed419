unsafe extern "C" {
    fn OpenSSL_version_num() -> std::ffi::c_ulong;
}

fn main() {
    println!("{:x}", unsafe { OpenSSL_version_num() });
}
