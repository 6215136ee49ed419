fn main() {
    println!("{}", mcl_rust::init(mcl_rust::CurveType::BLS12_381));
}
