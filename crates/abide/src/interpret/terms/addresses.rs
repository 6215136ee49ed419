//! Which values are addresses: of the frame, of the image, of what the caller gave.

use super::{Base, BaseId, Function, Terms, Value};
use crate::inputs::Place;
use crate::interpret::known::Known;
use crate::machine::Operation;
use crate::machine::arithmetic::greatest_divisor;
use crate::registers::Register;

impl Terms {
    /// Whether an address lies in what the caller left on the stack, above the return address.
    #[must_use]
    pub fn is_callers(&self, address: Value) -> bool {
        address.term == Value::FRAME.term && address.offset >= self.word()
    }

    /// Whether an address of the frame is in a value.
    #[must_use]
    pub fn has_frame(&self, value: Value) -> bool {
        let (coefficient, touched) = self.frame_part(value);
        value != Value::ANYTHING && (coefficient != 0 || touched)
    }

    /// The place, if the value is an address in a section.
    #[must_use]
    pub fn as_place(&self, value: Value) -> Option<Place> {
        match self.parts(value.term) {
            &[(id, 1)] => match &self.bases[id.0 as usize].base {
                &Base::Section(section) => Some(Place {
                    section,
                    offset: value.offset,
                }),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a base is an address: what is counted from it stays near it.
    fn is_address(base: Base) -> bool {
        matches!(
            base,
            Base::Frame
                | Base::ReturnAddress
                | Base::Section(_)
                | Base::External(_)
                | Base::Got
                | Base::GotEntry(_)
        )
    }

    /// The base that a value counts from, if it is the sum of one address and distances.
    pub(in crate::interpret) fn address_in(&self, value: Value) -> Option<BaseId> {
        let parts = self.parts(value.term).iter();
        let mut addresses = parts.filter(|&&(id, _)| Self::is_address(self.get(id)));
        let &(id, factor) = addresses.next()?;
        (factor == 1 && addresses.next().is_none()).then_some(id)
    }

    /// The value of a place.
    pub fn place(&mut self, place: Place) -> Value {
        self.base(Base::Section(place.section)).plus(place.offset)
    }

    /// The address of a place whose section the linker puts at a multiple of `align`.
    pub fn place_aligned(&mut self, place: Place, align: u64) -> Value {
        let value = self.place(place);
        if let Some(base) = self.sole_base(value) {
            let log2 = align.max(1).trailing_zeros().min(63) as u8;
            self.bases[base.0 as usize].known = Known::congruent(log2, 0);
        }
        value
    }

    /// The argument that an address counts from, where it points to something of a known layout.
    #[must_use]
    pub(in crate::interpret) fn pointer_of(&self, address: Value) -> Option<Register> {
        if !self.data(address).is_pointer {
            return None;
        }
        match self.get(self.sole_base(address)?) {
            Base::Entry(register) => Some(register),
            _ => None,
        }
    }

    /// The argument that an address counts from by an index, and from how many bytes of one element to
    /// the same of the next that leads at least: all that it adds are multiples of them.
    #[must_use]
    pub(in crate::interpret) fn indexed_pointer_of(
        &self,
        address: Value,
    ) -> Option<(Register, u64)> {
        if !self.data(address).is_pointer {
            return None;
        }
        let (mut pointers, mut stride) = (Vec::new(), 0);
        for &(base, factor) in self.parts(address.term) {
            match self.get(base) {
                Base::Entry(register) if factor == 1 && self.contract.has_pointee(register) => {
                    pointers.push(register);
                }
                _ => stride = greatest_divisor(stride, factor.unsigned_abs()),
            }
        }
        match pointers.as_slice() {
            [pointer] if stride > 0 => Some((*pointer, stride)),
            _ => None,
        }
    }

    /// Whether an address in a section is one of the value's parts.
    #[must_use]
    pub(in crate::interpret) fn has_section(&self, value: Value) -> bool {
        let mut parts = self.parts(value.term).iter();
        parts.any(|&(base, _)| matches!(self.get(base), Base::Section(_)))
    }

    /// How often SP at the entry is in the value, and whether it is in it in no other way.
    #[must_use]
    pub fn frame_part(&self, value: Value) -> (i64, bool) {
        let data = self.data(value);
        (data.frame, data.touches_frame)
    }

    /// Whether an address is counted from a pointer that the caller gave, which leads into no
    /// frame that did not exist yet.
    pub(in crate::interpret) fn is_callers_pointer(&mut self, address: Value) -> bool {
        let whole = self.strip_for_low_bits(address, self.word_bits());
        let mut parts = self.parts(whole.term).iter();
        parts.any(|&(base, factor)| {
            factor == 1
                && matches!(
                    self.get(base),
                    Base::Entry(_) | Base::Argument(..) | Base::Phi { callers: true, .. }
                )
        })
    }

    /// Whether the value is an address of the frame: SP at the entry plus
    /// something that is not an address.
    #[must_use]
    pub fn is_frame(&self, value: Value) -> bool {
        value.term == Value::FRAME.term || self.frame_part(value).0 == 1
    }

    /// Whether a value is computed from addresses or constants of the image.
    #[must_use]
    pub fn comes_from_image(&self, value: Value) -> bool {
        self.parts(value.term)
            .iter()
            .any(|&(id, _)| match self.get(id) {
                Base::Section(_) | Base::Memory(..) => true,
                Base::Function { inputs, .. } => inputs.iter().any(|&i| self.comes_from_image(i)),
                _ => false,
            })
    }

    pub(super) fn touches_frame_of(&self, base: Base) -> bool {
        let of = |value: Value| {
            let (coefficient, touched) = self.frame_part(value);
            coefficient != 0 || touched
        };
        match base {
            // The distance from an aligned address to its frame is no address.
            Base::Function {
                function: Function::Operation(Operation::And),
                inputs,
                ..
            } => match inputs[1].as_constant() {
                Some(mask) if mask < 1 << 16 => false,
                _ => of(inputs[0]) || of(inputs[1]),
            },
            Base::Function {
                function: Function::Condition(..),
                ..
            } => false,
            Base::Function { inputs, .. } => of(inputs[0]) || of(inputs[1]),
            Base::Phi { frame, .. } | Base::Lost { frame, .. } => frame,
            _ => false,
        }
    }
}
