//! The interrupt descriptor table: which address the hardware calls, and on which stack.

use crate::gdt::{self, Stack};
use crate::pic;
use core::mem::size_of;

pub(crate) const EXCEPTIONS: usize = 32;
const GATES: usize = EXCEPTIONS + pic::LINES;

/// An address that the hardware enters. It has no signature: it is no function to Rust.
#[repr(C)]
struct Entry {
    opaque: [u8; 0],
}

// Defined in asm/isr_wrapper.asm.
unsafe extern "C" {
    static _interrupt_handler_timer_wrapper: Entry;
    static _interrupt_handler_kbd_wrapper: Entry;
    static _interrupt_handler_irq7_wrapper: Entry;
    static _interrupt_handler_irq15_wrapper: Entry;
    static exception_stubs: [*const Entry; EXCEPTIONS];
}

// Defined in asm/cpu.asm.
unsafe extern "C" {
    fn idt_load(pointer: *const IdtPointer);
}

/// What `lidt` reads: 2 bytes, then 8, without a gap.
#[repr(C, packed)]
struct IdtPointer {
    limit: u16,
    base: *const Gate,
}

/// One gate of the table, as the processor reads it.
#[derive(Clone, Copy)]
#[repr(C)]
struct Gate {
    offset_low: u16,
    selector: u16,
    stack: u8,
    kind: u8,
    offset_middle: u16,
    offset_high: u32,
    reserved: u32,
}

const _: () = assert!(size_of::<Gate>() == 16);

impl Gate {
    const PRESENT: u8 = 0x80;
    /// Unlike a trap gate, it clears IF: one interrupt cannot overwrite the stack of another.
    const INTERRUPT: u8 = 0x0e;

    const ABSENT: Self = Self {
        offset_low: 0,
        selector: 0,
        stack: 0,
        kind: 0,
        offset_middle: 0,
        offset_high: 0,
        reserved: 0,
    };

    fn new(entry: *const Entry, stack: Stack) -> Self {
        let offset = entry as u64;
        Self {
            offset_low: offset as u16,
            selector: gdt::CODE,
            stack: stack as u8,
            kind: Self::PRESENT | Self::INTERRUPT,
            offset_middle: (offset >> 16) as u16,
            offset_high: (offset >> 32) as u32,
            reserved: 0,
        }
    }
}

static mut IDT: [Gate; GATES] = [Gate::ABSENT; GATES];

/// Installs every exception and every interrupt line in use, and loads the table.
pub(crate) fn init() {
    // SAFETY: asm/isr_wrapper.asm fills the table with the stubs, in the order of the vectors.
    for (vector, stub) in unsafe { exception_stubs }.into_iter().enumerate() {
        set(vector, Gate::new(stub, stack_of_exception(vector)));
    }
    let on = if cfg!(feature = "no_ist") {
        Stack::Interrupted
    } else {
        Stack::Interrupt
    };
    set(
        pic::TIMER,
        Gate::new(&raw const _interrupt_handler_timer_wrapper, on),
    );
    set(
        pic::KEYBOARD,
        Gate::new(&raw const _interrupt_handler_kbd_wrapper, on),
    );
    set(
        pic::SPURIOUS_FIRST,
        Gate::new(&raw const _interrupt_handler_irq7_wrapper, on),
    );
    set(
        pic::SPURIOUS_SECOND,
        Gate::new(&raw const _interrupt_handler_irq15_wrapper, on),
    );

    let pointer = IdtPointer {
        limit: (size_of::<[Gate; GATES]>() - 1) as u16,
        base: (&raw const IDT).cast(),
    };
    // SAFETY: the table lives as long as the kernel, and every present gate leads to a wrapper
    // that keeps the hardware's convention.
    unsafe { idt_load(&pointer) }
}

/// Makes the gate of `vector` absent, for faults in the delivery of a fault.
///
/// # Safety
/// The exception can then no longer be delivered.
pub(crate) unsafe fn remove(vector: usize) {
    set(vector, Gate::ABSENT);
}

/// Lets the handler of `vector` run on the stack that it interrupts.
///
/// # Safety
/// What the interrupted code keeps in its red zone is lost.
pub(crate) unsafe fn stay_on_interrupted_stack(vector: usize) {
    // SAFETY: exceptions leave the table alone, and interrupts are off.
    unsafe { IDT[vector].stack = Stack::Interrupted as u8 }
}

/// #NMI and #MC may come in the middle of another exception, and end the machine like #DF.
fn stack_of_exception(vector: usize) -> Stack {
    match vector {
        2 | 8 | 18 => Stack::DoubleFault,
        _ => Stack::Exception,
    }
}

fn set(vector: usize, gate: Gate) {
    // SAFETY: only this module touches the table, and never from an interrupt.
    unsafe { IDT[vector] = gate }
}
