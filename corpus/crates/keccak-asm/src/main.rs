use keccak_asm::Keccak256;

fn main() {
    println!("{:x?}", Keccak256::digest(b"abide"));
}
