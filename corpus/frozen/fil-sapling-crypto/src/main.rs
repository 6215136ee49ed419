use fil_sapling_crypto as _;

fn main() {}
