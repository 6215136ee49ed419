; check: --config c.toml b.o a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f
global g
section .text
; abide: allow(untyped_symbol) — a shared object names them
f:
    ret
g:
    ret
;;; b.rs
unsafe extern "C" {
    fn f();
    fn g();
}
pub unsafe fn call() {
    unsafe { f() };
    unsafe { g() };
}
;;; c.toml
[[allow]]
rule = "untyped_symbol"
symbols = ["g"]
reason = "as f"
[[allow]]
rule = "clobbered_register"
symbols = ["f"]
reason = "contracts are not judged here, so that nothing is known of its need"
