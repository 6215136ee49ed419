//! `cargo abide schema`.

use abide::report::schemas;

use crate::arguments::{Described, Schema};
use crate::{Outcome, print};

pub(crate) fn run(arguments: &Schema) -> anyhow::Result<Outcome> {
    let text = match arguments.command {
        Described::Check => schemas::CHECK,
        Described::List => schemas::LIST,
        Described::Record => schemas::RECORD,
        Described::Symbols => schemas::SYMBOLS,
    };
    print(text.as_bytes())?;
    Ok(Outcome::Kept)
}
