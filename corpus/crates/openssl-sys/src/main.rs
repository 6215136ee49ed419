fn main() {
    openssl_sys::init();
    // SAFETY: takes nothing.
    println!("{:x}", unsafe { openssl_sys::OpenSSL_version_num() });
}
