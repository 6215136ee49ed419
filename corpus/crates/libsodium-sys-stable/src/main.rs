fn main() {
    // SAFETY: takes nothing.
    println!("{}", unsafe { libsodium_sys::sodium_init() });
}
