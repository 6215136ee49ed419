//! The whole check on one mutated file, as a complete link, and its report in every format.

#![no_main]

use abide::inputs::link::{LinkOptions, Output};
use abide::project::Project;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
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
    abide_fuzz::check(data.to_vec(), &project);
});
