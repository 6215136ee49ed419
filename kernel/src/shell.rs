//! The shell: reads a line, does what it says.

use crate::idt::EXCEPTIONS;
use crate::keyboard::{Decoder, LAYOUTS};
use crate::line::{Edit, Finished, Line};
use crate::pic::{self, Controller};
use crate::{
    console, exceptions, faults, heap, interrupts, keyboard, memory_map, noise, power, spurious,
    symbols, timer,
};

const PROMPT: &str = "abide> ";

const HELP: &str = "\
help\t\tthis list
echo TEXT\tprints TEXT
clear\t\tclears the screen
mem\t\tthe memory map and the heap
irq\t\tcounts per vector, lost keys
symbols [PART]\tthe kernel's symbols whose name contains PART
fault KIND\tprovokes a fault
layout [NAME]\tthe keyboard's layout
timer [HZ]\tthe rate of timer interrupts
spurious\tprovokes spurious interrupts
noise N\t\tfeeds N random scancodes
busy N\t\ttakes no key until N more scancodes have come
reboot\t\tstarts again
off\t\tswitches off";

/// Runs for good.
pub(crate) fn run() -> ! {
    println!("abide: a small kernel. Type help.");
    let mut decoder = Decoder::new();
    let mut line = Line::default();
    loop {
        let command = read_line(&mut decoder, &mut line);
        execute(command.trim(), &mut decoder);
    }
}

fn read_line(decoder: &mut Decoder, line: &mut Line) -> Finished {
    print!("{PROMPT}");
    loop {
        let edit = line.edit(decoder.wait_for_key());
        if let Edit::Entered = edit {
            println!();
            return line.take();
        }
        console::echo(PROMPT, line, &edit);
    }
}

fn execute(command: &str, decoder: &mut Decoder) {
    let (name, argument) = command.split_once(' ').unwrap_or((command, ""));
    let argument = argument.trim_start();
    match name {
        "" => {}
        "help" => show_help(),
        "echo" => println!("{argument}"),
        "clear" => console::clear_screen(),
        "mem" => show_memory(),
        "irq" => show_interrupts(),
        "symbols" => show_symbols(argument),
        "fault" => provoke_fault(argument),
        "layout" => set_layout(argument, decoder),
        "timer" => set_timer(argument),
        "spurious" => spurious::run(),
        "noise" => match argument.parse() {
            Ok(bytes) => noise::run(bytes),
            Err(_) => println!("noise: how many bytes?"),
        },
        "busy" => match argument.parse() {
            Ok(scancodes) => keyboard::ignore_until(scancodes),
            Err(_) => println!("busy: until how many scancodes?"),
        },
        #[cfg(feature = "experiments")]
        "stress" => match argument.parse::<u64>() {
            Ok(thousands) => crate::stress::run(thousands * 1000),
            Err(_) => println!("stress: how many thousand interrupts?"),
        },
        "reboot" => power::reboot(),
        "off" => power::off(),
        _ => println!("{name}: no such command; try help"),
    }
}

fn show_help() {
    println!("{HELP}");
    #[cfg(feature = "experiments")]
    println!("stress N\tinterrupts code N thousand times, and looks what is lost");
}

fn show_memory() {
    memory_map::regions().for_each(|region| println!("{region}"));
    let heap = heap::counters();
    println!(
        "heap: claimed={} allocated={} available={}",
        heap.claimed_bytes, heap.allocated_bytes, heap.available_bytes
    );
}

fn show_interrupts() {
    for (vector, count) in interrupts::counts() {
        let name = match vector {
            pic::TIMER => "timer",
            pic::KEYBOARD => "keyboard",
            0..EXCEPTIONS => exceptions::name(vector as u64),
            _ => "line without a device",
        };
        println!("vector {vector}\t{count}\t{name}");
    }
    println!(
        "irq: spurious7={} spurious15={} lost_keys={}",
        interrupts::spurious(Controller::First),
        interrupts::spurious(Controller::Second),
        keyboard::lost()
    );
}

fn show_symbols(part: &str) {
    let mut shown = 0;
    for symbol in symbols::all() {
        let name = alloc::format!("{:#}", symbol.name());
        if name.contains(part) {
            println!(
                "{:08x} {:5x} {} {name}",
                symbol.address, symbol.size, symbol.kind
            );
            shown += 1;
        }
    }
    println!("symbols: {shown} shown");
}

fn provoke_fault(kind: &str) {
    if faults::provoke(kind) {
        println!("fault {kind}: still here");
    } else {
        println!("fault: which kind? {}", faults::KINDS);
    }
}

fn set_layout(name: &str, decoder: &mut Decoder) {
    match LAYOUTS.iter().find(|(known, _)| *known == name) {
        Some((name, layout)) => {
            decoder.set_layout(layout);
            println!("layout {name}");
        }
        None => {
            print!("layout: which one?");
            LAYOUTS.iter().for_each(|(name, _)| print!(" {name}"));
            println!();
        }
    }
}

fn set_timer(argument: &str) {
    match argument.parse() {
        _ if argument.is_empty() => println!("timer {} Hz", timer::frequency()),
        Ok(hz) if timer::RANGE_HZ.contains(&hz) => {
            timer::set_frequency(hz);
            println!("timer {hz} Hz");
        }
        _ => println!(
            "timer: from {} to {} Hz",
            timer::RANGE_HZ.start(),
            timer::RANGE_HZ.end()
        ),
    }
}
