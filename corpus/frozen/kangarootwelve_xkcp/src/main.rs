fn main() {
    println!("{:?}", kangarootwelve_xkcp::hash(b""));
}
