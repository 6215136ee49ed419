//! `cargo abide symbols`.

use std::io::{self, Write as _};
use std::path::Path;

use abide::inputs;
use abide::project;
use abide::report::objdump::{self, Table};
use abide::report::symbols as listing;

use crate::arguments::{Symbols, SymbolsFormat};
use crate::{Outcome, print};

pub(crate) fn run(arguments: &Symbols) -> anyhow::Result<Outcome> {
    if arguments.format == SymbolsFormat::Objdump {
        let table = if arguments.dynamic {
            Table::Dynamic
        } else {
            Table::Static
        };
        for file in &arguments.files {
            print_objdump(file, table)?;
        }
        return Ok(Outcome::Kept);
    }
    let objects = project::symbols(&arguments.files, arguments.dynamic)?;
    let text = match arguments.format {
        SymbolsFormat::Json => listing::json(&objects),
        _ => listing::text(&objects),
    };
    print(text.as_bytes())?;
    Ok(Outcome::Kept)
}

fn print_objdump(path: &Path, table: Table) -> anyhow::Result<()> {
    let bytes = inputs::read_bytes(path)?;
    let name = path.to_string_lossy();
    let mut text = Vec::new();
    let warnings = objdump::write(&name, &bytes, table, &mut text)?;
    print(&text)?;
    if text.is_empty() {
        anyhow::bail!(
            "{}: give an ELF file or an archive of them",
            warnings.join("; ")
        );
    }
    for warning in warnings {
        // A closed standard error leaves nobody to warn.
        let _ = writeln!(io::stderr(), "warning: {warning}");
    }
    Ok(())
}
