//! The Rust side of the processor's exceptions: a report, and the end.

use crate::power::{self, Exit};
use crate::{backtrace, console, faults, interrupts};
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use x86_64::registers::control::Cr2;

const BREAKPOINT: u64 = 3;
const DOUBLE_FAULT: u64 = 8;
const PAGE_FAULT: u64 = 14;

// Defined in asm/runtime.asm: the pages below the stacks.
unsafe extern "C" {
    static kernel_stack_guard: [u8; 4096];
    static interrupt_stack_guard: [u8; 4096];
    static exception_stack_guard: [u8; 4096];
    static double_fault_stack_guard: [u8; 4096];
}

/// What asm/isr_wrapper.asm and the processor push, from the last to the first.
#[repr(C)]
pub(crate) struct Exception {
    r15: u64,
    r14: u64,
    r13: u64,
    r12: u64,
    r11: u64,
    r10: u64,
    r9: u64,
    r8: u64,
    rdi: u64,
    rsi: u64,
    rbp: u64,
    rbx: u64,
    rdx: u64,
    rcx: u64,
    rax: u64,
    vector: u64,
    error_code: u64,
    rip: u64,
    cs: u64,
    rflags: u64,
    rsp: u64,
    ss: u64,
}

/// How many exceptions are being reported: more than one, and the report itself is at fault.
static REPORTING: AtomicUsize = AtomicUsize::new(0);

pub(crate) fn is_reporting() -> bool {
    REPORTING.load(Relaxed) > 0
}

/// All exceptions come here, from `exception_common`. Only a breakpoint returns.
#[unsafe(no_mangle)]
extern "C" fn exception_handler(exception: &Exception) {
    interrupts::record(exception.vector as usize);
    if exception.vector == BREAKPOINT && !is_reporting() {
        println!(
            "{}, vector 3, at {:#x}: goes on",
            name(BREAKPOINT),
            exception.rip
        );
        return;
    }
    // SAFETY: nothing that was interrupted runs again.
    unsafe { console::seize() }
    match REPORTING.fetch_add(1, Relaxed) {
        0 => report(exception),
        1 => report_nested(exception),
        _ => power::exit(Exit::NestedFault),
    }
}

fn report(exception: &Exception) -> ! {
    println!("\nfault: {exception}");
    if exception.vector == PAGE_FAULT {
        println!(
            "  {}",
            PageFault {
                address: Cr2::read_raw(),
                code: exception.error_code
            }
        );
    }
    faults::fault_again_if_asked();
    exception.print_registers();
    backtrace::print(exception.rip, exception.rbp);
    power::exit(if exception.vector == DOUBLE_FAULT {
        Exit::DoubleFault
    } else {
        Exit::Fault
    })
}

/// Says as little as possible: more could fault again.
fn report_nested(exception: &Exception) -> ! {
    println!("\nfault inside the fault handler: {exception}");
    power::exit(Exit::NestedFault)
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self {
            vector,
            error_code,
            rip,
            ..
        } = self;
        write!(
            f,
            "{}, vector {vector}, error code {error_code:#x}, at {rip:#x}",
            name(*vector)
        )
    }
}

impl Exception {
    fn print_registers(&self) {
        println!(
            "  rax {:016x}  rbx {:016x}  rcx {:016x}",
            self.rax, self.rbx, self.rcx
        );
        println!(
            "  rdx {:016x}  rsi {:016x}  rdi {:016x}",
            self.rdx, self.rsi, self.rdi
        );
        println!(
            "  rbp {:016x}  rsp {:016x}  r8  {:016x}",
            self.rbp, self.rsp, self.r8
        );
        println!(
            "  r9  {:016x}  r10 {:016x}  r11 {:016x}",
            self.r9, self.r10, self.r11
        );
        println!(
            "  r12 {:016x}  r13 {:016x}  r14 {:016x}",
            self.r12, self.r13, self.r14
        );
        println!(
            "  r15 {:016x}  rip {:016x}  rflags {:08x}",
            self.r15, self.rip, self.rflags
        );
        println!(
            "  cr2 {:016x}  cs {:04x}  ss {:04x}",
            Cr2::read_raw(),
            self.cs,
            self.ss
        );
    }
}

/// What the error code and CR2 say of a page fault.
struct PageFault {
    address: u64,
    code: u64,
}

impl fmt::Display for PageFault {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { address, code } = *self;
        let what = if code & 16 != 0 {
            "execution"
        } else if code & 2 != 0 {
            "write"
        } else {
            "read"
        };
        let why = if code & 1 != 0 {
            "a protected page"
        } else {
            "a page that is not there"
        };
        match guarded_stack(address) {
            Some(stack) => write!(
                f,
                "stack overflow: the {stack} stack met its guard page at {address:#x}"
            ),
            None => write!(f, "{what} of {address:#x}, in {why}"),
        }
    }
}

/// The stack whose guard page `address` is in.
fn guarded_stack(address: u64) -> Option<&'static str> {
    [
        (&raw const kernel_stack_guard, "kernel"),
        (&raw const interrupt_stack_guard, "interrupt"),
        (&raw const exception_stack_guard, "exception"),
        (&raw const double_fault_stack_guard, "double fault"),
    ]
    .into_iter()
    .find(|(guard, _)| (*guard as u64..*guard as u64 + 4096).contains(&address))
    .map(|(_, stack)| stack)
}

/// As the manuals name it, mnemonic first.
pub(crate) fn name(vector: u64) -> &'static str {
    match vector {
        0 => "#DE divide error",
        1 => "#DB debug",
        2 => "NMI",
        3 => "#BP breakpoint",
        4 => "#OF overflow",
        5 => "#BR bound range exceeded",
        6 => "#UD invalid opcode",
        7 => "#NM device not available",
        8 => "#DF double fault",
        10 => "#TS invalid task state",
        11 => "#NP segment not present",
        12 => "#SS stack segment",
        13 => "#GP general protection",
        14 => "#PF page fault",
        16 => "#MF x87 floating point",
        17 => "#AC alignment check",
        18 => "#MC machine check",
        19 => "#XM SIMD floating point",
        20 => "#VE virtualization",
        21 => "#CP control protection",
        28 => "#HV hypervisor injection",
        29 => "#VC VMM communication",
        30 => "#SX security",
        _ => "reserved exception",
    }
}
