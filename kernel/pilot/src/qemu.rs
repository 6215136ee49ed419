//! The emulator's process.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// What a machine is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// The emulator's program.
    pub qemu: PathBuf,
    /// Whether a reset starts the kernel again. Where it does not, QEMU exits with status 0.
    pub reboots: bool,
    /// Whether the machine has the port through which the kernel ends QEMU. Without it the kernel
    /// halts, and its last screen can be read.
    pub exit_port: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            qemu: "qemu-system-x86_64".into(),
            reboots: false,
            exit_port: true,
        }
    }
}

impl Options {
    /// The command that runs `image`; where its screen and its lines go is still to be said.
    pub fn command(&self, image: &Path) -> Result<Command> {
        ensure!(
            image.is_file(),
            "there is no kernel image at {}; `make -C kernel` builds it",
            image.display()
        );
        // QEMU reads a comma as the end of an option's value, unless it is doubled.
        let file = image
            .to_str()
            .context("the image's path is not UTF-8")?
            .replace(',', ",,");
        let mut command = Command::new(&self.qemu);
        command.args(["-accel", "tcg", "-m", "64", "-drive"]);
        command.arg(format!("format=raw,if=ide,snapshot=on,file={file}"));
        if self.exit_port {
            command.args(["-device", "isa-debug-exit,iobase=0xf4,iosize=1"]);
        }
        if !self.reboots {
            command.arg("-no-reboot");
        }
        Ok(command)
    }
}

/// A running QEMU, killed when dropped.
pub struct Qemu(Child);

impl Qemu {
    /// Starts the command.
    pub fn spawn(command: &mut Command) -> Result<Self> {
        let program = command.get_program().display().to_string();
        match command.spawn() {
            Ok(child) => Ok(Self(child)),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                bail!("{program} is not installed; `tools/setup` installs it")
            }
            Err(error) => Err(error).with_context(|| format!("failed to start {program}")),
        }
    }

    /// How QEMU has exited, if it has.
    pub fn exited(&mut self) -> Result<Option<ExitStatus>> {
        self.0.try_wait().context("failed to wait for QEMU")
    }

    /// Waits until QEMU exits, however long that is.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        self.0.wait().context("failed to wait for QEMU")
    }

    /// Waits until QEMU exits, and no longer than `timeout`.
    pub fn wait_for(&mut self, timeout: Duration) -> Result<ExitStatus> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(status) = self.exited()? {
                return Ok(status);
            }
            ensure!(
                Instant::now() < deadline,
                "the machine still runs after {timeout:?}"
            );
            sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Qemu {
    fn drop(&mut self) {
        // Both fail only where the child is gone already, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
