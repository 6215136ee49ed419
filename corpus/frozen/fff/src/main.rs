fn main() {
    let mut product = [1, 2, 3, 4];
    fff::mod_mul_4w_assign(&mut product, &[5, 6, 7, 8]);
    println!("{product:?}");
}
