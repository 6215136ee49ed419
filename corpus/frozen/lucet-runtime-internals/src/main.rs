use lucet_runtime_internals as _;

fn main() {}
