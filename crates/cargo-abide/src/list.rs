//! `cargo abide list`.

use abide::project::{self, Error};
use abide::report::crossings;

use crate::arguments::{Check, ReportFormat};
use crate::{Outcome, check, in_project, print};

pub(crate) fn run(arguments: &Check) -> anyhow::Result<Outcome> {
    let write = match arguments.format {
        ReportFormat::Text => crossings::text,
        ReportFormat::Json => crossings::json,
        ReportFormat::Sarif | ReportFormat::Github => {
            anyhow::bail!("a list is written as text or as JSON: `--format json`")
        }
    };
    let writes = [
        &arguments.baseline,
        &arguments.write_baseline,
        &arguments.record,
    ];
    if writes.into_iter().any(Option::is_some) {
        anyhow::bail!(
            "baselines and records are of findings and proofs: `cargo abide check` takes them"
        );
    }
    let reports = match arguments.files.is_empty() {
        true => in_project::checked(arguments)?.reports,
        false => {
            check::without_options_of_projects(arguments)?;
            let mut project = check::project(arguments, arguments.files.clone())?;
            let report = match project::check(&project) {
                // What assembly refers to is worth a list, though nothing refers to assembly.
                Err(Error::NoRoot) => {
                    project.names_only = true;
                    project::check(&project)?
                }
                other => other?,
            };
            vec![report]
        }
    };
    print(write(&reports).as_bytes())?;
    Ok(Outcome::Kept)
}
