//! Which vector instructions the concrete evaluator computes, and of what.

use iced_x86::{EncodingKind, Mnemonic, OpKind, Register as Name};

use super::emit::Lift;
use super::parts::part;
use crate::machine::vectors::{Alone, Each, Function, Input, Shift, VectorOperation};
use crate::machine::{Operand, Temp};
use crate::registers::{Part, Register};

impl Lift<'_> {
    /// How the result of a vector instruction is computed; `loaded` is what it read of memory.
    pub(super) fn function(&self, loaded: Option<Temp>) -> Option<Function> {
        let i = self.instruction;
        let is_masked = i.op_mask() != Name::None || self.name(0).is_k();
        if is_masked || i.is_broadcast() || i.op_count() == 0 {
            return None;
        }
        let (operation, element) = operation(i.mnemonic(), self.has_immediate())?;
        let reads_target = match i.encoding() {
            EncodingKind::Legacy => !is_of_one(operation),
            _ => operation == VectorOperation::Ternary,
        };
        let first = u32::from(!reads_target);
        let end = i.op_count() - u32::from(self.has_immediate());
        let mut inputs = [Input::Nothing; 3];
        for (input, operand) in inputs.iter_mut().zip(first..end) {
            *input = match i.op_kind(operand) {
                OpKind::Register => Input::Register(part(self.name(operand))?),
                _ => Input::Loaded(loaded?),
            };
        }
        // What legacy forms blend by they do not spell out.
        if operation == VectorOperation::BlendBy && i.encoding() == EncodingKind::Legacy {
            inputs[2] = Input::Register(Part::low(Register::vector(0), 128));
        }
        let immediate = match self.has_immediate() {
            true => Some(self.plain_immediate(i.op_count() - 1)? as u8),
            false => None,
        };
        Some(Function {
            operation,
            element,
            inputs,
            immediate,
        })
    }

    fn has_immediate(&self) -> bool {
        let last = self.instruction.op_count() - 1;
        self.instruction.op_kind(last) == OpKind::Immediate8
    }
}

/// The number of a temporary.
pub(super) const fn temp_of(operand: Operand) -> Option<Temp> {
    match operand {
        Operand::Temp(temp) => Some(temp),
        Operand::Constant(_) => None,
    }
}

/// Whether it takes one vector, so that forms of two operands do not read their target.
const fn is_of_one(operation: VectorOperation) -> bool {
    use VectorOperation as V;
    matches!(
        operation,
        V::Alone(_)
            | V::Shuffle
            | V::ShuffleHalf { .. }
            | V::Extend { .. }
            | V::Broadcast
            | V::PermuteFour
            | V::Signs
    )
}

/// What an instruction does, and to elements of how many bits.
fn operation(mnemonic: Mnemonic, has_immediate: bool) -> Option<(VectorOperation, u8)> {
    use Mnemonic as M;
    use VectorOperation as V;
    Some(match mnemonic {
        M::Paddb | M::Vpaddb => (V::Each(Each::Add), 8),
        M::Psubb | M::Vpsubb => (V::Each(Each::Subtract), 8),
        M::Pcmpeqb | M::Vpcmpeqb => (V::Each(Each::Equal), 8),
        M::Pcmpgtb | M::Vpcmpgtb => (V::Each(Each::Greater), 8),
        M::Paddw | M::Vpaddw => (V::Each(Each::Add), 16),
        M::Psubw | M::Vpsubw => (V::Each(Each::Subtract), 16),
        M::Pcmpeqw | M::Vpcmpeqw => (V::Each(Each::Equal), 16),
        M::Pcmpgtw | M::Vpcmpgtw => (V::Each(Each::Greater), 16),
        M::Paddd | M::Vpaddd => (V::Each(Each::Add), 32),
        M::Psubd | M::Vpsubd => (V::Each(Each::Subtract), 32),
        M::Pcmpeqd | M::Vpcmpeqd => (V::Each(Each::Equal), 32),
        M::Pcmpgtd | M::Vpcmpgtd => (V::Each(Each::Greater), 32),
        M::Paddq | M::Vpaddq => (V::Each(Each::Add), 64),
        M::Psubq | M::Vpsubq => (V::Each(Each::Subtract), 64),
        M::Pcmpeqq | M::Vpcmpeqq => (V::Each(Each::Equal), 64),
        M::Pcmpgtq | M::Vpcmpgtq => (V::Each(Each::Greater), 64),
        M::Paddsb | M::Vpaddsb => (V::Each(Each::AddSigned), 8),
        M::Paddusb | M::Vpaddusb => (V::Each(Each::AddUnsigned), 8),
        M::Psubsb | M::Vpsubsb => (V::Each(Each::SubtractSigned), 8),
        M::Psubusb | M::Vpsubusb => (V::Each(Each::SubtractUnsigned), 8),
        M::Pavgb | M::Vpavgb => (V::Each(Each::Average), 8),
        M::Paddsw | M::Vpaddsw => (V::Each(Each::AddSigned), 16),
        M::Paddusw | M::Vpaddusw => (V::Each(Each::AddUnsigned), 16),
        M::Psubsw | M::Vpsubsw => (V::Each(Each::SubtractSigned), 16),
        M::Psubusw | M::Vpsubusw => (V::Each(Each::SubtractUnsigned), 16),
        M::Pavgw | M::Vpavgw => (V::Each(Each::Average), 16),
        M::Pminsb | M::Vpminsb => (V::Each(Each::MinimumSigned), 8),
        M::Pmaxsb | M::Vpmaxsb => (V::Each(Each::MaximumSigned), 8),
        M::Pminub | M::Vpminub => (V::Each(Each::MinimumUnsigned), 8),
        M::Pmaxub | M::Vpmaxub => (V::Each(Each::MaximumUnsigned), 8),
        M::Psignb | M::Vpsignb => (V::Each(Each::Sign), 8),
        M::Pabsb | M::Vpabsb => (V::Alone(Alone::Absolute), 8),
        M::Pminsw | M::Vpminsw => (V::Each(Each::MinimumSigned), 16),
        M::Pmaxsw | M::Vpmaxsw => (V::Each(Each::MaximumSigned), 16),
        M::Pminuw | M::Vpminuw => (V::Each(Each::MinimumUnsigned), 16),
        M::Pmaxuw | M::Vpmaxuw => (V::Each(Each::MaximumUnsigned), 16),
        M::Psignw | M::Vpsignw => (V::Each(Each::Sign), 16),
        M::Pabsw | M::Vpabsw => (V::Alone(Alone::Absolute), 16),
        M::Pminsd | M::Vpminsd => (V::Each(Each::MinimumSigned), 32),
        M::Pmaxsd | M::Vpmaxsd => (V::Each(Each::MaximumSigned), 32),
        M::Pminud | M::Vpminud => (V::Each(Each::MinimumUnsigned), 32),
        M::Pmaxud | M::Vpmaxud => (V::Each(Each::MaximumUnsigned), 32),
        M::Psignd | M::Vpsignd => (V::Each(Each::Sign), 32),
        M::Pabsd | M::Vpabsd => (V::Alone(Alone::Absolute), 32),
        M::Pmullw | M::Vpmullw => (V::Each(Each::MultiplyLow), 16),
        M::Pmulld | M::Vpmulld => (V::Each(Each::MultiplyLow), 32),
        M::Pmulhuw | M::Vpmulhuw => (V::Each(Each::MultiplyHigh), 16),
        M::Pmulhw | M::Vpmulhw => (V::Each(Each::MultiplyHighSigned), 16),
        M::Pmulhrsw | M::Vpmulhrsw => (V::Each(Each::MultiplyRounded), 16),
        M::Pand
        | M::Vpand
        | M::Andps
        | M::Andpd
        | M::Vandps
        | M::Vandpd
        | M::Vpandd
        | M::Vpandq => (V::Each(Each::And), 64),
        M::Pandn
        | M::Vpandn
        | M::Andnps
        | M::Andnpd
        | M::Vandnps
        | M::Vandnpd
        | M::Vpandnd
        | M::Vpandnq => (V::Each(Each::AndNot), 64),
        M::Por | M::Vpor | M::Orps | M::Orpd | M::Vorps | M::Vorpd | M::Vpord | M::Vporq => {
            (V::Each(Each::Or), 64)
        }
        M::Pxor
        | M::Vpxor
        | M::Xorps
        | M::Xorpd
        | M::Vxorps
        | M::Vxorpd
        | M::Vpxord
        | M::Vpxorq => (V::Each(Each::Xor), 64),
        M::Psllw | M::Vpsllw => (V::Shift(Shift::Left), 16),
        M::Psrlw | M::Vpsrlw => (V::Shift(Shift::Right), 16),
        M::Pslld | M::Vpslld => (V::Shift(Shift::Left), 32),
        M::Psrld | M::Vpsrld => (V::Shift(Shift::Right), 32),
        M::Psllq | M::Vpsllq => (V::Shift(Shift::Left), 64),
        M::Psrlq | M::Vpsrlq => (V::Shift(Shift::Right), 64),
        M::Psraw | M::Vpsraw => (V::Shift(Shift::Arithmetic), 16),
        M::Psrad | M::Vpsrad => (V::Shift(Shift::Arithmetic), 32),
        M::Vpsllvd => (V::Each(Each::Shift(Shift::Left)), 32),
        M::Vpsrlvd => (V::Each(Each::Shift(Shift::Right)), 32),
        M::Vpsllvq => (V::Each(Each::Shift(Shift::Left)), 64),
        M::Vpsrlvq => (V::Each(Each::Shift(Shift::Right)), 64),
        M::Vpsravd => (V::Each(Each::Shift(Shift::Arithmetic)), 32),
        M::Pslldq | M::Vpslldq => (V::ShiftBytes { left: true }, 8),
        M::Psrldq | M::Vpsrldq => (V::ShiftBytes { left: false }, 8),
        M::Palignr | M::Vpalignr => (V::AlignRight, 8),
        M::Pmaddwd | M::Vpmaddwd => (V::MultiplyAdd, 16),
        M::Pmaddubsw | M::Vpmaddubsw => (V::MultiplyAddBytes, 8),
        M::Psadbw | M::Vpsadbw => (V::SumDifferences, 8),
        M::Pmuludq | M::Vpmuludq => (V::MultiplyEven { signed: false }, 64),
        M::Pmuldq | M::Vpmuldq => (V::MultiplyEven { signed: true }, 64),
        M::Packsswb | M::Vpacksswb => (V::Pack { signed: true }, 16),
        M::Packssdw | M::Vpackssdw => (V::Pack { signed: true }, 32),
        M::Packuswb | M::Vpackuswb => (V::Pack { signed: false }, 16),
        M::Packusdw | M::Vpackusdw => (V::Pack { signed: false }, 32),
        M::Punpcklbw | M::Vpunpcklbw => (V::Unpack { high: false }, 8),
        M::Punpckhbw | M::Vpunpckhbw => (V::Unpack { high: true }, 8),
        M::Punpcklwd | M::Vpunpcklwd => (V::Unpack { high: false }, 16),
        M::Punpckhwd | M::Vpunpckhwd => (V::Unpack { high: true }, 16),
        M::Punpckldq | M::Vpunpckldq | M::Unpcklps | M::Vunpcklps => {
            (V::Unpack { high: false }, 32)
        }
        M::Punpckhdq | M::Vpunpckhdq | M::Unpckhps | M::Vunpckhps => (V::Unpack { high: true }, 32),
        M::Punpckhqdq | M::Vpunpckhqdq | M::Unpckhpd | M::Vunpckhpd => {
            (V::Unpack { high: true }, 64)
        }
        M::Vpunpcklqdq | M::Unpcklpd | M::Vunpcklpd => (V::Unpack { high: false }, 64),
        M::Pshufb | M::Vpshufb => (V::ShuffleBytes, 8),
        M::Pshufd | M::Vpshufd => (V::Shuffle, 32),
        M::Pshufw => (V::Shuffle, 16),
        M::Pshuflw | M::Vpshuflw => (V::ShuffleHalf { high: false }, 16),
        M::Pshufhw | M::Vpshufhw => (V::ShuffleHalf { high: true }, 16),
        M::Shufps | M::Vshufps => (V::ShuffleTwo, 32),
        M::Shufpd | M::Vshufpd => (V::ShuffleTwo, 64),
        M::Phaddw | M::Vphaddw => horizontal(Each::Add, 16),
        M::Phaddd | M::Vphaddd => horizontal(Each::Add, 32),
        M::Phaddsw | M::Vphaddsw => horizontal(Each::AddSigned, 16),
        M::Phsubw | M::Vphsubw => horizontal(Each::Subtract, 16),
        M::Phsubd | M::Vphsubd => horizontal(Each::Subtract, 32),
        M::Phsubsw | M::Vphsubsw => horizontal(Each::SubtractSigned, 16),
        M::Pmovzxbw | M::Vpmovzxbw => zero_extended(8, 16),
        M::Pmovzxbd | M::Vpmovzxbd => zero_extended(8, 32),
        M::Pmovzxbq | M::Vpmovzxbq => zero_extended(8, 64),
        M::Pmovzxwd | M::Vpmovzxwd => zero_extended(16, 32),
        M::Pmovzxwq | M::Vpmovzxwq => zero_extended(16, 64),
        M::Pmovzxdq | M::Vpmovzxdq => zero_extended(32, 64),
        M::Pmovsxbw | M::Vpmovsxbw => sign_extended(8, 16),
        M::Pmovsxbd | M::Vpmovsxbd => sign_extended(8, 32),
        M::Pmovsxbq | M::Vpmovsxbq => sign_extended(8, 64),
        M::Pmovsxwd | M::Vpmovsxwd => sign_extended(16, 32),
        M::Pmovsxwq | M::Vpmovsxwq => sign_extended(16, 64),
        M::Pmovsxdq | M::Vpmovsxdq => sign_extended(32, 64),
        M::Vpbroadcastb => (V::Broadcast, 8),
        M::Vpbroadcastw => (V::Broadcast, 16),
        M::Vpbroadcastd | M::Vbroadcastss => (V::Broadcast, 32),
        M::Vpbroadcastq | M::Vbroadcastsd => (V::Broadcast, 64),
        M::Vbroadcasti128
        | M::Vbroadcastf128
        | M::Vbroadcasti32x4
        | M::Vbroadcastf32x4
        | M::Vbroadcasti64x2
        | M::Vbroadcastf64x2 => (V::Broadcast, 128),
        M::Vperm2i128 | M::Vperm2f128 => (V::Permute128, 64),
        M::Vpermd | M::Vpermps => (V::PermuteBy, 32),
        M::Vpermb => (V::PermuteBy, 8),
        M::Vpermw => (V::PermuteBy, 16),
        M::Vpternlogd | M::Vpternlogq => (V::Ternary, 64),
        M::Pblendw | M::Vpblendw => (V::Blend, 16),
        M::Vpblendd | M::Blendps | M::Vblendps => (V::Blend, 32),
        M::Blendpd | M::Vblendpd => (V::Blend, 64),
        M::Pblendvb | M::Vpblendvb => (V::BlendBy, 8),
        M::Blendvps | M::Vblendvps => (V::BlendBy, 32),
        M::Blendvpd | M::Vblendvpd => (V::BlendBy, 64),
        M::Pmovmskb | M::Vpmovmskb => (V::Signs, 8),
        M::Movmskps | M::Vmovmskps => (V::Signs, 32),
        M::Movmskpd | M::Vmovmskpd => (V::Signs, 64),
        M::Movsldup | M::Vmovsldup => (V::Alone(Alone::Duplicate { odd: false }), 32),
        M::Movshdup | M::Vmovshdup => (V::Alone(Alone::Duplicate { odd: true }), 32),
        M::Movddup | M::Vmovddup => (V::Alone(Alone::Duplicate { odd: false }), 64),
        M::Vpermq | M::Vpermpd if has_immediate => (V::PermuteFour, 64),
        M::Vpermq | M::Vpermpd => (V::PermuteBy, 64),
        _ => return None,
    })
}

const fn zero_extended(from: u8, to: u8) -> (VectorOperation, u8) {
    let signed = false;
    (VectorOperation::Extend { from, signed }, to)
}

const fn sign_extended(from: u8, to: u8) -> (VectorOperation, u8) {
    let signed = true;
    (VectorOperation::Extend { from, signed }, to)
}

const fn horizontal(each: Each, bits: u8) -> (VectorOperation, u8) {
    (VectorOperation::Horizontal { each }, bits)
}
