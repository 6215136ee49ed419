//! From the boot sector to the prompt, and out again.

use anyhow::Result;
use pilot::machine::PROMPT;
use pilot::{Ending, Machine, Options};

use crate::support::{KERNEL, boot, boot_with};

const BANNER: &str = "abide: a small kernel. Type help.";

#[test]
fn it_greets_on_the_screen_and_on_the_serial_line() -> Result<()> {
    let mut machine = Machine::boot(&KERNEL.build()?.image(), &Options::default())?;
    assert_eq!(machine.prompt()?, format!("{BANNER}\n"));
    let screen = machine.screen()?;
    assert_eq!(screen.lines()[0], BANNER, "the BIOS's text is gone");
    assert_eq!(screen.lines()[1], PROMPT.trim_end());
    Ok(())
}

#[test]
fn off_is_an_end_of_its_own() -> Result<()> {
    let mut machine = boot(&KERNEL)?;
    machine.submit("off")?;
    let (ending, last_words) = machine.ending()?;
    assert_eq!(ending, Ending::Off);
    assert_eq!(last_words, "off\n");
    Ok(())
}

#[test]
fn reboot_starts_again() -> Result<()> {
    let mut machine = boot_with(
        &KERNEL,
        &Options {
            reboots: true,
            ..Options::default()
        },
    )?;
    machine.submit("reboot")?;
    machine.expect(BANNER)?;
    machine.prompt()?;
    assert_eq!(machine.command("echo again")?, "again\n");
    Ok(())
}

#[test]
fn a_reset_is_told_from_being_switched_off() -> Result<()> {
    let mut machine = boot(&KERNEL)?;
    machine.submit("reboot")?;
    assert_eq!(machine.ending()?.0, Ending::Reset);
    Ok(())
}
