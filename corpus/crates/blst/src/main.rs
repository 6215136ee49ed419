use blst::min_pk::SecretKey;

fn main() {
    let key = SecretKey::key_gen(&[7; 32], &[]).expect("32 bytes are enough");
    println!("{:?}", key.sign(b"abide", b"", &[]).to_bytes());
}
