//! The schemas of what is written as JSON.

/// Of what `check` writes.
pub const CHECK: &str = include_str!("schemas/check.json");
/// Of what `list` writes.
pub const LIST: &str = include_str!("schemas/list.json");
/// Of a proof record, which `check --record` writes.
pub const RECORD: &str = include_str!("schemas/record.json");
/// Of what `symbols` writes.
pub const SYMBOLS: &str = include_str!("schemas/symbols.json");
