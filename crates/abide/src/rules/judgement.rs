//! What a rule says of one root, before and after its doubts are looked into.

use super::{Decide, Level};
use crate::contracts::{Contract, Derived, Root, Statics};
use crate::inputs::link::Stubs;
use crate::inputs::{Image, Place, RelocationKind, Resolved, SectionId, shown_name};
use crate::interpret::replay;
use crate::interpret::{
    Aim, Base, Callee, Event, Facts, Reason, RedZone, Seen, Terms, Unwound, Value,
};
use crate::registers::{Flags, Register};

/// What rules judge a root by.
pub struct RootFacts<'a> {
    /// The root.
    pub root: &'a Root,
    /// What it promises.
    pub contract: &'a Contract,
    /// What the analysis saw.
    pub facts: &'a Facts,
    /// The terms that values are written in.
    pub terms: &'a Terms,
    /// The image.
    pub image: &'a Image,
    /// Who keeps data below SP, where a handler may come on the same stack.
    pub red_zone: &'a RedZone,
    /// Statics that are shared with compiled code.
    pub statics: &'a Statics,
    /// Which calls the linker leads through stubs.
    pub stubs: Stubs,
}

/// What a rule says of a root.
#[derive(Debug)]
pub struct Judgement {
    /// Whether there was anything to judge.
    pub applies: bool,
    /// Whether exits were left out that do not lead back to the caller. There the stack is at
    /// fault and not what the rule is about: what is found at other exits holds, but where nothing
    /// is, that proves nothing.
    pub left_out: bool,
    /// Violations on some abstract path: a replay refutes, else they are possible.
    pub candidates: Vec<Candidate>,
    /// What the analysis could not tell.
    pub doubts: Vec<Doubt>,
}

impl Judgement {
    /// Whether the rule says anything of the root.
    #[must_use]
    pub fn speaks(&self) -> bool {
        let is_silent = self.candidates.is_empty() && self.doubts.is_empty();
        self.applies && !(self.left_out && is_silent)
    }
}

impl Default for Judgement {
    fn default() -> Self {
        Self {
            applies: true,
            left_out: false,
            candidates: Vec::new(),
            doubts: Vec::new(),
        }
    }
}

/// A violation that an abstract path leads to.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The instruction.
    pub place: Place,
    /// Where its cause is: violations of one cause are one report.
    pub cause: Place,
    /// The block that it was seen in.
    pub block: u32,
    /// What a run must show.
    pub symptom: Symptom,
    /// A level that it does not exceed, where it is less bad than the rule's others.
    pub at_most: Option<Level>,
    /// A sentence without a capital and a full stop.
    pub message: String,
    /// What is to be said at the place.
    pub label: String,
    /// What else is known.
    pub notes: Vec<String>,
    /// The next step.
    pub help: String,
}

impl Candidate {
    /// What a run must show, at which place; `None` where a run would only show what the code
    /// rules out by its form.
    #[must_use]
    pub const fn wanted(&self) -> Option<replay::Symptom> {
        let place = self.place;
        Some(match self.symptom {
            Symptom::LeftBySearch(_)
            | Symptom::Taken(_)
            | Symptom::InterruptedRedZone { anywhere: false } => return None,
            Symptom::InterruptedRedZone { anywhere: true } => {
                replay::Symptom::BelowStackPointer { place }
            }
            Symptom::Clobbered(register) => replay::Symptom::Clobbered(register),
            Symptom::UnbalancedStack => replay::Symptom::UnbalancedStack,
            Symptom::DirectionFlag => replay::Symptom::DirectionFlag,
            Symptom::InterruptFrame => replay::Symptom::InterruptFrame,
            Symptom::DirtyFlag(flag) => replay::Symptom::DirtyFlag { place, flag },
            Symptom::X87InUse { results } => replay::Symptom::X87InUse { results },
            Symptom::Control(register) => replay::Symptom::Control(register),
            Symptom::UpperInUse => replay::Symptom::UpperInUse,
            Symptom::MisalignedCall => replay::Symptom::MisalignedCall { place },
            Symptom::MissingHomeSpace => replay::Symptom::MissingHomeSpace { place },
            Symptom::MissingGot => replay::Symptom::MissingGot { place },
            Symptom::UnwrittenArgument { start, bytes, .. } => replay::Symptom::UnwrittenArgument {
                place,
                start,
                bytes,
            },
            Symptom::MisalignedAccess { .. } => replay::Symptom::MisalignedAccess { place },
            Symptom::Undefined {
                register,
                is_of_entry,
                shown,
            } => replay::Symptom::Undefined {
                place,
                of: if is_of_entry { Some(register) } else { None },
                shown,
            },
            Symptom::UndefinedResult { register, bits } => {
                replay::Symptom::UndefinedResult { register, bits }
            }
            Symptom::UnwrittenResult(register) => replay::Symptom::UnwrittenResult(register),
            Symptom::Unwinding(_) => replay::Symptom::Unwinding { place },
            Symptom::Returns => replay::Symptom::Returns,
            Symptom::PointeeAccess {
                register,
                offset,
                bytes,
                stride,
            } => replay::Symptom::PointeeAccess {
                place,
                register,
                offset,
                bytes,
                stride,
            },
            Symptom::StaticAccess { of, offset, bytes } => {
                let to = Place {
                    offset: of.offset.wrapping_add(offset),
                    ..of
                };
                replay::Symptom::StaticAccess { place, to, bytes }
            }
            Symptom::BelowStackPointer => replay::Symptom::BelowStackPointer { place },
            Symptom::CallerFrameStore { beyond } => {
                replay::Symptom::OutOfFrameStore { place, beyond }
            }
            Symptom::FallThrough => replay::Symptom::FallThrough { place },
            Symptom::UnprobedStep => replay::Symptom::UnprobedStep { place },
            Symptom::WrongUnwind(part, call) => replay::Symptom::WrongUnwind { place, part, call },
        })
    }
}

/// What a run must show to refute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symptom {
    /// A preserved register differs from its entry value at an exit.
    Clobbered(Register),
    /// SP or the return address is wrong at an exit.
    UnbalancedStack,
    /// DF is set at an exit or a call.
    DirectionFlag,
    /// A handler is left by something else than an `iret` from where the processor's frame is.
    InterruptFrame,
    /// This flag of what was interrupted is still set at a call.
    DirtyFlag(Flags),
    /// Registers of the x87 stack are in use at an exit or a call.
    X87InUse {
        /// How many may hold results at an exit.
        results: u8,
    },
    /// A register controls floating point differently at an exit.
    Control(Register),
    /// Upper halves of vector registers are in use at an exit or a call.
    UpperInUse,
    /// SP is misaligned at a call.
    MisalignedCall,
    /// A callee finds no home space at a call.
    MissingHomeSpace,
    /// A stub finds no global offset table at a call.
    MissingGot,
    /// A callee finds nothing where an argument is.
    UnwrittenArgument {
        /// Who.
        callee: Callee,
        /// How far above the return address.
        start: u32,
        /// How many bytes.
        bytes: u16,
    },
    /// An access that demands alignment gets none.
    MisalignedAccess {
        /// The alignment, in bytes.
        align: u8,
    },
    /// Garbage that this register held decides an address, a branch, a target, or what others
    /// are given.
    Undefined {
        /// The register, or SP for the stack.
        register: Register,
        /// Whether the register held it at the root's entry.
        is_of_entry: bool,
        /// What it shows in.
        shown: replay::Garbled,
    },
    /// Garbage decides an address, a branch or a target where `bsf` or `bsr` found no bit and
    /// left it in this register.
    LeftBySearch(Register),
    /// Garbage that this register held goes into a result that is not followed.
    Taken(Register),
    /// Garbage is in the bits of a result.
    UndefinedResult {
        /// The result's register.
        register: Register,
        /// How many bits of it count.
        bits: u8,
    },
    /// A result was never written.
    UnwrittenResult(Register),
    /// A function returns that does not.
    Returns,
    /// A function may be left by unwinding where nothing may unwind.
    Unwinding(Callee),
    /// What an argument points to is accessed otherwise than it is declared.
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
    /// A static is accessed otherwise than it is declared.
    StaticAccess {
        /// The static.
        of: Place,
        /// From its beginning, in bytes.
        offset: i64,
        /// How many bytes.
        bytes: u16,
    },
    /// Data is relied on that a signal handler may have overwritten.
    BelowStackPointer,
    /// A function relies on data where a handler's frame may be pushed.
    InterruptedRedZone {
        /// The handler may come at any instruction.
        anywhere: bool,
    },
    /// The caller's frame is written to.
    CallerFrameStore {
        /// The first offset from SP at the entry that is not the root's to write.
        beyond: i64,
    },
    /// Control comes to what is no code.
    FallThrough,
    /// The stack is touched more than a page below where it was before.
    UnprobedStep,
    /// An unwinder is led to a wrong value.
    WrongUnwind(Unwound, Option<u8>),
}

/// Something that the analysis could not tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubt {
    /// The instruction.
    pub place: Place,
    /// The class of the reason, for tables.
    pub class: &'static str,
    /// The reason, a sentence without a capital and a full stop.
    pub reason: String,
    /// What could be declared, and would decide it.
    pub decide: Vec<Decide>,
}

impl Doubt {
    /// The class of [`Self::how_called`].
    pub const HOW_CALLED: &str = "how the function is called";

    /// A function breaks a rule of the convention, and nothing tells that it is called by it.
    #[must_use]
    pub fn how_called(root: &Root) -> Self {
        Self {
            place: root.place,
            class: Self::HOW_CALLED,
            reason: "compiled code takes its address and no call names it, so that nothing tells \
                     how it is called"
                .to_owned(),
            decide: vec![Decide::Contract(
                "root = true # or not_a_function = true, if it has a convention of its own"
                    .to_owned(),
            )],
        }
    }
}

/// The line that says how the hardware enters a handler.
pub(super) const VECTOR: &str = "interrupt = { vector = 0 } # which gate leads to it";

/// What a place is called: the nearest symbol and the distance.
#[must_use]
pub fn name_at(image: &Image, place: Place) -> String {
    match image.name_of(place) {
        Some((name, 0)) => shown_name(name).into_owned(),
        Some((name, distance)) => format!("{}+{distance:#x}", shown_name(name)),
        None => format!("{:#x}", place.offset),
    }
}

/// The name of a table of addresses that a function stands in.
fn table_of(image: &Image, function: Place) -> Option<String> {
    let sections = (0..image.section_count() as u32).map(SectionId);
    let mut data = sections.filter_map(|id| Some((id, image.section(id)?)));
    data.find_map(|(id, section)| {
        let flags = section.flags;
        let mut relocations = section.relocations.iter();
        let place = |offset: u64| Place {
            section: id,
            offset: offset as i64,
        };
        let entry = relocations.find(|relocation| {
            let target = image.follow(place(relocation.offset), relocation, 0);
            let is_whole = relocation.kind == RelocationKind::Absolute;
            flags.alloc && !flags.execute && is_whole && target == Some(Resolved::Place(function))
        })?;
        let (name, _) = image.name_of(place(entry.offset))?;
        Some(shown_name(name).into_owned())
    })
}

impl RootFacts<'_> {
    /// The events with their places.
    pub fn events(&self) -> impl Iterator<Item = &Seen> {
        self.facts.events.iter()
    }

    /// Whether some return leads elsewhere than to where the root was called.
    #[must_use]
    pub fn leads_elsewhere(&self) -> bool {
        let is_such =
            |seen: &Seen| matches!(&seen.event, Event::Exit { exit, .. } if exit.leads_elsewhere());
        self.events().any(is_such)
    }

    /// Whether it is a handler, and it is not known whether an error code is pushed.
    #[must_use]
    pub fn has_unknown_frame(&self) -> bool {
        let interrupt = self.contract.interrupt.as_ref();
        interrupt.is_some_and(|interrupt| interrupt.error_code().is_none())
    }

    /// What a place is called: the nearest symbol and the distance.
    #[must_use]
    pub fn name(&self, place: Place) -> String {
        name_at(self.image, place)
    }

    /// The line that says which gate leads to the root, by the table that it stands in if it is
    /// known by one.
    fn gate_line(&self) -> String {
        let in_table = self.root.derived == Derived::InTable;
        match in_table
            .then(|| table_of(self.image, self.root.place))
            .flatten()
        {
            Some(table) => format!(
                "interrupt = {{ table = \"{table}\" }} # if its first entry is vector 0's, else vector = …"
            ),
            None => VECTOR.to_owned(),
        }
    }

    /// What a callee is called.
    #[must_use]
    pub fn callee(&self, callee: Callee) -> String {
        match callee {
            Callee::Place(place) => format!("`{}`", self.name(place)),
            Callee::External(symbol) => match self.image.name_of_function(symbol) {
                Some(name) => format!("`{}`", shown_name(name)),
                None => "an external function".to_owned(),
            },
            Callee::Pointer => "a function by its pointer".to_owned(),
        }
    }

    /// Who declares the root, where no line of source can be shown.
    #[must_use]
    pub fn declaration_note(&self) -> Vec<String> {
        let signature = self.contract.declared.as_ref().map(|own| &own.signature);
        let unseen = signature.filter(|signature| signature.line.is_none());
        let note = unseen.map(|signature| {
            let (origin, file) = (signature.origin.text(), &signature.file);
            format!("`{signature}` is its {origin} in `{file}`")
        });
        note.into_iter().collect()
    }

    /// What a register holds, in words, where something useful can be said.
    #[must_use]
    pub fn holds(&self, value: Value) -> Option<String> {
        match self.terms.as_base(value)? {
            Base::Entry(register) => Some(format!("what `{register}` held at the entry")),
            Base::ReturnAddress => Some("the return address".to_owned()),
            Base::Argument(offset, _) => Some(format!(
                "what the caller left at offset {offset:#x} from the entry's stack pointer"
            )),
            Base::Site { lost: Some(_), .. } => Some("what a call left in it".to_owned()),
            Base::Phi { .. } => Some("different values on different paths".to_owned()),
            _ => value.as_constant().map(|number| format!("{number:#x}")),
        }
    }

    /// Everything that kept the analysis from seeing all paths.
    #[must_use]
    pub fn obstacles(&self) -> Vec<Doubt> {
        let reasons = self.events().filter_map(|seen| match seen.event {
            Event::Unknown { reason } => Some((seen.place, reason)),
            _ => None,
        });
        let mut doubts: Vec<_> = reasons
            .map(|(place, reason)| self.obstacle(place, reason))
            .collect();
        doubts.sort();
        doubts.dedup();
        doubts
    }

    /// What tells that code was read that is not made for 64-bit mode.
    #[must_use]
    pub fn misread(&self) -> Vec<Doubt> {
        let reasons = self.events().filter_map(|seen| match seen.event {
            Event::Unknown {
                reason: reason @ Reason::Mode(0),
            } => Some((seen.place, reason)),
            _ => None,
        });
        reasons
            .map(|(place, reason)| self.obstacle(place, reason))
            .collect()
    }

    fn obstacle(&self, place: Place, reason: Reason) -> Doubt {
        let at = self.name(place);
        let detail = match reason {
            Reason::Instruction(why) => format!("{}: {why}", reason.text()),
            _ => reason.text().to_owned(),
        };
        let declare = |line: &str| Decide::Contract(line.to_owned());
        let state = |line: &str| Decide::Instruction {
            at: at.clone(),
            line: line.to_owned(),
        };
        let decide = match reason {
            Reason::IndirectJump(aim) | Reason::IndirectCall(aim) => match aim {
                Aim::Table => vec![Decide::Table(at.clone())],
                Aim::Own => vec![state("leads_to = [\"…\"] # the labels")],
                Aim::Pointer { on_frame: true } => vec![state("by_convention = true")],
                Aim::Pointer { on_frame: false } => {
                    vec![
                        declare("switches_stack = true"),
                        state("by_convention = true"),
                    ]
                }
            },
            Reason::Recursion => vec![Decide::Root(at.clone())],
            Reason::Bound => vec![declare("work = 8 # times the usual")],
            Reason::InterruptReturn => vec![declare(&self.gate_line())],
            Reason::Instruction(_) => vec![state(
                "leads_to = [\"…\"] # or, if the next instruction follows, clobbers = [] with what \
                 it changes",
            )],
            Reason::Segment(16) => vec![state(
                "leads_to = [\"…\"] # where it comes back to 64-bit code, as a call does",
            )],
            Reason::Segment(_) => vec![state("bits = 64 # the mode of the segment")],
            Reason::Misfit(bits, to) => vec![Decide::Mode(self.name(to), Some(bits))],
            Reason::Unswitched(bits) => vec![Decide::Mode(at.clone(), Some(bits))],
            Reason::Widened(to) => vec![Decide::Root(self.name(to))],
            Reason::OtherMode => vec![state(
                "leads_to = [\"…\"] # where it goes on in this function",
            )],
            Reason::Mode(0) => vec![Decide::Mode(at.clone(), None)],
            Reason::Mode(_) => vec![declare("not_a_function = true")],
            Reason::Convention(None) => {
                vec![declare("convention = \"…\" # by which it is called")]
            }
            Reason::Convention(Some(callee)) => {
                let name = self.callee(callee);
                vec![Decide::Convention(name.trim_matches('`').to_owned())]
            }
            Reason::Pops(callee) => {
                let name = self.callee(callee);
                vec![Decide::Callee(name.trim_matches('`').to_owned())]
            }
            Reason::SelfModification => vec![state("clobbers = [] # it changes no code that runs")],
            Reason::LostStack => vec![declare("switches_stack = true")],
        };
        Doubt {
            place,
            class: reason.text(),
            reason: format!("at `{at}` there is {detail}"),
            decide,
        }
    }
}
