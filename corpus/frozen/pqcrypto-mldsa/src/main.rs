fn main() {
    let (_, key) = pqcrypto_mldsa::mldsa44::keypair();
    let _ = pqcrypto_mldsa::mldsa44::detached_sign(b"message", &key);
}
