//! A client of QEMU's machine protocol: one JSON object a line, a greeting, a handshake, and then
//! answers among events.
//!
//! See <https://www.qemu.org/docs/master/interop/qmp-spec.html>.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::keyboard::KeyEvent;

/// QEMU answers at once; a minute covers a host that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection that has been greeted and may execute commands.
pub struct Qmp {
    reader: BufReader<UnixStream>,
}

impl Qmp {
    /// Reads the greeting and leaves the negotiation mode.
    pub fn handshake(stream: UnixStream) -> Result<Self> {
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut qmp = Self {
            reader: BufReader::new(stream),
        };
        let greeting = qmp.receive()?;
        if greeting.get("QMP").is_none() {
            bail!("QEMU greeted with {greeting}");
        }
        qmp.execute("qmp_capabilities", json!({}))?;
        Ok(qmp)
    }

    /// Executes one command and returns its answer. Events that come before it are skipped.
    pub fn execute(&mut self, command: &str, arguments: Value) -> Result<Value> {
        let request = json!({ "execute": command, "arguments": arguments });
        writeln!(self.reader.get_mut(), "{request}")
            .with_context(|| format!("failed to send `{command}` to QEMU"))?;
        loop {
            let mut message = self
                .receive()
                .with_context(|| format!("failed to execute `{command}`"))?;
            if let Some(answer) = message.get_mut("return") {
                return Ok(answer.take());
            }
            if let Some(error) = message.get("error") {
                bail!("QEMU refused `{command}`: {error}");
            }
        }
    }

    /// Sends key events, all in one command.
    pub fn send_keys(&mut self, events: &[KeyEvent]) -> Result<()> {
        let events: Vec<Value> = events.iter().map(key_event).collect();
        self.execute("input-send-event", json!({ "events": events }))
            .map(drop)
    }

    /// Has QEMU write `size` bytes of physical memory at `address` into `file`.
    pub fn save_memory(&mut self, address: u64, size: usize, file: &Path) -> Result<()> {
        let arguments = json!({ "val": address, "size": size, "filename": file });
        self.execute("pmemsave", arguments).map(drop)
    }

    fn receive(&mut self) -> Result<Value> {
        let mut line = String::new();
        if self
            .reader
            .read_line(&mut line)
            .context("failed to hear from QEMU")?
            == 0
        {
            bail!("QEMU has closed the connection");
        }
        serde_json::from_str(&line).with_context(|| format!("failed to read QEMU's {line:?}"))
    }
}

fn key_event(event: &KeyEvent) -> Value {
    json!({
        "type": "key",
        "data": { "down": event.down, "key": { "type": "qcode", "data": event.key.0 } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A QEMU that says all its lines at once and then hangs up.
    fn qmp(lines: &[&str]) -> Result<Qmp> {
        let (mut qemu, client) = UnixStream::pair()?;
        for line in lines {
            writeln!(qemu, "{line}")?;
        }
        // The client's writes must not fail, so the other end stays open until the test is over.
        qemu.shutdown(std::net::Shutdown::Write)?;
        std::mem::forget(qemu);
        Qmp::handshake(client)
    }

    const GREETING: &str = r#"{"QMP": {"version": {}, "capabilities": []}}"#;

    #[test]
    fn skips_events() -> Result<()> {
        let event = r#"{"event": "RESUME", "timestamp": {}}"#;
        let mut qmp = qmp(&[GREETING, r#"{"return": {}}"#, event, r#"{"return": 7}"#])?;
        assert_eq!(qmp.execute("query-status", json!({}))?, json!(7));
        Ok(())
    }

    #[test]
    fn tells_errors() -> Result<()> {
        let mut qmp = qmp(&[
            GREETING,
            r#"{"return": {}}"#,
            r#"{"error": {"desc": "no"}}"#,
        ])?;
        let error = qmp.execute("cont", json!({})).expect_err("QEMU refused");
        assert!(error.to_string().contains("refused `cont`"));
        Ok(())
    }

    #[test]
    fn a_hang_up_or_nonsense_is_an_error() {
        assert!(qmp(&[]).is_err());
        assert!(qmp(&["hello"]).is_err());
        assert!(qmp(&["{}"]).is_err());
    }
}
