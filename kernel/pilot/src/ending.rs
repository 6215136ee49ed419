//! How a run of the kernel ended, read from QEMU's exit status.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// The end of a run. QEMU's `isa-debug-exit` turns the kernel's byte `n` into the status `2n + 1`,
/// so every end that the kernel chose is odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The shell's `off`.
    Off,
    /// An exception nobody expected.
    Fault,
    /// A Rust panic.
    Panic,
    /// A fault inside the fault handler.
    NestedFault,
    /// A double fault, caught on its own stack.
    DoubleFault,
    /// Status 0. Under `-no-reboot` this is a triple fault or a reboot, and never a success.
    Reset,
    /// An odd status that no kernel path should give, or QEMU's own failure.
    Status(i32),
    /// QEMU was killed by a signal.
    Signal(i32),
}

impl From<ExitStatus> for Ending {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(33), _) => Self::Off,
            (Some(35), _) => Self::Fault,
            (Some(37), _) => Self::Panic,
            (Some(39), _) => Self::NestedFault,
            (Some(41), _) => Self::DoubleFault,
            (Some(0), _) => Self::Reset,
            (Some(code), _) => Self::Status(code),
            (None, signal) => Self::Signal(signal.unwrap_or_default()),
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("switched off by the shell"),
            Self::Fault => f.write_str("an exception"),
            Self::Panic => f.write_str("a panic"),
            Self::NestedFault => f.write_str("a fault inside the fault handler"),
            Self::DoubleFault => f.write_str("a double fault"),
            Self::Reset => f.write_str("a reset (a triple fault, or `reboot`)"),
            Self::Status(code) => write!(f, "QEMU exited with status {code}"),
            Self::Signal(signal) => write!(f, "QEMU was killed by signal {signal}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(code: i32) -> Ending {
        // A wait status holds the exit code in its second byte.
        ExitStatus::from_raw(code << 8).into()
    }

    #[test]
    fn each_status_has_its_name() {
        assert_eq!(ending(33), Ending::Off);
        assert_eq!(ending(35), Ending::Fault);
        assert_eq!(ending(37), Ending::Panic);
        assert_eq!(ending(39), Ending::NestedFault);
        assert_eq!(ending(41), Ending::DoubleFault);
    }

    #[test]
    fn a_triple_fault_is_no_success() {
        assert_eq!(ending(0), Ending::Reset);
    }

    #[test]
    fn a_signal_is_told_from_a_status() {
        assert_eq!(Ending::from(ExitStatus::from_raw(9)), Ending::Signal(9));
        assert_eq!(ending(1), Ending::Status(1));
    }
}
