//! `fault KIND`: provokes what the kernel must survive or report.

use crate::{gdt, heap, idt};
use alloc::vec::Vec;
use core::hint::black_box;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
use x86_64::instructions::interrupts;

// Defined in asm/faults.asm.
unsafe extern "C" {
    fn fault_divide();
    fn fault_debug();
    fn fault_breakpoint();
    fn fault_overflow();
    fn fault_bound();
    fn fault_invalid_opcode();
    fn fault_device_not_available();
    fn fault_segment_not_present(absent: u16);
    fn fault_stack_segment(absent: u16);
    fn fault_general_protection(beyond: u16);
    fn fault_page();
    fn fault_x87();
    fn fault_simd();
}

pub(crate) const KINDS: &str =
    "de db bp of br ud nm df ts np ss gp pf mf xm stack nested heap panic";

/// Whether the fault handler is to fault, too.
static AGAIN: AtomicBool = AtomicBool::new(false);

/// Provokes `kind`. Returns whether there is such a kind, if the machine is still there.
#[inline(never)] // A place of its own in the backtrace.
pub(crate) fn provoke(kind: &str) -> bool {
    // SAFETY: each function keeps the convention, and faults where the handler takes over. What is
    // removed beforehand is needed no more: none of these faults returns, a breakpoint excepted.
    unsafe {
        match kind {
            "de" => fault_divide(),
            "db" => fault_debug(),
            "bp" => fault_breakpoint(),
            "of" => fault_overflow(),
            "br" => fault_bound(),
            "ud" => fault_invalid_opcode(),
            // An interrupt while CR0.TS is set would fault in its wrapper.
            "nm" => interrupts::without_interrupts(|| fault_device_not_available()),
            "df" => double_fault(),
            "ts" => invalid_task_state(),
            "np" => fault_segment_not_present(gdt::ABSENT),
            "ss" => fault_stack_segment(gdt::ABSENT),
            "gp" => fault_general_protection(gdt::BEYOND),
            "pf" => fault_page(),
            "mf" => fault_x87(),
            "xm" => fault_simd(),
            "stack" => drop(black_box(recurse(0))),
            "nested" => nested(),
            "heap" => exhaust_heap(),
            "panic" => panic!("as asked for"),
            _ => return false,
        }
    }
    true
}

/// The fault handler calls this in the middle of its report.
pub(crate) fn fault_again_if_asked() {
    if AGAIN.load(Relaxed) {
        // SAFETY: the handler's recursion guard ends the machine.
        unsafe { fault_page() }
    }
}

fn nested() {
    AGAIN.store(true, Relaxed);
    // SAFETY: as in `provoke`.
    unsafe { fault_invalid_opcode() }
}

/// A divide error that cannot be delivered: its gate is absent, which is another fault, and two of
/// this class make a double fault.
unsafe fn double_fault() {
    interrupts::disable();
    // SAFETY: the machine ends here.
    unsafe {
        idt::remove(0);
        fault_divide();
    }
}

/// An exception whose stack lies beyond the task state's end. The #TS that it becomes must do
/// without a stack of its own.
unsafe fn invalid_task_state() {
    interrupts::disable();
    // SAFETY: the machine ends here.
    unsafe {
        idt::stay_on_interrupted_stack(10);
        gdt::load_short_task();
        fault_invalid_opcode();
    }
}

/// Goes down until the guard page. The sum keeps it from becoming a loop.
#[inline(never)]
#[allow(unconditional_recursion, reason = "that is the point")]
fn recurse(depth: u64) -> u64 {
    let local = black_box([depth; 16]);
    recurse(depth + 1) + local[0]
}

/// Takes all the memory there is, writes to it, verifies it, gives it back.
fn exhaust_heap() {
    let before = heap::counters().allocated_bytes;
    let mut blocks: Vec<Vec<u64>> = Vec::new();
    let mut bytes = 0;
    for length in [64 * 1024, 4 * 1024, 512, 64] {
        while let Some(block) = filled_block(length, blocks.len() as u64) {
            if blocks.try_reserve(1).is_err() {
                break;
            }
            bytes += length * size_of::<u64>();
            blocks.push(block);
        }
    }
    println!(
        "heap exhausted: {} blocks, {} KiB",
        blocks.len(),
        bytes / 1024
    );
    let damaged = blocks
        .iter()
        .enumerate()
        .filter(|(index, block)| block.iter().any(|word| *word != *index as u64))
        .count();
    drop(blocks);
    let leaked = heap::counters().allocated_bytes - before;
    println!("heap given back: damaged={damaged} leaked={leaked}");
}

fn filled_block(length: usize, word: u64) -> Option<Vec<u64>> {
    let mut block = Vec::new();
    block.try_reserve_exact(length).ok()?;
    block.resize(length, word);
    Some(block)
}
