//! The engine on one mutated object, every exported function a root.

#![no_main]

use abide::project::Project;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let project = Project {
        all_exported: true,
        ..Project::default()
    };
    abide_fuzz::check(data.to_vec(), &project);
});
