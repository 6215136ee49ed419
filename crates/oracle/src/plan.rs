//! Aims an instruction's operands and branches at memory that may be touched.

use iced_x86::{
    Code, CodeSize, ConstantOffsets, CpuidFeature, Decoder, DecoderOptions, FlowControl,
    Instruction, Mnemonic, OpKind, Register,
};

use abide::registers::InstructionSet;

use crate::guest::{BASES, PAGES};
use crate::narrow;
use crate::processor::{CONTROL_0, CONTROL_4, Case};
use crate::random::Random;
use crate::state::{Areas, CODE, LANDING, SCRATCH, SCRATCH_SIZE, STACK, START};

/// A port that nothing listens at: PCs show the state of their start there.
const PORT: u64 = 0x80;

/// The flag IF, and a register of the machine that no code of the guest uses.
const INTERRUPTS: u64 = 1 << 9;
const KERNEL_GS_BASE: u64 = 0xc000_0102;

/// The segment prefixes: `es`, `cs`, `ss`, `ds`, `fs`, `gs`.
const SEGMENTS: [u8; 6] = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];

/// Where instructions run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Venue {
    /// In a child of this process.
    Child,
    /// In a guest, at the highest privilege.
    Guest,
}

/// An instruction, ready to be run at [`START`].
pub struct Plan {
    /// Its bytes, distances and absolute addresses patched.
    pub bytes: Vec<u8>,
    /// It, decoded where it runs.
    pub instruction: Instruction,
    /// What it is an instruction of.
    pub set: InstructionSet,
}

/// Makes a plan, or says why the instruction is not run.
///
/// # Errors
///
/// For instructions whose effect a child cannot survive or show: system calls,
/// far branches, writes of segments and their bases.
pub fn plan(bytes: &[u8], set: InstructionSet, venue: Venue) -> Result<Plan, &'static str> {
    let (instruction, offsets) = decode(bytes, set);
    let refusal = match venue {
        Venue::Child if set == InstructionSet::X86 => {
            refusal_of_narrow(&instruction).or_else(|| refusal(&instruction))
        }
        Venue::Child => refusal(&instruction),
        Venue::Guest => refusal_of_guest(&instruction, bytes),
    };
    if let Some(reason) = refusal {
        return Err(reason);
    }
    let mut bytes = bytes.to_vec();
    patch(&mut bytes, &instruction, offsets);
    let (instruction, _) = decode(&bytes, set);
    Ok(Plan {
        bytes,
        instruction,
        set,
    })
}

fn decode(bytes: &[u8], set: InstructionSet) -> (Instruction, ConstantOffsets) {
    let mut decoder = Decoder::with_ip(set.bits().into(), bytes, CODE + START, DecoderOptions::AMD);
    let instruction = decoder.decode();
    let offsets = decoder.get_constant_offsets(&instruction);
    (instruction, offsets)
}

fn refusal(i: &Instruction) -> Option<&'static str> {
    use Mnemonic as M;
    let is_segment_write = i.op_count() > 0
        && i.op_kind(0) == OpKind::Register
        && i.op_register(0).is_segment_register()
        && matches!(i.mnemonic(), M::Mov | M::Pop);
    match i.mnemonic() {
        M::INVALID => Some("no instruction"),
        M::Syscall | M::Sysenter | M::Int => Some("system call"),
        M::In | M::Out | M::Hlt | M::Cli | M::Sti | M::Clac | M::Stac => Some("privileged"),
        M::Rdpmc | M::Insb | M::Insw | M::Insd | M::Outsb | M::Outsw | M::Outsd => {
            Some("privileged")
        }
        M::Iret | M::Iretd | M::Iretq | M::Retf => Some("far return"),
        M::Wrfsbase | M::Wrgsbase | M::Lfs | M::Lgs | M::Lss => Some("writes a segment"),
        M::Xrstor | M::Xrstor64 | M::Fxrstor | M::Fxrstor64 => Some("needs a prepared area"),
        M::Wrpkru | M::Monitor | M::Mwait | M::Umwait | M::Tpause | M::Monitorx | M::Mwaitx => {
            Some("waits or changes rights")
        }
        _ if i.is_privileged() => Some("privileged"),
        _ if is_segment_write && !is_data_segment(i) => Some("writes a segment"),
        _ if matches!(i.segment_prefix(), Register::FS | Register::GS) => Some("fs or gs"),
        _ if is_wide_branch(i) => Some("branch of 16 bits or far"),
        _ if matches!(i.flow_control(), FlowControl::XbeginXabortXend) => Some("transaction"),
        _ if i.is_ip_rel_memory_operand() && i.memory_base() == Register::EIP => Some("eip"),
        _ => None,
    }
}

/// Why 32-bit code is not run that would run among 64-bit code.
fn refusal_of_narrow(i: &Instruction) -> Option<&'static str> {
    use Mnemonic as M;
    let has_memory = i.op_kinds().any(|kind| kind == OpKind::Memory);
    let base = [i.memory_base(), i.memory_index()];
    match i.mnemonic() {
        M::Lea => None,
        M::Lds | M::Les => Some("a far pointer must stand behind it"),
        M::Into | M::Bound => Some("traps"),
        _ if has_memory && i.memory_segment() == Register::CS => Some("by the code's segment"),
        // The lowest 64 KiB belong to the system.
        _ if has_memory && base.into_iter().any(Register::is_gpr16) => Some("address of 16 bits"),
        _ if has_memory && i.memory_displ_size() == 2 => Some("address of 16 bits"),
        _ if i.is_string_instruction() && has_narrow_string(i) => Some("address of 16 bits"),
        _ => None,
    }
}

fn has_narrow_string(i: &Instruction) -> bool {
    i.op_kinds().any(|kind| {
        matches!(
            kind,
            OpKind::MemorySegSI | OpKind::MemorySegDI | OpKind::MemoryESDI
        )
    })
}

/// Whether it writes a data segment that 32-bit code has and 64-bit code ignores.
fn is_data_segment(i: &Instruction) -> bool {
    i.code_size() == CodeSize::Code32 && matches!(i.op_register(0), Register::DS | Register::ES)
}

/// Why not even a guest runs it.
fn refusal_of_guest(i: &Instruction, bytes: &[u8]) -> Option<&'static str> {
    use Mnemonic as M;
    let memory = i.op_kinds().any(|kind| kind == OpKind::Memory);
    let is_based = matches!(i.segment_prefix(), Register::FS | Register::GS) && memory;
    let is_fixed = i.memory_base() == Register::RIP
        || i.memory_base() == Register::None && !i.memory_index().is_gpr();
    match i.mnemonic() {
        // Hardware keeps `fs` or `gs`, since the others are ignored in 64-bit mode (AMD64 APM vol. 1, 3.5.2).
        _ if bytes.iter().filter(|byte| SEGMENTS.contains(byte)).count() > 1 && is_based => {
            Some("of two segment prefixes QEMU takes the last")
        }
        M::Syscall | M::Sysenter | M::Sysret | M::Sysretq => Some("what a kernel does"),
        M::Iret | M::Iretd | M::Retf if i.code() != Code::Iretq => Some("far return"),
        M::Lldt | M::Ltr | M::Lss => Some("a table must stand behind it"),
        M::Lfs | M::Lgs => Some("a far pointer must stand behind it"),
        M::Xsetbv => Some("changes the machine"),
        M::Rdpmc | M::Monitor | M::Mwait => Some("the guest lacks it"),
        _ if is_based && is_fixed => Some("fs or gs with a distance of 32 bits"),
        _ if is_wide_branch(i) => Some("branch of 16 bits or far"),
        _ => None,
    }
}

fn is_wide_branch(i: &Instruction) -> bool {
    let kind = (i.op_count() > 0).then(|| i.op_kind(0));
    let is_narrow = i.code_size() == CodeSize::Code32;
    let (near, word) = match is_narrow {
        true => (OpKind::NearBranch32, 4),
        false => (OpKind::NearBranch64, 8),
    };
    let is_branch = matches!(
        kind,
        Some(
            OpKind::NearBranch16
                | OpKind::NearBranch32
                | OpKind::NearBranch64
                | OpKind::FarBranch16
                | OpKind::FarBranch32
        )
    );
    let is_wide = is_branch && kind != Some(near);
    let is_indirect = matches!(
        i.flow_control(),
        FlowControl::IndirectBranch | FlowControl::IndirectCall
    );
    let is_near = i.is_jmp_near_indirect() || i.is_call_near_indirect();
    let is_odd = kind == Some(OpKind::Register) && i.op_register(0).size() != word
        || kind == Some(OpKind::Memory) && i.memory_size().size() != word;
    let is_own_return = match i.code() {
        Code::Retnq | Code::Retnq_imm16 => !is_narrow,
        Code::Retnd | Code::Retnd_imm16 => is_narrow,
        _ => false,
    };
    is_wide
        || is_indirect && (!is_near || is_odd)
        || i.mnemonic() == Mnemonic::Ret && !is_own_return
}

fn patch(bytes: &mut [u8], i: &Instruction, offsets: ConstantOffsets) {
    let next = CODE + START + bytes.len() as u64;
    let is_branch =
        i.op_count() > 0 && matches!(i.op_kind(0), OpKind::NearBranch64 | OpKind::NearBranch32);
    if is_branch && offsets.has_immediate() {
        let distance = (CODE + LANDING).wrapping_sub(next);
        write(
            bytes,
            offsets.immediate_offset(),
            offsets.immediate_size(),
            distance,
        );
    }
    if i.mnemonic() == Mnemonic::Enter {
        // The processor touches the end of the frame that it makes.
        write(bytes, offsets.immediate_offset() + 1, 1, 1);
    }
    if is_port(i) {
        // A port that nothing listens at.
        write(bytes, offsets.immediate_offset(), 1, PORT);
    }
    let target = SCRATCH + 0x1240;
    let has_memory = i.op_kinds().any(|kind| kind == OpKind::Memory);
    if !has_memory || !offsets.has_displacement() {
        return;
    }
    let value = match (i.memory_base(), i.memory_index()) {
        (Register::RIP, _) => target.wrapping_sub(next),
        (Register::None, Register::None) if offsets.displacement_size() == 2 => return,
        (Register::None, Register::None) => target,
        _ => return,
    };
    write(
        bytes,
        offsets.displacement_offset(),
        offsets.displacement_size(),
        value,
    );
}

/// Whether the port is an immediate operand.
fn is_port(i: &Instruction) -> bool {
    let is_access = matches!(i.mnemonic(), Mnemonic::In | Mnemonic::Out);
    is_access && i.op_kinds().any(|kind| kind == OpKind::Immediate8)
}

fn write(bytes: &mut [u8], offset: usize, size: usize, value: u64) {
    bytes[offset..offset + size].copy_from_slice(&value.to_le_bytes()[..size]);
}

impl Plan {
    /// Makes a random case: a random state and memory, in which what the
    /// instruction points to is in the scratch memory.
    pub fn prepare(&self, case: &mut Case, areas: Areas, random: &mut Random) {
        case.before = areas.random_state(random);
        if self.set == InstructionSet::X86 {
            narrow::narrow(&mut case.before);
        }
        random.fill(&mut case.memory);
        let i = &self.instruction;
        self.aim_implicit(case, random);
        if i.op_kinds().any(|kind| kind == OpKind::Memory) {
            self.aim_operand(case, areas, random);
        }
        self.choose_values(case, random);
        self.choose_mask(case, areas);
        if self.set == InstructionSet::X86 {
            narrow::narrow(&mut case.before);
        }
    }

    /// A mask of zeros would suppress the faults that the model foresees.
    fn choose_mask(&self, case: &mut Case, areas: Areas) {
        let mask = self.instruction.op_mask();
        if mask != Register::None {
            areas.set_lowest_of_mask(&mut case.before, mask.number());
        }
    }

    fn aim_implicit(&self, case: &mut Case, random: &mut Random) {
        use Mnemonic as M;
        let general = &mut case.before.general;
        let i = &self.instruction;
        let base = segment_base(i);
        match i.mnemonic() {
            M::In | M::Out => general[2] = random.bits() << 16 | PORT,
            M::Insb | M::Insw | M::Insd | M::Outsb | M::Outsw | M::Outsd => {
                general[2] = random.bits() << 16 | PORT;
                general[6] = spot(random).wrapping_sub(base);
                general[7] = spot(random) + 4096;
                general[1] = random.below(20);
            }
            M::Leave | M::Enter => general[5] = STACK + 8 * random.below(16),
            M::Xlatb => general[3] = spot(random),
            M::Maskmovdqu | M::Vmaskmovdqu | M::Maskmovq => general[7] = spot(random),
            _ if i.is_string_instruction() => {
                general[6] = spot(random).wrapping_sub(base);
                general[7] = spot(random) + 4096;
                general[1] = random.below(20);
                if random.one_in(2) {
                    // Equal elements, for what compares.
                    case.memory[4096..3 * 4096].fill(random.bits() as u8);
                    general[0] = u64::from(case.memory[4096]) * 0x0101_0101_0101_0101;
                }
            }
            _ => {}
        }
    }

    /// Solves base + index * scale + displacement for the base, or the index.
    fn aim_operand(&self, case: &mut Case, areas: Areas, random: &mut Random) {
        let i = &self.instruction;
        // AMD's processors take any address here, Intel's do not (SDM vol. 2, SHA1MSG1, "class 4").
        let is_lax = i.cpuid_features().contains(&CpuidFeature::SHA);
        let target = match spot(random) {
            spot if is_lax => spot & !0xf,
            spot => spot,
        };
        let displacement = i.memory_displacement64();
        let scale = u64::from(i.memory_index_scale().max(1));
        let (base, index) = (i.memory_base(), i.memory_index());
        if index.is_vector_register() {
            zero_vector(case, areas, index.number());
        }
        self.aim_bit_string(case, random);
        let rest = target
            .wrapping_sub(displacement)
            .wrapping_sub(segment_base(i));
        let general = &mut case.before.general;
        let has_index = index.is_gpr();
        if base.is_gpr() && has_index && base.full_register() == index.full_register() {
            set(general, base, rest / (scale + 1), random);
        } else if base.is_gpr() {
            let index_value = if has_index { get(general, index) } else { 0 };
            set(
                general,
                base,
                rest.wrapping_sub(index_value.wrapping_mul(scale)),
                random,
            );
        } else if has_index {
            set(general, index, rest / scale, random);
        }
    }

    /// The number of a bit in a string in memory stays near.
    fn aim_bit_string(&self, case: &mut Case, random: &mut Random) {
        use Mnemonic as M;
        let i = &self.instruction;
        let is_bit_string = matches!(i.mnemonic(), M::Bt | M::Bts | M::Btr | M::Btc)
            && i.op_kind(1) == OpKind::Register;
        if is_bit_string {
            let number = random.below(8192).wrapping_sub(4096);
            let register = i.op_register(1);
            let size = 8 * register.size() as u32;
            let above = random.bits().checked_shl(size).unwrap_or(0);
            let mask = u64::MAX >> (64 - size);
            case.before.general[register.number()] = above | number & mask;
        }
    }

    /// Values without which a form would fault or take one course only.
    fn choose_values(&self, case: &mut Case, random: &mut Random) {
        use Mnemonic as M;
        let i = &self.instruction;
        let general = case.before.general;
        let landing = CODE + LANDING;
        match i.mnemonic() {
            M::Iretq => {
                // The frame leads on with the flags and the stack as they are.
                let frame = [landing, 8, case.before.flags, general[4], 0x10];
                for (word, at) in frame.into_iter().zip((general[4]..).step_by(8)) {
                    put(case, at, word, 8);
                }
            }
            // The tables and the map stay as they are, or are not used before they are set again.
            M::Lgdt | M::Lidt => {
                case.before.flags &= !INTERRUPTS;
                put(case, self.address(case), 0xffff, 8);
                put(case, self.address(case).wrapping_add(8), 0, 2);
            }
            M::Wrmsr => {
                case.before.general[1] = random.bits() << 32 | KERNEL_GS_BASE;
                case.before.general[2] = random.bits() << 32 | random.below(0x7fff);
            }
            M::Mov if i.op_register(0).is_cr() => {
                let value = match i.op_register(0) {
                    Register::CR0 => CONTROL_0,
                    Register::CR3 => PAGES,
                    Register::CR4 => CONTROL_4,
                    _ => 0,
                };
                case.before.general[i.op_register(1).number()] = value;
            }
            // No breakpoint, and of the reserved bits the one that reads as set.
            M::Mov if i.op_register(0).is_dr() => {
                case.before.general[i.op_register(1).number()] = random.below(2) << 10;
            }
            // No segment, or that of data.
            M::Mov | M::Pop
                if i.op_kind(0) == OpKind::Register && i.op_register(0).is_segment_register() =>
            {
                let selector = match self.set {
                    InstructionSet::X86_64 => 0x10 * random.below(2),
                    InstructionSet::X86 => narrow::DATA.into(),
                };
                match (i.mnemonic(), i.op_kinds().nth(1)) {
                    (M::Pop, _) => put(case, general[4], selector, self.word()),
                    (_, Some(OpKind::Register)) => {
                        let number = i.op_register(1).number();
                        case.before.general[number] = general[number] & !0xffff | selector;
                    }
                    _ => put(case, self.address(case), selector, 2),
                }
            }
            M::Ret => put(case, general[4], landing, self.word()),
            M::Popf | M::Popfd | M::Popfq => {
                put(case, general[4], random.bits() & 0xcd5, self.word());
            }
            M::Jmp | M::Call if i.op_kind(0) == OpKind::Register => {
                case.before.general[i.op_register(0).number()] = landing;
            }
            M::Jmp | M::Call if i.op_kind(0) == OpKind::Memory => {
                put(case, self.address(case), landing, self.word());
            }
            M::Xgetbv => case.before.general[1] = random.bits() << 32,
            M::Fldcw => {
                // Reserved bits read as this processor has them.
                put(case, self.address(case), random.bits() & 0x1f3f | 0x40, 2);
            }
            M::Ldmxcsr | M::Vldmxcsr => put(case, self.address(case), random.bits() & 0xffff, 4),
            M::Div | M::Idiv if random.one_in(2) => {
                let sign = (general[0] as i64 >> 63) as u64;
                let is_signed = i.mnemonic() == M::Idiv;
                case.before.general[2] = if is_signed { sign } else { 0 };
            }
            M::Cmpxchg if random.one_in(2) => match i.op_kind(0) {
                OpKind::Register => {
                    let register = i.op_register(0);
                    if !matches!(
                        register,
                        Register::AH | Register::BH | Register::CH | Register::DH
                    ) {
                        case.before.general[register.number()] = general[0];
                    }
                }
                _ => put(case, self.address(case), general[0], i.memory_size().size()),
            },
            M::Cmpxchg8b if random.one_in(2) => {
                let both = general[2] << 32 | general[0] & 0xffff_ffff;
                put(case, self.address(case), both, 8);
            }
            M::Cmpxchg16b if random.one_in(2) => {
                let address = self.address(case);
                put(case, address, general[0], 8);
                put(case, address.wrapping_add(8), general[2], 8);
            }
            _ => {}
        }
        let is_pop = matches!(i.code(), Code::Pop_rm16 | Code::Pop_rm32 | Code::Pop_rm64);
        if is_pop && i.memory_base().full_register() == Register::RSP {
            // The address counts from `rsp` after the pop.
            case.before.general[4] = STACK;
        }
    }

    /// The bytes of a word on the stack.
    fn word(&self) -> usize {
        self.set.word().into()
    }

    /// The address of the explicit memory operand.
    fn address(&self, case: &Case) -> u64 {
        let general = &case.before.general;
        self.instruction
            .virtual_address(self.memory_operand(), 0, |register, _, _| {
                let is_general = register.is_gpr();
                Some(match register {
                    Register::FS => BASES[0],
                    Register::GS => BASES[1],
                    _ if is_general => get(general, register),
                    _ => 0,
                })
            })
            .unwrap_or_default()
    }

    fn memory_operand(&self) -> u32 {
        let i = &self.instruction;
        (0..i.op_count())
            .find(|&operand| i.op_kind(operand) == OpKind::Memory)
            .unwrap_or_default()
    }
}

/// What `fs` or `gs` adds to an address.
fn segment_base(i: &Instruction) -> u64 {
    match i.segment_prefix() {
        Register::FS => BASES[0],
        Register::GS => BASES[1],
        _ => 0,
    }
}

/// An address within the scratch memory, mostly aligned.
fn spot(random: &mut Random) -> u64 {
    let aligned = SCRATCH + 4096 + 64 * random.below(60);
    if random.one_in(6) {
        aligned + random.below(64)
    } else {
        aligned
    }
}

fn get(general: &[u64; 16], register: Register) -> u64 {
    let value = general[register.number()];
    if register.size() == 4 {
        value & 0xffff_ffff
    } else {
        value
    }
}

/// Sets a register; of a 32-bit one the upper half is random.
fn set(general: &mut [u64; 16], register: Register, value: u64, random: &mut Random) {
    let above = random.bits() << 32;
    general[register.number()] = match register.size() {
        4 => above | value & 0xffff_ffff,
        _ => value,
    };
}

/// Puts the low `size` bytes of a value into the scratch memory.
fn put(case: &mut Case, address: u64, value: u64, size: usize) {
    let offset = address.wrapping_sub(SCRATCH) as usize;
    let size = size.min(8);
    if offset < SCRATCH_SIZE - 8 {
        case.memory[offset..offset + size].copy_from_slice(&value.to_le_bytes()[..size]);
    }
}

fn zero_vector(case: &mut Case, areas: Areas, number: usize) {
    for (offset, count) in areas.vector_pieces(number) {
        case.before.xsave[offset..offset + count].fill(0);
    }
}
