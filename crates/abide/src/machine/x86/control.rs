//! Jumps, calls, returns, and what stops or leaves the program.

use iced_x86::{Code, Mnemonic, OpKind};

use super::emit::{Lift, ZERO};
use super::moves::condition;
use super::references::Target as Place;
use crate::machine::{Condition, Effect, Flow, Operand, Operation, Reference, Rest, Target};
use crate::registers::{Flags, Part, Register, RegisterSet};

const ONE: Operand = Operand::Constant(1);
const FAR: Flow = Flow::Unknown("a far jump, call or return");
const WIDE: Flow = Flow::Unknown("a branch of 16 bits");
/// What a kernel takes arguments from (System V, A.2.1).
const SYSTEM_CALL: RegisterSet = {
    use Register as R;
    RegisterSet::of(&[R::RDI, R::RSI, R::RDX, R::R10, R::R8, R::R9])
};
/// What `int` and `sysenter` take arguments from (the kernel's entry of 32-bit calls).
const INTERRUPT_CALL: RegisterSet = {
    use Register as R;
    RegisterSet::of(&[R::RBX, R::RCX, R::RDX, R::RSI, R::RDI, R::RBP])
};
/// What the TDX module takes addresses from, of leaves that are and that may come. The host, which
/// may be handed others, does not reach private memory.
const MODULE_CALL: RegisterSet = {
    use Register as R;
    RegisterSet::of(&[
        R::RCX,
        R::RDX,
        R::R8,
        R::R9,
        R::R10,
        R::R11,
        R::R12,
        R::R13,
        R::R14,
        R::R15,
    ])
};
const UNKNOWN_TARGET: Flow = Flow::Unknown("a branch to where a relocation does not say");

impl Lift<'_> {
    /// What follows an instruction that does more than go on to the next.
    pub(super) fn control(&mut self) -> Option<Flow> {
        use Mnemonic as M;
        Some(match self.instruction.mnemonic() {
            M::Jmp => self.jump(),
            M::Call => self.call(),
            M::Ret => self.ret(),
            M::Jcxz => self.branch_if_zero(16),
            M::Jrcxz => self.branch_if_zero(64),
            M::Jecxz => self.branch_if_zero(32),
            M::Loop => self.count_down(None),
            M::Loope => self.count_down(Some(Condition::Equal)),
            M::Loopne => self.count_down(Some(Condition::NotEqual)),
            M::Iret => Flow::InterruptReturn { bits: 16 },
            M::Iretd => Flow::InterruptReturn { bits: 32 },
            M::Iretq => Flow::InterruptReturn { bits: 64 },
            M::Syscall => self.system_call(),
            M::Int | M::Sysenter => self.software_interrupt(),
            M::Tdcall => self.module_call(),
            M::Ud0 | M::Ud1 | M::Ud2 | M::Int3 | M::Int1 => Flow::Stop,
            M::Hlt => Flow::Halt,
            M::Retf => self.far_return(),
            // Where it traps, the handler comes back behind it.
            M::Into => self.trap_on_overflow(),
            M::Swapgs => Flow::SwapBase,
            M::Wrgsbase => self.write_base(&[self.part(0).register], self.width(0)),
            M::Wrmsr => self.write_base(&[Register::RCX, Register::RAX, Register::RDX], 32),
            M::Mov if self.writes_cr0() => Flow::SetMode(self.source(1)),
            _ if self.instruction.is_jcc_short_or_near() => self.conditional(),
            _ => return None,
        })
    }

    fn branch_or_value(&mut self) -> Result<Target, Flow> {
        match self.instruction.op_kind(0) {
            kind if self.is_near(kind) => match self.branch_target() {
                Some(Place::Reference(reference)) => Ok(Target::Direct(reference)),
                Some(Place::Number(number)) => Ok(Target::Indirect(Operand::Constant(number))),
                None => Err(UNKNOWN_TARGET),
            },
            OpKind::Register if self.width(0) == self.word => Ok(Target::Indirect(self.source(0))),
            OpKind::Memory if self.is_near_indirect() && self.memory_width() == self.word => {
                Ok(Target::Indirect(self.source(0)))
            }
            OpKind::Memory if self.is_near_indirect() => Err(WIDE),
            OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::Register => Err(WIDE),
            _ => Err(FAR),
        }
    }

    /// Whether an operand is the distance of a branch of the mode's own width.
    fn is_near(&self, kind: OpKind) -> bool {
        match self.word {
            64 => kind == OpKind::NearBranch64,
            _ => kind == OpKind::NearBranch32,
        }
    }

    fn is_near_indirect(&self) -> bool {
        self.instruction.is_jmp_near_indirect() || self.instruction.is_call_near_indirect()
    }

    fn jump(&mut self) -> Flow {
        if let Some(far) = self.far_jump() {
            return far;
        }
        match self.branch_or_value() {
            Ok(target) => Flow::Jump(target),
            Err(unknown) => unknown,
        }
    }

    /// An indirect target is read before the return address is pushed.
    fn call(&mut self) -> Flow {
        match self.branch_or_value() {
            Ok(target) => {
                let next = self.next_address();
                self.push_value(next, self.word);
                Flow::Call(target)
            }
            Err(unknown) => unknown,
        }
    }

    fn ret(&mut self) -> Flow {
        let is_own = match self.instruction.code() {
            Code::Retnq | Code::Retnq_imm16 => self.word == 64,
            Code::Retnd | Code::Retnd_imm16 => self.word == 32,
            _ => false,
        };
        if !is_own {
            return WIDE;
        }
        let address = self.pop_value(self.word);
        if self.instruction.op_count() == 1 {
            self.drop_bytes(self.instruction.immediate16().into());
        }
        Flow::Return(address)
    }

    /// The selector lies above the address, in a word of its own.
    fn far_return(&mut self) -> Flow {
        let bits = match self.instruction.code() {
            Code::Retfq | Code::Retfq_imm16 => 64,
            Code::Retfd | Code::Retfd_imm16 => 32,
            _ => return WIDE,
        };
        let address = self.pop_value(bits);
        let selector = self.pop_value(bits);
        if self.instruction.op_count() == 1 {
            self.drop_bytes(self.instruction.immediate16().into());
        }
        self.far(address, selector)
    }

    /// A jump to another segment, by numbers of its own or in memory, where the selector lies
    /// behind the address.
    fn far_jump(&mut self) -> Option<Flow> {
        let bits = match self.instruction.code() {
            Code::Jmp_ptr1616 | Code::Jmp_ptr1632 => {
                let plain = match self.instruction.op0_kind() {
                    OpKind::FarBranch16 => self.instruction.far_branch16().into(),
                    _ => self.instruction.far_branch32(),
                };
                let address = self.field_value(self.fields.immediate, plain.into());
                let selector = Operand::Constant(self.instruction.far_branch_selector().into());
                return Some(self.far(address, selector));
            }
            Code::Jmp_m1632 => 32,
            Code::Jmp_m1664 => 64,
            _ => return None,
        };
        let memory = self.memory();
        let address = self.load(memory.address, bits, 1, memory.segment);
        let behind = Operand::Constant(u64::from(bits / 8));
        let behind = self.compute(Operation::Add, self.word, memory.address, behind);
        let selector = self.load(behind, 16, 1, memory.segment);
        Some(self.far(address, selector))
    }

    fn far(&mut self, address: Operand, selector: Operand) -> Flow {
        let low = Operand::Constant(u64::from(u16::MAX));
        let selector = self.compute(Operation::And, 64, selector, low);
        Flow::Far { address, selector }
    }

    fn trap_on_overflow(&mut self) -> Flow {
        self.test(Condition::Overflow);
        Flow::Next
    }

    fn write_base(&mut self, from: &[Register], bits: u16) -> Flow {
        for &register in from {
            let part = Part::low(register, bits);
            self.read(part);
            self.push(Effect::Take { part });
        }
        Flow::WriteBase
    }

    fn writes_cr0(&self) -> bool {
        self.instruction.op_kind(0) == OpKind::Register
            && self.instruction.op_register(0) == iced_x86::Register::CR0
    }

    fn direct(&self) -> Result<Reference, Flow> {
        match (self.instruction.op_kind(0), self.branch_target()) {
            (kind, Some(Place::Reference(reference))) if self.is_near(kind) => Ok(reference),
            (kind, _) if self.is_near(kind) => Err(UNKNOWN_TARGET),
            _ => Err(WIDE),
        }
    }

    fn branch(&mut self, taken: Operand, condition: Option<Condition>) -> Flow {
        match self.direct() {
            Ok(target) => Flow::Branch {
                target,
                taken,
                condition,
            },
            Err(unknown) => unknown,
        }
    }

    fn conditional(&mut self) -> Flow {
        let Some(condition) = condition(self.instruction.condition_code()) else {
            return UNKNOWN_TARGET;
        };
        let taken = self.test(condition);
        self.branch(taken, Some(condition))
    }

    fn branch_if_zero(&mut self, bits: u16) -> Flow {
        let counter = self.read(Part::low(Register::RCX, bits));
        let taken = self.compute(Operation::Equal, bits, counter, ZERO);
        self.branch(taken, None)
    }

    /// `loop` and its relatives; an address-size prefix makes the counter `ecx`.
    fn count_down(&mut self, condition: Option<Condition>) -> Flow {
        if self.instruction.has_rep_prefix() || self.instruction.has_repne_prefix() {
            // Some processors let the prefix choose the condition.
            return Flow::Unknown("a loop with a repetition prefix");
        }
        let Some(bits) = count_width(self.instruction.code()) else {
            return WIDE;
        };
        let counter = self.read(Part::low(Register::RCX, bits));
        let counter = self.compute(Operation::Subtract, bits, counter, ONE);
        self.write_general(Register::RCX, bits, counter);
        let is_zero = self.compute(Operation::Equal, bits, counter, ZERO);
        let mut taken = self.compute(Operation::Xor, 8, is_zero, ONE);
        if let Some(condition) = condition {
            let holds = self.test(condition);
            taken = self.compute(Operation::And, 8, taken, holds);
        }
        self.branch(taken, None)
    }

    /// The processor saves RIP and RFLAGS in `rcx` and `r11`, and `sysret`
    /// takes them back from there; the result is in `rax`.
    fn system_call(&mut self) -> Flow {
        if self.word != 64 {
            return self.software_interrupt();
        }
        self.read(Part::low(Register::RAX, 64));
        for register in [Register::RAX, Register::RCX, Register::R11] {
            let value = self.open(64, false);
            self.write(Part::low(register, 64), value, Rest::Keep);
        }
        Flow::System(SYSTEM_CALL)
    }

    /// `tdcall`: which registers the TDX module gives a result in, its leaf and a mask in `rcx` say.
    /// All but SP may be among them (Intel TDX Module ABI, `TDG.VP.VMCALL`); what conventions keep
    /// may also stay as it is, so that no run shows it lost.
    fn module_call(&mut self) -> Flow {
        const RESULTS: [Register; 7] = {
            use Register as R;
            [R::RAX, R::RCX, R::RDX, R::R8, R::R9, R::R10, R::R11]
        };
        self.read(Part::low(Register::RAX, 64));
        let general = (0..16).map(Register::general);
        for register in general.filter(|&register| register != Register::RSP) {
            let may_stay = !RESULTS.contains(&register);
            let value = self.open(64, may_stay);
            self.write(Part::low(register, 64), value, Rest::Keep);
        }
        for register in (0..16).map(Register::vector) {
            self.overwrite(Part::low(register, 128));
        }
        self.open_flags(Flags::ARITHMETIC);
        Flow::System(MODULE_CALL)
    }

    fn software_interrupt(&mut self) -> Flow {
        self.read(Part::low(Register::RAX, self.word));
        let value = self.open(self.word, false);
        self.write_general(Register::RAX, self.word, value);
        Flow::System(INTERRUPT_CALL)
    }
}

/// The width of the counter, where the branch is of the mode's own width.
const fn count_width(code: Code) -> Option<u16> {
    Some(match code {
        Code::Loop_rel8_64_RCX | Code::Loope_rel8_64_RCX | Code::Loopne_rel8_64_RCX => 64,
        Code::Loop_rel8_64_ECX | Code::Loope_rel8_64_ECX | Code::Loopne_rel8_64_ECX => 32,
        Code::Loop_rel8_32_ECX | Code::Loope_rel8_32_ECX | Code::Loopne_rel8_32_ECX => 32,
        Code::Loop_rel8_32_CX | Code::Loope_rel8_32_CX | Code::Loopne_rel8_32_CX => 16,
        _ => return None,
    })
}
