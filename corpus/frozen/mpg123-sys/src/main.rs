fn main() {
    println!("{}", unsafe { mpg123_sys::mpg123_init() });
}
