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

/// The whole of it, or nothing where there are no rows.
pub(crate) fn render(rows: &[Row]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut lines = vec![HEAD.map(String::from)];
    lines.extend(rows.iter().map(cells));
    lines.push(cells(&total(rows)));
    [
        aligned(&lines),
        reasons(rows),
        assumptions(rows),
        exclusions(rows),
    ]
    .concat()
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

/// The sum; rows of which the checker told nothing take no part in what it told of the others.
fn total(rows: &[Row]) -> Row {
    let outcomes = || rows.iter().filter_map(|row| row.outcome.as_ref());
    Row {
        name: "all".to_owned(),
        version: String::new(),
        size: rows.iter().map(|row| row.size).sum(),
        from_rust: rows.iter().map(|row| row.from_rust).sum(),
        from_c: rows.iter().map(|row| row.from_c).sum(),
        not_referred_to: rows.iter().map(|row| row.not_referred_to).sum(),
        of_unknown_language: rows.iter().map(|row| row.of_unknown_language).sum(),
        outcome: outcomes().next().map(|_| outcomes().sum()),
        complaints: Vec::new(),
        false_alarms: 0,
        objdump: Some(rows.iter().filter_map(|row| row.objdump).sum()),
    }
}

/// Names and versions begin, numbers end, at one column.
fn aligned<const COLUMNS: usize>(lines: &[[String; COLUMNS]]) -> String {
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        let cells = lines.iter().map(|line| line[column].chars().count());
        cells.max().unwrap_or(0)
    });
    let row = |line: &[String; COLUMNS]| {
        let cells = line.iter().zip(widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| match column {
            0 | 1 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        let cells: Vec<_> = cells.collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    lines.iter().map(row).collect()
}

/// Why roots are unknown, over all rows.
fn reasons(rows: &[Row]) -> String {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let outcomes = rows.iter().filter_map(|row| row.outcome.as_ref());
    for (reason, count) in outcomes.flat_map(|outcome| &outcome.unknown) {
        *reasons.entry(reason).or_default() += count;
    }
    let lines = reasons.iter();
    lines
        .map(|(reason, count)| format!("unknown: {count:>5}  {reason}\n"))
        .collect()
}

/// How many proved roots lean on each assumption, over all rows.
fn assumptions(rows: &[Row]) -> String {
    let mut assumed: BTreeMap<&str, usize> = BTreeMap::new();
    let outcomes = rows.iter().filter_map(|row| row.outcome.as_ref());
    for (assumption, count) in outcomes.flat_map(|outcome| &outcome.assumed) {
        *assumed.entry(assumption).or_default() += count;
    }
    let lines = assumed.iter();
    lines
        .map(|(assumption, count)| format!("assumed: {count:>5}  {assumption}\n"))
        .collect()
}

/// What the denominator leaves out.
fn exclusions(rows: &[Row]) -> String {
    let mut text = String::from(
        "\nroots are functions in assembly that Rust or C of the same link refers to\n",
    );
    for row in rows {
        let mut tell = |count: usize, what: &str| {
            if count > 0 {
                text.push_str(&format!("{}: {count} {what}\n", row.name));
            }
        };
        tell(
            row.not_referred_to,
            "exported names are no roots: only assembly, or nothing, refers to them",
        );
        tell(
            row.of_unknown_language,
            "objects with code are left out: no trace tells their language",
        );
        tell(
            row.false_alarms,
            "refuted, and known to be false (corpus/expectations)",
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Outcome;
    use super::*;

    fn row(outcome: Option<Outcome>) -> Row {
        Row {
            name: "crate".to_owned(),
            version: "1.0.0".to_owned(),
            size: 57,
            from_rust: 1,
            from_c: 2,
            not_referred_to: 0,
            of_unknown_language: 0,
            outcome,
            complaints: Vec::new(),
            false_alarms: 0,
            objdump: None,
        }
    }

    #[test]
    fn a_row_without_verdicts_does_not_hide_the_others() {
        let proved = Outcome {
            proved: 3,
            ..Outcome::default()
        };
        let all = total(&[row(Some(proved)), row(None)]);
        assert_eq!(all.outcome.map(|outcome| outcome.proved), Some(3));
        assert_eq!(all.from_c, 4);
    }

    #[test]
    fn counting_alone_sums_no_verdicts() {
        assert!(total(&[row(None), row(None)]).outcome.is_none());
    }
}
