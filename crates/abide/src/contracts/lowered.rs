//! A signature, lowered by a convention: which registers and stack bytes hold what.

use super::by_value::Plain;
mod passing;
mod returning;

use crate::conventions::{
    Convention, FASTCALL, FASTCALL_ON_WORDS, MICROSOFT_X64, STDCALL, STDCALL_ON_WORDS,
    SYSTEM_V_X86_64, THISCALL, THISCALL_ON_WORDS,
};
use crate::registers::{InstructionSet, Register, RegisterSet};
use crate::signatures::{CallConvention, Extension, Origin, Pointee, Signature, Type};

use passing::Passing;
use returning::Returning;

/// Where an argument or result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Held {
    /// In the low bits of a register.
    Register(Register),
    /// On the stack, so many bytes above the return address.
    Stack(u32),
    /// On top of the x87 stack.
    X87,
}

/// A piece of an argument or result that goes as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Piece {
    /// Where it is.
    pub held: Held,
    /// How many bits of it there are.
    pub bits: u32,
    /// How it is extended to 32 bits.
    pub extension: Option<Extension>,
    /// An address that is not null.
    pub not_null: bool,
    /// The number of the parameter that it is of, from 0.
    pub parameter: usize,
}

impl Piece {
    /// How many low bits are defined in what it is held in. Clang extends what is narrower than
    /// 32 bits up to them, and relies on it; the ABI leaves it open.
    #[must_use]
    pub fn defined_bits(&self) -> u32 {
        match self.extension {
            Some(_) => self.bits.max(32),
            None => self.bits,
        }
    }
}

/// What a signature comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lowered {
    /// The signature.
    pub signature: Signature,
    /// The convention that it is lowered by.
    pub convention: &'static Convention,
    /// The arguments.
    pub arguments: Vec<Piece>,
    /// The bytes of stack arguments, with the home space below them.
    pub stack_bytes: u32,
    /// The results.
    pub results: Vec<Piece>,
    /// The bytes of stack arguments that the callee takes off the stack, where that is known.
    pub pops: Option<u32>,
}

impl Lowered {
    /// Lowers a signature by the convention that it names, or by that of its platform; `None`
    /// where nothing is known of that.
    #[must_use]
    pub fn of(signature: &Signature, platform: &'static Convention) -> Option<Self> {
        let convention = match signature.convention {
            CallConvention::C => platform,
            CallConvention::SystemV => &SYSTEM_V_X86_64,
            CallConvention::Win64 => &MICROSOFT_X64,
            CallConvention::Stdcall => on(platform, &STDCALL, &STDCALL_ON_WORDS),
            CallConvention::Fastcall => on(platform, &FASTCALL, &FASTCALL_ON_WORDS),
            CallConvention::Thiscall => on(platform, &THISCALL, &THISCALL_ON_WORDS),
            CallConvention::Other => return None,
        };
        // What is declared for another instruction set says nothing of this one's code.
        if convention.set != platform.set || is_of_64_bits(signature, convention) {
            return None;
        }
        Self::by(convention, signature)
    }

    /// Lowers a signature by a convention, whichever it names; `None` where it has a type of which
    /// it is not known how that passes it.
    #[must_use]
    pub fn by(convention: &'static Convention, signature: &Signature) -> Option<Self> {
        let plain = Plain::of(convention, signature)?;
        let mut passing = Passing::by(convention);
        for (number, parameter) in plain.signature.parameters.iter().enumerate() {
            passing.extension = parameter.extension;
            passing.pass(&parameter.ty, number)?;
        }
        let mut results = Returning::by(convention);
        if let Some(result) = &plain.signature.result {
            results.give(result)?;
        }
        if plain.signature.parameters.iter().any(|p| p.is_result) {
            results.give(&Type::pointer())?;
        }
        let pops = pops(convention, &plain.signature, &passing);
        for piece in &mut passing.pieces {
            // What comes before those that are declared is none of them.
            piece.parameter = piece.parameter.wrapping_sub(plain.before);
        }
        Some(Self {
            pops,
            signature: signature.clone(),
            convention,
            arguments: passing.pieces,
            stack_bytes: passing.stack,
            results: results.pieces,
        })
    }

    /// Registers that hold arguments; one may count vector registers where more may follow.
    #[must_use]
    pub fn argument_registers(&self) -> RegisterSet {
        let count = self.convention.vector_count;
        let count = count.filter(|_| self.signature.variadic);
        registers(&self.arguments).chain(count).collect()
    }

    /// Registers that hold results.
    #[must_use]
    pub fn result_registers(&self) -> RegisterSet {
        let mut results: RegisterSet = registers(&self.results).collect();
        // One alone goes there.
        if self.results.iter().any(|piece| piece.held == Held::X87) {
            results.insert(Register::x87(0));
        }
        results
    }

    /// The argument in a register.
    #[must_use]
    pub fn argument_in(&self, register: Register) -> Option<&Piece> {
        let mut arguments = self.arguments.iter();
        arguments.find(|piece| piece.held == Held::Register(register))
    }

    /// What the pointer in a register points to, as far as source tells.
    #[must_use]
    pub fn pointee_of(&self, register: Register) -> Option<&Pointee> {
        let piece = self.argument_in(register)?;
        self.signature
            .parameters
            .get(piece.parameter)?
            .pointee
            .as_deref()
    }

    /// The result in a register.
    #[must_use]
    pub fn result_in(&self, register: Register) -> Option<&Piece> {
        let mut results = self.results.iter();
        results.find(|piece| piece.held == Held::Register(register))
    }

    /// The parameter that a piece is of, as a reader counts them: from 1, by name where it has one.
    #[must_use]
    pub fn parameter_text(&self, piece: &Piece) -> String {
        let parameters = &self.signature.parameters;
        let Some(parameter) = parameters.get(piece.parameter) else {
            return "an argument".to_owned();
        };
        let before = parameters[..piece.parameter].iter();
        let number = before.filter(|p| !p.is_result).count() + 1;
        match &parameter.name {
            Some(name) => format!("`{name}: {}`", parameter.ty),
            None => format!("parameter {number}, `{}`", parameter.ty),
        }
    }

    /// Whether another lowering passes and returns the same in the same places.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        let plain = |pieces: &[Piece]| -> Vec<(Held, u32)> {
            let pieces = pieces.iter();
            pieces.map(|p| (p.held, p.defined_bits())).collect()
        };
        self.convention == other.convention
            && plain(&self.arguments) == plain(&other.arguments)
            && self.signature.variadic == other.signature.variadic
            && self.stack_bytes == other.stack_bytes
            && self.pops == other.pops
            && plain(&self.results) == plain(&other.results)
    }
}

/// Whether a signature is told in the widths and classes of 64-bit code: source has no others, nor
/// has debug information for structs.
fn is_of_64_bits(signature: &Signature, convention: &Convention) -> bool {
    let is_narrow = convention.set == InstructionSet::X86;
    let parameters = signature.parameters.iter().map(|parameter| &parameter.ty);
    let mut types = parameters.chain(&signature.result);
    is_narrow
        && match signature.origin {
            Origin::Source => true,
            Origin::DebugInfo | Origin::Tabled => types.any(|ty| matches!(ty, Type::Aggregate(_))),
            _ => false,
        }
}

/// The convention, as it is where the platform aligns stacks.
const fn on(
    platform: &Convention,
    aligned: &'static Convention,
    on_words: &'static Convention,
) -> &'static Convention {
    match platform.stack_alignment > platform.word() as u16 {
        true => aligned,
        false => on_words,
    }
}

/// What a callee takes off the stack of what its caller put there.
fn pops(convention: &Convention, signature: &Signature, passed: &Passing) -> Option<u32> {
    if convention.callee_pops {
        // A variadic function cannot know.
        return (!signature.variadic).then_some(passed.stack);
    }
    let is_of_32_bits = convention.set == InstructionSet::X86;
    let address = passed
        .pieces
        .iter()
        .find(|piece| signature.parameters[piece.parameter].is_result);
    match address.map(|piece| piece.held) {
        // System V ABI, Intel386 supplement, 2.2.3: "the called function [...] must [...] remove
        // this address from the stack". Microsoft's compilers leave it.
        Some(Held::Stack(_)) if is_of_32_bits => {
            let is_aligned = convention.stack_alignment > u16::from(convention.word());
            is_aligned.then_some(convention.word().into())
        }
        _ => Some(0),
    }
}

fn registers(pieces: &[Piece]) -> impl Iterator<Item = Register> {
    pieces.iter().filter_map(|piece| match piece.held {
        Held::Register(register) => Some(register),
        _ => None,
    })
}

/// Whether a convention that counts parameters by their position passes a type as it is.
const fn fits_one_register(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Integer { bits: ..=64, .. } | Type::Pointer { .. } | Type::Float(..=64)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conventions::{CDECL, CDECL_ON_WORDS};
    use crate::signatures::{Parameter, llvm};

    /// Arguments, bytes on the stack, results, of `declare` with the rest of the line.
    fn lowered(rest: &str) -> (Vec<String>, u32, Vec<String>) {
        let signatures = llvm::read("a.ll", &format!("declare {rest}"));
        let lowered = Lowered::of(&signatures[0], &SYSTEM_V_X86_64).unwrap();
        let text = |pieces: &[Piece]| {
            let text = pieces.iter().map(|piece| match piece.held {
                Held::Register(register) => format!("{register}:{}", piece.defined_bits()),
                Held::Stack(offset) => format!("+{offset}:{}", piece.defined_bits()),
                Held::X87 => "st0".to_owned(),
            });
            text.collect()
        };
        let (arguments, results) = (text(&lowered.arguments), text(&lowered.results));
        (arguments, lowered.stack_bytes, results)
    }

    #[test]
    fn narrow_integers_are_defined_as_far_as_clang_extends_them() {
        let (arguments, stack, results) =
            lowered("zeroext i1 @f(i8 zeroext, i16 signext, i32, i24, ptr)");
        let expected = ["rdi:32", "rsi:32", "rdx:32", "rcx:24", "r8:64"];
        assert_eq!(arguments, expected);
        assert_eq!((stack, &*results), (0, &["rax:8".to_owned()][..]));
    }

    #[test]
    fn each_class_counts_its_own_registers() {
        let (arguments, stack, results) = lowered(
            "{ i64, double } @f(double, i64, { i64, float }, <8 x float>, i64, i64, i64, i32, i8 \
             zeroext)",
        );
        let expected = [
            "xmm0:64", "rdi:64", "rsi:64", "xmm1:32", "xmm2:256", "rdx:64", "rcx:64", "r8:64",
            "r9:32", "+0:32",
        ];
        assert_eq!(arguments, expected);
        assert_eq!(
            (stack, results),
            (8, vec!["rax:64".into(), "xmm0:64".into()])
        );
    }

    #[test]
    fn what_is_copied_lies_on_the_stack() {
        let (arguments, stack, results) = lowered(
            "void @f(ptr sret([32 x i8]) align 8, ptr byval([12 x i8]) align 8, ptr byval([16 x \
             i8]) align 16, x86_fp80)",
        );
        assert_eq!(arguments, ["rdi:64", "+0:96", "+16:128", "+32:80"]);
        assert_eq!((stack, &*results), (48, &["rax:64".to_owned()][..]));
    }

    #[test]
    fn two_words_go_in_two_registers_or_none() {
        let (arguments, stack, results) = lowered("i128 @f(i128, i64, i64, i64, i128, i64)");
        let expected = [
            "rdi:64", "rsi:64", "rdx:64", "rcx:64", "r8:64", "+0:128", "r9:64",
        ];
        assert_eq!(arguments, expected);
        assert_eq!(
            (stack, results),
            (16, vec!["rax:64".into(), "rdx:64".into()])
        );
    }

    #[test]
    fn a_struct_goes_in_registers_whole_or_not_at_all() {
        let (arguments, stack, _) =
            lowered("void @f(i64, i64, i64, i64, i64, { i64, double }, { i64, i64 }, i64)");
        let expected = [
            "rdi:64", "rsi:64", "rdx:64", "rcx:64", "r8:64", "r9:64", "xmm0:64", "+0:64", "+8:64",
            "+16:64",
        ];
        assert_eq!((&*arguments, stack), (&expected.map(str::to_owned)[..], 24));
    }

    #[test]
    fn a_variadic_call_counts_its_vectors() {
        let signatures = llvm::read("a.ll", "declare i32 @printf(ptr, ...)");
        let lowered = Lowered::of(&signatures[0], &SYSTEM_V_X86_64).unwrap();
        assert!(lowered.argument_registers().contains(Register::RAX));
        let other = llvm::read("a.ll", "declare fastcc i32 @f(ptr)");
        assert_eq!(Lowered::of(&other[0], &SYSTEM_V_X86_64), None);
    }

    #[test]
    fn code_of_32_bits_passes_words_on_the_stack() {
        let by = |platform, rest: &str| {
            let signatures = llvm::read("a.ll", &format!("declare {rest}"));
            let lowered = Lowered::of(&signatures[0], platform).unwrap();
            let held = |pieces: &[Piece]| -> Vec<Held> { pieces.iter().map(|p| p.held).collect() };
            (
                held(&lowered.arguments),
                lowered.stack_bytes,
                held(&lowered.results),
                lowered.pops,
            )
        };
        let stack = Held::Stack;
        let (eax, edx) = (Held::Register(Register::RAX), Held::Register(Register::RDX));
        let ecx = Held::Register(Register::RCX);
        assert_eq!(
            by(&CDECL, "i64 @f(i8 zeroext, i64, double, ptr)"),
            (
                vec![stack(0), stack(4), stack(12), stack(20)],
                24,
                vec![eax, edx],
                Some(0)
            )
        );
        assert_eq!(
            by(
                &CDECL,
                "void @f(ptr sret([8 x i8]) align 4, ptr byval([6 x i8]) align 4)"
            ),
            (vec![stack(0), stack(4)], 12, vec![eax], Some(4))
        );
        assert_eq!(
            by(
                &CDECL_ON_WORDS,
                "x86_fastcallcc float @f(i32, i64, ptr, i32)"
            ),
            (
                vec![ecx, stack(0), edx, stack(8)],
                12,
                vec![Held::X87],
                Some(12)
            )
        );
        assert_eq!(by(&CDECL, "x86_stdcallcc void @f(i32, ...)").3, None);
        let other = llvm::read("a.ll", "declare win64cc void @f()");
        assert_eq!(Lowered::of(&other[0], &CDECL), None);
    }

    #[test]
    fn microsoft_counts_parameters_by_their_position() {
        let (arguments, stack, results) =
            lowered("win64cc double @f(double, i64, float, ptr, i32, double, i8 zeroext)");
        let expected = [
            "xmm0:64", "rdx:64", "xmm2:32", "r9:64", "+32:32", "+40:64", "+48:32",
        ];
        assert_eq!(arguments, expected);
        assert_eq!((stack, results), (56, vec!["xmm0:64".to_owned()]));
    }

    #[test]
    fn microsoft_passes_large_things_by_reference_and_returns_one_register() {
        let (arguments, stack, results) = lowered("win64cc <4 x float> @f(<4 x float>, i64)");
        assert_eq!(arguments, ["rcx:64", "rdx:64"]);
        assert_eq!((stack, results), (32, vec!["xmm0:128".to_owned()]));
        let pair = llvm::read("a.ll", "declare win64cc { i64, i64 } @f()");
        assert_eq!(Lowered::of(&pair[0], &SYSTEM_V_X86_64), None);
        let variadic = llvm::read("a.ll", "declare win64cc i32 @f(ptr, ...)");
        let variadic = Lowered::of(&variadic[0], &SYSTEM_V_X86_64).unwrap();
        assert!(!variadic.argument_registers().contains(Register::RAX));
    }

    #[test]
    fn microsoft_passes_structs_by_their_size() {
        let word = |bits| Type::Aggregate(vec![Type::integer(bits)]);
        let floats = Type::Aggregate(vec![Type::Float(64)]);
        let pair = Type::Aggregate(vec![Type::Float(64), Type::Float(32)]);
        let large = Type::Memory {
            bytes: 24,
            align: 8,
        };
        let by = |result: &Type, parameters: &[&Type]| {
            let parameters = parameters.iter().map(|&ty| Parameter::of(ty.clone()));
            let signature = Signature {
                parameters: parameters.collect(),
                result: Some(result.clone()),
                origin: Origin::DebugInfo,
                ..llvm::read("a.ll", "declare win64cc void @f()").remove(0)
            };
            let lowered = Lowered::of(&signature, &SYSTEM_V_X86_64).unwrap();
            let text = |pieces: &[Piece]| -> Vec<String> {
                let pieces = pieces.iter();
                pieces.map(|p| format!("{:?}:{}", p.held, p.bits)).collect()
            };
            let texts = lowered.arguments.iter().map(|p| lowered.parameter_text(p));
            let texts: Vec<String> = texts.collect();
            (text(&lowered.arguments), text(&lowered.results), texts)
        };
        let general =
            |register: Register, bits: u32| format!("{:?}:{bits}", Held::Register(register));
        let (rax, rcx, rdx) = (Register::RAX, Register::RCX, Register::RDX);
        let (r8, r9) = (Register::R8, Register::R9);
        // Of one, two, four and eight bytes they are numbers, whatever is in them.
        let (arguments, results, _) = by(&floats, &[&word(8), &floats, &word(32), &word(16)]);
        let expected = [(rcx, 8), (rdx, 64), (r8, 32), (r9, 16)];
        assert_eq!(arguments, expected.map(|(r, bits)| general(r, bits)));
        assert_eq!(results, [general(rax, 64)]);
        // Others lie in their caller's memory, and so does such a result.
        let (arguments, results, texts) = by(&pair, &[&word(24), &pair, &large]);
        assert_eq!(arguments, [rcx, rdx, r8, r9].map(|r| general(r, 64)));
        assert_eq!(results, [general(rax, 64)]);
        assert_eq!(texts[..2], ["an argument", "parameter 1, `{i24}`"]);
    }
}
