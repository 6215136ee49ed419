fn main() {
    let mut state = [0; 8];
    whirlpool_asm::compress(&mut state, &[[0; 64]]);
    println!("{state:x?}");
}
