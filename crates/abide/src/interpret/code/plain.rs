//! Plain instructions: vector arithmetic and its loads and stores, which most of a codec is.
//!
//! Where the addresses are not of the frame and the vector registers hold nothing that is
//! followed, a plain instruction does no more than to leave vector registers open. What that
//! takes is read off its effects once; a stretch of plain instructions is then one step.

use super::used::Used;
use crate::machine::{Effect, Effects, Flow, Operand, Operation, Reference, Temp};
use crate::registers::{Part, Register};

/// What one plain instruction, or several in a row, take for granted and do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::interpret) struct Plain {
    /// General registers, a bit each, that must hold no address of the frame and no garbage.
    pub values: u16,
    /// Those of them that must hold no address in a section either: stores go there.
    pub stored_to: u16,
    /// Vector registers, a bit each, of which no more may be known than 64 bits.
    pub open: u32,
    /// Vector registers, a bit each, that must hold no garbage.
    pub lanes: u32,
    /// Vector registers of which nothing is known afterwards.
    pub opened: u32,
    /// Whether there are stores.
    pub stores: bool,
    /// Whether upper halves of vector registers are taken into use.
    pub upper: bool,
}

/// What a temporary of a plain instruction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Computed from these general registers, constants, and places if it says so.
    Number { from: u16, place: bool },
    /// Nothing that is followed.
    Open,
}

impl Plain {
    /// What an instruction takes and does, if it is plain.
    pub(super) fn of(effects: &Effects, used: &Used) -> Option<Self> {
        if effects.flow != Flow::Next {
            return None;
        }
        let mut plain = Self::default();
        let mut kinds = Kinds::default();
        for effect in &effects.list {
            plain.take(effect, &mut kinds, used)?;
        }
        Some(plain)
    }

    /// This and then another.
    pub(super) fn then(self, next: Self) -> Self {
        Self {
            values: self.values | next.values,
            stored_to: self.stored_to | next.stored_to,
            open: self.open | next.open & !self.opened,
            lanes: self.lanes | next.lanes & !self.opened,
            opened: self.opened | next.opened,
            stores: self.stores || next.stores,
            upper: self.upper || next.upper,
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
                    Operation::Copy
                    | Operation::Add
                    | Operation::Subtract
                    | Operation::ShiftLeft
                    | Operation::Multiply,
                bits: 64,
                inputs,
            } => {
                let [a, b, c] = inputs.map(|input| kinds.get(input));
                kinds.set(into, a?.with(b?)?.with(c?)?)
            }
            Effect::Take { part } if part.register.is_vector() => {
                self.lanes |= vector(part.register)? & !self.opened;
                Some(())
            }
            Effect::Take { part } if !part.register.is_general() => Some(()),
            Effect::Take { part } => {
                if let Kind::Number { from, .. } = self.read(part)? {
                    self.values |= from;
                }
                Some(())
            }
            Effect::Opaque { into, lanes, .. } => {
                self.lanes |= lanes & !self.opened;
                kinds.set(into, Kind::Open)
            }
            Effect::Load {
                into,
                address,
                bits,
                segment: None,
                ..
            } if bits > 64 || !used.contains(into) => {
                self.values |= kinds.number(address)?.0;
                kinds.set(into, Kind::Open)
            }
            Effect::Store {
                address,
                value,
                segment: None,
                ..
            } => {
                let (to, false) = kinds.number(address)? else {
                    return None;
                };
                if let Kind::Number { from, .. } = kinds.get(value)? {
                    self.values |= from;
                }
                self.values |= to;
                self.stored_to |= to;
                self.stores = true;
                Some(())
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

    fn read(&mut self, part: Part) -> Option<Kind> {
        let register = part.register;
        // SP is an address of the frame nearly always.
        if register == Register::RSP {
            return None;
        }
        if register.is_general() {
            return Some(Kind::Number {
                from: 1 << register.0,
                place: false,
            });
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
        match (self, other) {
            (
                Self::Number { from, place },
                Self::Number {
                    from: other,
                    place: also,
                },
            ) => Some(Self::Number {
                from: from | other,
                place: place || also,
            }),
            _ => None,
        }
    }
}

/// What the temporaries are; a plain instruction has few.
#[derive(Default)]
struct Kinds([Option<Kind>; 16]);

impl Kinds {
    fn set(&mut self, temp: Temp, kind: Kind) -> Option<()> {
        *self.0.get_mut(usize::from(temp.0))? = Some(kind);
        Some(())
    }

    fn get(&self, operand: Operand) -> Option<Kind> {
        match operand {
            Operand::Temp(temp) => self.0.get(usize::from(temp.0)).copied().flatten(),
            Operand::Constant(_) => Some(Kind::Number {
                from: 0,
                place: false,
            }),
        }
    }

    /// The registers that a number is computed from, and whether a place is in it.
    fn number(&self, operand: Operand) -> Option<(u16, bool)> {
        match self.get(operand)? {
            Kind::Number { from, place } => Some((from, place)),
            Kind::Open => None,
        }
    }
}
