use libflac_sys as _;

fn main() {}
