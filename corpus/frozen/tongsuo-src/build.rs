//! What `openssl-sys` does with `openssl-src`: the crate's own way to build the library.

fn main() {
    tongsuo_src::Build::new().build().print_cargo_metadata();
}
