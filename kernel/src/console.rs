//! Screen and serial line, together: whatever is printed appears on both.

use crate::line::{Edit, Line};
use crate::screen::Screen;
use core::fmt::{self, Write};
use spin::Mutex;
use uart_16550::backend::PioBackend;
use uart_16550::{BaudRate, Config, Uart16550};

const COM1: u16 = 0x3f8;

/// Never locked by an interrupt handler: those count, and leave the printing to others.
static CONSOLE: Mutex<Console> = Mutex::new(Console {
    screen: Screen::new(),
    serial: None,
});

struct Console {
    screen: Screen,
    /// A machine without a serial port is served all the same.
    serial: Option<Uart16550<PioBackend>>,
}

pub(crate) fn init() {
    // SAFETY: COM1 is ours alone.
    let serial = unsafe { Uart16550::new_port(COM1) }
        .ok()
        .and_then(|mut serial| {
            let config = Config {
                baud_rate: BaudRate::Baud115200,
                ..Config::default()
            };
            serial.init(config).ok().map(|()| serial)
        });
    let mut console = CONSOLE.lock();
    console.serial = serial;
    console.screen.clear();
}

/// Opens the console to a fault or panic, whatever was interrupted.
///
/// # Safety
/// What holds the lock must never run again.
pub(crate) unsafe fn seize() {
    // SAFETY: the caller's.
    unsafe { CONSOLE.force_unlock() }
}

pub(crate) fn clear_screen() {
    CONSOLE.lock().screen.clear();
}

pub(crate) fn print(arguments: fmt::Arguments) {
    let mut console = CONSOLE.lock();
    // Neither of the two reports an error.
    let _ = console.write_fmt(arguments);
    console.screen.show_cursor();
}

/// Shows what a key did to `line`, which stands behind `prompt`. The serial line gets an answer
/// to each and every key, so that whoever types there knows that it has been taken.
pub(crate) fn echo(prompt: &str, line: &Line, edit: &Edit) {
    let mut console = CONSOLE.lock();
    console
        .screen
        .show_line(prompt.len(), line.text(), line.cursor());
    let _ = console.echo_serial(prompt, line, edit);
}

impl Console {
    /// As a terminal (ANSI X3.64) wants to be told.
    fn echo_serial(&mut self, prompt: &str, line: &Line, edit: &Edit) -> fmt::Result {
        let at_end = line.cursor() == line.text().len();
        let Some(serial) = &mut self.serial else {
            return Ok(());
        };
        let mut serial = Serial(serial);
        match edit {
            Edit::Typed(letter) if at_end => serial.write_char(*letter),
            Edit::Typed(letter) => write!(serial, "\x1b[@{letter}"),
            Edit::ErasedBefore if at_end => serial.write_str("\x08 \x08"),
            Edit::ErasedBefore => serial.write_str("\x08\x1b[P"),
            Edit::ErasedUnder => serial.write_str("\x1b[P"),
            Edit::Moved(0) | Edit::Refused => serial.write_str("\x07"),
            Edit::Moved(left) if *left < 0 => write!(serial, "\x1b[{}D", -left),
            Edit::Moved(right) => write!(serial, "\x1b[{right}C"),
            Edit::Replaced => {
                write!(serial, "\r{prompt}")?;
                line.text()
                    .iter()
                    .try_for_each(|letter| serial.write_char(*letter))?;
                serial.write_str("\x1b[K")
            }
            Edit::Entered => Ok(()),
        }
    }
}

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars()
            .for_each(|character| self.screen.put(character));
        self.serial
            .as_mut()
            .map_or(Ok(()), |serial| Serial(serial).write_str(text))
    }
}

/// Terminals want a carriage return before each newline.
struct Serial<'a>(&'a mut Uart16550<PioBackend>);

impl fmt::Write for Serial<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                self.0.send_bytes_exact(b"\r");
            }
            self.0.send_bytes_exact(&[byte]);
        }
        Ok(())
    }
}

macro_rules! print {
    ($($argument:tt)*) => { $crate::console::print(format_args!($($argument)*)) };
}

macro_rules! println {
    () => { $crate::console::print(format_args!("\n")) };
    ($($argument:tt)*) => {
        $crate::console::print(format_args!("{}\n", format_args!($($argument)*)))
    };
}
