//! Results that nothing uses, as the inputs of instructions whose results the model leaves open.

use crate::machine::{Effect, Effects, Flow, Operand, Target, Temp};

/// Takes away what only computes a result that nothing uses.
pub(super) fn drop_unused(effects: &mut Effects) -> Used {
    let mut used = Used::default();
    used.note_flow(effects.flow);
    let mut unused: u64 = 0;
    for (index, effect) in effects.list.iter().enumerate().rev() {
        let is_unused = match effect {
            Effect::Read { into, .. }
            | Effect::Opaque { into, .. }
            | Effect::Address { into, .. } => !used.contains(*into),
            _ => false,
        };
        // No instruction but those that save all registers has more effects: what they read is used.
        match is_unused && index < 64 {
            true => unused |= 1 << index,
            false => used.note(effect),
        }
    }
    if unused != 0 {
        let mut index = 0;
        effects.list.retain(|_| {
            index += 1;
            index > 64 || unused >> (index - 1) & 1 == 0
        });
    }
    used
}

/// The temporaries that something reads.
#[derive(Default)]
pub(in crate::interpret) struct Used([u64; 4]);

impl Used {
    /// Those that effects read.
    pub(in crate::interpret) fn of(effects: &[Effect]) -> Self {
        let mut used = Self::default();
        for effect in effects {
            used.note(effect);
        }
        used
    }

    pub(in crate::interpret) const fn contains(&self, temp: Temp) -> bool {
        self.0[temp.0 as usize / 64] >> (temp.0 % 64) & 1 == 1
    }

    fn operand(&mut self, operand: Operand) {
        if let Operand::Temp(temp) = operand {
            self.0[usize::from(temp.0 / 64)] |= 1 << (temp.0 % 64);
        }
    }

    fn operands<const N: usize>(&mut self, operands: [Operand; N]) {
        for operand in operands {
            self.operand(operand);
        }
    }

    fn note(&mut self, effect: &Effect) {
        match *effect {
            Effect::Write { value, .. }
            | Effect::FlagFrom { value, .. }
            | Effect::LoadFlags { value, .. } => self.operand(value),
            Effect::Compute { inputs, .. } => self.operands(inputs),
            Effect::Load { address, .. } => self.operand(address),
            Effect::Store { address, value, .. } => self.operands([address, value]),
            Effect::SetFlags {
                inputs,
                result,
                unless_zero,
                ..
            } => {
                self.operands(inputs);
                self.operand(result);
                self.operand(unless_zero.unwrap_or(result));
            }
            Effect::Read { .. }
            | Effect::Address { .. }
            | Effect::Opaque { .. }
            | Effect::Take { .. }
            | Effect::WriteFlags { .. }
            | Effect::UndefineFlags { .. }
            | Effect::ReadFlags { .. }
            | Effect::Test { .. }
            | Effect::Block(_) => {}
        }
    }

    fn note_flow(&mut self, flow: Flow) {
        match flow {
            Flow::Jump(Target::Indirect(operand))
            | Flow::Call(Target::Indirect(operand))
            | Flow::Return(operand)
            | Flow::SetMode(operand)
            | Flow::Branch { taken: operand, .. } => self.operand(operand),
            Flow::Far { address, selector } => self.operands([address, selector]),
            _ => {}
        }
    }
}
