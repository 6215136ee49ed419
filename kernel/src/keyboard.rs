//! Scancodes in, by interrupt; keys out, to whoever asks.

use crate::controller::{self, Command};
use crate::{interrupts, pic};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use heapless::Deque;
use pc_keyboard::layouts::{AnyLayout, Azerty, De105Key, Dvorak104Key, Uk105Key, Us104Key};
use pc_keyboard::{DecodedKey, EventDecoder, HandleControl, KeyCode, ScancodeSet, ScancodeSet1};
use spin::Mutex;
use x86_64::instructions::{hlt, interrupts as cpu};

/// The layouts that `layout NAME` knows. The first is the one after boot.
pub(crate) static LAYOUTS: [(&str, AnyLayout); 5] = [
    ("us", AnyLayout::Us104Key(Us104Key)),
    ("de", AnyLayout::De105Key(De105Key)),
    ("uk", AnyLayout::Uk105Key(Uk105Key)),
    ("fr", AnyLayout::Azerty(Azerty)),
    ("dvorak", AnyLayout::Dvorak104Key(Dvorak104Key)),
];

/// Scancodes that no one has asked for yet. Locked with interrupts off, so that the handler
/// never meets it locked.
static WAITING: Mutex<Deque<u8, 256>> = Mutex::new(Deque::new());
static LOST: AtomicU64 = AtomicU64::new(0);

/// Interrupts on, scancodes of set 1, the mouse off; bit 2 says that the machine has been tested.
const CONFIGURATION: u8 = 0b0110_0101;
/// The keyboard's own command to report its keys.
const ENABLE: u8 = 0xf4;

/// Configures the controller, whatever the BIOS made of it, which a key at the wrong moment spoils.
/// Then forgets what was typed before anyone listened: a byte that nobody takes is a request that
/// nobody repeats.
pub(crate) fn init() {
    controller::command(Command::Configure);
    controller::write(CONFIGURATION);
    controller::write(ENABLE);
    while controller::read().is_some() {}
}

/// Takes one scancode off the controller, if there is one. The interrupt handler calls it.
pub(crate) fn take_scancode() {
    let Some(scancode) = controller::read() else {
        return;
    };
    if WAITING.lock().push_back(scancode).is_err() {
        LOST.fetch_add(1, Relaxed);
    }
}

/// Scancodes that came while the ring was full.
pub(crate) fn lost() -> u64 {
    LOST.load(Relaxed)
}

/// The next scancode, if there is one.
pub(crate) fn next_scancode() -> Option<u8> {
    cpu::without_interrupts(|| WAITING.lock().pop_front())
}

/// The next scancode; the processor sleeps until there is one.
fn wait_for_scancode() -> u8 {
    loop {
        cpu::disable();
        let scancode = WAITING.lock().pop_front();
        if let Some(scancode) = scancode {
            cpu::enable();
            return scancode;
        }
        // At once: an interrupt between the two would be slept over.
        cpu::enable_and_hlt();
    }
}

/// Takes nothing off the ring until `scancodes` more have come, however long that takes: beyond
/// what it holds they are lost, and counted.
pub(crate) fn ignore_until(scancodes: u64) {
    let end = keyboard_interrupts().saturating_add(scancodes);
    while keyboard_interrupts() < end {
        // Some interrupt wakes it, if only the timer's.
        hlt();
    }
}

fn keyboard_interrupts() -> u64 {
    interrupts::count(pic::KEYBOARD)
}

/// Makes keys of scancodes; remembers prefixes, shift, caps lock and the layout.
pub(crate) struct Decoder {
    scancodes: ScancodeSet1,
    events: EventDecoder<&'static AnyLayout>,
}

impl Decoder {
    pub(crate) fn new() -> Self {
        Self {
            scancodes: ScancodeSet1::new(),
            events: EventDecoder::new(&LAYOUTS[0].1, HandleControl::MapLettersToUnicode),
        }
    }

    pub(crate) fn set_layout(&mut self, layout: &'static AnyLayout) {
        self.events.change_layout(layout);
    }

    /// The key that `scancode` completes. Nonsense is skipped: the next code starts afresh; and
    /// keys that only change what others mean are no keys by themselves.
    pub(crate) fn decode(&mut self, scancode: u8) -> Option<DecodedKey> {
        let event = self.scancodes.advance_state(scancode).ok()??;
        self.events
            .process_keyevent(event)
            .filter(|key| !is_modifier(*key))
    }

    pub(crate) fn wait_for_key(&mut self) -> DecodedKey {
        loop {
            if let Some(key) = self.decode(wait_for_scancode()) {
                return key;
            }
        }
    }
}

fn is_modifier(key: DecodedKey) -> bool {
    use KeyCode::*;
    const MODIFIERS: [KeyCode; 12] = [
        LShift, RShift, LControl, RControl, RControl2, LAlt, RAlt2, RAltGr, LWin, RWin, CapsLock,
        NumpadLock,
    ];
    matches!(key, DecodedKey::RawKey(code) if MODIFIERS.contains(&code))
}
