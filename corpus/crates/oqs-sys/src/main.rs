fn main() {
    println!("{:p}", unsafe { oqs_sys::kem::OQS_KEM_ml_kem_768_new() });
}
