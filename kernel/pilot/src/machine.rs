//! One machine with the kernel in it, driven from outside: its keys, its screen, its serial line.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::ending::Ending;
use crate::keyboard::{self, Key, Layout, Stroke};
use crate::qemu::{Options, Qemu};
use crate::qmp::Qmp;
use crate::screen::{self, Screen};
use crate::serial::Serial;

/// How long the kernel may take for anything. It needs a second at most; a host with much else to
/// do may need twenty.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What the shell says when it is ready for a line.
pub const PROMPT: &str = "abide> ";

/// A running machine. It is killed when dropped.
pub struct Machine {
    qemu: Qemu,
    qmp: Qmp,
    serial: Serial,
    layout: Layout,
    /// Holds the sockets, QEMU's messages and the screen's memory.
    directory: TempDir,
}

impl Machine {
    /// Starts QEMU on `image` and connects to its serial line and its machine protocol.
    pub fn boot(image: &Path, options: &Options) -> Result<Self> {
        let mut command = options.command(image)?;
        let directory = tempfile::tempdir().context("failed to make a directory for sockets")?;
        let [serial, qmp, messages] =
            ["serial", "qmp", "messages"].map(|name| directory.path().join(name));
        // Pilot listens and QEMU calls, so nothing that the kernel says can come before the ear.
        let (serial_call, qmp_call) = (listen(&serial)?, listen(&qmp)?);
        command
            .args([
                "-display",
                "none",
                "-serial",
                &format!("unix:{}", serial.display()),
            ])
            .args(["-qmp", &format!("unix:{}", qmp.display())])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&messages).context("failed to keep QEMU's messages")?);
        let mut qemu = Qemu::spawn(&mut command)?;
        let connect = |qemu: &mut Qemu| -> Result<_> {
            let serial = Serial::drain(accept(&serial_call, qemu)?);
            Ok((serial, Qmp::handshake(accept(&qmp_call, qemu)?)?))
        };
        let (serial, qmp) = connect(&mut qemu)
            .with_context(|| std::fs::read_to_string(&messages).unwrap_or_default())?;
        Ok(Self {
            qemu,
            qmp,
            serial,
            layout: Layout::default(),
            directory,
        })
    }

    /// The serial line.
    pub fn serial(&mut self) -> &mut Serial {
        &mut self.serial
    }

    /// The machine protocol.
    pub fn qmp(&mut self) -> &mut Qmp {
        &mut self.qmp
    }

    /// Waits for `text` on the serial line, and returns what came before it.
    pub fn expect(&mut self, text: &str) -> Result<String> {
        self.serial.expect(text, PATIENCE)
    }

    /// Waits for the shell's prompt, and returns what came before it.
    pub fn prompt(&mut self) -> Result<String> {
        self.expect(PROMPT)
    }

    /// Has the kernel take `layout`, and types on it from now on.
    pub fn use_layout(&mut self, layout: Layout) -> Result<()> {
        self.command(&format!("layout {}", layout.name()))?;
        self.layout = layout;
        Ok(())
    }

    /// Types `text` at the end of the line, paced by its echo: a batch fits into the keyboard's
    /// queue, and the next one is sent when the kernel has shown the last. Whatever is lost,
    /// doubled or changed is an error.
    pub fn type_text(&mut self, text: &str) -> Result<()> {
        for batch in keyboard::batches(text, self.layout)? {
            self.qmp.send_keys(&batch.events)?;
            let before = self.expect(&batch.echo)?;
            ensure!(
                before.is_empty(),
                "{:?} was typed, and {before:?} came before it",
                batch.echo
            );
        }
        Ok(())
    }

    /// Types a command and Enter, and returns what the kernel says before its next prompt.
    pub fn command(&mut self, line: &str) -> Result<String> {
        self.submit(line)?;
        self.prompt()
    }

    /// Types a command and Enter, for commands after which no prompt comes.
    pub fn submit(&mut self, line: &str) -> Result<()> {
        self.type_text(line)?;
        let sent = self.qmp.send_keys(&Stroke::plain(Key::ENTER).events());
        match self.expect("\n") {
            // The command may end QEMU before QEMU has answered to the key.
            Ok(before) if before.is_empty() => Ok(()),
            Ok(before) => bail!("{before:?} came before Enter was echoed"),
            Err(silence) => sent.and(Err(silence)),
        }
    }

    /// Strikes keys that need not echo anything.
    pub fn strike(&mut self, strokes: &[Stroke]) -> Result<()> {
        for stroke in strokes {
            self.qmp.send_keys(&stroke.events())?;
            // Nothing says that the kernel has read such a key; 30 ms is three ticks of its timer.
            sleep(Duration::from_millis(30));
        }
        Ok(())
    }

    /// Strikes one key that need not echo anything.
    pub fn press(&mut self, key: Key) -> Result<()> {
        self.strike(&[Stroke::plain(key)])
    }

    /// Reads the screen.
    pub fn screen(&mut self) -> Result<Screen> {
        let file = self.directory.path().join("screen");
        self.qmp
            .save_memory(screen::ADDRESS, screen::BYTES, &file)?;
        let bytes = std::fs::read(&file).context("failed to read the screen's memory")?;
        Ok(Screen::from_vga(&bytes))
    }

    /// Waits until QEMU has exited, and returns how, with what the kernel said to the end.
    pub fn ending(&mut self) -> Result<(Ending, String)> {
        let status = self.qemu.wait_for(PATIENCE)?;
        let last_words = self.serial.finish(PATIENCE);
        Ok((status.into(), last_words))
    }
}

fn listen(path: &Path) -> Result<UnixListener> {
    let listener = UnixListener::bind(path)
        .with_context(|| format!("failed to listen at {}", path.display()))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Waits for QEMU's call, as long as there is a QEMU.
fn accept(listener: &UnixListener, qemu: &mut Qemu) -> Result<UnixStream> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                return Ok(stream);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error).context("failed to hear QEMU's call"),
        }
        if let Some(status) = qemu.exited()? {
            bail!("QEMU gave up at its start ({status})");
        }
        ensure!(
            Instant::now() < deadline,
            "QEMU did not call within {PATIENCE:?}"
        );
        sleep(Duration::from_millis(5));
    }
}
