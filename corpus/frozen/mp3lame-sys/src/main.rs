fn main() {
    println!("{}", unsafe { mp3lame_sys::lame_init().is_null() });
}
