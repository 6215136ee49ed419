//! Helpers of compilers for 32-bit code, which keep to no convention.

use super::Contract;
use crate::conventions::{CDECL, CDECL_ON_WORDS};
use crate::registers::Register;

/// The contract of a helper that is called by this name.
#[must_use]
pub fn helper_of_32_bits(name: &str) -> Option<Contract> {
    if is_stack_probe(name) {
        // It moves SP by as many bytes as `eax` says.
        return Some(Contract {
            pops: None,
            ..Contract::of(&CDECL_ON_WORDS)
        });
    }
    let register = register_of_thunk(name)?;
    let mut thunk = Contract::of(&CDECL);
    thunk.results.insert(register);
    thunk.preserved.remove(register);
    Some(thunk)
}

/// Microsoft's `__chkstk` and its relatives "adjust the stack pointer" on 32-bit x86 (LLVM,
/// `X86FrameLowering.cpp`).
fn is_stack_probe(name: &str) -> bool {
    matches!(
        name,
        "__chkstk" | "___chkstk" | "__alloca" | "__alloca_probe" | "__alloca_probe_16"
    )
}

/// GCC's `__x86.get_pc_thunk.bx` puts its return address into `ebx` (`config/i386/i386.cc`,
/// `get_pc_thunk_name`).
fn register_of_thunk(name: &str) -> Option<Register> {
    let (_, register) = name.split_once(".get_pc_thunk.")?;
    Register::named(&format!("r{register}"))
}

#[cfg(test)]
mod tests {
    use super::helper_of_32_bits;
    use crate::registers::Register;

    #[test]
    fn a_thunk_changes_the_register_that_it_is_named_after() {
        let thunk = helper_of_32_bits("__x86.get_pc_thunk.bx").unwrap();
        assert!(thunk.clobbers(Register::RBX));
        assert!(!thunk.clobbers(Register::RSI));
        assert_eq!(helper_of_32_bits("get_pc"), None);
        assert_eq!(helper_of_32_bits("__chkstk").unwrap().pops, None);
    }
}
