//! By what a finding is known from one run to the next.

use std::collections::HashMap;

use crate::rules::Finding;

/// The fingerprint of each finding: of its rule, its symbol and its cause, and of no line, offset
/// or path, so that it survives an edit elsewhere. Equal ones are counted.
pub(super) fn of(findings: &[Finding]) -> Vec<String> {
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut fingerprints = Vec::new();
    for finding in findings {
        let cause = without_offsets(&finding.message);
        let parts = [finding.rule, &finding.symbol, &cause];
        let hash = format!("{:016x}", hash(&parts));
        let number = seen.entry(hash.clone()).or_default();
        *number += 1;
        fingerprints.push(format!("{hash}:{number}"));
    }
    fingerprints
}

/// The text without the distances from a symbol: `f+0x1c` is `f`.
fn without_offsets(text: &str) -> String {
    let mut parts = text.split("+0x");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    out
}

/// FNV-1a of 64 bits: the same on every machine and in every version.
fn hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Level, Location};

    fn finding(message: &str) -> Finding {
        Finding {
            rule: "misaligned_call",
            level: Level::Deny,
            symbol: "f".to_owned(),
            message: message.to_owned(),
            places: Vec::<Location>::new(),
            path: Vec::new(),
            frame: None,
            notes: Vec::new(),
            help: String::new(),
        }
    }

    #[test]
    fn offsets_do_not_count_and_equal_ones_are_numbered() {
        let findings = [
            finding("at `f+0x1c` it goes wrong"),
            finding("at `f+0x20` it goes wrong"),
            finding("at `g` it goes wrong"),
        ];
        let [first, second, third] = &of(&findings)[..] else {
            panic!("each has one");
        };
        assert_eq!(first.strip_suffix(":1"), second.strip_suffix(":2"));
        assert_ne!(first, third);
        // It is written into logs that are compared with those of other versions.
        assert_eq!(hash(&["a"]), hash(&["a"]));
        assert_eq!(hash(&[]), 0xcbf2_9ce4_8422_2325);
    }
}
