//! Every exception that the emulator can raise, raised for real, and what the kernel makes of it.
//!
//! Not among them: #XM, which QEMU's TCG does not raise; #AC, which needs user mode; those that no
//! processor of today raises or that come with virtualization.

use anyhow::{Context, Result};
use object::{Object, ObjectSymbol};
use pilot::{Ending, Machine, Options};
use serde_json::json;

use crate::support::{KERNEL, boot, boot_with};

/// A fault's report, as the kernel prints it before it ends.
struct Report(String);

impl Report {
    /// The line that names the exception.
    fn headline(&self) -> &str {
        self.0
            .lines()
            .find(|line| line.starts_with("fault: "))
            .unwrap_or_default()
    }

    fn has(&self, text: &str) -> bool {
        self.0.contains(text)
    }

    /// A register's value.
    fn register(&self, name: &str) -> Result<u64> {
        let mut words = self
            .0
            .split_whitespace()
            .skip_while(|word| *word != name)
            .skip(1);
        let value = words
            .next()
            .with_context(|| format!("no {name} in {}", self.0))?;
        Ok(u64::from_str_radix(value, 16)?)
    }

    /// The functions of the backtrace, innermost first, without their offsets.
    fn calls(&self) -> Vec<&str> {
        let lines = self
            .0
            .lines()
            .skip_while(|line| *line != "backtrace:")
            .skip(1);
        let calls = lines.take_while(|line| line.starts_with("  0x"));
        calls
            .filter_map(|line| line.split_whitespace().nth(1)?.split('+').next())
            .collect()
    }
}

/// What a backtrace ends with: how the shell came to run.
const ROAD_TO_THE_SHELL: [&str; 3] = ["kernel::shell::run", "main", "start"];

/// Provokes a fault that ends the machine.
fn provoke(kind: &str) -> Result<(Ending, Report)> {
    let mut machine = boot(&KERNEL)?;
    machine.submit(&format!("fault {kind}"))?;
    let (ending, report) = machine.ending()?;
    Ok((ending, Report(report)))
}

/// Where a function stands in the ELF file.
fn range(function: &str) -> Result<std::ops::Range<u64>> {
    let bytes = std::fs::read(KERNEL.build()?.elf())?;
    let elf = object::File::parse(&*bytes)?;
    let symbol = elf
        .symbol_by_name(function)
        .with_context(|| format!("no {function}"))?;
    Ok(symbol.address()..symbol.address() + symbol.size())
}

/// A fault whose report must be right in every part.
fn assert_fault(
    kind: &str,
    name: &str,
    vector: u8,
    error_code: u64,
    function: &str,
) -> Result<Report> {
    let (ending, report) = provoke(kind)?;
    let expected = if vector == 8 {
        Ending::DoubleFault
    } else {
        Ending::Fault
    };
    assert_eq!(ending, expected, "{}", report.0);
    let rip = report.register("rip")?;
    let headline =
        format!("fault: {name}, vector {vector}, error code {error_code:#x}, at {rip:#x}");
    assert_eq!(report.headline(), headline, "{}", report.0);
    assert!(
        range(function)?.contains(&rip),
        "{rip:#x} is not in {function}"
    );
    let calls = report.calls();
    assert_eq!(calls.first(), Some(&function), "{}", report.0);
    assert!(calls.ends_with(&ROAD_TO_THE_SHELL), "{}", report.0);
    Ok(report)
}

#[test]
fn divide_error() -> Result<()> {
    let report = assert_fault("de", "#DE divide error", 0, 0, "fault_divide")?;
    assert_eq!(report.register("rax")?, 1, "the dividend");
    assert_eq!(report.register("rcx")?, 0, "the divisor");
    Ok(())
}

#[test]
fn debug() -> Result<()> {
    let report = assert_fault("db", "#DB debug", 1, 0, "fault_debug")?;
    assert_ne!(
        report.register("rflags")? & 1 << 8,
        0,
        "the trap flag was set"
    );
    Ok(())
}

#[test]
fn non_maskable_interrupt() -> Result<()> {
    let mut machine = boot(&KERNEL)?;
    machine.qmp().execute("inject-nmi", json!({}))?;
    let (ending, report) = machine.ending()?;
    assert_eq!(ending, Ending::Fault);
    assert!(
        report.contains("fault: NMI, vector 2, error code 0x0"),
        "{report}"
    );
    Ok(())
}

/// A machine check: the emulator's monitor reports an uncorrected error in the first bank.
#[test]
fn machine_check() -> Result<()> {
    const VALID_UNCORRECTED_ENABLED: u64 = 0b1011 << 60;
    let mut machine = boot(&KERNEL)?;
    let line = format!("mce 0 0 {VALID_UNCORRECTED_ENABLED:#x} 4 0 0");
    machine
        .qmp()
        .execute("human-monitor-command", json!({ "command-line": line }))?;
    let (ending, report) = machine.ending()?;
    assert_eq!(ending, Ending::Fault, "{report}");
    assert!(
        report.contains("fault: #MC machine check, vector 18, error code 0x0"),
        "{report}"
    );
    Ok(())
}

#[test]
fn breakpoint_goes_on() -> Result<()> {
    let mut machine = boot(&KERNEL)?;
    let told = machine.command("fault bp")?;
    assert!(
        told.starts_with("#BP breakpoint, vector 3, at 0x"),
        "{told}"
    );
    assert!(told.ends_with("fault bp: still here\n"), "{told}");
    let counts = machine.command("irq")?;
    assert!(counts.contains("vector 3\t1\t#BP breakpoint\n"), "{counts}");
    Ok(())
}

#[test]
fn overflow() -> Result<()> {
    let report = assert_fault("of", "#OF overflow", 4, 0, "fault_overflow")?;
    assert_eq!(
        report.register("cs")?,
        0x18,
        "`into` exists in 32-bit code alone"
    );
    Ok(())
}

#[test]
fn bound_range_exceeded() -> Result<()> {
    let report = assert_fault("br", "#BR bound range exceeded", 5, 0, "fault_bound")?;
    assert_eq!(
        report.register("rax")?,
        1,
        "the index; the bounds are 0 and 0"
    );
    Ok(())
}

#[test]
fn invalid_opcode() -> Result<()> {
    assert_fault("ud", "#UD invalid opcode", 6, 0, "fault_invalid_opcode").map(drop)
}

#[test]
fn device_not_available() -> Result<()> {
    let function = "fault_device_not_available";
    let report = assert_fault("nm", "#NM device not available", 7, 0, function)?;
    assert_ne!(
        report.register("rax")? & 1 << 3,
        0,
        "CR0 with TS, as the function wrote it"
    );
    Ok(())
}

#[test]
fn double_fault() -> Result<()> {
    assert_fault("df", "#DF double fault", 8, 0, "fault_divide").map(drop)
}

#[test]
fn invalid_task_state() -> Result<()> {
    // The selector of a task state that is too short.
    assert_fault(
        "ts",
        "#TS invalid task state",
        10,
        0x38,
        "fault_invalid_opcode",
    )
    .map(drop)
}

#[test]
fn segment_not_present() -> Result<()> {
    let function = "fault_segment_not_present";
    let report = assert_fault("np", "#NP segment not present", 11, 0x30, function)?;
    assert_eq!(
        report.register("rdi")?,
        0x30,
        "the selector that was loaded"
    );
    Ok(())
}

#[test]
fn stack_segment() -> Result<()> {
    assert_fault("ss", "#SS stack segment", 12, 0x30, "fault_stack_segment").map(drop)
}

#[test]
fn general_protection() -> Result<()> {
    let function = "fault_general_protection";
    let report = assert_fault("gp", "#GP general protection", 13, 0x48, function)?;
    assert_eq!(
        report.register("rdi")?,
        0x48,
        "the selector that was loaded"
    );
    Ok(())
}

#[test]
fn page_fault() -> Result<()> {
    // A write, to a page that is not there, by the kernel.
    let report = assert_fault("pf", "#PF page fault", 14, 0x2, "fault_page")?;
    let address = report.register("cr2")?;
    assert_eq!(report.register("rax")?, address);
    assert!(
        report.has(&format!(
            "write of {address:#x}, in a page that is not there"
        )),
        "{}",
        report.0
    );
    Ok(())
}

#[test]
fn x87_floating_point() -> Result<()> {
    assert_fault("mf", "#MF x87 floating point", 16, 0, "fault_x87").map(drop)
}

/// TCG does not raise #XM. Should an emulator do so one day, this test says that it can be tested.
#[test]
fn simd_floating_point_is_not_raised_by_this_emulator() -> Result<()> {
    let mut machine = boot(&KERNEL)?;
    assert_eq!(machine.command("fault xm")?, "fault xm: still here\n");
    Ok(())
}

#[test]
fn stack_overflow_meets_the_guard_page() -> Result<()> {
    let (ending, report) = provoke("stack")?;
    assert_eq!(ending, Ending::Fault, "{}", report.0);
    assert!(
        report
            .headline()
            .starts_with("fault: #PF page fault, vector 14, error code 0x2"),
        "{}",
        report.0
    );
    let guard = range("kernel_stack_guard")?.start;
    let address = report.register("cr2")?;
    assert!((guard..guard + 4096).contains(&address), "{address:#x}");
    let told = format!("stack overflow: the kernel stack met its guard page at {address:#x}");
    assert!(report.has(&told), "{}", report.0);
    let calls = report.calls();
    assert!(
        calls.len() > 10 && calls.iter().all(|call| *call == "kernel::faults::recurse"),
        "{calls:?}"
    );
    Ok(())
}

#[test]
fn a_fault_inside_the_fault_handler_ends() -> Result<()> {
    let (ending, report) = provoke("nested")?;
    assert_eq!(ending, Ending::NestedFault, "{}", report.0);
    assert!(
        report
            .headline()
            .starts_with("fault: #UD invalid opcode, vector 6"),
        "{}",
        report.0
    );
    let nested: Vec<_> = report
        .0
        .matches("fault inside the fault handler: #PF page fault, vector 14")
        .collect();
    assert_eq!(nested.len(), 1, "it ends, rather than floods: {}", report.0);
    Ok(())
}

#[test]
fn a_panic_has_its_own_end() -> Result<()> {
    let (ending, report) = provoke("panic")?;
    assert_eq!(ending, Ending::Panic, "{}", report.0);
    assert!(
        report.has("panic: panicked at src/faults.rs:"),
        "{}",
        report.0
    );
    assert!(report.has("as asked for"), "{}", report.0);
    assert!(report.calls().ends_with(&ROAD_TO_THE_SHELL), "{}", report.0);
    Ok(())
}

#[test]
fn an_unknown_fault_is_answered_with_the_known_ones() -> Result<()> {
    let mut machine = boot(&KERNEL)?;
    let told = machine.command("fault of_the_moon")?;
    assert!(told.starts_with("fault: which kind? de db bp"), "{told}");
    Ok(())
}

/// The serial line's report, on the screen.
#[test]
fn a_fault_is_shown_on_the_screen_too() -> Result<()> {
    // A machine that the kernel cannot end stands still, and its screen can be read.
    let mut machine: Machine = boot_with(
        &KERNEL,
        &Options {
            exit_port: false,
            ..Options::default()
        },
    )?;
    machine.submit("fault gp")?;
    machine.expect("start+0x")?;
    let screen = machine.screen()?.to_string();
    for text in [
        "fault: #GP general protection, vector 13, error code 0x48",
        "rax ",
        "fault_general_protection+",
    ] {
        assert!(screen.contains(text), "{text} on\n{screen}");
    }
    Ok(())
}

#[test]
fn spurious_interrupts_are_told_apart() -> Result<()> {
    let mut machine = boot(&KERNEL)?;
    assert_eq!(machine.command("spurious")?, "spurious: irq7=1 irq15=1\n");
    assert_eq!(machine.command("spurious")?, "spurious: irq7=2 irq15=2\n");
    let counts = machine.command("irq")?;
    assert!(
        counts.contains("irq: spurious7=2 spurious15=2 "),
        "{counts}"
    );
    assert!(
        !counts.contains("vector 39") && !counts.contains("vector 47"),
        "they are no interrupts: {counts}"
    );
    assert!(
        machine.command("timer 1000")?.contains("1000"),
        "and interrupts still come"
    );
    assert_eq!(machine.command("echo alive")?, "alive\n");
    Ok(())
}
