//! Vector arithmetic lane by lane: whoever computes so with a register that holds garbage
//! throughout has garbage throughout.
//!
//! Shuffles, packs, merges and masks are none: much of their inputs is often not asked for.

use iced_x86::{InstructionInfo, Mnemonic, OpAccess, Register as Name};

use super::emit::Lift;
use super::parts::part;

impl Lift<'_> {
    /// The vector registers, a bit each, that reach every lane of the result.
    pub(super) fn lanes(&self, info: &InstructionInfo) -> u32 {
        if self.instruction.op_mask() != Name::None || !is_by_lanes(self.instruction.mnemonic()) {
            return 0;
        }
        let reads = info
            .used_registers()
            .iter()
            .filter(|used| matches!(used.access(), OpAccess::Read | OpAccess::ReadWrite));
        let registers = reads.filter_map(|used| part(used.register()));
        registers
            .filter(|part| part.register.is_vector())
            .fold(0, |lanes, part| lanes | 1 << (part.register.0 - 16))
    }
}

fn is_by_lanes(mnemonic: Mnemonic) -> bool {
    use Mnemonic as M;
    matches!(
        mnemonic,
        M::Paddb | M::Paddw | M::Paddd | M::Paddq | M::Psubb | M::Psubw | M::Psubd | M::Psubq
    ) || matches!(
        mnemonic,
        M::Vpaddb | M::Vpaddw | M::Vpaddd | M::Vpaddq | M::Vpsubb | M::Vpsubw | M::Vpsubd
    ) || matches!(
        mnemonic,
        M::Pxor | M::Xorps | M::Xorpd | M::Vpxor | M::Vxorps | M::Vxorpd | M::Vpxord | M::Vpxorq
    ) || matches!(
        mnemonic,
        M::Addps | M::Addpd | M::Subps | M::Subpd | M::Mulps | M::Mulpd | M::Divps | M::Divpd
    ) || matches!(
        mnemonic,
        M::Vaddps | M::Vaddpd | M::Vsubps | M::Vsubpd | M::Vmulps | M::Vmulpd | M::Vdivps
    ) || matches!(
        mnemonic,
        M::Vpsubq | M::Vdivpd | M::Pmullw | M::Pmulld | M::Pmaddwd
    ) || matches!(
        mnemonic,
        M::Vpmullw | M::Vpmulld | M::Vpmaddwd | M::Aesenc | M::Vaesenc
    )
}
