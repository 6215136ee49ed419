fn main() {
    let (mut narrow, mut wide) = ([0; 8], [0; 8]);
    sha2_asm::compress256(&mut narrow, &[[0; 64]]);
    sha2_asm::compress512(&mut wide, &[[0; 128]]);
    println!("{narrow:x?} {wide:x?}");
}
