//! The whole check on one mutated file, as a complete link, and its report in every format.

#![no_main]

use abide::inputs::link::{LinkOptions, Output};
use abide::inputs::{self, Bytes};
use abide::project::{self, Project};
use abide::report::{self, Style};
use abide::signatures::rust_source::RustSource;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(file) = inputs::read_from("fuzz", Bytes::new(data.to_vec())) else {
        return;
    };
    let options = LinkOptions {
        complete: true,
        gc_sections: data.len() % 2 == 0,
        output: Some(Output::Shared),
        ..LinkOptions::default()
    };
    let project = Project {
        link: options,
        names_only: true,
        ..Project::default()
    };
    let Ok(report) = project::check_files(vec![file], &RustSource::default(), &project) else {
        return;
    };
    let _ = report::text(&report, Style::Plain);
    let _ = report::json(&report);
});
