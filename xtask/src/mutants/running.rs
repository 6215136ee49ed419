//! The judge of mutants that are proved: they are run, by the concrete evaluator, from many
//! entries. One that runs through what was changed and keeps the contract each time is taken for
//! equivalent to its original; that is what its class has to explain. So is one that thousands of runs
//! return from without coming through, where the proof holds with no instruction there.

use std::collections::{BTreeSet, HashMap};

use abide::conventions::Convention;
use abide::inputs::{Image, Place};
use abide::machine::Effects;
use abide::machine::concrete::{Destination, Filling, Layout, Machine, Step, Value, random};
use abide::machine::x86::Lifter;
use abide::registers::{Flags, InstructionSet, Register};

use iced_x86::{Mnemonic, OpKind};

use super::body::Body;
use super::sample::Mutant;

/// How many entries are tried, and how many until a run comes through what was changed.
const ENTRIES: u64 = 64;
const MOST_ENTRIES: u64 = 2048;
/// How long the first runs may be, and the others.
const MOST_STEPS_AT_FIRST: u32 = 1_000_000;
const MOST_STEPS: u32 = 100_000;

/// How code of one width is entered.
struct Manner {
    /// The bytes of a word.
    word: u64,
    stack: u64,
    return_address: u64,
    /// Where pointers lead: the first, and how far each is from the next.
    regions: u64,
    apart: u64,
}

const OF_64_BITS: Manner = Manner {
    word: 8,
    stack: 0x7ffe_4000_0008,
    return_address: 0x7e7e_7e7e_7e7e,
    regions: 0x2000_0000_0000,
    apart: 1 << 32,
};

const OF_32_BITS: Manner = Manner {
    word: 4,
    stack: 0x7ffe_400c,
    return_address: 0x7e7e_7e7e,
    regions: 0x2000_0000,
    apart: 1 << 24,
};

/// How many words on the stack are arguments.
const STACK_ARGUMENTS: u64 = 12;

/// What all runs of a mutant showed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Runs {
    /// Runs that returned.
    pub(crate) returned: u32,
    /// Those of them that came through what was changed.
    pub(crate) touched: u32,
    /// Those of these that broke the contract.
    pub(crate) broke: u32,
}

impl Runs {
    /// Whether runs came through what was changed, and none broke the contract.
    pub(crate) fn show_equivalence(self) -> bool {
        self.touched > 0 && self.broke == 0
    }

    /// Whether nearly all returned, and none came through what was changed.
    pub(crate) fn stay_away(self) -> bool {
        self.touched == 0 && u64::from(self.returned) > MOST_ENTRIES / 2
    }
}

/// Runs a mutant.
pub(crate) fn run(mutant: &Mutant<'_>, image: &Image) -> Runs {
    let changed = mutant
        .edit
        .patches
        .iter()
        .map(|(place, _)| *place)
        .collect();
    let around = &mutant.subject.around;
    let layout = Layout::new(image);
    let scene = Scene {
        image,
        layout: &layout,
        root: mutant.subject.root.place,
        roots: around.roots.iter().map(|root| root.place).collect(),
        changed,
        convention: mutant.subject.body.convention,
        compared: compared(&mutant.subject.body),
    };
    let mut runs = Runs::default();
    for seed in 0..MOST_ENTRIES {
        if seed >= ENTRIES && runs.touched > 0 {
            break;
        }
        if let Some(end) = Run::new(&scene, seed).run() {
            runs.returned += 1;
            runs.touched += u32::from(end.touched);
            // Others break what the proof assumes: they read past a table, say.
            runs.broke += u32::from(end.touched && end.broke);
        }
    }
    runs
}

struct Scene<'a> {
    image: &'a Image,
    layout: &'a Layout<'a>,
    root: Place,
    roots: BTreeSet<Place>,
    changed: BTreeSet<Place>,
    convention: &'static Convention,
    /// The numbers that the function compares with.
    compared: Vec<u64>,
}

/// The numbers that a function compares with: an argument that is one takes ways that no other does.
fn compared(body: &Body) -> Vec<u64> {
    let compares = body
        .iter()
        .map(|step| step.instruction)
        .filter(|i| i.mnemonic() == Mnemonic::Cmp && is_immediate(i.op1_kind()));
    compares.map(|i| i.immediate(1)).collect()
}

fn is_immediate(kind: OpKind) -> bool {
    matches!(
        kind,
        OpKind::Immediate8
            | OpKind::Immediate16
            | OpKind::Immediate32
            | OpKind::Immediate8to16
            | OpKind::Immediate8to32
            | OpKind::Immediate8to64
            | OpKind::Immediate32to64
    )
}

impl Scene<'_> {
    /// An argument. Where the first runs did not come through the change, it is now and then a number
    /// that the function compares with.
    fn argument(&self, manner: &Manner, seed: u64, n: u64) -> u64 {
        let number = random(seed, 128 + n);
        let is_compared = seed >= ENTRIES && number.is_multiple_of(3) && !self.compared.is_empty();
        match is_compared {
            true => self.compared[(number >> 8) as usize % self.compared.len()],
            false => manner.argument(seed, n),
        }
    }
}

/// How a run ended that returned.
struct End {
    touched: bool,
    broke: bool,
}

struct Run<'a> {
    scene: &'a Scene<'a>,
    manner: &'static Manner,
    machine: Machine<'a>,
    seed: u64,
    calls: u64,
    touched: bool,
    broke: bool,
}

impl<'a> Run<'a> {
    fn new(scene: &'a Scene<'a>, seed: u64) -> Self {
        let mut machine = Machine::new(scene.layout, seed);
        machine.memory().fill_with(if seed.is_multiple_of(2) {
            Filling::SMALL
        } else {
            Filling::RANDOM
        });
        let manner = match scene.image.set_of(scene.root.section) {
            InstructionSet::X86_64 => &OF_64_BITS,
            InstructionSet::X86 => &OF_32_BITS,
        };
        machine.set(Register::RSP, manner.stack);
        machine.set(Register::X87_IN_USE, 0);
        machine.set(Register::UPPER_IN_USE, 0);
        let back = Value::number(manner.return_address);
        machine
            .memory()
            .write(manner.stack, manner.word as u16, back);
        match manner.word {
            4 => {
                for n in 0..STACK_ARGUMENTS {
                    let value = Value::number(scene.argument(manner, seed, n));
                    machine.memory().write(manner.stack + 4 + 4 * n, 4, value);
                }
                for register in 0..8 {
                    let register = Register::general(register);
                    if register != Register::RSP {
                        let value = random(seed, 64 + u64::from(register.0)) & 0xffff_ffff;
                        machine.set(register, value);
                    }
                }
            }
            _ => {
                let registers = scene.convention.parameters.iter().copied();
                for (n, register) in (0..).zip(registers) {
                    machine.set(register, scene.argument(manner, seed, n));
                }
                let above = manner.stack + manner.word + u64::from(scene.convention.home_space);
                if seed >= ENTRIES {
                    for n in 0..STACK_ARGUMENTS {
                        let value = Value::number(scene.argument(manner, seed, 6 + n));
                        machine.memory().write(above + 8 * n, 8, value);
                    }
                }
            }
        }
        Self {
            scene,
            manner,
            machine,
            seed,
            calls: 0,
            touched: false,
            broke: false,
        }
    }

    fn run(mut self) -> Option<End> {
        let entry = self.preserved();
        let controls = self.controls();
        let mut lifted: HashMap<Place, Effects> = HashMap::new();
        let mut lifter = Lifter::new(self.scene.image);
        let mut place = self.scene.root;
        let most_steps = match self.seed < ENTRIES {
            true => MOST_STEPS_AT_FIRST,
            false => MOST_STEPS,
        };
        for _ in 0..most_steps {
            self.touched |= self.scene.changed.contains(&place);
            let effects = lifted.entry(place).or_insert_with(|| {
                let mut effects = Effects::new();
                let _ = lifter.lift(place, &mut effects);
                effects
            });
            let next = match self.machine.step(effects, place) {
                Step::Return(to) if to == self.manner.return_address => {
                    return Some(self.end(&entry, controls));
                }
                step => self.go_on(step, place),
            };
            match next {
                Some(next) => place = next,
                None if self.broke => return Some(self.end(&entry, controls)),
                None => return None,
            }
        }
        None
    }

    fn go_on(&mut self, step: Step, place: Place) -> Option<Place> {
        match step {
            Step::Continue(next) if self.scene.roots.contains(&next) && next != self.scene.root => {
                self.callee()
            }
            Step::Continue(next) => Some(next),
            Step::Call(Destination::Place(to)) if !self.scene.roots.contains(&to) => Some(to),
            Step::Call(_) | Step::Leave(_) => self.callee(),
            Step::Return(address) => match self.machine.destination(address) {
                Destination::Place(to) => Some(to),
                _ => self.broken(),
            },
            Step::Unknown(_) if self.scene.image.bytes_from(place).is_empty() => self.broken(),
            _ => None,
        }
    }

    fn broken(&mut self) -> Option<Place> {
        self.broke = true;
        None
    }

    /// A callee that keeps the convention and leaves garbage where it may.
    fn callee(&mut self) -> Option<Place> {
        let stack = self.machine.get(Register::RSP)?;
        self.broke |= !(stack + self.manner.word).is_multiple_of(16)
            || self.machine.flag(Flags::DF) != Some(false);
        self.broke |= !self.is_idle();
        self.machine.set(Register::X87_IN_USE, 0);
        self.machine.set(Register::UPPER_IN_USE, 0);
        self.calls += 1;
        let bits = 8 * self.manner.word;
        for (n, register) in (0..).zip(self.volatile()) {
            let garbage = random(self.seed ^ self.calls << 32, n) | 1 << 63;
            self.machine.set(register, garbage >> (64 - bits));
        }
        self.machine
            .set(Register::RAX, random(self.seed, self.calls) % 4);
        let word = self.manner.word;
        let back = self.machine.memory().read(stack, word as u16).known()?;
        self.machine.set(Register::RSP, stack.wrapping_add(word));
        match self.machine.destination(back) {
            Destination::Place(place) => Some(place),
            // A tail call: the callee's return is ours, which `run` sees by one more `ret`.
            _ => {
                self.broke |= back != self.manner.return_address;
                self.broke.then_some(self.scene.root).filter(|_| false)
            }
        }
    }

    /// What the convention preserves of general and vector registers.
    fn preserved(&self) -> Vec<Value> {
        let preserved = self.scene.convention.preserved.iter();
        let compared = preserved.filter(|register| !register.is_control());
        let values = compared.map(|register| {
            let bits = match register.is_vector() {
                true => self.scene.convention.preserved_vector_bits,
                false => register.width(),
            };
            self.machine.value(register).truncated(bits)
        });
        values.collect()
    }

    /// What controls floating point.
    fn controls(&self) -> [Option<u64>; 2] {
        [Register::MXCSR, Register::X87_CONTROL].map(|register| {
            let value = self.machine.get(register);
            value.map(|value| value & register.control_bits())
        })
    }

    /// What a callee may change, the result apart.
    fn volatile(&self) -> Vec<Register> {
        if self.manner.word == 4 {
            return vec![Register::RCX, Register::RDX];
        }
        let parameters = self.scene.convention.parameters.iter().copied();
        parameters.chain([Register::R10, Register::R11]).collect()
    }

    /// Whether neither MMX nor the x87 stack nor upper halves are in use.
    fn is_idle(&self) -> bool {
        let in_use = self.machine.get(Register::X87_IN_USE);
        in_use.is_some_and(|in_use| in_use as i64 <= 0)
            && self.machine.get(Register::UPPER_IN_USE) == Some(0)
    }

    fn end(self, entry: &[Value], controls: [Option<u64>; 2]) -> End {
        let above = self.manner.stack + self.manner.word;
        let is_kept = entry == self.preserved()
            && self.machine.get(Register::RSP) == Some(above)
            && self.machine.flag(Flags::DF) == Some(false)
            && self.is_idle()
            && controls == self.controls();
        End {
            touched: self.touched,
            broke: self.broke || !is_kept,
        }
    }
}

impl Manner {
    /// Pointers, and small numbers that are powers of two as often as not, for sizes and strides.
    fn argument(&self, seed: u64, n: u64) -> u64 {
        let number = random(seed, n);
        match number % 5 {
            0 | 1 => self.regions + n * self.apart,
            2 => 1 << ((number >> 8) % 8),
            3 => (number >> 8) % 64,
            _ => 16 * ((number >> 8) % 16),
        }
    }
}
