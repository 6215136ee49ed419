fn main() {
    let (key, _) = pqcrypto_classicmceliece::mceliece348864::keypair();
    let _ = pqcrypto_classicmceliece::mceliece348864::encapsulate(&key);
}
