//! Random programs, from the instructions that the analysis follows closely.

use crate::inputs::{
    Binding, Bytes, Format, Image, Language, Object, ObjectKind, Section, SectionFlags,
    SectionIndex, Symbol, SymbolKind, SymbolPlace, Visibility,
};
use crate::registers::InstructionSet;

/// Numbers that look random (splitmix64).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95))
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

/// An image of one section of code.
pub(super) fn image_of(code: &[u8]) -> Image {
    let text = Section {
        name: ".text".into(),
        address: 0,
        size: code.len() as u64,
        align: 1,
        flags: SectionFlags {
            alloc: true,
            write: false,
            execute: true,
        },
        comdat: false,
        data: Bytes::new(code.to_vec()),
        relocations: Vec::new(),
    };
    let symbol = Symbol {
        name: "root".into(),
        kind: SymbolKind::Function,
        binding: Binding::Global,
        visibility: Visibility::Default,
        place: SymbolPlace::Section(SectionIndex(0)),
        value: 0,
        size: 0,
    };
    Image::new(vec![Object {
        name: "random.o".into(),
        format: Format::Elf { is_64: true },
        kind: ObjectKind::Relocatable,
        instruction_set: Some(InstructionSet::X86_64),
        language: Language::Assembly,
        sections: vec![text],
        symbols: vec![symbol],
        dynamic_symbols: Vec::new(),
        executable_stack: false,
        text_relocations: false,
        entry: None,
        data: Bytes::default(),
    }])
}

/// An instruction, or two: the bytes, and the piece that their last four lead to, if they do.
struct Piece {
    bytes: Vec<u8>,
    jumps: Option<usize>,
}

/// A program that ends in `ret` and in a helper that is called.
pub(super) fn random(dice: &mut Dice) -> Vec<u8> {
    let count = 6 + dice.below(14) as usize;
    let mut pieces: Vec<Piece> = (0..count).map(|_| piece(dice, count)).collect();
    pieces.push(plain(&[0xc3]));
    let helper = pieces.len();
    pieces.extend((0..2).map(|_| plain(&straight(dice))));
    pieces.push(plain(&[0xc3]));
    let mut starts = vec![0];
    for piece in &pieces {
        starts.push(starts[starts.len() - 1] + piece.bytes.len());
    }
    let mut code = Vec::new();
    for (piece, end) in pieces.iter().zip(&starts[1..]) {
        let at = code.len();
        code.extend(&piece.bytes);
        if let Some(target) = piece.jumps {
            // Most calls go to the helper, some into the program itself.
            let target = match piece.bytes[0] {
                0xe8 if target % 3 > 0 => helper,
                _ => target,
            };
            let distance = (starts[target] as i64 - *end as i64) as i32;
            let field = at + piece.bytes.len() - 4;
            code[field..].copy_from_slice(&distance.to_le_bytes());
        }
    }
    code
}

fn plain(bytes: &[u8]) -> Piece {
    Piece {
        bytes: bytes.to_vec(),
        jumps: None,
    }
}

fn piece(dice: &mut Dice, count: usize) -> Piece {
    let target = dice.below(count as u64 + 1) as usize;
    match dice.below(14) {
        0..3 => Piece {
            bytes: vec![0x0f, 0x80 | dice.below(16) as u8, 0, 0, 0, 0],
            jumps: Some(target),
        },
        4 => Piece {
            bytes: counter(dice),
            jumps: Some(target),
        },
        5 => Piece {
            bytes: asked_again(dice),
            jumps: Some(target),
        },
        3 if dice.below(3) == 0 => Piece {
            bytes: vec![0xe8, 0, 0, 0, 0],
            jumps: Some(target),
        },
        _ => plain(&straight(dice)),
    }
}

/// A branch on a register that few instructions change: which way earlier ones went is known again.
fn asked_again(dice: &mut Dice) -> Vec<u8> {
    let condition = 0x80 | dice.pick(&[0x4, 0x5, 0x8, 0x9]);
    let (test, step) = ([0x4d, 0x85, 0xd2], [0x49, 0xff, 0xca]);
    // test r10, r10; now and then dec r10
    let mut bytes = if dice.below(4) == 0 { step } else { test }.to_vec();
    bytes.extend([0x0f, condition, 0, 0, 0, 0]);
    bytes
}

/// A counter that steps, and a branch on that.
fn counter(dice: &mut Dice) -> Vec<u8> {
    let step = dice.pick(&[0xc0, 0xe8]) | register(dice);
    let condition = 0x80 | dice.below(16) as u8;
    let by = dice.pick(&[1, 4, 16, 0xf0]);
    let mut bytes = vec![dice.pick(&[0x40, 0x40, 0x48]), 0x83, step, by];
    bytes.extend([0x0f, condition, 0, 0, 0, 0]);
    bytes
}

/// An instruction after which the next one comes.
fn straight(dice: &mut Dice) -> Vec<u8> {
    let register = register(dice);
    let other = self::register(dice);
    let immediate = dice.pick(&[0, 1, 7, 8, 0x10, 0x7f, 0x80, 0xf0, 0xf8, 0xff]);
    let (prefix, wide) = dice.pick(&[(None, 0x48), (None, 0x48), (None, 0x40), (Some(0x66), 0x40)]);
    let byte = u8::from(dice.below(4) != 0);
    let mut bytes: Vec<u8> = prefix.into_iter().collect();
    bytes.push(wide);
    match dice.below(20) {
        0..3 => {
            // add, or, adc, sbb, and, sub, xor, cmp.
            let form = dice.pick(&[0, 2]) | byte;
            bytes.push((dice.below(8) as u8 * 8) | form);
            bytes.extend(operand(dice, register));
        }
        3..6 => {
            bytes.push(dice.pick(&[0x83, 0x83, 0x80]));
            let extension = extension(dice);
            bytes.extend(operand(dice, extension));
            bytes.push(immediate);
        }
        6 | 7 => {
            bytes.push(dice.pick(&[0x88, 0x8a]) | byte);
            bytes.extend(operand(dice, register));
        }
        8 => {
            // movzx, movsx, and movups: vectors that are read and spilled.
            bytes.extend([0x0f, dice.pick(&[0xb6, 0xb7, 0xbe, 0xbf, 0x10, 0x11, 0x11])]);
            bytes.extend(operand(dice, register));
        }
        9 => {
            bytes.push(dice.pick(&[0xc1, 0xc0]));
            bytes.extend([
                0xc0 | dice.pick(&[0, 1, 4, 5, 7]) << 3 | other,
                immediate & 0x3f,
            ]);
        }
        10 => {
            // inc, dec, not, neg, test.
            let (opcode, extension) = dice.pick(&[(0xfe, 0), (0xfe, 1), (0xf6, 2), (0xf6, 3)]);
            bytes.push(opcode | byte);
            bytes.extend(operand(dice, extension));
        }
        11 => {
            bytes.extend([0x0f, dice.pick(&[0x40, 0x90]) | dice.below(16) as u8]);
            bytes.push(0xc0 | register << 3 | other);
        }
        12 => bytes.extend([
            0x8d,
            0x44 | register << 3,
            other << 3 | dice.pick(&[4, 5, 1]),
            immediate,
        ]),
        13 => bytes.extend([0x84 | byte, 0xc0 | register << 3 | other]),
        14 => {
            bytes.push(0x86 | byte);
            bytes.extend(operand(dice, register));
        }
        15 => return vec![0x50 | other],
        16 => return vec![0x58 | other],
        17 => {
            return dice
                .pick(&[
                    // lea rax, [rsp - 16]; movups [rsp - 32], xmm0; movups xmm1, [rsp - 32].
                    [0x48, 0x8d, 0x44, 0x24, 0xf0].as_slice(),
                    &[0x0f, 0x11, 0x44, 0x24, 0xe0],
                    &[0x0f, 0x10, 0x4c, 0x24, 0xe0],
                    // movq xmm0, rbx; movq rdx, xmm0; movd xmm1, ecx; movd esi, xmm1.
                    &[0x66, 0x48, 0x0f, 0x6e, 0xc3],
                    &[0x66, 0x48, 0x0f, 0x7e, 0xc2],
                    &[0x66, 0x0f, 0x6e, 0xc9],
                    &[0x66, 0x0f, 0x7e, 0xce],
                    // cld; std; pushf; popf; and rsp, -16; stc; cmc.
                    &[0xfc],
                    &[0xfd],
                    &[0x9c],
                    &[0x9d],
                    &[0x48, 0x83, 0xe4, 0xf0],
                    &[0xf9],
                    &[0xf5],
                    // mov rbp, rsp; mov rsp, rbp; sub rsp, 24; add rsp, 24.
                    &[0x48, 0x89, 0xe5],
                    &[0x48, 0x89, 0xec],
                    &[0x48, 0x83, 0xec, 0x18],
                    &[0x48, 0x83, 0xc4, 0x18],
                    // movsxd rax, edi; bswap rcx; bt edx, 3; imul rax, rdi; imul ecx, edx, 8.
                    &[0x48, 0x63, 0xc7],
                    &[0x48, 0x0f, 0xc9],
                    &[0x0f, 0xba, 0xe2, 0x03],
                    &[0x48, 0x0f, 0xaf, 0xc7],
                    &[0x6b, 0xca, 0x08],
                    // mov eax, -1; mov ecx, 3; shl eax, cl; tzcnt edx, edi; ah.
                    &[0xb8, 0xff, 0xff, 0xff, 0xff],
                    &[0xb9, 0x03, 0x00, 0x00, 0x00],
                    &[0xd3, 0xe0],
                    &[0xf3, 0x0f, 0xbc, 0xd7],
                    &[0x88, 0xc4],
                    &[0x0f, 0xb6, 0xc7],
                ])
                .to_vec();
        }
        18 => bytes.extend([0x85, 0xc0 | other << 3 | other]),
        _ => bytes.extend([0x89, 0xc0 | register << 3 | other]),
    }
    bytes
}

fn extension(dice: &mut Dice) -> u8 {
    dice.pick(&[0, 1, 4, 5, 6, 7, 7, 4])
}

/// Any of the first eight but SP, which has its own instructions.
fn register(dice: &mut Dice) -> u8 {
    dice.pick(&[0, 1, 2, 3, 5, 6, 7])
}

/// A register, or memory: of the frame mostly.
fn operand(dice: &mut Dice, register: u8) -> Vec<u8> {
    let displacement = dice.pick(&[0xe0, 0xe4, 0xe8, 0xf0, 0xf8, 0x00, 0x08, 0x0c, 0x10, 0xec]);
    match dice.below(8) {
        0..4 => vec![0xc0 | register << 3 | self::register(dice)],
        4..7 => vec![0x44 | register << 3, 0x24, displacement],
        _ => vec![0x40 | register << 3 | dice.pick(&[3, 5, 7]), displacement],
    }
}
