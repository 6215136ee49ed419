fn main() {
    let (key, _) = pqcrypto_ntru::ntruhps2048509::keypair();
    let _ = pqcrypto_ntru::ntruhps2048509::encapsulate(&key);
}
