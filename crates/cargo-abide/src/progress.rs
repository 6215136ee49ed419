//! What is being done, for whoever watches: Cargo's own bars, and lines of ours between them.

use std::io::{self, IsTerminal as _, Write as _};

/// Whether anybody watches.
pub(crate) fn is_shown() -> bool {
    io::stderr().is_terminal()
}

/// Tells what is begun, as Cargo does.
pub(crate) fn tell(verb: &str, what: &str) {
    if is_shown() {
        // A terminal that is gone leaves nobody to tell.
        let _ = writeln!(io::stderr(), "{verb:>12} {what}");
    }
}
