//! What the targets share.

use abide::inputs::{self, Bytes};
use abide::project::{self, Project, Source};
use abide::report::{self, Style};

/// Checks one file as the project says, and writes the report in every format.
pub fn check(file: Vec<u8>, project: &Project) {
    let Ok(file) = inputs::read_from("fuzz", Bytes::new(file)) else {
        return;
    };
    if let Ok(report) = project::check_files(vec![file], &Source::default(), project) {
        let _ = report::text(&report, Style::Plain);
        let _ = report::json(&report);
    }
}
