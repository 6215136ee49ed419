//! `asm_td_call` and `asm_td_vmcall` of tdx-tdcall 0.2.1 take a pointer, and leave early where it is
//! null. The one then returns by the `rbp` that it saved, since what it pushed last is still on the
//! stack; the other, which is declared to return a `u64`, with `rax` as it was.

use std::arch::asm;
use std::ffi::c_void;

use tdx_tdcall as _;

unsafe extern "win64" {
    fn asm_td_call(args: *mut c_void) -> u64;
    fn asm_td_vmcall(args: *mut c_void, do_sti: u64) -> u64;
}

/// Whether `asm_td_call`, handed null, goes on at the address in its caller's `rbp`.
fn returns_by_rbp() -> bool {
    let by_rbp: u64;
    // SAFETY: it is called as it is declared. Wherever it returns, each register that it may change
    // is an output or restored, and `rsp` is as it was.
    unsafe {
        asm!(
            "push rbx",
            "push rbp",
            "sub rsp, 40",
            "lea rbp, [rip + 2f]",
            "call {function}",
            "xor eax, eax",
            "jmp 3f",
            // Its return address was not popped.
            "2: mov eax, 1",
            "add rsp, 8",
            "3: add rsp, 40",
            "pop rbp",
            "pop rbx",
            function = sym asm_td_call,
            out("rax") by_rbp,
            inout("rcx") 0_u64 => _,
            out("rsi") _,
            out("rdi") _,
            out("r12") _,
            out("r13") _,
            out("r14") _,
            out("r15") _,
            clobber_abi("win64"),
        );
    }
    by_rbp == 1
}

/// What `asm_td_vmcall`, handed null, returns where `rax` was this.
fn returns_where_rax_was(rax: u64) -> u64 {
    let result;
    // SAFETY: it is called as it is declared, with home space.
    unsafe {
        asm!(
            "sub rsp, 32",
            "call {function}",
            "add rsp, 32",
            function = sym asm_td_vmcall,
            inout("rax") rax => result,
            inout("rcx") 0_u64 => _,
            inout("rdx") 0_u64 => _,
            clobber_abi("win64"),
        );
    }
    result
}

fn main() {
    let (one, other) = (returns_where_rax_was(1), returns_where_rax_was(2));
    println!("asm_td_vmcall(null): {one} where rax was 1, {other} where it was 2");
    assert_ne!(one, other, "it returns a result of its own");
    let by_rbp = returns_by_rbp();
    println!("asm_td_call(null): returns by rbp: {by_rbp}");
    assert!(by_rbp, "it returned to its caller");
}
