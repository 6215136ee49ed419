//! Which of an instruction's numbers the linker fills in.

use iced_x86::{Decoder, Instruction};

use crate::inputs::{Relocation, RelocationKind};

/// A displacement, immediate or branch distance.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Field<'a> {
    /// The number stands in the instruction.
    #[default]
    Plain,
    /// One relocation covers exactly the field.
    Relocated(&'a Relocation),
    /// Relocations cover a part of it, or it has several.
    Odd,
}

/// The fields of one instruction.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fields<'a> {
    pub(super) displacement: Field<'a>,
    /// The immediate, or the distance of a branch.
    pub(super) immediate: Field<'a>,
    /// A relocation lies outside both.
    pub(super) odd_opcode: bool,
}

/// The relocations of a section, with a cursor that follows the instructions.
pub(super) struct Relocations<'a> {
    all: &'a [Relocation],
    /// Index of the first relocation at or behind the last instruction asked for.
    cursor: usize,
}

impl<'a> Relocations<'a> {
    pub(super) fn new(all: &'a [Relocation]) -> Self {
        Self { all, cursor: 0 }
    }

    /// The fields of the instruction that the decoder has just decoded at `offset`.
    pub(super) fn fields(
        &mut self,
        offset: i64,
        instruction: &Instruction,
        decoder: &Decoder<'_>,
    ) -> Fields<'a> {
        let start = offset as u64;
        let end = start + instruction.len() as u64;
        let found = self.within(start, end);
        if found.is_empty() {
            return Fields::default();
        }
        let offsets = decoder.get_constant_offsets(instruction);
        let displacement = offsets.has_displacement().then(|| {
            extent(
                start,
                offsets.displacement_offset(),
                offsets.displacement_size(),
            )
        });
        let immediate = offsets
            .has_immediate()
            .then(|| extent(start, offsets.immediate_offset(), offsets.immediate_size()));
        let mut fields = Fields::default();
        for relocation in found {
            fields.take(relocation, displacement, immediate);
        }
        fields
    }

    /// The relocations that begin in `start..end`.
    fn within(&mut self, start: u64, end: u64) -> &'a [Relocation] {
        let at = |index: usize| self.all.get(index).map(|relocation| relocation.offset);
        let is_behind = self.cursor > 0 && at(self.cursor - 1).is_some_and(|last| last >= start);
        let is_far = at(self.cursor + 8).is_some_and(|next| next < start);
        if is_behind || is_far {
            self.cursor = self.all.partition_point(|r| r.offset < start);
        }
        let rest = self.all.get(self.cursor..).unwrap_or_default();
        let skipped = rest.iter().take_while(|r| r.offset < start).count();
        self.cursor += skipped;
        let rest = rest.get(skipped..).unwrap_or_default();
        let count = rest.iter().take_while(|r| r.offset < end).count();
        rest.get(..count).unwrap_or_default()
    }
}

/// Where a field is: its first byte and the byte behind it.
type Extent = (u64, u64);

fn extent(start: u64, offset: usize, size: usize) -> Extent {
    let first = start + offset as u64;
    (first, first + size as u64)
}

impl<'a> Fields<'a> {
    fn take(
        &mut self,
        relocation: &'a Relocation,
        displacement: Option<Extent>,
        immediate: Option<Extent>,
    ) {
        // Marks for the linker's relaxation of TLS code change nothing here.
        if relocation.kind == RelocationKind::Tls && relocation.size == 0 {
            return;
        }
        let in_displacement = displacement.is_some_and(|field| overlaps(relocation, field));
        let in_immediate = immediate.is_some_and(|field| overlaps(relocation, field));
        if let Some(field) = displacement.filter(|_| in_displacement) {
            self.displacement.take(relocation, field);
        }
        if let Some(field) = immediate.filter(|_| in_immediate) {
            self.immediate.take(relocation, field);
        }
        self.odd_opcode |= !in_displacement && !in_immediate;
    }
}

impl<'a> Field<'a> {
    fn take(&mut self, relocation: &'a Relocation, (first, end): Extent) {
        let fits = relocation.offset == first
            && (relocation.size == 0 || u64::from(relocation.size) == 8 * (end - first));
        *self = match self {
            Self::Plain if fits => Self::Relocated(relocation),
            _ => Self::Odd,
        };
    }
}

fn overlaps(relocation: &Relocation, (first, end): Extent) -> bool {
    let size = u64::from(relocation.size / 8).max(1);
    relocation.offset < end && relocation.offset.saturating_add(size) > first
}
