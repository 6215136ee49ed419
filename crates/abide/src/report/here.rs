//! Paths, as they are seen from the current directory.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::printable::printable;
use crate::inputs::own_name;

/// What may stand in a URI's path as it is (RFC 3986, 2.3 "Unreserved Characters").
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// The current directory.
pub(super) struct Here(PathBuf);

impl Here {
    pub(super) fn new() -> Self {
        Self(std::env::current_dir().unwrap_or_default())
    }

    /// The path from here, if it leads to something below.
    fn below(&self, path: &str) -> Option<PathBuf> {
        let path = plain(&self.0.join(path));
        path.strip_prefix(&self.0).ok().map(Path::to_owned)
    }

    /// The path as a reader here knows it.
    pub(super) fn shown(&self, path: &str) -> String {
        let below = self.below(path);
        let shown = below.as_ref().map(|below| below.to_string_lossy());
        let path = shown.unwrap_or(Cow::Borrowed(path));
        printable(&path).into_owned()
    }

    /// An object as a reader here knows it: what was kept of a link of Cargo's, by its own name.
    pub(super) fn object(&self, path: &str) -> String {
        match own_name(path) {
            name if name.len() < path.len() => printable(name).into_owned(),
            _ => self.shown(path),
        }
    }

    /// The path as a URI: relative for what is below, else absolute.
    pub(super) fn uri(&self, path: &str) -> Uri {
        match self.below(path) {
            Some(below) => Uri {
                text: encoded(&below),
                is_relative: true,
            },
            None => Uri {
                text: format!("file://{}", encoded(&plain(&self.0.join(path)))),
                is_relative: false,
            },
        }
    }

    /// The current directory as a URI.
    pub(super) fn base(&self) -> String {
        let text = encoded(&self.0);
        format!("file://{}/", text.trim_end_matches('/'))
    }
}

/// Where something is.
pub(super) struct Uri {
    pub(super) text: String,
    /// Whether it counts from the current directory.
    pub(super) is_relative: bool,
}

fn encoded(path: &Path) -> String {
    percent_encode(path.as_os_str().as_encoded_bytes(), KEPT).to_string()
}

/// The path without `.` and `..`, by its text alone: what a line table names need not exist.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_is_relative_and_encoded() {
        let here = Here(PathBuf::from("/home/a b"));
        let uri = |path: &str| {
            let uri = here.uri(path);
            (uri.text, uri.is_relative)
        };
        assert_eq!(uri("src/./x y.asm"), ("src/x%20y.asm".to_owned(), true));
        assert_eq!(
            uri("/home/a b/ä:#?%.rs"),
            ("%C3%A4%3A%23%3F%25.rs".to_owned(), true)
        );
        assert_eq!(uri("../c/d.o"), ("file:///home/c/d.o".to_owned(), false));
        assert_eq!(
            uri("/home/a bc/d.o"),
            ("file:///home/a%20bc/d.o".to_owned(), false)
        );
        assert_eq!(here.base(), "file:///home/a%20b/");
        assert_eq!(here.shown("/home/a b/x.asm"), "x.asm");
        assert_eq!(here.shown("../c\n.asm"), "../c\u{fffd}.asm");
        let kept = "/home/a b/target/abide/links/x-0f/011-liby-1.rlib(z-2.o)";
        assert_eq!(here.object(kept), "liby-1.rlib(z-2.o)");
        assert_eq!(here.object("/home/a b/links/x.o"), "links/x.o");
    }
}
