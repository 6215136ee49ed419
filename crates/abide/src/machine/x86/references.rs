//! Addresses that the linker or the instruction pointer gives.

use super::emit::Lift;
use super::fields::Field;
use crate::inputs::{
    Format, ImageSymbol, ObjectKind, Place, Relocation, RelocationKind, RelocationTarget, Resolved,
};
use crate::machine::{Operand, Operation, Reference};

impl Lift<'_> {
    /// The offset of the next instruction in the section.
    pub(super) fn end(&self) -> i64 {
        self.place
            .offset
            .wrapping_add(self.instruction.len() as i64)
    }

    /// The address of the next instruction.
    pub(super) fn next_address(&mut self) -> Operand {
        let next = Place {
            offset: self.end(),
            ..self.place
        };
        self.reference(Reference::Place(next))
    }

    /// The value of a field that is not relative to the instruction pointer.
    pub(super) fn field_value(&mut self, field: Field<'_>, plain: u64) -> Operand {
        match field {
            Field::Plain => Operand::Constant(plain),
            Field::Relocated(relocation) => self.relocated(relocation),
            Field::Odd => self.determined(64),
        }
    }

    /// The value of a displacement without a base. An entry of the global offset table that is
    /// named there is so by its address (System V ABI, Intel386 supplement, 1.1, 4.3).
    pub(super) fn absolute_value(&mut self, field: Field<'_>, plain: u64) -> Operand {
        let entry = match field {
            Field::Relocated(relocation) if relocation.kind == RelocationKind::GotSlot => {
                self.entry_of(relocation)
            }
            _ => None,
        };
        entry.unwrap_or_else(|| self.field_value(field, plain))
    }

    /// The address of a symbol's entry in the global offset table.
    fn entry_of(&mut self, relocation: &Relocation) -> Option<Operand> {
        let RelocationTarget::Symbol(symbol) = relocation.target else {
            return None;
        };
        let symbol = ImageSymbol {
            object: self.object,
            symbol,
        };
        (relocation.addend == 0).then(|| self.reference(Reference::GotEntry(symbol)))
    }

    fn relocated(&mut self, relocation: &Relocation) -> Operand {
        match relocation.kind {
            RelocationKind::Absolute => match self.resolve(relocation, 0) {
                Some(Target::Reference(reference)) => self.entry_or_own(reference),
                target => self.known(target),
            },
            RelocationKind::Got => {
                let table = self.reference(Reference::Got);
                let addend = Operand::Constant(relocation.addend as u64);
                let table = self.compute(Operation::Add, 64, table, addend);
                let field = self.field_place(relocation);
                self.compute(Operation::Subtract, 64, table, field)
            }
            RelocationKind::GotOffset => {
                let target = self.target(relocation, 0);
                self.beyond_table(target)
            }
            RelocationKind::GotSlot => match self.entry_of(relocation) {
                Some(entry) => self.beyond_table(entry),
                None => self.determined(64),
            },
            RelocationKind::Relative => {
                // S + A - P: NASM's `table - label`, with no instruction pointer in it.
                let target = self.target(relocation, 0);
                let field = self.field_place(relocation);
                self.compute(Operation::Subtract, 64, target, field)
            }
            _ => self.determined(64),
        }
    }

    fn field_place(&mut self, relocation: &Relocation) -> Operand {
        self.reference(Reference::Place(Place {
            offset: relocation.offset as i64,
            ..self.place
        }))
    }

    /// How far an address is from the global offset table.
    fn beyond_table(&mut self, address: Operand) -> Operand {
        let table = self.reference(Reference::Got);
        self.compute(Operation::Subtract, 64, address, table)
    }

    /// S + A + `from`.
    fn target(&mut self, relocation: &Relocation, from: i64) -> Operand {
        let target = self.resolve(relocation, from);
        self.known(target)
    }

    fn known(&mut self, target: Option<Target>) -> Operand {
        match target {
            Some(Target::Reference(reference)) => self.reference(reference),
            Some(Target::Number(number)) => Operand::Constant(number),
            None => self.determined(64),
        }
    }

    fn resolve(&self, relocation: &Relocation, from: i64) -> Option<Target> {
        let addend = relocation.addend.wrapping_add(from);
        let resolved = self
            .image
            .relocation_target(self.object, relocation.target)?;
        Some(match resolved {
            Resolved::Place(place) => Target::Reference(Reference::Place(Place {
                offset: place.offset.wrapping_add(addend),
                ..place
            })),
            Resolved::External(symbol) => Target::Reference(Reference::External(symbol, addend)),
            Resolved::Absolute(number) => Target::Number(number.wrapping_add(addend as u64)),
        })
    }

    /// The address of an operand relative to the instruction pointer.
    pub(super) fn relative_address(&mut self) -> Operand {
        let offset = self.instruction.memory_displacement64() as i64;
        match self.fields.displacement {
            Field::Plain => {
                let reference = self.local(offset);
                self.entry_or_own(reference)
            }
            Field::Relocated(relocation) => self.relative_target(relocation),
            Field::Odd => self.determined(64),
        }
    }

    /// An address, as that of an entry of the import address table where it is one.
    fn entry_or_own(&mut self, reference: Reference) -> Operand {
        let reference = self.import_address(reference).unwrap_or(reference);
        self.reference(reference)
    }

    /// An entry of an image's import address table is what an entry of a global offset table is: the
    /// loader writes an address there, and nobody else does. Objects name it.
    fn import_address(&self, reference: Reference) -> Option<Reference> {
        let place = match reference {
            Reference::Place(place) => place,
            Reference::External(pointer, 0) => {
                return self.image.imported(pointer).map(Reference::GotEntry);
            }
            _ => return None,
        };
        let object = self.image.objects().get(self.object as usize)?;
        let relocation = match object.format {
            Format::Pe { .. } => self.image.relocation_at(place)?,
            _ => return None,
        };
        let RelocationTarget::Symbol(symbol) = relocation.target else {
            return None;
        };
        Some(Reference::GotEntry(ImageSymbol {
            object: self.object,
            symbol,
        }))
    }

    fn relative_target(&mut self, relocation: &Relocation) -> Operand {
        let from = self.from(relocation);
        match (relocation.kind, relocation.target) {
            (RelocationKind::Relative | RelocationKind::PltRelative, _) => {
                match self.resolve(relocation, from) {
                    Some(Target::Reference(reference)) => self.entry_or_own(reference),
                    target => self.known(target),
                }
            }
            (RelocationKind::GotRelative, RelocationTarget::Symbol(symbol))
                if relocation.addend.wrapping_add(from) == 0 =>
            {
                let symbol = ImageSymbol {
                    object: self.object,
                    symbol,
                };
                self.reference(Reference::GotEntry(symbol))
            }
            _ => self.determined(64),
        }
    }

    /// The bytes between a field and the point that the processor counts from.
    fn from(&self, relocation: &Relocation) -> i64 {
        self.end().wrapping_sub(relocation.offset as i64)
    }

    /// The target of a direct branch; `None` where it is not known.
    pub(super) fn branch_target(&self) -> Option<Target> {
        match self.fields.immediate {
            Field::Plain => {
                let offset = self.instruction.near_branch_target() as i64;
                Some(Target::Reference(self.local(offset)))
            }
            Field::Relocated(relocation) => match relocation.kind {
                RelocationKind::Relative | RelocationKind::PltRelative => {
                    self.resolve(relocation, self.from(relocation))
                }
                _ => None,
            },
            Field::Odd => None,
        }
    }

    /// A place by its distance from this section's start. Only in a final
    /// image do the sections beside this one lie where its linker put them.
    fn local(&self, offset: i64) -> Reference {
        let here = Place {
            offset,
            ..self.place
        };
        Reference::Place(self.in_final_image(offset).unwrap_or(here))
    }

    fn in_final_image(&self, offset: i64) -> Option<Place> {
        let section = self.image.section(self.place.section)?;
        let is_inside = u64::try_from(offset).is_ok_and(|offset| offset < section.size);
        let object = self.image.objects().get(self.object as usize)?;
        if is_inside || object.kind == ObjectKind::Relocatable {
            return None;
        }
        let address = section.address.wrapping_add(offset as u64);
        self.image.place_at(self.object, address)
    }
}

/// What a relocation stands for.
pub(super) enum Target {
    Reference(Reference),
    Number(u64),
}
