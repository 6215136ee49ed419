; check: --entry main --source main.rs main.o
;;; main.rs
#![no_std]

unsafe extern "C" {
    fn enable_paging(table: u64);
}

#[unsafe(no_mangle)]
pub extern "C" fn main() {
    unsafe { enable_paging(0x1000) }
    unsafe { enable_paging(0x2000) }
}
