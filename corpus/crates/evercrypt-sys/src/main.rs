use evercrypt_sys as _;

fn main() {}
