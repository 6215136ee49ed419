//! Instruction forms: what instructions of one kind have in common.

use std::collections::BTreeMap;

use abide::inputs::Object;
use abide::registers::InstructionSet;
use iced_x86::{CodeSize, Decoder, DecoderOptions, Instruction, OpKind, Register};

/// How many different encodings of a form are kept.
const EXAMPLES: usize = 2;

/// Forms by name, each with encodings that were seen.
pub type Forms = BTreeMap<String, Vec<Vec<u8>>>;

/// The name of an instruction's form: the decoder's code, and what makes the
/// lifter treat operands differently.
#[must_use]
pub fn name(instruction: &Instruction) -> String {
    let mut name = format!("{:?}", instruction.code());
    for operand in 0..instruction.op_count() {
        match instruction.op_kind(operand) {
            OpKind::Register => name.push_str(kind(instruction.op_register(operand))),
            OpKind::Memory => name.push_str(memory(instruction)),
            _ => {}
        }
    }
    if are_same(instruction) {
        name.push_str(" same");
    }
    if instruction.op_mask() != Register::None {
        name.push_str(if instruction.zeroing_masking() {
            " z"
        } else {
            " k"
        });
    }
    if instruction.is_broadcast() {
        name.push_str(" broadcast");
    }
    for (has, text) in [
        (instruction.has_rep_prefix(), " rep"),
        (instruction.has_repne_prefix(), " repne"),
        (instruction.has_lock_prefix(), " lock"),
        (instruction.has_segment_prefix(), " segment"),
    ] {
        if has {
            name.push_str(text);
        }
    }
    name
}

fn kind(register: Register) -> &'static str {
    match register {
        Register::AH | Register::BH | Register::CH | Register::DH => " high",
        Register::RSP | Register::ESP | Register::SP => " sp",
        _ => "",
    }
}

fn memory(instruction: &Instruction) -> &'static str {
    let (base, index) = (instruction.memory_base(), instruction.memory_index());
    let is_narrow = match instruction.code_size() {
        CodeSize::Code64 => base.is_gpr32() || index.is_gpr32(),
        _ => base.is_gpr16() || index.is_gpr16(),
    };
    match (base, index) {
        _ if is_narrow => " [narrow]",
        (Register::RIP | Register::EIP, _) => " [rip]",
        (Register::RSP | Register::ESP, Register::None) => " [rsp]",
        (Register::None, Register::None) => " [absolute]",
        (Register::None, _) => " [index]",
        (_, Register::None) => " [base]",
        _ => " [base+index]",
    }
}

/// Whether the last two operands are one register.
fn are_same(instruction: &Instruction) -> bool {
    let registers: Vec<Register> = (0..instruction.op_count())
        .filter(|&operand| instruction.op_kind(operand) == OpKind::Register)
        .map(|operand| instruction.op_register(operand))
        .collect();
    matches!(registers.as_slice(), [.., a, b] if a == b)
}

/// Adds the forms in an object's code, if it is for that instruction set.
pub fn scan(object: &Object, set: InstructionSet, forms: &mut Forms) {
    let is_of_set = object.instruction_set == Some(set);
    let sections = object.sections.iter().filter(|_| is_of_set);
    for section in sections.filter(|section| section.flags.execute) {
        let mut decoder = decoder(&section.data, set);
        let mut instruction = Instruction::default();
        while decoder.can_decode() {
            let start = decoder.position();
            decoder.decode_out(&mut instruction);
            if instruction.is_invalid() {
                continue;
            }
            let bytes = &section.data[start..start + instruction.len()];
            add(forms, &instruction, bytes);
        }
    }
}

fn add(forms: &mut Forms, instruction: &Instruction, bytes: &[u8]) {
    let examples = forms.entry(name(instruction)).or_default();
    if examples.len() < EXAMPLES && !examples.iter().any(|known| known == bytes) {
        examples.push(bytes.to_vec());
    }
}

fn decoder(bytes: &[u8], set: InstructionSet) -> Decoder<'_> {
    Decoder::new(set.bits().into(), bytes, DecoderOptions::AMD)
}

/// Reads a list as [`print()`] writes it; lines that are none are left out.
#[must_use]
pub fn parse(text: &str, set: InstructionSet) -> Forms {
    let mut forms = Forms::new();
    for line in text.lines() {
        let Some(bytes) = parse_hex(line) else {
            continue;
        };
        let instruction = decoder(&bytes, set).decode();
        if !instruction.is_invalid() {
            add(&mut forms, &instruction, &bytes[..instruction.len()]);
        }
    }
    forms
}

fn parse_hex(line: &str) -> Option<Vec<u8>> {
    let digits = line.split_whitespace().next()?;
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// One line an encoding: its bytes, and its form's name.
#[must_use]
pub fn print(forms: &Forms) -> String {
    let mut text = String::new();
    for (name, examples) in forms {
        for bytes in examples {
            for byte in bytes {
                text.push_str(&format!("{byte:02x}"));
            }
            text.push_str(&format!("  {name}\n"));
        }
    }
    text
}
