//! Names that tell a convention: those of 32-bit code on Windows ("Decorated names",
//! learn.microsoft.com/cpp/build/reference/decorated-names, "Format of a C decorated name").

use super::Contract;
use crate::conventions::{Convention, FASTCALL_ON_WORDS, STDCALL_ON_WORDS};
use crate::inputs::{Format, Object};
use crate::registers::InstructionSet;

/// The contract that a symbol's name tells, in an object of a format that decorates names.
#[must_use]
pub fn decorated(object: &Object, name: &str) -> Option<Contract> {
    let decorates =
        object.format == Format::Coff && object.instruction_set == Some(InstructionSet::X86);
    decorates.then(|| by_name(name))?
}

/// `_f@8`: `__stdcall`, with 8 bytes of arguments. `@f@8`: `__fastcall`, of whose 8 bytes as many as
/// fit go in registers.
fn by_name(name: &str) -> Option<Contract> {
    let (convention, rest): (&'static Convention, _) = match name.strip_prefix('@') {
        Some(rest) => (&FASTCALL_ON_WORDS, rest),
        None => (&STDCALL_ON_WORDS, name.strip_prefix('_')?),
    };
    let (_, bytes) = rest.rsplit_once('@')?;
    let bytes: u32 = bytes.parse().ok()?;
    let word = u32::from(convention.word());
    let in_registers = word * convention.parameters.len() as u32;
    let on_stack = bytes.saturating_sub(in_registers);
    Some(Contract {
        stack_arguments: Some(on_stack),
        pops: Some(on_stack),
        ..Contract::of(convention)
    })
}

#[cfg(test)]
mod tests {
    use super::by_name;

    #[test]
    fn a_name_tells_the_convention_and_what_is_popped() {
        let told = |name| by_name(name).map(|own| (own.convention.name, own.pops));
        assert_eq!(told("_f@8"), Some(("stdcall-4", Some(8))));
        assert_eq!(told("@f@12"), Some(("fastcall-4", Some(4))));
        assert_eq!(told("@f@4"), Some(("fastcall-4", Some(0))));
        assert_eq!(told("_f"), None);
        assert_eq!(told("_f@name"), None);
    }
}
