//! An instruction as a person reads it.

use iced_x86::{
    Formatter, Instruction, NasmFormatter, OpKind, Register, SymbolResolver, SymbolResult,
};

use super::named::decoded;
use crate::inputs::{Image, ImageSymbol, Place, RelocationTarget, Resolved, shown_name};

/// The instruction at a place, in NASM's syntax; none where there is none.
///
/// Where it leads to is named; what a relocation fills in otherwise is shown as the bytes that
/// stand there.
#[must_use]
pub fn text(image: &Image, place: Place) -> Option<String> {
    let instruction = decoded(image, place)?;
    let target = target(image, place, &instruction).map(|name| Target { name });
    let resolver = target.map(|target| Box::new(target) as Box<dyn SymbolResolver>);
    let mut formatter = NasmFormatter::with_options(resolver, None);
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_space_after_operand_separator(true);
    options.set_show_branch_size(false);
    let mut text = String::new();
    formatter.format(&instruction, &mut text);
    Some(text)
}

/// What a branch, a word that it goes by, or an operand relative to the instruction pointer is called.
struct Target {
    name: String,
}

impl SymbolResolver for Target {
    fn symbol(
        &mut self,
        instruction: &Instruction,
        _operand: u32,
        instruction_operand: Option<u32>,
        address: u64,
        _address_size: u32,
    ) -> Option<SymbolResult<'_>> {
        let kind = instruction.op_kind(instruction_operand?);
        let is_relative = match kind {
            OpKind::Memory => instruction.is_ip_rel_memory_operand() || goes_by_word(instruction),
            OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64 => true,
            _ => false,
        };
        is_relative.then(|| SymbolResult::with_str(address, &self.name))
    }
}

/// Whether it is a call or a jump by a word at an address that it names.
fn goes_by_word(instruction: &Instruction) -> bool {
    let is_indirect = instruction.is_call_near_indirect() || instruction.is_jmp_near_indirect();
    is_indirect
        && instruction.memory_base() == Register::None
        && instruction.memory_index() == Register::None
}

/// The name of what the instruction leads to: by its relocation, else by the place.
fn target(image: &Image, place: Place, instruction: &Instruction) -> Option<String> {
    let end = place.offset.checked_add(instruction.len() as i64)?;
    let fields = (place.offset..end).map(|offset| Place { offset, ..place });
    let mut relocations = fields.filter_map(|field| Some((field, image.relocation_at(field)?)));
    if let Some((field, relocation)) = relocations.next() {
        let object = image.object_of(place.section)?;
        return match image.follow(field, relocation, end - field.offset)? {
            Resolved::Place(place) => name(image, place),
            Resolved::External(_) => match relocation.target {
                RelocationTarget::Symbol(symbol) => {
                    let symbol = image.symbol(ImageSymbol { object, symbol })?;
                    Some(shown_name(&symbol.name).into_owned())
                }
                _ => None,
            },
            Resolved::Absolute(_) => None,
        };
    }
    let offset = match instruction.is_ip_rel_memory_operand() {
        true => instruction.memory_displacement64(),
        false => instruction.near_branch_target(),
    };
    let is_relative = instruction.is_ip_rel_memory_operand()
        || matches!(
            instruction.op0_kind(),
            OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64
        );
    let offset = i64::try_from(offset).ok().filter(|_| is_relative)?;
    name(image, Place { offset, ..place })
}

fn name(image: &Image, place: Place) -> Option<String> {
    let (name, distance) = image.name_of(place)?;
    let name = shown_name(name);
    Some(match distance {
        0 => name.into_owned(),
        distance => format!("{name}+{distance:#x}"),
    })
}
