fn main() {
    let mut state = [0; 4];
    md5_asm::compress(&mut state, &[[0; 64]]);
    println!("{state:x?}");
}
