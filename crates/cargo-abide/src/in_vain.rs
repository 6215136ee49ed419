//! What is said in vain for one link of a project, and may be needed for another.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use abide::contracts::without_nearest;
use abide::inputs::SourceLine;
use abide::project::Unneeded;
use abide::report::{Report, Suppressed};
use abide::rules::Finding;

/// A glob or name with its rule, and where they stand.
type Glob = (SourceLine, String);

/// Leaves of what `abide.toml` and comments say in vain what is so for all links: once.
pub(crate) fn keep_common(reports: &mut [Report], configuration: Option<&Path>) {
    keep_common_remarks(reports);
    let is_of_glob =
        |unneeded: &Unneeded<'_>| Some(Path::new(&*unneeded.line.file)) == configuration;
    keep_unneeded_comments(reports, is_of_glob);
    keep_unneeded_globs(reports, is_of_glob);
}

/// What fits nothing in one link, may fit in another that was judged.
fn keep_common_remarks(reports: &mut [Report]) {
    let of = |remark: &str| without_nearest(remark).to_owned();
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
fn keep_unneeded_comments(reports: &mut [Report], is_of_glob: impl Fn(&Unneeded<'_>) -> bool) {
    let used = reports.iter().flat_map(|report| &report.suppressed);
    let used: Vec<Suppressed> = used.cloned().collect();
    for report in reports {
        report.findings.retain(|found| {
            Unneeded::of(found).is_none_or(|unneeded| {
                is_of_glob(&unneeded) || !used.iter().any(|used| unneeded.is_used(used))
            })
        });
    }
}

/// A glob is needed where any link does not say that it is not; of those that all say so, one that
/// knows what it fits is kept.
fn keep_unneeded_globs(reports: &mut [Report], is_of_glob: impl Fn(&Unneeded<'_>) -> bool) {
    let of_glob = |found: &Finding| {
        let unneeded = Unneeded::of(found).filter(&is_of_glob)?;
        let glob: Glob = (unneeded.line.clone(), unneeded.what.to_owned());
        Some((glob, unneeded.fits_nothing))
    };
    let mut said: HashMap<Glob, Vec<(bool, usize)>> = HashMap::new();
    for (at, report) in reports.iter().enumerate() {
        for (glob, fits_nothing) in report.findings.iter().filter_map(of_glob) {
            said.entry(glob).or_default().push((fits_nothing, at));
        }
    }
    let count = reports.len();
    for (at, report) in reports.iter_mut().enumerate() {
        report.findings.retain(|found| {
            of_glob(found).is_none_or(|(glob, _)| {
                said.get(&glob).is_some_and(|by| {
                    by.len() == count && by.iter().min().is_some_and(|&(_, first)| first == at)
                })
            })
        });
    }
}
