//! What the analysis saw that a rule may want to judge.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::frame::Passed;
use super::known::Known;
use super::linked::Changes;
use super::state::State;
use super::terms::{Garbage, Value};
use crate::contracts::{Held, Lowered, Piece};
use crate::conventions::Convention;
use crate::inputs::{ImageSymbol, Place, Teller};
use crate::registers::Register;

/// Who is called, or jumped to as if called last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Callee {
    /// A place in the unit.
    Place(Place),
    /// A symbol that the unit does not define.
    External(ImageSymbol),
    /// Whatever a pointer leads to.
    Pointer,
}

/// How the root was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// By a return to this address.
    Return(Value),
    /// By a jump to another function, which returns in its place.
    Tail(Callee),
    /// By `iret`, to what was interrupted; nothing is popped yet.
    Resume {
        /// The width of each word that it pops, in bits.
        bits: u8,
    },
}

impl Exit {
    /// Whether it is a return, and not to where the root was called.
    #[must_use]
    pub fn leads_elsewhere(self) -> bool {
        matches!(self, Self::Return(address) if address != Value::RETURN_ADDRESS)
    }
}

/// What an undefined value was used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// An address of a load or store.
    Address,
    /// Where a branch goes.
    Branch,
    /// The target of a call or jump.
    Target,
    /// What is stored where others may look.
    Stored {
        /// It is what a register held, as it was: a save.
        as_it_was: bool,
    },
    /// An argument of a function that takes it by its declaration.
    Passed(Held, u8),
    /// A result that is not followed, as those of vector arithmetic are not.
    Taken,
}

/// What a callee finds where it may write above its return address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// Its own: nothing that anyone needs.
    Provided,
    /// The root's return address, or what its caller keeps above it.
    Callers,
    /// Where the root's frame ends is not known.
    Unknown,
}

/// Something that happened at a place, on some path.
#[derive(Debug, Clone)]
pub enum Event {
    /// The root was left.
    Exit {
        /// How.
        exit: Exit,
        /// The state, with the return address already popped for returns.
        state: Arc<State>,
    },
    /// A function was called by its convention.
    Call {
        /// Who.
        callee: Callee,
        /// By which.
        convention: &'static Convention,
        /// SP modulo its alignment at the callee's entry, if known.
        residue: Option<u64>,
        /// SP is as far from SP at the entry on all paths, and that may be any multiple of less.
        as_entered: bool,
        /// What the callee finds in place of its home space.
        home: Home,
        /// SP is an address of the root's frame.
        on_frame: bool,
        /// DF.
        direction: Option<bool>,
        /// AC.
        alignment: Option<bool>,
        /// How many registers of the x87 stack are in use.
        x87_in_use: Known,
        /// Whether upper halves of vector registers are in use on some path, if known.
        upper_in_use: Option<bool>,
    },
    /// A call or jump of 32-bit code asks for a stub of the procedure linkage table.
    ThroughStub {
        /// What `ebx` holds.
        base_register: Value,
    },
    /// A function with a contract of its own was jumped to, and is followed: what it is owed of floating
    /// point and of the direction it is owed all the same.
    HandedOver {
        /// Who.
        callee: Callee,
        /// DF.
        direction: Option<bool>,
        /// How many registers of the x87 stack are in use.
        x87_in_use: Known,
        /// Whether upper halves of vector registers are in use on some path, if known.
        upper_in_use: Option<bool>,
    },
    /// A function was called, or jumped to in place of a call, that takes an argument on the stack.
    StackArgument {
        /// Who.
        callee: Callee,
        /// How that is declared.
        declared: Arc<Lowered>,
        /// The argument, or a part of it.
        piece: Piece,
        /// Whether it was set.
        passed: Passed,
    },
    /// Memory of the frame was accessed by an instruction that demands alignment.
    AlignedAccess {
        /// The address.
        address: Value,
        /// The alignment demanded, in bytes.
        align: u8,
        /// The address modulo that, if known.
        residue: Option<u64>,
    },
    /// A value that may hold garbage decided something.
    UndefinedUse {
        /// The garbage.
        garbage: Garbage,
        /// What it decided.
        used: Use,
    },
    /// The caller's part of the stack was written.
    CallerFrameStore {
        /// Offset from SP at the entry, in bytes; the first stack argument is at 8.
        offset: i64,
        /// How many bytes; 0 where that is not fixed.
        bytes: u16,
    },
    /// Memory was accessed at a number of bytes from a pointer that is an argument.
    PointeeAccess {
        /// The argument.
        register: Register,
        /// From it, in bytes.
        offset: i64,
        /// How many bytes.
        bytes: u16,
        /// Of what a variable index adds to that, each is a multiple; 0 where there is none.
        stride: u64,
    },
    /// Memory was accessed in a section that holds statics which are shared.
    StaticAccess {
        /// The first byte.
        to: Place,
        /// How many bytes.
        bytes: u16,
    },
    /// Data was relied on that lay further below SP than the red zone reaches.
    BelowStackPointer {
        /// How far below SP, in bytes, if known.
        distance: Option<i64>,
    },
    /// Control went where no code is.
    FellThrough {
        /// What lies there.
        into: &'static str,
    },
    /// The stack was touched more than a page below where it had been before.
    UnprobedStep {
        /// How far, in bytes.
        distance: i64,
    },
    /// An unwinder would not find what it ought to find before this instruction.
    Unwind {
        /// What of the caller's state.
        part: Unwound,
        /// What it finds, if that is known.
        found: Option<Value>,
        /// It is surely something else, and not only by what is known of it.
        is_wrong: bool,
        /// Where the right value is.
        real: Whereabouts,
        /// Of a call, whose return address an unwinder comes with, how many bytes it has.
        call: Option<u8>,
        /// Who misleads.
        teller: Teller,
    },
    /// A function was called, or jumped to in place of a call, that may be left by unwinding.
    Unwinding {
        /// Who.
        callee: Callee,
        /// The innermost of the calls on the stack that no unwind table speaks of.
        untold: Option<Place>,
    },
    /// The analysis could not go on here.
    Unknown {
        /// Why.
        reason: Reason,
    },
}

/// A part of the caller's state, which an unwinder wants back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unwound {
    /// SP before the call: the canonical frame address.
    Frame,
    /// Where the call returns to.
    ReturnAddress,
    /// A preserved register.
    Register(Register),
}

/// Where a value of the caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whereabouts {
    /// In a register.
    Register(Register),
    /// In memory, so many bytes from the canonical frame address.
    FromFrame(i64),
    /// That is not known.
    Unknown,
}

/// What is known of a target that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aim {
    /// It stands in a table whose end is not known.
    Table,
    /// It is computed from the unit's own places.
    Own,
    /// Another gave it.
    Pointer {
        /// SP is an address of the root's frame there.
        on_frame: bool,
    },
}

/// Why the analysis could not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// A jump whose target is not known.
    IndirectJump(Aim),
    /// A call to a private helper whose target is not known.
    IndirectCall(Aim),
    /// A helper that calls itself.
    Recursion,
    /// The bound on the work for one root was reached.
    Bound,
    /// A return from an interrupt.
    InterruptReturn,
    /// An instruction that the model has no effects for.
    Instruction(&'static str),
    /// The root is declared by a convention that is not known, or the function that it calls.
    Convention(Option<Callee>),
    /// A call of a function that takes its arguments off the stack, and it is not known how many.
    Pops(Callee),
    /// The code writes to code.
    SelfModification,
    /// SP is computed from an address of the frame in a way that leads to no address of it, as what is
    /// left of one by 32 bits.
    LostStack,
    /// The code goes on in another segment, of a mode of so many bits; 0 where that is not known.
    Segment(u8),
    /// The code goes on in a segment of so many bits, at a place that is code of another mode.
    Misfit(u8, Place),
    /// The code runs in another mode, of so many bits; 0 where that is not known.
    Mode(u8),
    /// Code goes on at a place of another mode than the processor is in, of so many bits.
    Unswitched(u8),
    /// A root of 32 bits goes on in 64-bit code that has no contract of its own.
    Widened(Place),
    /// A function of another mode is called, jumped to or returned to.
    OtherMode,
}

impl Reason {
    /// The reason in words, and in the table's column.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::IndirectJump(_) => "an indirect jump whose targets are not known",
            Self::IndirectCall(_) => "an indirect call whose targets are not known",
            Self::Recursion => "a private helper that calls itself",
            Self::Bound => "the bound on the work for one root",
            Self::InterruptReturn => "a return from an interrupt, which only a handler has",
            Self::Instruction(_) => "an instruction that is not modelled",
            Self::Convention(None) => {
                "a function that is declared by a convention that is not known"
            }
            Self::Convention(Some(_)) => {
                "a call of a function that is declared by a convention that is not known"
            }
            Self::Pops(_) => "a call of a function that pops an unknown number of arguments",
            Self::SelfModification => "code that writes to code",
            Self::LostStack => "a stack pointer that is computed from another, and may be anywhere",
            Self::Segment(16) => "a far jump or return to 16-bit code, which is not judged",
            Self::Segment(_) => "a far jump or return to a segment whose mode is not known",
            Self::Misfit(..) => {
                "a far jump or return to a segment of another mode than the code there"
            }
            Self::Mode(16) => "16-bit code, which is not judged",
            Self::Mode(_) => "code that is not made for 64-bit mode",
            Self::Unswitched(_) => "code of another mode, to which nothing switched",
            Self::OtherMode => "a call, jump or return to a function of another mode",
            Self::Widened(_) => "a way from 32-bit code into 64-bit code that is no root",
        }
    }
}

/// A jump table whose end is told by what surrounds it, and not by the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AssumedTable {
    /// The jump, call or return that goes where an entry tells.
    pub jump: Place,
    /// The instruction that reads the entry.
    pub read: Place,
    /// The first entry that is taken to be read.
    pub start: Place,
    /// From one entry to the next, in bytes.
    pub step: i64,
    /// How many entries there are from the first on.
    pub entries: u32,
}

/// What a proof leans on, beside the machine and the convention.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assumptions {
    /// A store through a pointer that does not come from SP did not reach the frame.
    pub no_alias: bool,
    /// A variable index into the frame stayed inside the object it indexes.
    pub index_in_bounds: bool,
    /// A frame whose size varies did not step over a page.
    pub frame_bound: bool,
    /// The frame, and what the image's addresses are taken of, lies below 4 GiB.
    pub low_addresses: bool,
    /// The stores with such an index.
    pub indexed: BTreeSet<Place>,
    /// Those that break a word that matters all the same: that a run may show.
    pub begun: BTreeSet<Place>,
    /// These callees kept their convention.
    pub callees: BTreeSet<Callee>,
    /// These callees left their stack arguments as they were.
    pub arguments_stay: BTreeSet<Callee>,
    /// Places of the unit's code that were handed to functions outside, to be called back.
    pub handed_out: BTreeSet<Place>,
    /// These jump tables had as many entries as their surroundings tell.
    pub table_bound: BTreeSet<AssumedTable>,
    /// Where jumps lead by entries that may lie behind the end of such a table.
    pub doubted: BTreeSet<Place>,
    /// Where jumps lead by the entries that such a table has, by the jump.
    pub tabled: BTreeSet<(Place, Place)>,
    /// How far the stack arguments reach that the root reads, as an offset from SP at the entry.
    pub read_arguments: Option<i64>,
}

impl Assumptions {
    /// Takes in what else was assumed.
    pub(super) fn add(&mut self, other: &Self) {
        self.no_alias |= other.no_alias;
        self.index_in_bounds |= other.index_in_bounds;
        self.frame_bound |= other.frame_bound;
        self.low_addresses |= other.low_addresses;
        self.indexed.extend(&other.indexed);
        self.begun.extend(&other.begun);
        self.callees.extend(&other.callees);
        self.arguments_stay.extend(&other.arguments_stay);
        self.table_bound.extend(&other.table_bound);
        self.doubted.extend(&other.doubted);
        self.tabled.extend(&other.tabled);
        self.handed_out.extend(&other.handed_out);
        self.read_arguments = self.read_arguments.max(other.read_arguments);
    }
}

/// An event and where it happened.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The instruction.
    pub place: Place,
    /// The block that it was seen in, which tells a way that leads there.
    pub block: u32,
    /// What happened.
    pub event: Event,
}

/// What one run of a block saw. Only the last run counts, with the state that the block
/// settled at.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// The events, in order.
    pub events: Vec<Seen>,
    /// What was assumed.
    pub assumptions: Assumptions,
    /// An unwind table spoke of it.
    pub unwound: bool,
}

impl Record {
    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.events.clear();
        self.assumptions = Assumptions::default();
        self.unwound = false;
    }

    /// What there is, in memory of just its size; this one keeps its own for more.
    pub(super) fn take(&mut self) -> Self {
        Self {
            events: self.events.drain(..).collect(),
            assumptions: std::mem::take(&mut self.assumptions),
            unwound: self.unwound,
        }
    }
}

/// All that one analysis of a root found.
#[derive(Debug)]
pub struct Facts {
    /// The events, in the order of the blocks.
    pub events: Vec<Seen>,
    /// What the analysis assumed.
    pub assumptions: Assumptions,
    /// Whether an unwind table speaks of some of it.
    pub unwound: bool,
    /// What a handler and the code that it calls may change, general registers apart.
    pub changes: Option<Arc<Changes>>,
}

impl Facts {
    /// Whether the analysis ended somewhere for this reason.
    #[must_use]
    pub fn meets(&self, reason: Reason) -> bool {
        let mut events = self.events.iter();
        events.any(|seen| matches!(seen.event, Event::Unknown { reason: met } if met == reason))
    }
}
