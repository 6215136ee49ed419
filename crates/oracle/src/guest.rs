//! The processor of a guest, for what a program may not do.
//!
//! QEMU runs a small program (`guest/guest.asm`) that does what the child does, at the highest
//! privilege: it takes states and code from its memory, which is a file that both share, and leaves
//! the states after there. Its processor is QEMU's own, not the one below.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::mem::offset_of;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::ptr;
use std::time::{Duration, Instant};

use crate::processor::{self, Case};
use crate::state::{CODE, CODE_SIZE, SCRATCH, SCRATCH_SIZE, START, State};

/// Where in the guest jobs begin: how many there are, which is next, and a page on the first.
const JOBS: usize = 0x400_0000;
const PAGE: usize = 4096;
/// How much memory the guest has, in bytes.
const MEMORY: usize = 768 << 20;
/// Where code goes on that is done, by `guest.asm`.
const NEXT: u64 = 0x10_0200;
const LANDING: u64 = 0x10_0240;
/// The guest runs at most so long for one batch.
const PATIENCE: Duration = Duration::from_secs(60);
/// A job that the guest does not survive is left out; so often it starts again.
const MOST_STARTS: usize = 8;
/// The bases that the model gives to `fs` and `gs`.
pub const BASES: [u64; 2] = [0x7044_0000_0000, 0x7045_0000_0000];

/// One run in the guest.
#[repr(C)]
pub struct Job {
    /// What goes in, and comes out.
    pub case: Case,
    /// The code.
    pub code: [u8; CODE_SIZE],
}

/// Where its page tables are.
pub(crate) const PAGES: u64 = 0x20_0000;

/// The most jobs of one batch: they lie below the code.
pub const MOST_JOBS: usize = (CODE as usize - JOBS - PAGE) / size_of::<Job>();

/// A guest that can be started.
pub struct Guest {
    directory: PathBuf,
    image: PathBuf,
    memory: Mapped,
}

impl Guest {
    /// Assembles the guest's program, and makes its memory, in a directory.
    ///
    /// # Errors
    ///
    /// If `nasm` is missing or fails, or there is no room.
    pub fn new(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let source = directory.join("guest.asm");
        fs::write(&source, include_str!("../guest/guest.asm"))?;
        let image = directory.join("guest.bin");
        let mut nasm = Command::new("nasm");
        nasm.args(["-f", "bin", "-o"]).arg(&image).arg(source);
        nasm.args(definitions().map(|(name, value)| format!("-D{name}={value:#x}")));
        if !nasm.status()?.success() {
            return Err(io::Error::other("nasm failed to assemble the guest"));
        }
        Ok(Self {
            memory: Mapped::new(&directory.join("memory"))?,
            directory: directory.to_owned(),
            image,
        })
    }

    /// The code of a run in the guest.
    #[must_use]
    pub fn code(instruction: &[u8]) -> [u8; CODE_SIZE] {
        processor::code_to(instruction, NEXT, LANDING)
    }

    /// Room for jobs, of which there are at most [`MOST_JOBS`].
    pub fn jobs(&mut self, count: usize) -> &mut [Job] {
        self.memory.jobs(count)
    }

    /// Runs the first `count` jobs.
    ///
    /// # Errors
    ///
    /// If QEMU cannot be started.
    pub fn run(&mut self, count: usize) -> io::Result<()> {
        for job in self.jobs(count) {
            job.case.after.ending = 0;
        }
        self.memory.set_next(0, count as u64);
        for _ in 0..MOST_STARTS {
            self.start()?;
            if self.memory.next() >= count as u64 {
                break;
            }
        }
        Ok(())
    }

    /// Starts QEMU, and waits until it ends.
    fn start(&self) -> io::Result<()> {
        let memory = self.directory.join("memory");
        let size = MEMORY >> 20;
        let backend = format!(
            "memory-backend-file,id=ram,size={size}M,mem-path={},share=on",
            memory.display()
        );
        let mut qemu = Command::new("qemu-system-x86_64");
        qemu.args(["-accel", "tcg", "-cpu", "max", "-nodefaults", "-no-reboot"])
            .args(["-display", "none", "-machine", "pc,memory-backend=ram"])
            .args(["-m", &format!("{size}M"), "-object", &backend])
            .args(["-device", "isa-debug-exit,iobase=0xf4,iosize=4"])
            .arg("-kernel")
            .arg(&self.image)
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        let mut child = qemu.spawn()?;
        let since = Instant::now();
        while child.try_wait()?.is_none() {
            if since.elapsed() > PATIENCE {
                child.kill()?;
                child.wait()?;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // The memory is large; what is left of it after a failure harms nothing.
        let _ = fs::remove_file(self.directory.join("memory"));
    }
}

/// What the guest's program is told.
fn definitions() -> impl Iterator<Item = (&'static str, u64)> {
    let case = offset_of!(Job, case);
    [
        ("CONTROL_0", processor::CONTROL_0),
        ("CONTROL_4", processor::CONTROL_4),
        ("PAGES", PAGES),
        ("JOBS", JOBS as u64),
        ("STRIDE", size_of::<Job>() as u64),
        ("BEFORE", (case + offset_of!(Case, before)) as u64),
        ("AFTER", (case + offset_of!(Case, after)) as u64),
        ("MEMORY", (case + offset_of!(Case, memory)) as u64),
        ("CODE_FROM", offset_of!(Job, code) as u64),
        ("CODE", CODE),
        ("CODE_SIZE", CODE_SIZE as u64),
        ("CODE_START", START),
        ("SCRATCH", SCRATCH),
        ("SCRATCH_SIZE", SCRATCH_SIZE as u64),
        ("GENERAL", offset_of!(State, general) as u64),
        ("FLAGS", offset_of!(State, flags) as u64),
        ("ENDING", offset_of!(State, ending) as u64),
        ("FS_BASE", BASES[0]),
        ("GS_BASE", BASES[1]),
    ]
    .into_iter()
}

/// The guest's memory.
struct Mapped {
    start: *mut u8,
    _file: File,
}

impl Mapped {
    fn new(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)?;
        file.set_len(MEMORY as u64)?;
        let rights = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping of a file that is as long.
        let start = unsafe {
            libc::mmap(
                ptr::null_mut(),
                MEMORY,
                rights,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            start: start.cast(),
            _file: file,
        })
    }

    fn jobs(&mut self, count: usize) -> &mut [Job] {
        assert!(count <= MOST_JOBS, "the jobs fit below the code");
        // SAFETY: the mapping reaches over them, they are aligned as states are, any bytes are
        // jobs, and no guest runs while they are borrowed.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(JOBS + PAGE).cast(), count) }
    }

    fn set_next(&mut self, next: u64, count: u64) {
        // SAFETY: the mapping reaches over both.
        unsafe { self.start.add(JOBS).cast::<[u64; 2]>().write([count, next]) };
    }

    fn next(&self) -> u64 {
        // SAFETY: as above; no guest runs.
        unsafe { self.start.add(JOBS + 8).cast::<u64>().read_volatile() }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: the mapping was made in `new`, and no reference outlives `self`.
        unsafe { libc::munmap(self.start.cast(), MEMORY) };
    }
}
