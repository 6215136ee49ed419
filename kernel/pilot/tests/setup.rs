//! `tools/setup` on machines that are not this one: each has its own `PATH` and its own os-release,
//! and a package manager that only writes down what it was told.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result};
use tempfile::TempDir;

const SETUP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/setup");

/// What the script itself uses, found on any machine.
const TOOLS: [&str; 8] = ["sh", "tr", "awk", "paste", "sed", "env", "touch", "chmod"];

/// What it is to find missing.
const PROGRAMS: [&str; 6] = ["make", "cc", "nasm", "ld", "objcopy", "qemu-system-x86_64"];

/// A made-up machine: a directory that is all of its `PATH`.
struct Host {
    path: TempDir,
}

impl Host {
    fn new(os_release: &str, user: u32) -> Result<Self> {
        let host = Self {
            path: tempfile::tempdir()?,
        };
        for tool in TOOLS {
            let found = Command::new("sh")
                .args(["-c", &format!("command -v {tool}")])
                .output()?;
            symlink(String::from_utf8(found.stdout)?.trim(), host.file(tool))?;
        }
        fs::write(host.file("os-release"), os_release)?;
        host.add("cargo", "")?;
        host.add("id", &format!("echo {user}"))?;
        Ok(host)
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.path.path().join(name)
    }

    /// Puts a program of this one line into the `PATH`.
    fn add(&self, name: &str, line: &str) -> Result<()> {
        let file = self.file(name);
        fs::write(&file, format!("#!/bin/sh\n{line}\n"))?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
        Ok(())
    }

    /// A package manager that writes its words down and then makes the programs appear.
    fn add_manager(&self, name: &str) -> Result<()> {
        let path = self.path.path().display();
        let programs = PROGRAMS
            .map(|program| format!("{path}/{program}"))
            .join(" ");
        self.add(
            name,
            &format!("echo {name} \"$@\" >>{path}/log; touch {programs}; chmod +x {programs}"),
        )
    }

    fn setup(&self, arguments: &[&str], yes: bool) -> Result<Output> {
        let mut command = Command::new("/bin/sh");
        command.arg(SETUP).args(arguments).env_clear();
        command
            .env("PATH", self.path.path())
            .env("OS_RELEASE", self.file("os-release"));
        if yes {
            command.env("YES", "1");
        }
        command
            .stdin(Stdio::null())
            .output()
            .context("failed to run tools/setup")
    }

    /// What package managers were told.
    fn log(&self) -> String {
        fs::read_to_string(self.file("log")).unwrap_or_default()
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const APT: &str = "apt-get update\napt-get install -y --no-install-recommends make gcc libc6-dev nasm \
                   binutils qemu-system-x86\n";
const DNF: &str = "dnf install -y make gcc nasm binutils qemu-system-x86-core qemu-ui-curses\n";
const PACMAN: &str =
    "pacman -S --needed --noconfirm make gcc nasm binutils qemu-system-x86 qemu-ui-curses\n";

#[test]
fn each_distribution_has_its_commands() -> Result<()> {
    let table = [
        ("ID=debian", APT),
        ("ID=ubuntu\nID_LIKE=debian", APT),
        ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"", APT),
        ("ID=fedora", DNF),
        ("ID=nobara\nID_LIKE=fedora", DNF),
        ("ID=arch", PACMAN),
        ("ID=endeavouros\nID_LIKE=arch", PACMAN),
    ];
    for (os_release, commands) in table {
        let output = Host::new(os_release, 0)?.setup(&["--print-plan"], false)?;
        assert_eq!(stdout(&output), commands, "{os_release}");
        assert!(output.status.success(), "{os_release}");
    }
    Ok(())
}

#[test]
fn any_other_host_is_refused_with_what_to_install() -> Result<()> {
    for os_release in [
        "",
        "ID=alpine",
        "ID=rhel\nID_LIKE=fedora",
        "ID=rocky\nID_LIKE=\"rhel centos fedora\"",
    ] {
        let output = Host::new(os_release, 0)?.setup(&[], true)?;
        assert_eq!(output.status.code(), Some(2), "{os_release}");
        for needed in ["nasm", "qemu-system-x86_64", "binutils"] {
            assert!(
                stderr(&output).contains(needed),
                "{os_release}: {}",
                stderr(&output)
            );
        }
    }
    Ok(())
}

#[test]
fn nothing_is_done_or_said_where_all_is_there() -> Result<()> {
    let host = Host::new("ID=alpine", 1000)?;
    for program in PROGRAMS {
        host.add(program, "")?;
    }
    let output = host.setup(&[], false)?;
    assert!(output.status.success());
    assert_eq!(stdout(&output) + &stderr(&output), "");
    Ok(())
}

#[test]
fn root_goes_ahead_off_a_terminal() -> Result<()> {
    let host = Host::new("ID=debian", 0)?;
    host.add_manager("apt-get")?;
    let output = host.setup(&[], false)?;
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(host.log(), APT);
    assert!(
        stdout(&output).contains("apt-get install"),
        "it says what it does"
    );
    Ok(())
}

#[test]
fn only_what_is_missing_is_installed() -> Result<()> {
    let host = Host::new("ID=debian", 0)?;
    for present in ["make", "cc", "ld", "objcopy", "qemu-system-x86_64"] {
        host.add(present, "")?;
    }
    host.add_manager("apt-get")?;
    assert!(host.setup(&[], false)?.status.success());
    assert_eq!(
        host.log(),
        "apt-get update\napt-get install -y --no-install-recommends nasm\n"
    );
    Ok(())
}

#[test]
fn nobody_else_goes_ahead_unasked() -> Result<()> {
    let host = Host::new("ID=debian", 1000)?;
    host.add_manager("apt-get")?;
    host.add("sudo", "exec \"$@\"")?;
    let unasked = host.setup(&[], false)?;
    assert_eq!(unasked.status.code(), Some(1));
    assert_eq!(host.log(), "");
    assert!(
        host.setup(&[], true)?.status.success(),
        "YES=1 answers, and sudo is used"
    );
    assert_eq!(host.log(), APT);
    Ok(())
}

#[test]
fn without_sudo_it_says_what_to_run() -> Result<()> {
    let host = Host::new("ID=fedora", 1000)?;
    host.add_manager("dnf")?;
    let output = host.setup(&[], true)?;
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).contains(DNF.trim()), "{}", stdout(&output));
    assert_eq!(host.log(), "");
    Ok(())
}

#[test]
fn a_failed_installation_stops_it() -> Result<()> {
    let host = Host::new("ID=debian", 0)?;
    host.add(
        "apt-get",
        &format!("echo \"$@\" >>{}/log; exit 100", host.path.path().display()),
    )?;
    assert_eq!(host.setup(&[], false)?.status.code(), Some(1));
    assert_eq!(host.log(), "update\n");
    Ok(())
}

#[test]
fn a_machine_without_rust_is_told_so() -> Result<()> {
    let host = Host::new("ID=debian", 0)?;
    fs::remove_file(host.file("cargo"))?;
    let output = host.setup(&[], true)?;
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("https://rustup.rs"),
        "{}",
        stderr(&output)
    );
    Ok(())
}

#[test]
fn the_script_is_executable() -> Result<()> {
    assert_ne!(
        fs::metadata(Path::new(SETUP))?.permissions().mode() & 0o111,
        0
    );
    Ok(())
}
