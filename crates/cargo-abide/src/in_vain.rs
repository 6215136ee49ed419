//! What is said in vain for one link of a project, and may be needed for another.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use abide::inputs::SourceLine;
use abide::report::Report;
use abide::rules::{Finding, NEEDLESS_SUPPRESSION};

/// A glob or name with its rule, and where they stand.
type Glob = (SourceLine, String);

/// Leaves of what `abide.toml` and comments say in vain what is so for all links: once.
pub(crate) fn keep_common(reports: &mut [Report], configuration: Option<&Path>) {
    keep_common_remarks(reports);
    let is_of_glob = |found: &Finding| {
        let file = line_of(found).map(|line| Path::new(&*line.file));
        found.rule == NEEDLESS_SUPPRESSION.id && file.is_some() && file == configuration
    };
    keep_unneeded_comments(reports, is_of_glob);
    keep_unneeded_globs(reports, is_of_glob);
}

/// What fits nothing in one link, may fit in another that was judged.
fn keep_common_remarks(reports: &mut [Report]) {
    // Behind what is in vain stands the nearest name, which is another in each link.
    let of = |remark: &str| remark.split(';').next().unwrap_or_default().to_owned();
    let mut judged = reports.iter_mut().filter(|r| r.contracts.is_some());
    let Some(first) = judged.next() else {
        return;
    };
    for other in judged {
        let own = std::mem::take(&mut other.remarks);
        let own: HashSet<String> = own.iter().map(|remark| of(remark)).collect();
        first.remarks.retain(|remark| own.contains(&of(remark)));
    }
}

/// A comment is needed where it suppresses something in any link.
fn keep_unneeded_comments(reports: &mut [Report], is_of_glob: impl Fn(&Finding) -> bool) {
    let used = reports.iter().flat_map(|report| &report.suppressed);
    let used = used.map(|one| (one.line.clone(), format!("`{}`", one.rule)));
    let used: Vec<(SourceLine, String)> = used.collect();
    let is_used = |found: &Finding| {
        let mut used = used.iter();
        used.any(|(line, rule)| line_of(found) == Some(line) && found.message.contains(rule))
    };
    for report in reports {
        report.findings.retain(|found| {
            let is_of_comment = found.rule == NEEDLESS_SUPPRESSION.id && !is_of_glob(found);
            !(is_of_comment && is_used(found))
        });
    }
}

/// A glob is needed where any link does not say that it is not; of those that all say so, one that
/// knows what it fits is kept.
fn keep_unneeded_globs(reports: &mut [Report], is_of_glob: impl Fn(&Finding) -> bool) {
    let mut said: HashMap<Option<Glob>, Vec<(bool, usize)>> = HashMap::new();
    for (at, report) in reports.iter().enumerate() {
        for found in report.findings.iter().filter(|found| is_of_glob(found)) {
            let is_absent = found.message.contains(": it fits no ");
            said.entry(of_what(found))
                .or_default()
                .push((is_absent, at));
        }
    }
    let count = reports.len();
    for (at, report) in reports.iter_mut().enumerate() {
        report.findings.retain(|found| {
            !is_of_glob(found)
                || said.get(&of_what(found)).is_some_and(|by| {
                    by.len() == count && by.iter().min().is_some_and(|&(_, first)| first == at)
                })
        });
    }
}

/// What a finding is about, without why it is not needed.
fn of_what(found: &Finding) -> Option<Glob> {
    let what = found.message.split(": ").next().unwrap_or_default();
    Some((line_of(found)?.clone(), what.to_owned()))
}

fn line_of(found: &Finding) -> Option<&SourceLine> {
    found.places.first()?.line.as_ref()
}
