//! The engine on one mutated object, every exported function a root.

#![no_main]

use abide::inputs::{self, Bytes};
use abide::project::{self, Project};
use abide::report::{self, Style};
use abide::signatures::rust_source::RustSource;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(file) = inputs::read_from("fuzz", Bytes::new(data.to_vec())) else {
        return;
    };
    let project = Project {
        all_exported: true,
        ..Project::default()
    };
    if let Ok(report) = project::check_files(vec![file], &RustSource::default(), &project) {
        let _ = report::text(&report, Style::Plain);
        let _ = report::json(&report);
    }
});
