//! Segments and the task state: in 64-bit mode little more than the interrupts' stacks.

use core::mem::size_of;

/// The selectors, which are offsets into [`GDT`]. asm/faults.asm knows the two code segments.
pub(crate) const CODE: u16 = 0x08;
const DATA: u16 = 0x10;
const TASK: u16 = 0x20;
/// A segment that is not present, for `fault np` and `fault ss`.
pub(crate) const ABSENT: u16 = 0x30;
/// A task state too short to hold any interrupt stack, for `fault ts`.
const SHORT_TASK: u16 = 0x38;
/// The first selector that the table does not have, for `fault gp`.
pub(crate) const BEYOND: u16 = 0x48;

/// The stacks that a gate may name: the task state's interrupt stack table counts from 1.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Stack {
    Interrupted = 0,
    Interrupt = 1,
    Exception = 2,
    DoubleFault = 3,
}

// Defined in asm/runtime.asm: the first address above each stack.
unsafe extern "C" {
    static interrupt_stack_top: u8;
    static exception_stack_top: u8;
    static double_fault_stack_top: u8;
}

// Defined in asm/cpu.asm.
unsafe extern "C" {
    fn gdt_load(pointer: *const GdtPointer, code: u16, data: u16);
    fn task_load(selector: u16);
}

/// The 64-bit task state segment, as the processor reads it.
#[repr(C, packed(4))]
struct TaskState {
    reserved_0: u32,
    privilege_stacks: [u64; 3],
    reserved_1: u64,
    interrupt_stacks: [*const u8; 7],
    reserved_2: u64,
    reserved_3: u16,
    io_map: u16,
}

const _: () = assert!(size_of::<TaskState>() == 104);

// SAFETY: nothing writes to it, and the stacks it points to belong to the processor.
unsafe impl Sync for TaskState {}

static TASK_STATE: TaskState = TaskState {
    reserved_0: 0,
    privilege_stacks: [0; 3],
    reserved_1: 0,
    interrupt_stacks: [
        &raw const interrupt_stack_top,
        &raw const exception_stack_top,
        &raw const double_fault_stack_top,
        core::ptr::null(),
        core::ptr::null(),
        core::ptr::null(),
        core::ptr::null(),
    ],
    reserved_2: 0,
    reserved_3: 0,
    io_map: size_of::<TaskState>() as u16,
};

/// What `lgdt` reads: 2 bytes, then 8, without a gap.
#[repr(C, packed)]
struct GdtPointer {
    limit: u16,
    base: *const u64,
}

/// The processor marks a loaded task state as busy here, so the table is writable.
static mut GDT: [u64; 9] = [
    0,
    0x00af_9b00_0000_ffff, // CODE: 64-bit
    0x00cf_9300_0000_ffff, // DATA: 4 GiB, because 32-bit code honours the limit
    0x00cf_9b00_0000_ffff, // 32-bit code, for `fault of` and `fault br`
    0,                     // TASK, two entries
    0,
    0x00cf_1300_0000_ffff, // ABSENT
    0,                     // SHORT_TASK, two entries
    0,
];

/// Loads the table, every segment register from it, and the task register.
pub(crate) fn init() {
    let pointer = GdtPointer {
        limit: BEYOND - 1,
        base: (&raw const GDT).cast(),
    };
    set_task(TASK, size_of::<TaskState>());
    set_task(SHORT_TASK, 1);
    // SAFETY: the table lives as long as the kernel, CODE is 64-bit code and DATA writable data,
    // and TASK describes TASK_STATE.
    unsafe {
        gdt_load(&pointer, CODE, DATA);
        task_load(TASK);
    }
}

/// Lets the processor find no stack for any gate that asks for its own: #TS.
///
/// # Safety
/// From here on an interrupt or exception with a stack of its own cannot be delivered.
pub(crate) unsafe fn load_short_task() {
    // SAFETY: SHORT_TASK is a task state in the table; the rest is the caller's.
    unsafe { task_load(SHORT_TASK) }
}

/// Writes the two entries of an available task state of `length` bytes.
fn set_task(selector: u16, length: usize) {
    let base = &raw const TASK_STATE as u64;
    let limit = length as u64 - 1;
    let available_task = 0x89 << 40;
    let low = limit | (base & 0xff_ffff) << 16 | available_task | (base >> 24 & 0xff) << 56;
    let entry = usize::from(selector) / size_of::<u64>();
    // SAFETY: only `init` calls this, before anything else can touch the table.
    unsafe {
        GDT[entry] = low;
        GDT[entry + 1] = base >> 32;
    }
}
