fn main() {
    let (key, _) = pqcrypto_mlkem::mlkem768::keypair();
    let _ = pqcrypto_mlkem::mlkem768::encapsulate(&key);
}
