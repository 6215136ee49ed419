//! Children that may die, and the signals that they catch.

use std::mem::MaybeUninit;
use std::ptr;

/// A signal handler that is told of the interrupted code.
pub type Handler = extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void);

/// Maps memory that is zero, anywhere if `at` is 0; with `MAP_FIXED_NOREPLACE` only where there is none.
#[must_use]
pub fn map(at: u64, size: usize, rights: i32, flags: i32) -> Option<*mut libc::c_void> {
    let at = at as *mut libc::c_void;
    debug_assert_eq!(flags & libc::MAP_FIXED & !libc::MAP_FIXED_NOREPLACE, 0);
    // SAFETY: a new mapping, which replaces none.
    let start = unsafe { libc::mmap(at, size, rights, flags | libc::MAP_ANONYMOUS, -1, 0) };
    (start != libc::MAP_FAILED).then_some(start)
}

/// Does the work in a child, and waits until it has ended.
///
/// # Safety
///
/// The work calls only what is safe after `fork`: system calls and plain memory.
pub unsafe fn in_child(work: impl FnOnce() -> bool) {
    // SAFETY: the caller answers for the work, and the child leaves by `_exit`.
    unsafe {
        match libc::fork() {
            0 => {
                let worked = work();
                libc::_exit(i32::from(!worked));
            }
            child if child > 0 => {
                let mut status = 0;
                libc::waitpid(child, &mut status, 0);
            }
            _ => {}
        }
    }
}

/// Sends signals to a handler, on a stack of its own.
#[must_use]
pub fn catch(handler: Handler, signals: &[i32]) -> Option<()> {
    const STACK_SIZE: usize = 64 * 1024;
    let read_write = libc::PROT_READ | libc::PROT_WRITE;
    let stack = map(0, STACK_SIZE, read_write, libc::MAP_PRIVATE)?;
    // SAFETY: the stack is mapped and never freed; the handler has the
    // signature that `SA_SIGINFO` asks for.
    unsafe {
        let alternative = libc::stack_t {
            ss_sp: stack,
            ss_flags: 0,
            ss_size: STACK_SIZE,
        };
        libc::sigaltstack(&alternative, ptr::null_mut());
        let mut action: libc::sigaction = MaybeUninit::zeroed().assume_init();
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        // A handler is not interrupted: two would share its stack and what it keeps.
        libc::sigfillset(&mut action.sa_mask);
        for &signal in signals {
            libc::sigaction(signal, &action, ptr::null_mut());
        }
    }
    Some(())
}

/// Rings after so much of the processor's time, and again; 0 for never.
pub fn set_timer(microseconds: i64) {
    let after = libc::timeval {
        tv_sec: 0,
        tv_usec: microseconds,
    };
    let timer = libc::itimerval {
        it_interval: after,
        it_value: after,
    };
    // SAFETY: the timer is a plain value, and its signal is caught.
    unsafe { libc::setitimer(libc::ITIMER_PROF, &timer, ptr::null_mut()) };
}
