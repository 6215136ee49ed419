//! The shell's commands and its line editing.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use object::{Object, ObjectSymbol, SymbolKind, SymbolSection};
use pilot::keyboard::Stroke;
use pilot::{Key, Machine};

use crate::support::{KERNEL, boot};

#[test]
fn help_names_every_command() -> Result<()> {
    let help = boot(&KERNEL)?.command("help")?;
    for command in [
        "help", "echo", "mem", "irq", "symbols", "fault", "layout", "reboot", "off",
    ] {
        assert!(
            help.lines().any(|line| line.starts_with(command)),
            "{command} in {help}"
        );
    }
    Ok(())
}

#[test]
fn an_unknown_command_is_named() -> Result<()> {
    let mut machine = boot(&KERNEL)?;
    assert_eq!(
        machine.command("ecko 1")?,
        "ecko: no such command; try help\n"
    );
    assert_eq!(machine.command("")?, "", "an empty line is no command");
    Ok(())
}

#[test]
fn mem_shows_the_map_and_the_heap() -> Result<()> {
    let memory = boot(&KERNEL)?.command("mem")?;
    let usable = memory
        .lines()
        .filter(|line| line.ends_with("usable"))
        .count();
    assert_eq!(usable, 2, "below and above the video memory: {memory}");
    assert!(
        memory
            .lines()
            .any(|line| line.starts_with("heap: claimed=")),
        "{memory}"
    );
    Ok(())
}

/// A symbol as both tables tell it: address, size, name.
type Symbol = (u64, u64, String);

fn symbols_of_guest() -> Result<BTreeSet<Symbol>> {
    let shown = boot(&KERNEL)?.command("symbols")?;
    let (list, count) = shown
        .trim_end()
        .rsplit_once('\n')
        .context("a list and a count")?;
    let symbols = list
        .lines()
        .map(symbol_of_line)
        .collect::<Result<BTreeSet<_>>>()?;
    assert_eq!(count, format!("symbols: {} shown", list.lines().count()));
    Ok(symbols)
}

/// An address, a size, a kind, and a name that may have blanks in it.
fn symbol_of_line(line: &str) -> Result<Symbol> {
    let fields = || {
        let (address, rest) = line.split_once(' ')?;
        let (size, rest) = rest.trim_start().split_once(' ')?;
        let (_kind, name) = rest.split_once(' ')?;
        Some((address, size, name))
    };
    let (address, size, name) =
        fields().with_context(|| format!("a field is missing in {line:?}"))?;
    let number = |digits| u64::from_str_radix(digits, 16);
    Ok((number(address)?, number(size)?, name.to_owned()))
}

/// The places in the ELF file's table: no files, no sections, no constants, and none of NASM's
/// dotted labels, which are places inside a function.
fn symbols_of_elf() -> Result<BTreeSet<Symbol>> {
    let bytes = std::fs::read(KERNEL.build()?.elf())?;
    let elf = object::File::parse(&*bytes)?;
    elf.symbols()
        .filter(|symbol| !matches!(symbol.kind(), SymbolKind::File | SymbolKind::Section))
        .filter(|symbol| matches!(symbol.section(), SymbolSection::Section(_)))
        .map(|symbol| Ok((symbol.address(), symbol.size(), symbol.name()?.to_owned())))
        .filter(|symbol| {
            !symbol
                .as_ref()
                .is_ok_and(|(_, _, name)| is_dotted_label(name))
        })
        .map(|symbol: Result<Symbol>| {
            symbol.map(|(address, size, name)| {
                (
                    address,
                    size,
                    format!("{:#}", rustc_demangle::demangle(&name)),
                )
            })
        })
        .collect()
}

fn is_dotted_label(name: &str) -> bool {
    let identifier = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    name.split_once('.').is_some_and(|(function, label)| {
        !function.is_empty()
            && identifier(function)
            && label.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    })
}

#[test]
fn symbols_shows_what_the_elf_file_has() -> Result<()> {
    let (guest, elf) = (symbols_of_guest()?, symbols_of_elf()?);
    let missing: Vec<_> = elf.difference(&guest).collect();
    let invented: Vec<_> = guest.difference(&elf).collect();
    assert!(
        missing.is_empty() && invented.is_empty(),
        "missing {missing:#x?}, invented {invented:#x?}"
    );
    assert!(
        guest
            .iter()
            .any(|(address, _, name)| *address == 0x7e00 && name == "start")
    );
    Ok(())
}

#[test]
fn symbols_can_be_sought_by_a_part() -> Result<()> {
    let shown = boot(&KERNEL)?.command("symbols kbd_wrapper")?;
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 2, "{shown}");
    assert!(
        lines[0].ends_with(" T _interrupt_handler_kbd_wrapper"),
        "{shown}"
    );
    assert_eq!(lines[1], "symbols: 1 shown");
    Ok(())
}

#[test]
fn the_heap_runs_out_without_harm() -> Result<()> {
    let mut machine = boot(&KERNEL)?;
    for _ in 0..2 {
        let told = machine.command("fault heap")?;
        assert!(told.contains("heap exhausted: "), "{told}");
        assert!(
            told.contains("heap given back: damaged=0 leaked=0"),
            "{told}"
        );
        assert_eq!(machine.command("echo alive")?, "alive\n");
    }
    Ok(())
}

/// Edits a line by keys, and returns what the shell then takes it for.
fn edited(machine: &mut Machine, text: &str, keys: &[Stroke]) -> Result<String> {
    machine.type_text(&format!("echo {text}"))?;
    machine.strike(keys)?;
    // The line is as the kernel sees it now; the screen must agree before Enter says so.
    let screen = machine.screen()?;
    let row = screen
        .lines()
        .iter()
        .rfind(|line| !line.is_empty())
        .cloned()
        .unwrap_or_default();
    machine
        .serial()
        .settle(std::time::Duration::from_millis(100));
    machine.press(Key::ENTER)?;
    let answer = machine.prompt()?;
    let answer = answer
        .trim_start_matches('\n')
        .trim_end_matches('\n')
        .to_owned();
    assert_eq!(row.trim_end(), format!("abide> echo {answer}").trim_end());
    Ok(answer)
}

#[test]
fn a_line_can_be_edited() -> Result<()> {
    let mut machine = boot(&KERNEL)?;
    let plain = Stroke::plain;
    let letter = |character| {
        pilot::Layout::Us
            .stroke(character)
            .expect("a key of the layout")
    };
    let cases: [(&str, Vec<Stroke>, &str); 6] = [
        (
            "abcd",
            vec![plain(Key::LEFT), plain(Key::LEFT), letter('X')],
            "abXcd",
        ),
        ("abcd", vec![plain(Key::LEFT), plain(Key::BACKSPACE)], "abd"),
        ("abcd", vec![plain(Key::LEFT), plain(Key::DELETE)], "abc"),
        (
            "abcd",
            vec![plain(Key::LEFT), plain(Key::END), letter('!')],
            "abcd!",
        ),
        (
            "abcd",
            vec![
                plain(Key::LEFT),
                plain(Key::RIGHT),
                plain(Key::RIGHT),
                letter('e'),
            ],
            "abcde",
        ),
        (
            "",
            vec![
                plain(Key::CAPS_LOCK),
                letter('a'),
                letter('B'),
                letter('1'),
                plain(Key::CAPS_LOCK),
                letter('c'),
            ],
            "Ab1c",
        ),
    ];
    for (text, keys, expected) in cases {
        assert_eq!(
            edited(&mut machine, text, &keys)?,
            expected,
            "{text:?} with {keys:?}"
        );
    }
    Ok(())
}

#[test]
fn a_line_can_be_taken_back_and_recalled() -> Result<()> {
    let mut machine = boot(&KERNEL)?;
    machine.command("echo first")?;
    machine.command("echo second")?;
    machine.strike(&[
        Stroke::plain(Key::UP),
        Stroke::plain(Key::UP),
        Stroke::plain(Key::ENTER),
    ])?;
    assert!(machine.expect("\nfirst\n")?.contains("echo first"));
    machine.prompt()?;
    machine.type_text("echo wrong")?;
    let u = pilot::Layout::Us
        .stroke('u')
        .expect("a key of the layout")
        .key();
    machine.strike(&[Stroke::with(Key::CTRL, u)])?;
    machine
        .serial()
        .settle(std::time::Duration::from_millis(100));
    assert_eq!(machine.command("echo right")?, "right\n");
    Ok(())
}

#[test]
fn a_line_has_an_end() -> Result<()> {
    let mut machine = boot(&KERNEL)?;
    let limit = 72;
    let text = format!("echo {}", "x".repeat(limit - 5));
    machine.type_text(&text)?;
    let bells = machine.serial().bells();
    machine.press(Key("y"))?;
    assert_eq!(machine.command("")?, format!("{}\n", &text[5..]));
    assert_eq!(machine.serial().bells(), bells + 1, "a key too many rings");
    Ok(())
}

#[test]
fn the_screen_scrolls_and_wraps() -> Result<()> {
    let mut machine = boot(&KERNEL)?;
    for number in 0..40 {
        machine.command(&format!("echo line {number}"))?;
    }
    let screen = machine.screen()?;
    let numbers: Vec<&str> = screen
        .lines()
        .iter()
        .filter_map(|line| line.strip_prefix("line "))
        .collect();
    assert_eq!(
        numbers,
        [
            "28", "29", "30", "31", "32", "33", "34", "35", "36", "37", "38", "39"
        ]
    );
    assert_eq!(screen.lines()[24], "abide>");
    machine.command("clear")?;
    assert_eq!(machine.screen()?.to_string(), "abide>\n");
    Ok(())
}
