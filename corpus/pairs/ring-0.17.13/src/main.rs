use ring::{digest, rand, signature};

fn main() {
    let digest = digest::digest(&digest::SHA256, b"abide");
    let key = signature::Ed25519KeyPair::generate_pkcs8(&rand::SystemRandom::new());
    println!("{digest:?} {}", key.is_ok());
}
