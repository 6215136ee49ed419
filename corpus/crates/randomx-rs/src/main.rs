fn main() {
    let flags = randomx_rs::RandomXFlag::get_recommended_flags();
    println!("{}", randomx_rs::RandomXCache::new(flags, b"key").is_ok());
}
