//! Plain instructions: vector arithmetic and its loads and stores, which most of a codec is.
//!
//! Where the addresses are not of the frame and the vector registers hold nothing that is
//! followed, a plain instruction does no more than to leave vector registers open. What that
//! takes is read off its effects once; a stretch of plain instructions is then one step. Data of
//! the frame is plain too, at a distance from a register that is a number: see [`OnFrame`].

use super::on_frame::OnFrame;
use super::used::Used;
use crate::machine::{Effect, Effects, Flow, Operand, Operation, Reference, Temp};
use crate::registers::{Part, Register};

/// What one plain instruction, or several in a row, take for granted and do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::interpret) struct Plain {
    /// General registers, a bit each, that must hold no address of the frame and no garbage.
    pub values: u16,
    /// General registers, a bit each, that are the base of accesses and nothing else: of those an
    /// address of the frame will do, if what is accessed there is plain.
    pub bases: u16,
    /// Those of them that must hold no address in a section either: stores go there.
    pub stored_to: u16,
    /// Vector registers, a bit each, of which no more may be known than 64 bits.
    pub open: u32,
    /// Vector registers, a bit each, that must hold no garbage.
    pub lanes: u32,
    /// Vector registers of which nothing is known afterwards.
    pub opened: u32,
    /// Whether there are stores, other than by a base.
    pub stores: bool,
    /// Whether upper halves of vector registers are taken into use.
    pub upper: bool,
    /// What it does by bases, by the number of the first among those of the code.
    pub on_frame: u32,
    /// How many bases there are.
    pub on_frames: u8,
}

/// What a temporary of a plain instruction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Computed from these general registers, constants, and places if it says so.
    Number { from: u16, place: bool },
    /// A general register plus a number.
    Base(Register, i64),
    /// Nothing that is followed.
    Open,
}

impl Plain {
    /// What an instruction takes and does, if it is plain; and what with data of the frame.
    pub(super) fn of(effects: &Effects, used: &Used) -> Option<(Self, Option<OnFrame>)> {
        if effects.flow != Flow::Next {
            return None;
        }
        let mut plain = Self::default();
        let mut kinds = Kinds::default();
        for effect in &effects.list {
            plain.take(effect, &mut kinds, used)?;
        }
        Some((plain, kinds.on_frame))
    }

    /// This and then another.
    pub(super) fn then(self, next: Self) -> Self {
        Self {
            values: self.values | next.values,
            bases: self.bases | next.bases,
            stored_to: self.stored_to | next.stored_to,
            open: self.open | next.open & !self.opened,
            lanes: self.lanes | next.lanes & !self.opened,
            opened: self.opened | next.opened,
            stores: self.stores || next.stores,
            upper: self.upper || next.upper,
            on_frame: 0,
            on_frames: 0,
        }
    }

    fn take(&mut self, effect: &Effect, kinds: &mut Kinds, used: &Used) -> Option<()> {
        match *effect {
            Effect::Read { into, part } => {
                let kind = self.read(part)?;
                kinds.set(into, kind)
            }
            Effect::Address {
                into,
                reference: Reference::Place(_),
            } => kinds.set(
                into,
                Kind::Number {
                    from: 0,
                    place: true,
                },
            ),
            // Those that an address takes: they teach nothing of their inputs.
            Effect::Compute {
                into,
                operation:
                    operation @ (Operation::Copy
                    | Operation::Add
                    | Operation::Subtract
                    | Operation::ShiftLeft
                    | Operation::Multiply),
                bits: 64,
                inputs,
            } => {
                if let Some(base) = kinds.moved(operation, inputs) {
                    return kinds.set(into, base);
                }
                let [a, b, c] = inputs.map(|input| kinds.get(input));
                kinds.set(into, a?.with(b?)?.with(c?)?)
            }
            Effect::Take { part } if part.register.is_vector() => {
                self.lanes |= vector(part.register)? & !self.opened;
                Some(())
            }
            Effect::Take { part } if !part.register.is_general() => Some(()),
            Effect::Take { part } => {
                let kind = self.read(part)?;
                self.follow(kind)
            }
            Effect::Opaque { into, lanes, .. } => {
                self.lanes |= lanes & !self.opened;
                kinds.set(into, Kind::Open)
            }
            Effect::Load {
                into,
                address,
                bits,
                align,
                segment: None,
            } if bits > 64 || !used.contains(into) => {
                match kinds.get(address)? {
                    Kind::Base(base, from) => {
                        self.bases |= 1 << base.0;
                        kinds.access(OnFrame::read(base, from, bits, align)?)?;
                    }
                    address => self.values |= address.number()?.0,
                }
                kinds.set(into, Kind::Open)
            }
            Effect::Store {
                address,
                value,
                bits,
                align,
                segment: None,
            } => {
                let value = kinds.get(value)?;
                if let Kind::Base(base, from) = kinds.get(address)?
                    && value == Kind::Open
                {
                    self.bases |= 1 << base.0;
                    self.stored_to |= 1 << base.0;
                    return kinds.access(OnFrame::write(base, from, bits, align)?);
                }
                let (to, false) = kinds.get(address)?.number()? else {
                    return None;
                };
                self.values |= to;
                self.stored_to |= to;
                self.stores = true;
                self.follow(value)
            }
            Effect::Write {
                part:
                    Part {
                        register: Register::UPPER_IN_USE,
                        ..
                    },
                value: Operand::Constant(1),
                ..
            } => {
                self.upper = true;
                Some(())
            }
            Effect::Write { part, value, .. } => self.write(part.register, kinds.get(value)?),
            _ => None,
        }
    }

    /// What a value is made of is no address of the frame, or it would have to be followed.
    fn follow(&mut self, value: Kind) -> Option<()> {
        if value != Kind::Open {
            self.values |= value.number()?.0;
        }
        Some(())
    }

    fn read(&mut self, part: Part) -> Option<Kind> {
        let register = part.register;
        if register.is_general() {
            let base = Kind::Base(register, 0);
            let number = || {
                base.number()
                    .map(|(from, place)| Kind::Number { from, place })
            };
            return match (part.low, part.bits) {
                (0, 64) => Some(base),
                _ => number(),
            };
        }
        // What is read of up to 64 bits has a name.
        if part.low != 0 || part.bits < 128 {
            return None;
        }
        self.open |= vector(register)? & !self.opened;
        self.lanes |= vector(register)? & !self.opened;
        Some(Kind::Open)
    }

    fn write(&mut self, register: Register, value: Kind) -> Option<()> {
        self.opened |= vector(register)?;
        (value == Kind::Open).then_some(())
    }
}

fn vector(register: Register) -> Option<u32> {
    register.is_vector().then(|| 1 << (register.0 - 16))
}

impl Kind {
    fn with(self, other: Self) -> Option<Self> {
        let ((from, place), (other, also)) = (self.number()?, other.number()?);
        Some(Self::Number {
            from: from | other,
            place: place || also,
        })
    }

    /// The registers that a number is computed from, and whether a place is in it.
    const fn number(self) -> Option<(u16, bool)> {
        match self {
            Self::Number { from, place } => Some((from, place)),
            // SP is an address of the frame nearly always.
            Self::Base(Register::RSP, _) | Self::Open => None,
            Self::Base(base, _) => Some((1 << base.0, false)),
        }
    }
}

/// What the temporaries are, of which a plain instruction has few, and what it does with data of
/// the frame.
#[derive(Default)]
struct Kinds {
    temps: [Option<Kind>; 16],
    on_frame: Option<OnFrame>,
}

impl Kinds {
    fn set(&mut self, temp: Temp, kind: Kind) -> Option<()> {
        *self.temps.get_mut(usize::from(temp.0))? = Some(kind);
        Some(())
    }

    /// Takes in an access by a base; an instruction has no more than one base.
    fn access(&mut self, access: OnFrame) -> Option<()> {
        match &mut self.on_frame {
            None => self.on_frame = Some(access),
            Some(all) if all.base == access.base => all.then(&access)?,
            Some(_) => return None,
        }
        Some(())
    }

    /// A base that a number was added to.
    fn moved(&self, operation: Operation, [a, b, c]: [Operand; 3]) -> Option<Kind> {
        let Kind::Base(base, from) = self.get(a)? else {
            return None;
        };
        let from = match (operation, b, c) {
            (Operation::Copy, ..) => Some(from),
            (Operation::Add, Operand::Constant(by), Operand::Constant(0)) => {
                from.checked_add(by as i64)
            }
            (Operation::Subtract, Operand::Constant(by), Operand::Constant(0)) => {
                from.checked_sub(by as i64)
            }
            _ => None,
        };
        Some(Kind::Base(base, from?))
    }

    fn get(&self, operand: Operand) -> Option<Kind> {
        match operand {
            Operand::Temp(temp) => self.temps.get(usize::from(temp.0)).copied().flatten(),
            Operand::Constant(_) => Some(Kind::Number {
                from: 0,
                place: false,
            }),
        }
    }
}
