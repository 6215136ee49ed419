//! Everything else: what is read and written is known, the results are open.

use iced_x86::{
    EncodingKind, FlowControl, InstructionInfo, InstructionInfoFactory, Mnemonic, OpAccess, OpKind,
    Register as Name, RflagsBits, UsedMemory, UsedRegister,
};

use super::computed::temp_of;
use super::emit::Lift;
use super::operands::Memory;
use super::parts::{general_rest, part, segment, widened};
use crate::machine::{Effect, Operand, Operation, Rest, Temp};
use crate::registers::{Flags, Part};

impl Lift<'_> {
    /// Lifts by what the decoder knows; `false` if control may go elsewhere.
    pub(super) fn opaque(&mut self, factory: &mut InstructionInfoFactory) -> bool {
        if self.instruction.flow_control() != FlowControl::Next {
            return false;
        }
        let info = factory.info(self.instruction);
        let is_x87 = self.is_x87();
        self.read_registers(info);
        let (memory, loaded) = self.access_memory(info);
        let determined = self.is_determined(info);
        self.write_registers(info, determined, loaded);
        self.write_memory(info, memory, determined, loaded);
        self.open_rflags();
        if is_x87 {
            self.change_x87_control();
            self.open_x87();
            self.count_x87();
        }
        self.note_mmx();
        true
    }

    /// Vector arithmetic depends on its inputs; what else is left open asks
    /// the machine (segments, control registers, counters). The upper half that `insertq` and
    /// `extrq` leave is undefined (AMD64 APM vol. 4).
    fn is_determined(&self, info: &InstructionInfo) -> bool {
        let is_undefined = matches!(
            self.instruction.mnemonic(),
            Mnemonic::Insertq | Mnemonic::Extrq
        );
        self.instruction.encoding() != EncodingKind::Legacy
            || !is_undefined
                && info.used_registers().iter().any(|used| {
                    let name = used.register();
                    name.is_vector_register() || name.is_mm() || name.is_st()
                })
    }

    fn read_registers(&mut self, info: &InstructionInfo) {
        for used in info.used_registers() {
            if !reads(used.access()) || self.is_only_an_address(used.register()) {
                continue;
            }
            if let Some(part) = part(used.register()) {
                self.read(part);
                self.push(Effect::Take { part });
            }
        }
    }

    /// Whether a register is named for the operand's address alone, which
    /// reads it by itself.
    fn is_only_an_address(&self, name: Name) -> bool {
        let i = self.instruction;
        (name == i.memory_base() || name == i.memory_index())
            && !(0..i.op_count())
                .any(|n| self.is_register(n) && i.op_register(n).full_register() == name)
    }

    /// Loads what is read, and returns the explicit operand's address and what was loaded last.
    fn access_memory(&mut self, info: &InstructionInfo) -> (Option<Memory>, Option<Temp>) {
        let has_operand = self
            .instruction
            .op_kinds()
            .any(|kind| kind == OpKind::Memory);
        let explicit = (has_operand && !info.used_memory().is_empty()).then(|| self.memory());
        let mut loaded = None;
        for used in info.used_memory() {
            if reads(used.access()) {
                let memory = self.place(used, explicit);
                loaded = temp_of(self.load_from(memory));
            }
        }
        (explicit, loaded)
    }

    fn write_memory(
        &mut self,
        info: &InstructionInfo,
        explicit: Option<Memory>,
        determined: bool,
        loaded: Option<Temp>,
    ) {
        for used in info.used_memory() {
            if writes(used.access()) {
                // Those read what they spell out, and write to where a register points.
                let explicit = explicit.filter(|_| self.implicit_alignment() == 1);
                let memory = self.place(used, explicit);
                let function = self.masked_store(loaded);
                let value = self.open_of(memory.bits, determined, 0, function);
                self.store_to(memory, value);
            }
        }
    }

    fn place(&mut self, used: &UsedMemory, explicit: Option<Memory>) -> Memory {
        let i = self.instruction;
        // The decoder has added the instruction pointer to the displacement.
        let base = match i.memory_base() {
            Name::RIP | Name::EIP => Name::None,
            base => base,
        };
        let is_explicit = used.base() == base && used.index() == i.memory_index();
        let bits = (8 * used.memory_size().size()).min(usize::from(u16::MAX)) as u16;
        match explicit {
            Some(memory) if is_explicit => memory,
            _ => Memory {
                address: self.implicit_address(used),
                bits,
                align: self.implicit_alignment(),
                segment: segment(used.segment()),
            },
        }
    }

    /// The address of an operand that the instruction does not spell out, as
    /// `maskmovdqu` has one.
    fn implicit_address(&mut self, used: &UsedMemory) -> Operand {
        let mut sum = Operand::Constant(used.displacement());
        for name in [used.base(), used.index()] {
            if let Some(part) = part(name) {
                let term = self.read(part);
                sum = match sum {
                    Operand::Constant(0) => term,
                    _ => self.compute(Operation::Add, self.word, sum, term),
                };
            }
        }
        sum
    }

    /// The alignment, in bytes, of such an operand: 64 bytes at a time are written where they can
    /// be written at once (Intel SDM vol. 2, `MOVDIR64B`, `ENQCMD`).
    fn implicit_alignment(&self) -> u8 {
        match self.instruction.mnemonic() {
            Mnemonic::Movdir64b | Mnemonic::Enqcmd | Mnemonic::Enqcmds => 64,
            _ => 1,
        }
    }

    fn write_registers(&mut self, info: &InstructionInfo, determined: bool, loaded: Option<Temp>) {
        let lanes = self.lanes(info);
        let function = self.function(loaded);
        for used in info.used_registers() {
            if !writes(used.access()) || used.register().is_st() {
                continue;
            }
            if let Some((part, rest)) = self.written(used) {
                let value = self.open_of(part.bits, determined, lanes, function);
                let value = self.masked(part, value);
                self.write(part, value, rest);
            }
        }
    }

    /// What is written: the decoder names whole registers where the rest
    /// becomes zero, the operand tells which part has content.
    fn written(&self, used: &UsedRegister) -> Option<(Part, Rest)> {
        let whole = part(used.register())?;
        let named = (0..self.instruction.op_count())
            .filter(|&n| self.is_register(n))
            .filter_map(|n| part(self.name(n)))
            .find(|part| part.register == whole.register && part.low == 0)
            .filter(|part| part.bits <= whole.bits);
        let part = match used.access() {
            // A target that may stay as it is does so as a whole.
            OpAccess::CondWrite | OpAccess::ReadCondWrite => widened(named.unwrap_or(whole)),
            _ => named.unwrap_or(whole),
        };
        let rest = match part.register {
            register if register.is_vector() => self.vector_rest(),
            register if register.is_general() => general_rest(part),
            _ => Rest::Keep,
        };
        Some((part, rest))
    }

    fn open_rflags(&mut self) {
        let i = self.instruction;
        let (cleared, set) = (flags(i.rflags_cleared()), flags(i.rflags_set()));
        self.write_flags(cleared | set, set);
        self.open_flags(flags(i.rflags_written()));
        self.undefine_flags(flags(i.rflags_undefined()));
    }
}

fn reads(access: OpAccess) -> bool {
    matches!(
        access,
        OpAccess::Read
            | OpAccess::CondRead
            | OpAccess::ReadWrite
            | OpAccess::ReadCondWrite
            // What may stay as it is depends on what it was.
            | OpAccess::CondWrite
    )
}

/// Whether what is accessed may change.
pub(super) const fn writes(access: OpAccess) -> bool {
    matches!(
        access,
        OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite
    )
}

/// The decoder's set of flags as ours.
fn flags(bits: u32) -> Flags {
    const PAIRS: [(u32, Flags); 9] = [
        (RflagsBits::OF, Flags::OF),
        (RflagsBits::SF, Flags::SF),
        (RflagsBits::ZF, Flags::ZF),
        (RflagsBits::AF, Flags::AF),
        (RflagsBits::CF, Flags::CF),
        (RflagsBits::PF, Flags::PF),
        (RflagsBits::DF, Flags::DF),
        (RflagsBits::IF, Flags::IF),
        (RflagsBits::AC, Flags::AC),
    ];
    if bits == 0 {
        return Flags::NONE;
    }
    PAIRS
        .iter()
        .filter(|(theirs, _)| bits & theirs != 0)
        .fold(Flags::NONE, |all, &(_, ours)| all | ours)
}
