//! Cargo's own options, handed on as they are.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// What to build, and how.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Cargo project (where no file is given)")]
pub(crate) struct Build {
    /// The package to build and check
    #[arg(long, short, value_name = "SPEC")]
    package: Vec<String>,
    /// All packages of the workspace
    #[arg(long)]
    workspace: bool,
    /// Packages to leave out
    #[arg(long, value_name = "SPEC")]
    exclude: Vec<String>,
    /// This program only
    #[arg(long, value_name = "NAME")]
    bin: Vec<String>,
    /// All programs
    #[arg(long)]
    bins: bool,
    /// This example
    #[arg(long, value_name = "NAME")]
    example: Vec<String>,
    /// All examples
    #[arg(long)]
    examples: bool,
    /// Programs, libraries, examples and tests
    #[arg(long)]
    all_targets: bool,
    /// The library only
    #[arg(long)]
    lib: bool,
    /// The tests' programs
    #[arg(long)]
    tests: bool,
    /// Features to switch on
    #[arg(long, short = 'F', value_name = "FEATURES")]
    features: Vec<String>,
    /// All features
    #[arg(long)]
    all_features: bool,
    /// Not the default feature
    #[arg(long)]
    no_default_features: bool,
    /// The release profile
    #[arg(long, short)]
    release: bool,
    /// This profile
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// The target to build for
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// Where artifacts go
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) target_dir: Option<PathBuf>,
    /// Where `Cargo.toml` is
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// How many jobs run at once
    #[arg(long, short, value_name = "N")]
    jobs: Option<String>,
    /// `Cargo.lock` must stay as it is
    #[arg(long)]
    locked: bool,
    /// Without the network
    #[arg(long)]
    offline: bool,
    /// `--locked` and `--offline`
    #[arg(long)]
    frozen: bool,
}

impl Build {
    /// Whether an option says that a Cargo project is meant.
    pub(crate) fn is_asked_for(&self) -> bool {
        !self.of_build().is_empty()
    }

    /// The options of `cargo build`.
    pub(crate) fn of_build(&self) -> Vec<OsString> {
        let mut options = self.of_check();
        if let Some(path) = &self.target_dir {
            options.extend(["--target-dir".into(), path.into()]);
        }
        options
    }

    /// The options of `cargo check`, but for where its artifacts go.
    pub(crate) fn of_check(&self) -> Vec<OsString> {
        let mut options: Vec<OsString> = self.common();
        let mut flag = |set: bool, name: &str| {
            if set {
                options.push(name.into());
            }
        };
        flag(self.workspace, "--workspace");
        flag(self.lib, "--lib");
        flag(self.bins, "--bins");
        flag(self.examples, "--examples");
        flag(self.all_targets, "--all-targets");
        flag(self.tests, "--tests");
        flag(self.release, "--release");
        let lists = [
            ("--package", &self.package),
            ("--exclude", &self.exclude),
            ("--bin", &self.bin),
            ("--example", &self.example),
        ];
        for (name, values) in lists {
            for value in values {
                options.extend([name.into(), value.into()]);
            }
        }
        let single = [
            ("--profile", &self.profile),
            ("--target", &self.target),
            ("--jobs", &self.jobs),
        ];
        for (name, value) in single {
            if let Some(value) = value {
                options.extend([name.into(), value.into()]);
            }
        }
        if let Some(path) = &self.manifest_path {
            options.extend(["--manifest-path".into(), path.into()]);
        }
        options
    }

    /// The options of `cargo metadata`.
    pub(crate) fn of_metadata(&self) -> Vec<String> {
        let common = self.common().into_iter();
        let mut options: Vec<String> = common
            .map(|option| option.to_string_lossy().into_owned())
            .collect();
        options.push("--no-deps".to_owned());
        options
    }

    fn common(&self) -> Vec<OsString> {
        let mut options: Vec<OsString> = Vec::new();
        let flags = [
            (self.all_features, "--all-features"),
            (self.no_default_features, "--no-default-features"),
            (self.locked, "--locked"),
            (self.offline, "--offline"),
            (self.frozen, "--frozen"),
        ];
        let set = flags.iter().filter(|(set, _)| *set);
        options.extend(set.map(|&(_, name)| OsString::from(name)));
        for features in &self.features {
            options.extend(["--features".into(), features.into()]);
        }
        options
    }
}
