//! Rust's mangled names, read back.

use std::borrow::Cow;

/// The name to print: as Rust source has it, or as it is.
#[must_use]
pub fn shown_name(name: &str) -> Cow<'_, str> {
    demangle(name).map_or(Cow::Borrowed(name), Cow::Owned)
}

/// The name as Rust source has it (`kernel::idt::load`), or `None` where it is not mangled.
#[must_use]
pub fn demangle(name: &str) -> Option<String> {
    // Long names are costly to read back, and those of a hostile file are not worth it.
    const LONGEST: usize = 1 << 16;
    if name.len() > LONGEST {
        return None;
    }
    // Mach-O puts an underscore before every name.
    let name = name
        .strip_prefix('_')
        .filter(|rest| rest.starts_with("_ZN") || rest.starts_with("_R"))
        .unwrap_or(name);
    let demangled = rustc_demangle::try_demangle(name).ok()?;
    Some(format!("{demangled:#}"))
}
