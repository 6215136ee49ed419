//! The code of a function: what mutators choose their places from.
//!
//! Found by following direct jumps alone. What is only reached through a table is not seen, so
//! less of the function is broken, and nothing is taken for its code that is not.

use std::collections::{BTreeMap, BTreeSet};

use super::frame_table::{self, Rule};
use super::seh_table::{self, Code};
use abide::contracts::platform_of;
use abide::conventions::Convention;
use abide::inputs::{self as unwind, CanonicalFrame, Image, Place, Resolved, Saved, UnwindRow};
use abide::interpret::UnwindTables;
use abide::machine::x86::Lifter;
use abide::machine::{Effect, Effects, Flow, Reference, Target};
use abide::registers::InstructionSet;
use iced_x86::{CodeSize, Instruction, Mnemonic, OpKind, Register};

/// The distance of an operand in memory from its base.
pub(crate) fn displacement(i: &Instruction) -> i64 {
    match i.code_size() {
        CodeSize::Code32 => i.memory_displacement32().cast_signed().into(),
        _ => i.memory_displacement64().cast_signed(),
    }
}

/// An instruction of the body.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// Where it is.
    pub(crate) place: Place,
    /// The instruction.
    pub(crate) instruction: Instruction,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// How far SP lies below where it was at the entry, if that is plain.
    pub(crate) depth: Option<i64>,
    /// Whether a relocation changes it, or it counts from its own address.
    pub(crate) is_fixed: bool,
    /// Whether it calls by the convention.
    pub(crate) is_call: bool,
    /// Whether it is of a private helper, which has a convention of its own.
    pub(crate) in_helper: bool,
}

impl Step {
    /// The place behind it.
    pub(crate) fn end(&self) -> Place {
        moved(self.place, self.bytes.len() as i64)
    }

    /// Whether it is this instruction with a register as its only operand.
    fn is_stack_move(&self, mnemonic: Mnemonic) -> bool {
        self.instruction.mnemonic() == mnemonic && self.instruction.op0_kind() == OpKind::Register
    }

    /// Whether the operand is a register and the other one memory of the frame.
    fn moves_register(&self, register: u32, memory: u32) -> bool {
        let i = &self.instruction;
        i.mnemonic() == Mnemonic::Mov
            && i.op_kind(register) == OpKind::Register
            && i.op_kind(memory) == OpKind::Memory
            && i.memory_index() == Register::None
            && matches!(
                i.memory_base().full_register(),
                Register::RSP | Register::RBP
            )
    }

    /// Whether it returns from the function, and not from a helper.
    pub(crate) fn is_return(&self) -> bool {
        self.instruction.mnemonic() == Mnemonic::Ret && !self.in_helper
    }
}

/// A function's instructions, by place.
#[derive(Debug)]
pub(crate) struct Body {
    /// How it is called, and how it calls.
    pub(crate) convention: &'static Convention,
    /// The general registers that the convention preserves, SP apart.
    pub(crate) preserved: Vec<Register>,
    /// The vector registers that it preserves, in their lowest form.
    pub(crate) preserved_vectors: Vec<Register>,
    /// Where it begins.
    pub(crate) entry: Place,
    /// The instructions.
    pub(crate) steps: BTreeMap<Place, Step>,
    /// Where a jump, or a name, leads into the code.
    pub(crate) targets: BTreeSet<Place>,
    /// Whether some jump or call goes where only values tell.
    pub(crate) is_open: bool,
    /// Whether a private helper is called.
    pub(crate) has_helpers: bool,
    /// What the unwind table says of it.
    pub(crate) table: Vec<Rule>,
    /// The registers that unwind tables name of it: one that is saved, or that the frame is found by.
    named: BTreeSet<abide::registers::Register>,
    /// The same for Windows, if there is a table.
    pub(crate) codes: Option<Vec<Code>>,
    /// How long the section is that it begins in.
    pub(crate) section_size: i64,
    /// What it is code of.
    pub(crate) set: InstructionSet,
}

/// A place some bytes further.
pub(crate) fn moved(place: Place, by: i64) -> Place {
    Place {
        offset: place.offset + by,
        ..place
    }
}

impl Body {
    /// Follows the code from `entry`; `roots` are called by the convention.
    pub(crate) fn of(
        image: &Image,
        tables: &UnwindTables<'_>,
        entry: Place,
        roots: &BTreeSet<Place>,
    ) -> Self {
        let size = image.section(entry.section).map_or(0, |s| s.data.len());
        let set = image.set_of(entry.section);
        let first = match set {
            InstructionSet::X86_64 => Register::RAX,
            InstructionSet::X86 => Register::EAX,
        };
        let convention = platform_of(image.objects());
        let preserved = convention.preserved.iter();
        let (general, others): (Vec<_>, Vec<_>) =
            preserved.partition(|register| register.is_general());
        let vectors = others.iter().filter(|register| register.is_vector());
        let body = Self {
            convention,
            preserved: general.iter().map(|r| first + u32::from(r.0)).collect(),
            preserved_vectors: vectors
                .map(|r| Register::XMM0 + u32::from(r.file().1))
                .collect(),
            entry,
            steps: BTreeMap::new(),
            targets: labels(image, entry),
            is_open: false,
            has_helpers: false,
            table: frame_table::of(image, entry),
            named: BTreeSet::new(),
            codes: seh_table::of(image, entry),
            section_size: size as i64,
            set,
        };
        let mut walk = Walk {
            image,
            roots,
            lifter: Lifter::new(image),
            waiting: vec![(entry, At::ENTRY)],
            body,
        };
        walk.run();
        let mut body = walk.body;
        let rows = body.steps.keys().filter_map(|&at| tables.at(at, None));
        body.named = rows.flat_map(|row| named(&row)).collect();
        body
    }

    /// Whether an unwind table names the register.
    pub(crate) fn is_named(&self, register: Register) -> bool {
        let number = register.full_register().number() as u8;
        self.named.contains(&abide::registers::Register(number))
    }

    /// The bytes of a word on the stack.
    pub(crate) fn word(&self) -> i64 {
        self.set.word().into()
    }

    /// Whether it is this instruction with a preserved register as its only operand.
    pub(crate) fn is_stack_move(&self, step: &Step, mnemonic: Mnemonic) -> bool {
        step.is_stack_move(mnemonic) && self.preserved.contains(&step.instruction.op0_register())
    }

    /// Whether the operand is a whole preserved register and the other one memory of the frame.
    pub(crate) fn moves_preserved(&self, step: &Step, register: u32, memory: u32) -> bool {
        step.moves_register(register, memory)
            && self
                .preserved
                .contains(&step.instruction.op_register(register))
    }

    /// The instruction behind another one, where control goes on to it.
    pub(crate) fn next(&self, step: &Step) -> Option<&Step> {
        self.steps.get(&step.end())
    }

    /// The instructions in the order of their places.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Step> {
        self.steps.values()
    }

    /// The instructions from one on until control goes elsewhere or a target is met.
    pub(crate) fn run_from<'a>(&'a self, step: &'a Step) -> impl Iterator<Item = &'a Step> {
        std::iter::successors(Some(step), |step| {
            let flows = step.instruction.flow_control() == iced_x86::FlowControl::Next;
            self.next(step).filter(|_| flows)
        })
    }

    /// Whether some instruction names the register, or a part of it.
    pub(crate) fn mentions(&self, register: Register) -> bool {
        let mut factory = iced_x86::InstructionInfoFactory::new();
        self.iter().any(|step| {
            let info = factory.info(&step.instruction);
            let mut used = info.used_registers().iter();
            used.any(|used| used.register().full_register() == register.full_register())
        })
    }

    /// Whether SP changes by pushes, pops and constants alone, which must then come out even.
    pub(crate) fn counts_its_stack(&self) -> bool {
        !self.is_open
            && self
                .iter()
                .all(|step| step.depth.is_some() && is_counted(step))
    }
}

/// The registers that a row of an unwind table names.
fn named(row: &UnwindRow) -> Vec<abide::registers::Register> {
    let in_steps = |steps: &[unwind::Step]| -> Vec<_> {
        let registers = steps.iter().filter_map(|step| match step {
            unwind::Step::Register(register, _) => Some(*register),
            _ => None,
        });
        registers.collect()
    };
    let mut named = match &row.frame {
        CanonicalFrame::Offset(register, _) => vec![*register],
        CanonicalFrame::Computed(steps) => in_steps(steps),
        CanonicalFrame::Unread => Vec::new(),
    };
    for (register, saved) in &row.saved {
        named.push(*register);
        match saved {
            Saved::In(other) => named.push(*other),
            Saved::AtComputed(steps) | Saved::Computed(steps) => named.extend(in_steps(steps)),
            _ => {}
        }
    }
    named
}

fn is_counted(step: &Step) -> bool {
    change(&step.instruction).is_some()
}

/// How much deeper the stack is behind an instruction; `None` where that is not plain.
fn change(i: &Instruction) -> Option<i64> {
    let writes_sp = i.op_count() > 0
        && i.op0_kind() == OpKind::Register
        && i.op0_register().full_register() == Register::RSP;
    let constant = i.op_count() == 2 && i.op1_kind() != OpKind::Register;
    let pushed = -i64::from(i.stack_pointer_increment());
    match i.mnemonic() {
        Mnemonic::Push => Some(pushed),
        Mnemonic::Pop if writes_sp => None,
        Mnemonic::Pop => Some(pushed),
        Mnemonic::Sub if writes_sp && constant => Some(i.immediate(1) as i64),
        Mnemonic::Add if writes_sp && constant => Some(-(i.immediate(1) as i64)),
        Mnemonic::Lea
            if writes_sp && i.memory_base().full_register() == Register::RSP && no_index(i) =>
        {
            Some(-displacement(i))
        }
        Mnemonic::Cmp | Mnemonic::Test => Some(0),
        Mnemonic::Leave | Mnemonic::Enter | Mnemonic::Pushfq | Mnemonic::Popfq => None,
        Mnemonic::Pushfd | Mnemonic::Popfd | Mnemonic::Pushad | Mnemonic::Popad => None,
        // An exchange names it second as often as first.
        Mnemonic::Xchg if i.op1_register().full_register() == Register::RSP => None,
        _ if writes_sp => None,
        _ => Some(0),
    }
}

fn no_index(i: &Instruction) -> bool {
    i.memory_index() == Register::None
}

/// The named places of a section.
fn labels(image: &Image, entry: Place) -> BTreeSet<Place> {
    let symbols = image
        .symbols()
        .filter(|(_, symbol)| !symbol.name.is_empty());
    let places = symbols.filter_map(|(id, _)| match image.resolve(id) {
        Some(Resolved::Place(place)) => Some(place),
        _ => None,
    });
    places
        .filter(|place| place.section == entry.section)
        .collect()
}

struct Walk<'a> {
    image: &'a Image,
    roots: &'a BTreeSet<Place>,
    lifter: Lifter<'a>,
    waiting: Vec<(Place, At)>,
    body: Body,
}

/// How a place was come to.
#[derive(Clone, Copy, PartialEq, Eq)]
struct At {
    depth: Option<i64>,
    in_helper: bool,
}

impl At {
    const ENTRY: Self = Self {
        depth: Some(0),
        in_helper: false,
    };
    const HELPER: Self = Self {
        depth: None,
        in_helper: true,
    };
}

impl Walk<'_> {
    fn run(&mut self) {
        while let Some((place, at)) = self.waiting.pop() {
            match self.body.steps.get_mut(&place) {
                Some(step) if step.depth != at.depth => step.depth = None,
                Some(_) => {}
                None => self.visit(place, at),
            }
        }
    }

    fn visit(&mut self, place: Place, at: At) {
        let mut effects = Effects::new();
        if self.lifter.lift(place, &mut effects).is_err() {
            return;
        }
        let instruction = *self.lifter.instruction();
        let length = usize::from(effects.length);
        let bytes = self.image.bytes_from(place);
        let bytes = bytes.get(..length).unwrap_or_default().to_vec();
        let end = moved(place, length as i64);
        let deeper = at
            .depth
            .and_then(|depth| Some(depth + change(&instruction)?));
        let behind = At {
            depth: deeper,
            ..at
        };
        let is_call = self.follow(effects.flow, end, behind);
        self.note_pointers(&effects.list);
        let step = Step {
            place,
            is_fixed: instruction.is_ip_rel_memory_operand() || self.is_relocated(place, length),
            instruction,
            bytes,
            depth: at.depth,
            is_call,
            in_helper: at.in_helper,
        };
        self.body.steps.insert(place, step);
    }

    /// Puts what follows on the list, and tells whether it is a call by the convention.
    fn follow(&mut self, flow: Flow, end: Place, at: At) -> bool {
        match flow {
            Flow::Next | Flow::SetMode(_) | Flow::System(_) => self.waiting.push((end, at)),
            Flow::Branch { target, .. } => {
                self.waiting.push((end, at));
                self.jump(target, at);
            }
            Flow::Jump(Target::Direct(target)) => self.jump(target, at),
            Flow::Jump(Target::Indirect(_)) | Flow::Far { .. } => self.body.is_open = true,
            // `call $+5; pop`: where it is.
            Flow::Call(Target::Direct(Reference::Place(to))) if to == end => {
                let depth = at.depth.map(|depth| depth + self.body.word());
                self.waiting.push((end, At { depth, ..at }));
            }
            Flow::Call(target) => {
                self.waiting.push((end, at));
                return self.call(target);
            }
            _ => {}
        }
        false
    }

    /// Code whose address is taken may be jumped to.
    fn note_pointers(&mut self, effects: &[Effect]) {
        for effect in effects {
            if let Effect::Address {
                reference: Reference::Place(place),
                ..
            } = effect
            {
                self.body.targets.insert(*place);
            }
        }
    }

    fn jump(&mut self, target: Reference, at: At) {
        if let Reference::Place(place) = target
            && !self.roots.contains(&place)
        {
            self.body.targets.insert(place);
            self.waiting.push((place, at));
        }
    }

    fn call(&mut self, target: Target) -> bool {
        match target {
            Target::Direct(Reference::Place(place)) if !self.roots.contains(&place) => {
                self.body.has_helpers = true;
                self.body.targets.insert(place);
                self.waiting.push((place, At::HELPER));
                false
            }
            Target::Direct(_) => true,
            Target::Indirect(_) => {
                self.body.is_open = true;
                false
            }
        }
    }

    fn is_relocated(&self, place: Place, length: usize) -> bool {
        (0..length as i64).any(|by| self.image.relocation_at(moved(place, by)).is_some())
    }
}
