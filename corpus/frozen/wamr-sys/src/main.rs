fn main() {
    println!("{}", unsafe { wamr_sys::wasm_runtime_init() });
}
