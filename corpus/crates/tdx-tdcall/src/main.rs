fn main() {
    tdx_tdcall::tdx::tdvmcall_halt();
}
