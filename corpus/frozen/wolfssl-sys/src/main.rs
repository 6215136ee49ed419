fn main() {
    println!("{}", unsafe { wolfssl_sys::wolfSSL_Init() });
}
