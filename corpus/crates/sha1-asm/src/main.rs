fn main() {
    let mut state = [0; 5];
    sha1_asm::compress(&mut state, &[[0; 64]]);
    println!("{state:x?}");
}
