//! Names that tell a convention: those of 32-bit code on Windows ("Decorated names",
//! learn.microsoft.com/cpp/build/reference/decorated-names, "Format of a C decorated name").

use super::Contract;
use crate::conventions::{
    CDECL_ON_WORDS, Convention, FASTCALL_ON_WORDS, MICROSOFT_X64, STDCALL_ON_WORDS,
};
use crate::inputs::{Format, Object};
use crate::registers::InstructionSet;

/// The contract that a symbol's name tells, in an object of a format that decorates names.
#[must_use]
pub fn decorated(object: &Object, name: &str) -> Option<Contract> {
    match object.format {
        _ if is_of_vectorcall(name) => Some(match object.instruction_set? {
            InstructionSet::X86 => Contract::unfamiliar(&CDECL_ON_WORDS),
            InstructionSet::X86_64 => Contract::unfamiliar(&MICROSOFT_X64),
        }),
        Format::Coff if object.instruction_set == Some(InstructionSet::X86) => by_name(name),
        // GNU's linker exports `_f@8` as `f@8`, where it is not told otherwise.
        Format::Pe { is_64: false } => {
            let (_, name) = name.split_once('!')?;
            by_name(name).or_else(|| by_name(&format!("_{name}")))
        }
        _ => None,
    }
}

/// The contract that the name tells which an import library has for what an image of 32-bit Windows
/// imports: one that is not decorated is of `__cdecl`.
#[must_use]
pub fn imported(object: &Object, name: &str) -> Option<Contract> {
    let is_imported = object.format == Format::Pe { is_64: false };
    let plain = || Contract::of(&CDECL_ON_WORDS);
    is_imported.then(|| by_name(name).unwrap_or_else(plain))
}

/// `f@@16`: `__vectorcall`, on either instruction set; Clang has such names in ELF too. Names of C++ begin with `?`, and those of `__fastcall`
/// with `@`.
fn is_of_vectorcall(name: &str) -> bool {
    let own = name.rsplit_once("@@");
    own.is_some_and(|(own, bytes)| {
        let is_count = !bytes.is_empty() && bytes.bytes().all(|letter| letter.is_ascii_digit());
        is_count && !own.is_empty() && !own.starts_with(['?', '@'])
    })
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
