fn main() {
    let gemm = private_gemm_x86::gemm as *const ();
    println!("{gemm:p}");
}
