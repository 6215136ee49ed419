//! What a run must show, judged on its numbers alone.

use super::course::{AbiCall, Course, End, Scene, Turn};
use super::entry::{Input, RETURN_ADDRESS, VECTOR_GARBAGE, on_stack};
use super::unwind::misled;
use crate::contracts::Held;
use crate::inputs::Place;
use crate::interpret::events::Unwound;
use crate::machine::Reference;
use crate::machine::arithmetic::mask;
use crate::registers::{Flags, Register};

/// A page, and the guard below a stack, in bytes.
const PAGE: u64 = 4096;

/// The bytes of a conditional jump with a distance of 32 bits.
const CONDITIONAL_JUMP: i64 = 6;

/// What a run must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Symptom {
    /// Where the root is left, the register differs from what it was at the entry.
    Clobbered(Register),
    /// Where the root is left, SP is not what it must be, or the address
    /// returned to is not the one that the root was entered with.
    UnbalancedStack,
    /// DF is set where the root is left, or at a call by convention.
    DirectionFlag,
    /// A handler is left by something else than an `iret` from where the processor's frame is.
    InterruptFrame,
    /// A flag of what was interrupted is still set at the call by convention at this place.
    DirtyFlag {
        /// The call, or the jump in place of one.
        place: Place,
        /// The flag.
        flag: Flags,
    },
    /// Where the root is left, more registers of the x87 stack than this are in use; or any at a
    /// call by convention.
    X87InUse {
        /// How many may hold results.
        results: u8,
    },
    /// Where the root is left, the register controls floating point in another way than at the entry.
    Control(Register),
    /// Upper halves of vector registers are in use where the root is left, or at a call by
    /// convention.
    UpperInUse,
    /// SP is misaligned at the call by convention at this place.
    MisalignedCall {
        /// The call, or the jump in place of one.
        place: Place,
    },
    /// At the call by convention at this place the callee's home space reaches the return address.
    MissingHomeSpace {
        /// The call, or the jump in place of one.
        place: Place,
    },
    /// At the call by convention at this place `ebx` does not hold the address of the global offset
    /// table.
    MissingGot {
        /// The call, or the jump in place of one.
        place: Place,
    },
    /// At the call by convention at this place nobody has stored to these bytes of its arguments.
    UnwrittenArgument {
        /// The call, or the jump in place of one.
        place: Place,
        /// How far above the return address they are.
        start: u32,
        /// How many.
        bytes: u16,
    },
    /// An instruction that demands alignment faults on an address of the stack.
    MisalignedAccess {
        /// The instruction.
        place: Place,
    },
    /// Two runs that differ in garbage alone differ at the instruction at this place.
    Undefined {
        /// The instruction.
        place: Place,
        /// The register whose garbage at the entry differs; `None` for any garbage.
        of: Option<Register>,
        /// In what.
        shown: Garbled,
    },
    /// Two runs that differ in garbage alone return different results.
    UndefinedResult {
        /// The register of the result.
        register: Register,
        /// How many bits of it count.
        bits: u8,
    },
    /// The register of a result holds at the return what it held at the entry.
    UnwrittenResult(Register),
    /// The root returns.
    Returns,
    /// At this place a function is called, or jumped to, that may be left by unwinding.
    Unwinding {
        /// The call, or the jump in place of one.
        place: Place,
    },
    /// The instruction at this place accesses so many bytes at a distance from an argument.
    PointeeAccess {
        /// The instruction.
        place: Place,
        /// The argument.
        register: Register,
        /// From it, in bytes.
        offset: i64,
        /// How many bytes.
        bytes: u16,
        /// Of what a variable index adds to that, each is a multiple; 0 where there is none.
        stride: u64,
    },
    /// The instruction at this place accesses so many bytes at another place.
    StaticAccess {
        /// The instruction.
        place: Place,
        /// The first byte.
        to: Place,
        /// How many bytes.
        bytes: u16,
    },
    /// What is loaded at this place was overwritten by a signal handler, as it
    /// lay further below SP than the red zone reaches.
    BelowStackPointer {
        /// The load.
        place: Place,
    },
    /// There is no instruction at this place.
    FallThrough {
        /// Where control arrives.
        place: Place,
    },
    /// The stack is touched more than a page below where it had been before.
    UnprobedStep {
        /// The access.
        place: Place,
    },
    /// Before the instruction at this place an unwinder does not find what it ought to find.
    WrongUnwind {
        /// The instruction.
        place: Place,
        /// What of the caller's state.
        part: Unwound,
        /// Of a call, how many bytes it has.
        call: Option<u8>,
    },
    /// The caller's part of the stack is written.
    OutOfFrameStore {
        /// The store.
        place: Place,
        /// The first offset from SP at the entry that does not belong to the root.
        beyond: i64,
    },
}

/// What garbage shows in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Garbled {
    /// The addresses that are accessed or gone to.
    Way,
    /// What is stored elsewhere than on the stack.
    Stored,
    /// So many bits of what a callee takes.
    Passed(Held, u8),
}

impl Garbled {
    /// Whether two runs show it, which have run the instruction alike and have not left it yet.
    pub(super) fn shows(self, one: &mut Course<'_>, other: &mut Course<'_>) -> bool {
        match self {
            Self::Way => false,
            Self::Stored => one.stored() != other.stored(),
            Self::Passed(held, bits) => {
                let passed = one.passed(held, bits).zip(other.passed(held, bits));
                passed.is_some_and(|(one, other)| one != other)
            }
        }
    }
}

/// Whether the low bits of a register differ, and are numbers in both runs.
pub(super) fn differ(one: &Course<'_>, other: &Course<'_>, register: Register, bits: u8) -> bool {
    let low = |course: &Course<'_>| Some(course.machine.get(register)? & mask(bits));
    low(one)
        .zip(low(other))
        .is_some_and(|(one, other)| one != other)
}

impl Symptom {
    /// The place where it shows, if it is bound to one.
    #[must_use]
    pub const fn place(self) -> Option<Place> {
        match self {
            Self::Clobbered(_)
            | Self::UnbalancedStack
            | Self::DirectionFlag
            | Self::InterruptFrame
            | Self::X87InUse { .. }
            | Self::Control(_)
            | Self::UpperInUse
            | Self::UndefinedResult { .. }
            | Self::UnwrittenResult(_)
            | Self::Returns => None,
            Self::DirtyFlag { place, .. }
            | Self::MisalignedCall { place }
            | Self::MissingHomeSpace { place }
            | Self::MissingGot { place }
            | Self::UnwrittenArgument { place, .. }
            | Self::Unwinding { place }
            | Self::PointeeAccess { place, .. }
            | Self::StaticAccess { place, .. }
            | Self::MisalignedAccess { place }
            | Self::Undefined { place, .. }
            | Self::BelowStackPointer { place }
            | Self::FallThrough { place }
            | Self::UnprobedStep { place }
            | Self::WrongUnwind { place, .. }
            | Self::OutOfFrameStore { place, .. } => Some(place),
        }
    }

    /// The vector register that it speaks of.
    pub(super) fn vector(self) -> Option<Register> {
        match self {
            Self::Clobbered(register) if register.is_vector() => Some(register),
            _ => None,
        }
    }

    /// Whether it asks what of the stack was stored to.
    pub(super) const fn watches_stores(self) -> bool {
        matches!(self, Self::UnwrittenArgument { .. })
    }

    /// Whether it takes two runs to show.
    pub(super) const fn takes_two(self) -> bool {
        matches!(
            self,
            Self::Undefined { .. } | Self::UndefinedResult { .. } | Self::BelowStackPointer { .. }
        )
    }

    /// Whether one run shows it before the instruction that comes next.
    pub(super) fn shows_before(self, course: &mut Course<'_>) -> bool {
        match self {
            Self::WrongUnwind { place, part, call } => {
                place == course.place && misled(course, part, call).is_some()
            }
            _ => false,
        }
    }

    /// Whether one run shows it at the instruction that ran last, at `at`.
    /// `touched` is how far the stack was touched before.
    pub(super) fn shows(
        self,
        course: &mut Course<'_>,
        at: Place,
        touched: u64,
        turn: Turn,
    ) -> bool {
        if self.place().is_some_and(|place| place != at) {
            return false;
        }
        match (self, turn) {
            (
                Self::Clobbered(register),
                Turn::Ended(End::Returned(RETURN_ADDRESS) | End::Tail(_) | End::Resumed { .. }),
            ) => {
                let contract = course.scene.contract;
                if contract.interrupt.is_some() && register.is_vector() {
                    let before = course.entry.vector(contract, register);
                    let now = course.machine.value(register);
                    return now.unknown == 0 && now.words != before.words;
                }
                if register.is_vector() {
                    return is_lost(course, register);
                }
                let before = course.entry.value(contract, Input::Register(register));
                let now = course.machine.get(register);
                now.is_some_and(|now| now != before)
            }
            (Self::UnbalancedStack, Turn::Ended(End::Returned(address))) => {
                address != RETURN_ADDRESS
                    || course.stack_pointer()
                        != course.from + u64::from(course.word()) + course.pops()
            }
            (Self::UnbalancedStack, Turn::Ended(End::Tail(call))) => {
                let word = course.word();
                let top = course.machine.memory().read(call.stack_pointer, word);
                let top = top.known();
                call.stack_pointer != course.from || top.is_some_and(|top| top != RETURN_ADDRESS)
            }
            // SP leads where there is no memory at all, and what is popped is a fault.
            (Self::UnbalancedStack, Turn::Ended(End::Unmapped(access))) => {
                access
                    .address
                    .wrapping_sub(course.stack_pointer())
                    .wrapping_add(PAGE)
                    < 2 * PAGE
            }
            (
                Self::PointeeAccess {
                    register,
                    offset,
                    bytes,
                    stride,
                    ..
                },
                _,
            ) => {
                let contract = course.scene.contract;
                let pointer = course.entry.value(contract, Input::Register(register));
                accesses(course, pointer.wrapping_add_signed(offset), stride, bytes)
            }
            (Self::StaticAccess { to, bytes, .. }, _) => {
                accesses(course, course.scene.layout.address_of(to), 0, bytes)
            }
            (Self::Returns, Turn::Ended(End::Returned(RETURN_ADDRESS))) => true,
            (Self::UnwrittenResult(register), Turn::Ended(End::Returned(RETURN_ADDRESS))) => {
                course.machine.get(register) == Some(VECTOR_GARBAGE)
            }
            (Self::DirectionFlag, Turn::Ended(End::Returned(RETURN_ADDRESS))) => {
                course.machine.flag(Flags::DF) == Some(true)
            }
            (Self::DirectionFlag, turn) => turn
                .abi_call()
                .is_some_and(|call| call.direction == Some(true)),
            (Self::InterruptFrame, Turn::Ended(End::Returned(_))) => true,
            (Self::InterruptFrame, Turn::Ended(End::Resumed { bits })) => {
                u16::from(bits) != 8 * course.word()
                    || !is_frame(course)
                    || course.goes_back_swapped()
            }
            (Self::DirtyFlag { flag, .. }, Turn::Ended(End::Resumed { .. })) => {
                course.machine.flag(flag) == Some(true)
            }
            (
                Self::DirtyFlag {
                    flag: Flags::DF, ..
                },
                turn,
            ) => turn
                .abi_call()
                .is_some_and(|call| call.direction == Some(true)),
            (Self::DirtyFlag { flag, .. }, turn) => {
                turn.abi_call().is_some() && course.machine.flag(flag) == Some(true)
            }
            (Self::X87InUse { results }, Turn::Ended(End::Returned(RETURN_ADDRESS))) => {
                let in_use = course.machine.get(Register::X87_IN_USE);
                in_use.is_some_and(|in_use| in_use as i64 > i64::from(results))
            }
            (Self::X87InUse { .. }, turn) => turn
                .abi_call()
                .and_then(|call| call.x87_in_use)
                .is_some_and(|in_use| in_use as i64 > 0),
            (
                Self::Control(register),
                Turn::Ended(End::Returned(RETURN_ADDRESS) | End::Tail(_) | End::Resumed { .. }),
            ) => {
                let contract = course.scene.contract;
                let before = course.entry.value(contract, Input::Register(register));
                let now = course.machine.get(register);
                now.is_some_and(|now| (now ^ before) & register.control_bits() != 0)
            }
            (Self::UpperInUse, Turn::Ended(End::Returned(RETURN_ADDRESS))) => {
                course.machine.get(Register::UPPER_IN_USE) == Some(1)
            }
            (Self::UpperInUse, turn) => turn
                .abi_call()
                .is_some_and(|call| call.upper_in_use == Some(1)),
            (Self::MisalignedCall { .. }, turn) => turn
                .abi_call()
                .is_some_and(|call| is_misaligned(course, call)),
            (Self::MissingHomeSpace { .. }, turn) => turn
                .abi_call()
                .is_some_and(|call| has_no_home(course, call)),
            (Self::MissingGot { place }, _) => {
                // A conditional jump that is not taken calls nobody.
                let behind = place.offset + CONDITIONAL_JUMP;
                course.place
                    != Place {
                        offset: behind,
                        ..place
                    }
                    && has_no_got(course)
            }
            (Self::UnwrittenArgument { start, bytes, .. }, turn) => turn
                .abi_call()
                .is_some_and(|call| is_unwritten(course, call, start, bytes)),
            (Self::Unwinding { .. }, turn) => turn
                .abi_call()
                .is_some_and(|call| course.scene.around.may_unwind(call.callee)),
            (Self::MisalignedAccess { .. }, Turn::Ended(End::Misaligned(address))) => {
                on_stack(course.from, address)
            }
            (Self::FallThrough { .. }, Turn::Ended(End::NoCode)) => true,
            (Self::UnprobedStep { .. }, _) => course.machine.accesses().iter().any(|access| {
                on_stack(course.from, access.address) && access.address + PAGE < touched
            }),
            (Self::OutOfFrameStore { beyond, .. }, _) => {
                let first = course.from.wrapping_add_signed(beyond);
                course.machine.accesses().iter().any(|access| {
                    access.is_store
                        && on_stack(course.from, access.address)
                        && access.address + access.bytes > first
                })
            }
            _ => false,
        }
    }
}

/// Whether the last instruction accessed so many bytes at this address, or a multiple of `stride`
/// away from it.
fn accesses(course: &Course<'_>, address: u64, stride: u64, bytes: u16) -> bool {
    let mut accesses = course.machine.accesses().iter();
    accesses.any(|access| {
        let distance = (access.address.wrapping_sub(address) as i64).unsigned_abs();
        let is_there = distance.checked_rem(stride).unwrap_or(distance) == 0;
        is_there && access.bytes == u64::from(bytes)
    })
}

/// Whether a vector register that the convention preserves is not what it was at the entry, or is
/// computed from what has nothing to do with that.
fn is_lost(course: &Course<'_>, register: Register) -> bool {
    let contract = course.scene.contract;
    let bits = contract.convention.preserved_vector_bits;
    let before = course.entry.vector(contract, register).truncated(bits);
    let now = course.machine.value(register).truncated(bits);
    match now.unknown {
        0 => now.words != before.words,
        _ => course.is_underived(register),
    }
}

/// Whether SP is at the frame that the processor pushed.
fn is_frame(course: &Course<'_>) -> bool {
    let above = course.stack_pointer().wrapping_sub(course.from);
    let interrupt = course.scene.contract.interrupt.as_ref();
    interrupt.is_some_and(|interrupt| interrupt.may_resume_at(above as i64))
}

fn is_misaligned(course: &Course<'_>, call: AbiCall) -> bool {
    let Scene {
        around, contract, ..
    } = course.scene;
    let convention = around.convention_of(call.callee, contract);
    call.stack_pointer % u64::from(convention.stack_alignment)
        != u64::from(convention.entry_residue)
}

/// Whether nobody has stored to these bytes of a callee's arguments, which are the root's to set.
fn is_unwritten(course: &Course<'_>, call: AbiCall, start: u32, bytes: u16) -> bool {
    let Some(written) = &course.written else {
        return false;
    };
    let above = u64::from(course.word()) + u64::from(start);
    let first = call.stack_pointer.wrapping_add(above);
    let end = first.wrapping_add(bytes.into());
    on_stack(course.from, first)
        && end <= course.from
        && (first..end).all(|byte| !written.contains(byte))
}

/// Whether `ebx` holds another number than the address of the global offset table.
fn has_no_got(course: &Course<'_>) -> bool {
    let table = course.scene.layout.resolve(Reference::Got);
    let held = course.machine.get(Register::RBX);
    held.is_some_and(|held| held & mask(32) != table & mask(32))
}

/// Whether what a callee may write above its return address is the caller's caller's.
fn has_no_home(course: &Course<'_>, call: AbiCall) -> bool {
    let Scene {
        around, contract, ..
    } = course.scene;
    let convention = around.convention_of(call.callee, contract);
    let above = call.stack_pointer.wrapping_add(course.word().into());
    let end = above.wrapping_add(u64::from(convention.home_space));
    call.stack_pointer != course.from && on_stack(course.from, end) && end > course.from
}
