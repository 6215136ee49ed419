//! The rows as a table, with a total and with what is left out of it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::measure::Row;

const HEAD: [&str; 14] = [
    "crate",
    "version",
    "assembly",
    "roots",
    "by Rust",
    "by C",
    "proved",
    "assuming",
    "refuted",
    "possible",
    "unknown",
    "decided",
    "time",
    "objdump -d",
];

/// Prints it.
pub(crate) fn print(rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    let mut lines = vec![HEAD.map(String::from)];
    lines.extend(rows.iter().map(cells));
    lines.push(cells(&total(rows)));
    print_aligned(&lines);
    print_reasons(rows);
    print_exclusions(rows);
}

fn cells(row: &Row) -> [String; 14] {
    // A dash stands for what the checker cannot tell yet.
    let verdict = |count: fn(&super::outcome::Outcome) -> String| {
        row.outcome.as_ref().map_or_else(|| "–".to_owned(), count)
    };
    [
        row.name.clone(),
        row.version.clone(),
        row.size.to_string(),
        row.roots().to_string(),
        row.from_rust.to_string(),
        row.from_c.to_string(),
        verdict(|outcome| outcome.proved.to_string()),
        verdict(|outcome| outcome.proved_assuming.to_string()),
        verdict(|outcome| outcome.refuted_roots.to_string()),
        verdict(|outcome| outcome.possible.to_string()),
        verdict(|outcome| outcome.unknown.values().sum::<usize>().to_string()),
        verdict(|outcome| format!("{:.1} %", outcome.decided_percent())),
        verdict(|outcome| milliseconds(outcome.time)),
        row.objdump.map_or_else(|| "–".to_owned(), milliseconds),
    ]
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn total(rows: &[Row]) -> Row {
    Row {
        name: "all".to_owned(),
        version: String::new(),
        size: rows.iter().map(|row| row.size).sum(),
        from_rust: rows.iter().map(|row| row.from_rust).sum(),
        from_c: rows.iter().map(|row| row.from_c).sum(),
        not_referred_to: rows.iter().map(|row| row.not_referred_to).sum(),
        of_unknown_language: rows.iter().map(|row| row.of_unknown_language).sum(),
        outcome: rows.iter().map(|row| row.outcome.as_ref()).sum(),
        complaints: Vec::new(),
        objdump: Some(rows.iter().filter_map(|row| row.objdump).sum()),
    }
}

/// Names and versions begin, numbers end, at one column.
fn print_aligned<const COLUMNS: usize>(lines: &[[String; COLUMNS]]) {
    let width = |column: usize| {
        let cells = lines.iter().map(|line| line[column].chars().count());
        cells.max().unwrap_or(0)
    };
    for line in lines {
        let cells = line.iter().enumerate().map(|(column, cell)| {
            let width = width(column);
            if column < 2 {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        println!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

fn print_reasons(rows: &[Row]) {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for (reason, count) in rows
        .iter()
        .filter_map(|row| row.outcome.as_ref())
        .flat_map(|outcome| &outcome.unknown)
    {
        *reasons.entry(reason).or_default() += count;
    }
    for (reason, count) in reasons {
        println!("unknown: {count:>5}  {reason}");
    }
}

fn print_exclusions(rows: &[Row]) {
    println!("\nroots are functions in assembly that Rust or C of the same link refers to");
    for row in rows {
        if row.not_referred_to > 0 {
            println!(
                "{}: {} exported names are no roots: only assembly, or nothing, refers to them",
                row.name, row.not_referred_to
            );
        }
        if row.of_unknown_language > 0 {
            println!(
                "{}: {} objects with code are left out: no trace tells their language",
                row.name, row.of_unknown_language
            );
        }
    }
}
