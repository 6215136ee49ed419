//! The kernel's serial line: drained by a thread, waited on by the test.

use std::io::Read;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// All that the kernel has sent, and a cursor after what was already waited for.
pub struct Serial {
    line: Arc<Line>,
    cursor: usize,
}

#[derive(Default)]
struct Line {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    received: Vec<u8>,
    bells: usize,
    closed: bool,
}

impl Line {
    // A thread that panicked leaves the bytes as they were, so a poisoned lock is no harm.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Serial {
    /// Drains `stream` from now on. Without a reader the socket's buffer would fill, QEMU's serial
    /// port would stall, and the kernel with it.
    #[must_use]
    pub fn drain(stream: UnixStream) -> Self {
        let line = Arc::new(Line::default());
        let writer = Arc::clone(&line);
        std::thread::spawn(move || receive(stream, &writer));
        Self { line, cursor: 0 }
    }

    /// Waits until `text` stands after the cursor, moves the cursor behind it, and returns what
    /// stood before it.
    pub fn expect(&mut self, text: &str, timeout: Duration) -> Result<String> {
        let start = self.cursor;
        let at = self.wait(timeout, |bytes| find(&bytes[start..], text.as_bytes()));
        let Some(at) = at else {
            bail!(
                "the kernel did not say {text:?} within {timeout:?}; it said {:?}",
                self.rest()
            );
        };
        self.cursor = start + at + text.len();
        Ok(self.text(start..start + at))
    }

    /// Waits until nothing has come for `quiet`, and returns all that came after the cursor.
    pub fn settle(&mut self, quiet: Duration) -> String {
        loop {
            let length = self.line.state().received.len();
            if self
                .wait(quiet, |bytes| (bytes.len() > length).then_some(()))
                .is_none()
            {
                let rest = self.rest();
                self.cursor = length;
                return rest;
            }
        }
    }

    /// Waits until QEMU has closed the line, and returns all that came after the cursor.
    pub fn finish(&mut self, timeout: Duration) -> String {
        let deadline = Instant::now() + timeout;
        let mut state = self.line.state();
        while !state.closed && Instant::now() < deadline {
            state = pause(&self.line, state, deadline);
        }
        drop(state);
        self.rest()
    }

    /// What has come after the cursor so far.
    #[must_use]
    pub fn rest(&self) -> String {
        let end = self.line.state().received.len();
        self.text(self.cursor..end)
    }

    /// Bells that have rung since the machine started.
    #[must_use]
    pub fn bells(&self) -> usize {
        self.line.state().bells
    }

    /// All that has come since the machine started.
    #[must_use]
    pub fn transcript(&self) -> String {
        String::from_utf8_lossy(&self.line.state().received).into_owned()
    }

    fn text(&self, range: std::ops::Range<usize>) -> String {
        String::from_utf8_lossy(&self.line.state().received[range]).into_owned()
    }

    /// Waits until `seek` finds what it seeks in the bytes received, or no more can come.
    fn wait<T>(&self, timeout: Duration, seek: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + timeout;
        let mut state = self.line.state();
        loop {
            if let Some(found) = seek(&state.received) {
                return Some(found);
            }
            if state.closed || Instant::now() >= deadline {
                return None;
            }
            state = pause(&self.line, state, deadline);
        }
    }
}

fn pause<'a>(
    line: &'a Line,
    state: MutexGuard<'a, State>,
    deadline: Instant,
) -> MutexGuard<'a, State> {
    let left = deadline.saturating_duration_since(Instant::now());
    line.changed
        .wait_timeout(state, left)
        .unwrap_or_else(PoisonError::into_inner)
        .0
}

const BELL: u8 = 0x07;

/// A terminal's line ends in CR LF, and a bell answers each key that writes nothing. Neither is
/// text: the returns are dropped, the bells are counted.
fn receive(mut stream: UnixStream, line: &Line) {
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).unwrap_or(0);
        let mut state = line.state();
        let bytes = &buffer[..count];
        state.bells += bytes.iter().filter(|&&byte| byte == BELL).count();
        state
            .received
            .extend(bytes.iter().filter(|&&byte| byte != b'\r' && byte != BELL));
        state.closed = count == 0;
        line.changed.notify_all();
        if state.closed {
            return;
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    (0..=haystack.len().checked_sub(needle.len())?).find(|&at| haystack[at..].starts_with(needle))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const SOON: Duration = Duration::from_millis(50);
    const LATE: Duration = Duration::from_secs(10);

    fn line() -> (UnixStream, Serial) {
        let (near, far) = UnixStream::pair().expect("a pair of sockets");
        (near, Serial::drain(far))
    }

    #[test]
    fn expects_in_order() {
        let (mut kernel, mut serial) = line();
        kernel.write_all(b"hello\r\n> echo\r\n> ").expect("a write");
        assert_eq!(
            serial.expect("> ", LATE).expect("the first prompt"),
            "hello\n"
        );
        assert_eq!(
            serial.expect("> ", LATE).expect("the second prompt"),
            "echo\n"
        );
        assert!(serial.expect("> ", SOON).is_err());
    }

    #[test]
    fn bells_are_counted_apart() {
        let (mut kernel, mut serial) = line();
        kernel.write_all(b"a\x07b\x07").expect("a write");
        assert_eq!(serial.settle(SOON), "ab");
        assert_eq!(serial.bells(), 2);
    }

    #[test]
    fn a_closed_line_is_not_waited_for() {
        let (kernel, mut serial) = line();
        drop(kernel);
        let before = Instant::now();
        assert!(serial.expect("> ", LATE).is_err());
        assert!(before.elapsed() < LATE);
    }

    #[test]
    fn settles_when_all_has_come() {
        let (mut kernel, mut serial) = line();
        kernel.write_all(b"abc").expect("a write");
        assert_eq!(serial.settle(SOON), "abc");
        assert_eq!(serial.settle(SOON), "");
    }
}
