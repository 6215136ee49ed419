//! Functions of the C and Rust runtimes that never return.

/// Whether a function of this name never returns, by ISO C (`_Noreturn`), POSIX
/// or the runtimes' own declarations.
#[must_use]
pub fn never_returns(name: &str) -> bool {
    // An import of Windows tells its library.
    let name = name.rsplit_once('!').map_or(name, |(_, name)| name);
    matches!(
        name,
        "abort"
            | "exit"
            | "_exit"
            | "_Exit"
            | "quick_exit"
            | "longjmp"
            | "siglongjmp"
            | "pthread_exit"
            | "__assert_fail"
            | "__stack_chk_fail"
            | "__fortify_fail"
            | "_Unwind_Resume"
            | "rust_begin_unwind"
    )
}
