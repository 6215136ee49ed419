//! Keys by the thousand: paced, none may be lost; in a storm, each must be accounted for.

use std::time::Instant;

use anyhow::{Context, Result};
use pilot::keyboard::{KeyEvent, Stroke};
use pilot::{Key, Layout, Machine};

use crate::support::{KERNEL, Random, boot};

/// How many keys are typed on each layout.
const KEYS: usize = 2_000;
/// A line has room for 72 characters.
const LINE: usize = 60;

/// Lines that write every character of the layout, in an order that no table has.
fn lines(layout: Layout) -> Vec<String> {
    let mut random = Random::new(0xab1de);
    let characters: Vec<char> = layout
        .characters()
        .filter(|&character| character != ' ')
        .collect();
    let mut text: Vec<char> = characters.iter().copied().cycle().take(KEYS).collect();
    random.shuffle(&mut text);
    text.chunks(LINE)
        .map(|line| line.iter().collect())
        .collect()
}

/// Typing fails at the first character that is lost, doubled or changed; `echo` says it all again.
fn type_thousands(layout: Layout) -> Result<()> {
    let mut machine = boot(&KERNEL)?;
    machine.use_layout(layout)?;
    let lines = lines(layout);
    assert!(lines.iter().map(|line| line.chars().count()).sum::<usize>() >= KEYS);
    for line in &lines {
        let answer = machine.command(&format!("echo {line}"))?;
        assert_eq!(answer, format!("{line}\n"));
    }
    assert_eq!(Counters::read(&mut machine)?.lost, 0);
    Ok(())
}

#[test]
fn two_thousand_keys_on_the_us_layout() -> Result<()> {
    type_thousands(Layout::Us)
}

#[test]
fn two_thousand_keys_on_the_german_layout() -> Result<()> {
    type_thousands(Layout::De)
}

#[test]
fn the_screen_shows_each_character_of_a_layout() -> Result<()> {
    for (layout, text) in [
        (Layout::Us, "~!@#$%^&*()_+{}|:\"<>?"),
        (Layout::De, "äöüÄÖÜß°²µ{[]}\\@~|"),
    ] {
        let mut machine = boot(&KERNEL)?;
        machine.use_layout(layout)?;
        machine.command(&format!("echo {text}"))?;
        assert!(
            machine.screen()?.has_line(text),
            "{text} on\n{}",
            machine.screen()?
        );
    }
    Ok(())
}

/// What `irq` says.
#[derive(Clone, Copy, Debug)]
struct Counters {
    timer: usize,
    keyboard: usize,
    lost: usize,
}

impl Counters {
    fn read(machine: &mut Machine) -> Result<Self> {
        let told = command_held(machine, "irq")?;
        // A vector that was never entered is not listed.
        let count = |name: &str| -> Result<usize> {
            let Some(line) = told.lines().find(|line| line.ends_with(name)) else {
                return Ok(0);
            };
            Ok(line.split_whitespace().nth(2).context("a count")?.parse()?)
        };
        let (_, lost) = told.split_once("lost_keys=").context("no lost keys")?;
        Ok(Self {
            timer: count("timer")?,
            keyboard: count("keyboard")?,
            lost: lost.split_whitespace().next().context("a count")?.parse()?,
        })
    }
}

/// Executes a command and lets go of Enter only after its answer, so that all scancodes but this
/// last one have been served when the command runs.
fn command_held(machine: &mut Machine, line: &str) -> Result<String> {
    machine.type_text(line)?;
    machine.qmp().send_keys(&[KeyEvent {
        key: Key::ENTER,
        down: true,
    }])?;
    machine.expect("\n")?;
    let told = machine.prompt()?;
    machine.qmp().send_keys(&[KeyEvent {
        key: Key::ENTER,
        down: false,
    }])?;
    Ok(told)
}

/// Scancodes of an `irq` and its Enter, after the Enter before it has come up: what reading the
/// counters adds to them.
const READING: usize = 1 + 3 * 2 + 1;

#[test]
fn each_scancode_is_one_interrupt() -> Result<()> {
    let mut machine = boot(&KERNEL)?;
    let before = Counters::read(&mut machine)?;
    let text = "The Quick brown Fox";
    machine.type_text(text)?;
    machine.press(Key::ENTER)?;
    machine.prompt()?;
    let after = Counters::read(&mut machine)?;
    let sent = (text.len() + 3 + 1) * 2;
    assert_eq!(
        after.keyboard - before.keyboard,
        sent + READING,
        "three capitals have a shift"
    );
    Ok(())
}

/// Sends `count` presses of one key as fast as QEMU takes them. A key that goes down and never
/// comes up repeats, and every repetition is one scancode that the shell answers with one
/// character or, on a full line, one bell: so all of them can be counted at both ends.
fn storm(machine: &mut Machine, count: usize, at_once: usize) -> Result<()> {
    let press = KeyEvent {
        key: Key("x"),
        down: true,
    };
    for _ in 0..count / at_once {
        machine.qmp().send_keys(&vec![press; at_once])?;
    }
    Ok(())
}

/// Characters and bells that the shell has answered since the last look.
fn answers(machine: &mut Machine, bells: usize) -> usize {
    let text = machine
        .serial()
        .settle(std::time::Duration::from_millis(500));
    text.matches('x').count() + machine.serial().bells() - bells
}

/// QEMU's own queue holds 16 scancodes and drops what comes then, without a word, so what was sent
/// bounds what the kernel sees. From there on nothing may vanish: interrupts = answers + lost.
#[test]
fn a_storm_is_accounted_for() -> Result<()> {
    const SENT: usize = 20_000;
    let mut machine = boot(&KERNEL)?;
    machine.command("timer 2000")?;
    let start = Instant::now();
    let before = Counters::read(&mut machine)?;
    let bells = machine.serial().bells();
    storm(&mut machine, SENT, 8)?;
    let answers = answers(&mut machine, bells);
    machine.strike(&[Stroke::plain(Key("x")), Stroke::plain(Key::ENTER)])?;
    machine.prompt()?;
    let after = Counters::read(&mut machine)?;
    let elapsed = start.elapsed().as_secs_f64();

    let served = after.keyboard - before.keyboard - READING - 2 * 2;
    let lost = after.lost - before.lost;
    let ticks = after.timer - before.timer;
    println!(
        "sent {SENT}, served {served}, answered {answers}, lost {lost}, {ticks} ticks in {elapsed:.1} s"
    );
    assert_eq!(
        served,
        answers + lost,
        "what the kernel took it answered or counted as lost"
    );
    assert!(served <= SENT && served > SENT / 10, "{served} of {SENT}");
    // A busy host may swallow ticks, so the rate is bounded loosely: but 100 Hz it is not.
    assert!(
        ticks as f64 > elapsed * 400.0,
        "{ticks} ticks in {elapsed} s"
    );
    assert_eq!(machine.command("echo alive")?, "alive\n");
    Ok(())
}

/// While the shell is busy nothing is taken out of the ring, which holds 256 scancodes: what is
/// beyond must be counted, and what is in it must come out.
#[test]
fn a_full_ring_counts_what_it_drops() -> Result<()> {
    const BUSY: &str = "busy 1000";
    let mut machine = boot(&KERNEL)?;
    machine.command("timer 1000")?;
    let before = Counters::read(&mut machine)?;
    machine.type_text(BUSY)?;
    let bells = machine.serial().bells();
    machine.qmp().send_keys(&[KeyEvent {
        key: Key::ENTER,
        down: true,
    }])?;
    storm(&mut machine, 4_000, 8)?;
    machine.prompt()?;
    let answers = answers(&mut machine, bells);
    machine.strike(&[Stroke::plain(Key::ENTER)])?;
    machine.prompt()?;
    let after = Counters::read(&mut machine)?;
    let served = after.keyboard - before.keyboard - READING - BUSY.len() * 2 - 3;
    let lost = after.lost - before.lost;
    println!("served {served}, answered {answers}, lost {lost}");
    assert!(lost > 0, "{served} scancodes, and a ring of 256 never full");
    assert_eq!(served, answers + lost);
    assert_eq!(machine.command("echo alive")?, "alive\n");
    Ok(())
}

#[test]
fn random_scancodes_leave_the_shell_answering() -> Result<()> {
    let mut machine = boot(&KERNEL)?;
    let told = command_held(&mut machine, "noise 100000")?;
    assert!(told.contains("bytes=100000 received=100000 "), "{told}");
    assert!(told.contains("lost=0"), "{told}");
    assert_eq!(machine.command("echo alive")?, "alive\n");
    Ok(())
}
