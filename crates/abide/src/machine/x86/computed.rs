//! Which vector instructions the concrete evaluator computes, and of what.

use iced_x86::{EncodingKind, Mnemonic, OpKind, Register as Name};

use super::emit::Lift;
use super::parts::part;
use crate::machine::vectors::{Alone, Each, Function, Input, Shift, VectorOperation};
use crate::machine::{Condition, Effect, Operand, Temp};
use crate::registers::{Flags, Part, Register};

impl Lift<'_> {
    /// How the result of a vector instruction is computed, without regard to a mask that keeps
    /// elements; `loaded` is what it read of memory.
    pub(super) fn function(&mut self, loaded: Option<Temp>) -> Option<Function> {
        let i = self.instruction;
        if i.op_count() == 0 {
            return None;
        }
        if i.op0_register().is_k() {
            let loaded = self.broadcast(loaded);
            return self.comparison(loaded);
        }
        let (operation, element) = operation(i.mnemonic(), self.has_immediate())?;
        let loaded = self.broadcast(loaded);
        let inputs = match operation {
            VectorOperation::PermuteTwo => self.inputs_of_two_tables(loaded)?,
            _ => self.inputs(operation, loaded)?,
        };
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

    /// What an operation is computed of, in the order of the operands.
    fn inputs(&self, operation: VectorOperation, loaded: Option<Temp>) -> Option<[Input; 3]> {
        let i = self.instruction;
        let reads_target = match i.encoding() {
            EncodingKind::Legacy => !is_of_one(operation),
            _ => operation == VectorOperation::Ternary,
        };
        let first = u32::from(!reads_target);
        let end = i.op_count() - u32::from(self.has_immediate());
        let mut inputs = [Input::Nothing; 3];
        for (input, operand) in inputs.iter_mut().zip(first..end) {
            *input = self.vector_input(operand, loaded)?;
        }
        // What legacy forms blend by they do not spell out.
        if operation == VectorOperation::BlendBy && i.encoding() == EncodingKind::Legacy {
            inputs[2] = Input::Register(Part::low(Register::vector(0), 128));
        }
        if operation == VectorOperation::Select {
            inputs[2] = Input::Register(part(i.op_mask())?);
            if i.zeroing_masking() {
                inputs[0] = Input::Nothing;
            }
        }
        Some(inputs)
    }

    /// The tables of `vpermt2` are its first and third operand, those of `vpermi2` the second and
    /// third; the other one has the indices.
    fn inputs_of_two_tables(&self, loaded: Option<Temp>) -> Option<[Input; 3]> {
        use Mnemonic as M;
        let [first, second, third] = [
            self.vector_input(0, loaded)?,
            self.vector_input(1, loaded)?,
            self.vector_input(2, loaded)?,
        ];
        let keeps_index = matches!(
            self.instruction.mnemonic(),
            M::Vpermi2b | M::Vpermi2w | M::Vpermi2d | M::Vpermi2q | M::Vpermi2ps | M::Vpermi2pd
        );
        Some(match keeps_index {
            true => [second, third, first],
            false => [first, third, second],
        })
    }

    /// What was loaded, once for each element where the operand says so.
    fn broadcast(&mut self, loaded: Option<Temp>) -> Option<Temp> {
        let i = self.instruction;
        if !i.is_broadcast() {
            return loaded;
        }
        let registers = (0..i.op_count()).filter(|&operand| self.is_register(operand));
        let bytes = registers
            .map(|operand| i.op_register(operand).size())
            .max()?;
        let function = Function {
            operation: VectorOperation::Broadcast,
            element: (8 * i.memory_size().element_size()) as u8,
            inputs: [Input::Loaded(loaded?), Input::Nothing, Input::Nothing],
            immediate: None,
        };
        temp_of(self.open_of(8 * bytes as u16, true, 0, Some(function)))
    }

    /// A result, and what the target held where the mask says that it stays.
    pub(super) fn masked(&mut self, target: Part, result: Operand) -> Operand {
        let i = self.instruction;
        let is_blend = operation(i.mnemonic(), false)
            .is_some_and(|(operation, _)| operation == VectorOperation::Select);
        if i.op_mask() == Name::None || i.op0_register().is_k() || is_blend {
            return result;
        }
        let old = match i.zeroing_masking() {
            true => Input::Nothing,
            false => Input::Register(target),
        };
        let function = masked_element(i.mnemonic())
            .zip(part(i.op_mask()))
            .zip(temp_of(result))
            .map(|((element, mask), result)| Function {
                operation: VectorOperation::Select,
                element,
                inputs: [old, Input::Loaded(result), Input::Register(mask)],
                immediate: None,
            });
        self.open_of(target.bits, true, 0, function)
    }

    /// What a move stores where a mask lets elements of memory stay, which were loaded.
    pub(super) fn masked_store(&self, old: Option<Temp>) -> Option<Function> {
        let i = self.instruction;
        if i.op_mask() == Name::None || i.op0_kind() != OpKind::Memory {
            return None;
        }
        match operation(i.mnemonic(), false)? {
            (VectorOperation::Copy, element) => Some(Function {
                operation: VectorOperation::Select,
                element,
                inputs: [
                    Input::Loaded(old?),
                    self.vector_input(1, None)?,
                    Input::Register(part(i.op_mask())?),
                ],
                immediate: None,
            }),
            _ => None,
        }
    }

    /// What compares vectors into a mask.
    fn comparison(&self, loaded: Option<Temp>) -> Option<Function> {
        let i = self.instruction;
        let masked = i.op_mask() != Name::None;
        if let Some(element) = signs_to_mask(i.mnemonic()) {
            let source = i.op_register(1);
            return Some(Function {
                operation: VectorOperation::ToMask {
                    count: (8 * source.size() / usize::from(element)) as u8,
                },
                element,
                inputs: [
                    Input::Register(part(source)?),
                    Input::Nothing,
                    Input::Nothing,
                ],
                immediate: None,
            });
        }
        let (relation, element) = relation(i.mnemonic())?;
        let bits = 8 * i.op_register(1).size();
        let count = (bits / usize::from(element)) as u8;
        let operation = match relation {
            Relation::Common { any } => VectorOperation::HaveCommon { any, count, masked },
            Relation::Ordered { signed, .. } => VectorOperation::Compare {
                signed,
                count,
                masked,
            },
        };
        let immediate = match relation {
            Relation::Common { .. } => None,
            Relation::Ordered { fixed, .. } if fixed.is_some() => fixed,
            Relation::Ordered { .. } => Some(self.plain_immediate(3)? as u8),
        };
        let mask = match masked {
            true => Input::Register(part(i.op_mask())?),
            false => Input::Nothing,
        };
        let inputs = [
            self.vector_input(1, loaded)?,
            self.vector_input(2, loaded)?,
            mask,
        ];
        Some(Function {
            operation,
            element,
            inputs,
            immediate,
        })
    }

    /// What an operand puts in.
    fn vector_input(&self, operand: u32, loaded: Option<Temp>) -> Option<Input> {
        match self.instruction.op_kind(operand) {
            OpKind::Register => part(self.name(operand)).map(Input::Register),
            _ => loaded.map(Input::Loaded),
        }
    }

    /// `ptest`: ZF where no bit is set in both operands, CF where the second has none of its own.
    pub(super) fn vector_test(&mut self) -> bool {
        let mnemonic = self.instruction.mnemonic();
        if !matches!(mnemonic, Mnemonic::Ptest | Mnemonic::Vptest) {
            return false;
        }
        let mut loaded = None;
        for operand in 0..2 {
            if self.is_memory(operand) {
                let memory = self.memory();
                loaded = temp_of(self.load_from(memory));
            } else {
                let part = self.part(operand);
                self.read(part);
                self.push(Effect::Take { part });
            }
        }
        let inputs = [self.vector_input(0, loaded), self.vector_input(1, loaded)];
        let only_second = self.words(VectorOperation::OnlySecond, inputs);
        let common = self.words(VectorOperation::Common, inputs);
        self.zero(64, only_second);
        let has_none = self.test(Condition::Equal);
        self.flag_from(Flags::CF, has_none);
        self.zero(64, common);
        self.write_flags(Flags::OF | Flags::SF | Flags::AF | Flags::PF, Flags::NONE);
        true
    }

    /// What an operation gives of the words of two vectors.
    fn words(&mut self, operation: VectorOperation, inputs: [Option<Input>; 2]) -> Operand {
        let function = match inputs {
            [Some(a), Some(b)] => Some(Function {
                operation,
                element: 64,
                inputs: [a, b, Input::Nothing],
                immediate: None,
            }),
            _ => None,
        };
        self.open_of(64, true, 0, function)
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
            | V::MinimumPosition
            | V::Copy
            | V::FromMask
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
        M::Vmovdqu8 => (V::Copy, 8),
        M::Vmovdqu16 => (V::Copy, 16),
        M::Vmovdqu32 | M::Vmovdqa32 | M::Vmovups | M::Vmovaps => (V::Copy, 32),
        M::Vmovdqu64 | M::Vmovdqa64 | M::Vmovupd | M::Vmovapd => (V::Copy, 64),
        M::Vpblendmb => (V::Select, 8),
        M::Vpblendmw => (V::Select, 16),
        M::Vpblendmd | M::Vblendmps => (V::Select, 32),
        M::Vpblendmq | M::Vblendmpd => (V::Select, 64),
        M::Vpminsq => (V::Each(Each::MinimumSigned), 64),
        M::Vpmaxsq => (V::Each(Each::MaximumSigned), 64),
        M::Vpminuq => (V::Each(Each::MinimumUnsigned), 64),
        M::Vpmaxuq => (V::Each(Each::MaximumUnsigned), 64),
        M::Vpabsq => (V::Alone(Alone::Absolute), 64),
        M::Vpmullq => (V::Each(Each::MultiplyLow), 64),
        M::Vpsraq => (V::Shift(Shift::Arithmetic), 64),
        M::Vpsravq => (V::Each(Each::Shift(Shift::Arithmetic)), 64),
        M::Vpsllvw => (V::Each(Each::Shift(Shift::Left)), 16),
        M::Vpsrlvw => (V::Each(Each::Shift(Shift::Right)), 16),
        M::Vpsravw => (V::Each(Each::Shift(Shift::Arithmetic)), 16),
        M::Vprold => (V::Shift(Shift::RotateLeft), 32),
        M::Vprord => (V::Shift(Shift::RotateRight), 32),
        M::Vprolq => (V::Shift(Shift::RotateLeft), 64),
        M::Vprorq => (V::Shift(Shift::RotateRight), 64),
        M::Vprolvd => (V::Each(Each::Shift(Shift::RotateLeft)), 32),
        M::Vprorvd => (V::Each(Each::Shift(Shift::RotateRight)), 32),
        M::Vprolvq => (V::Each(Each::Shift(Shift::RotateLeft)), 64),
        M::Vprorvq => (V::Each(Each::Shift(Shift::RotateRight)), 64),
        M::Vshufi32x4 | M::Vshuff32x4 => (V::ShuffleParts, 32),
        M::Vshufi64x2 | M::Vshuff64x2 => (V::ShuffleParts, 64),
        M::Vpermi2b | M::Vpermt2b => (V::PermuteTwo, 8),
        M::Vpermi2w | M::Vpermt2w => (V::PermuteTwo, 16),
        M::Vpermi2d | M::Vpermt2d | M::Vpermi2ps | M::Vpermt2ps => (V::PermuteTwo, 32),
        M::Vpermi2q | M::Vpermt2q | M::Vpermi2pd | M::Vpermt2pd => (V::PermuteTwo, 64),
        M::Valignd => (V::AlignElements, 32),
        M::Valignq => (V::AlignElements, 64),
        M::Pclmulqdq | M::Vpclmulqdq => (V::MultiplyCarryless, 64),
        M::Vpmovm2b => (V::FromMask, 8),
        M::Vpmovm2w => (V::FromMask, 16),
        M::Vpmovm2d => (V::FromMask, 32),
        M::Vpmovm2q => (V::FromMask, 64),
        M::Phminposuw | M::Vphminposuw => (V::MinimumPosition, 16),
        M::Movsldup | M::Vmovsldup => (V::Alone(Alone::Duplicate { odd: false }), 32),
        M::Movshdup | M::Vmovshdup => (V::Alone(Alone::Duplicate { odd: true }), 32),
        M::Movddup | M::Vmovddup => (V::Alone(Alone::Duplicate { odd: false }), 64),
        M::Vpermq | M::Vpermpd if has_immediate => (V::PermuteFour, 64),
        M::Vpermq | M::Vpermpd => (V::PermuteBy, 64),
        _ => return None,
    })
}

/// The width of the elements, in bits, that a mask keeps; none where an instruction takes no mask.
fn masked_element(mnemonic: Mnemonic) -> Option<u8> {
    use Mnemonic as M;
    let by_bits = match mnemonic {
        M::Vpandd | M::Vpandnd | M::Vpord | M::Vpxord | M::Vpternlogd => Some(32),
        M::Vandps | M::Vandnps | M::Vorps | M::Vxorps | M::Vshufps => Some(32),
        M::Vbroadcasti32x4 | M::Vbroadcastf32x4 | M::Vshufi32x4 | M::Vshuff32x4 => Some(32),
        M::Vbroadcasti64x2 | M::Vbroadcastf64x2 => Some(64),
        _ => None,
    };
    by_bits.or_else(|| {
        let (operation, element) = operation(mnemonic, true)?;
        Some(match operation {
            // Their results have elements of another width than what they work on.
            VectorOperation::MultiplyAdd => 2 * element,
            VectorOperation::MultiplyAddBytes => 16,
            VectorOperation::Pack { .. } => element / 2,
            _ => element,
        })
    })
}

/// The width of the elements, in bits, whose signs an instruction collects in a mask.
const fn signs_to_mask(mnemonic: Mnemonic) -> Option<u8> {
    match mnemonic {
        Mnemonic::Vpmovb2m => Some(8),
        Mnemonic::Vpmovw2m => Some(16),
        Mnemonic::Vpmovd2m => Some(32),
        Mnemonic::Vpmovq2m => Some(64),
        _ => None,
    }
}

/// What a comparison into a mask asks of two elements.
#[derive(Clone, Copy)]
enum Relation {
    /// Whether they have a set bit in common, or none.
    Common { any: bool },
    /// How they are ordered: by the immediate, or as its number here says.
    Ordered { signed: bool, fixed: Option<u8> },
}

/// What an instruction asks, and of elements of how many bits.
const fn relation(mnemonic: Mnemonic) -> Option<(Relation, u8)> {
    use Mnemonic as M;
    const COMMON: Relation = Relation::Common { any: true };
    const NONE: Relation = Relation::Common { any: false };
    const fn ordered(signed: bool, fixed: Option<u8>) -> Relation {
        Relation::Ordered { signed, fixed }
    }
    const EQUAL: Relation = ordered(true, Some(0));
    const GREATER: Relation = ordered(true, Some(6));
    const SIGNED: Relation = ordered(true, None);
    const UNSIGNED: Relation = ordered(false, None);
    Some(match mnemonic {
        M::Vptestmb => (COMMON, 8),
        M::Vptestmw => (COMMON, 16),
        M::Vptestmd => (COMMON, 32),
        M::Vptestmq => (COMMON, 64),
        M::Vptestnmb => (NONE, 8),
        M::Vptestnmw => (NONE, 16),
        M::Vptestnmd => (NONE, 32),
        M::Vptestnmq => (NONE, 64),
        M::Vpcmpeqb => (EQUAL, 8),
        M::Vpcmpeqw => (EQUAL, 16),
        M::Vpcmpeqd => (EQUAL, 32),
        M::Vpcmpeqq => (EQUAL, 64),
        M::Vpcmpgtb => (GREATER, 8),
        M::Vpcmpgtw => (GREATER, 16),
        M::Vpcmpgtd => (GREATER, 32),
        M::Vpcmpgtq => (GREATER, 64),
        M::Vpcmpb => (SIGNED, 8),
        M::Vpcmpw => (SIGNED, 16),
        M::Vpcmpd => (SIGNED, 32),
        M::Vpcmpq => (SIGNED, 64),
        M::Vpcmpub => (UNSIGNED, 8),
        M::Vpcmpuw => (UNSIGNED, 16),
        M::Vpcmpud => (UNSIGNED, 32),
        M::Vpcmpuq => (UNSIGNED, 64),
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
