//! A short visit to the shell that shows the kernel alive: keys go in, the screen comes out.

use anyhow::{Result, ensure};

use crate::ending::Ending;
use crate::machine::Machine;
use crate::screen::Screen;

/// A line typed with shift, with a mistake and with the backspaces that mend it.
const TYPED: &str = "echo Hello, Wrold!\u{8}\u{8}\u{8}\u{8}\u{8}orld!";

/// The same line as it should then stand on the screen, and what the shell answers to it.
const SHOWN: &str = "echo Hello, World!";
const ANSWER: &str = "Hello, World!";

/// Types a few lines, reads the screen, switches the machine off, and returns the screen. It is an
/// error if the screen does not show what was typed or the kernel does not end as it should.
pub fn visit(machine: &mut Machine) -> Result<Screen> {
    machine.prompt()?;
    machine.command("mem")?;
    machine.command(TYPED)?;
    let screen = machine.screen()?;
    let typed = screen.lines().iter().any(|line| line.ends_with(SHOWN));
    ensure!(
        typed,
        "the screen does not show the line that was typed, `{SHOWN}`"
    );
    ensure!(
        screen.has_line(ANSWER),
        "the screen does not show the answer, `{ANSWER}`"
    );
    machine.submit("off")?;
    let (ending, _) = machine.ending()?;
    ensure!(
        ending == Ending::Off,
        "the kernel did not end by `off`: {ending}"
    );
    Ok(screen)
}
