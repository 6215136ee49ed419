//! Parsing of source. `syn` calls itself for what nests, as often as it nests: the stack would end
//! the program where source is damaged or hostile. What nests too deep is refused before.

use std::io;
use std::thread;

use proc_macro2::{Delimiter, LexError, TokenStream, TokenTree};
use syn::parse::Parse;

/// How many tokens may lie on the way into what nests deepest. Source that is written by people has
/// some hundreds.
const MOST_TOKENS: u32 = 4_000;
/// Bytes of stack, some ten thousand for each of those tokens.
const STACK: usize = 128 << 20;

/// Does something with parsed source, on a stack that has room for it.
///
/// # Errors
/// There is no such stack.
pub(super) fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK);
        let joined = thread.spawn_scoped(scope, work)?.join();
        joined.map_err(|_| io::Error::other("the thread that parses ended"))
    })
}

/// Parses a file.
pub(super) fn file(text: &str) -> syn::Result<syn::File> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_shebang = |rest: &str| !rest.trim_start().starts_with('[');
    let text = match text.strip_prefix("#!") {
        Some(rest) if is_shebang(rest) => rest.find('\n').map_or("", |end| &rest[end..]),
        _ => text,
    };
    parsed(text)
}

/// Parses what is all of a text.
pub(super) fn parsed<T: Parse>(text: &str) -> syn::Result<T> {
    let tokens: TokenStream = text
        .parse()
        .map_err(|error: LexError| syn::Error::new(error.span(), error))?;
    is_followed(tokens.clone(), MOST_TOKENS)?;
    syn::parse2(tokens)
}

/// Whether no more tokens than these are on the way into anything. A way ends at a comma, a
/// semicolon, and a body: what comes behind them is not in what comes before.
fn is_followed(tokens: TokenStream, most: u32) -> syn::Result<()> {
    let mut row = 0;
    let mut before_attribute = None;
    let mut is_behind_body = false;
    for token in tokens {
        let begins_anew = match &token {
            TokenTree::Ident(word) => word != "else" && word != "as",
            TokenTree::Punct(punct) => punct.as_char() == '#',
            _ => false,
        };
        if is_behind_body && begins_anew {
            row = 0;
        }
        is_behind_body = false;
        let left = u32::checked_sub(most, row);
        let Some(left) = left.and_then(|left| left.checked_sub(1)) else {
            let message = format!("it nests deeper than {MOST_TOKENS} tokens, and is not read");
            return Err(syn::Error::new(token.span(), message));
        };
        row += 1;
        match token {
            TokenTree::Punct(punct) => match punct.as_char() {
                ',' | ';' => row = 0,
                '#' => before_attribute = Some(row - 1),
                '!' => {}
                _ => before_attribute = None,
            },
            TokenTree::Group(group) => {
                is_followed(group.stream(), left)?;
                is_behind_body = group.delimiter() == Delimiter::Brace;
                row = before_attribute.take().unwrap_or(row);
            }
            _ => before_attribute = None,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_read(text: &str) -> bool {
        on_deep_stack(|| file(text).is_ok()).unwrap()
    }

    #[test]
    fn what_nests_deeper_is_refused() {
        for (open, inner, close) in [
            ("*const ", "u8", ""),
            ("(", "u8", ")"),
            ("[", "u8", "; 1]"),
            ("A<", "u8", ">"),
            ("fn() -> ", "u8", ""),
        ] {
            let nested = |depth| {
                let (open, close) = (open.repeat(depth), close.repeat(depth));
                format!("type T = {open}{inner}{close};")
            };
            assert!(is_read(&nested(500)), "{open}");
            assert!(!is_read(&nested(100_000)), "{open}");
        }
        for text in ["!", "-", "&", "1 + ", "a = ", "|a| ", "if a {} else "] {
            let nested = |depth| format!("fn f() {{ {}{{}} }}", text.repeat(depth));
            assert!(is_read(&nested(400)), "{text}");
            assert!(!is_read(&nested(100_000)), "{text}");
        }
    }

    #[test]
    fn what_only_goes_on_is_read() {
        for text in [
            "fn f() {}\n",
            "#[inline] pub unsafe fn f() {}\n",
            "//! Words.\n",
            "const A: [u8; 2] = [1, 2];\n",
        ] {
            assert!(is_read(&text.repeat(20_000)), "{text}");
        }
        assert!(is_read("#!/usr/bin/env run\nfn f() {}"));
        assert!(is_read("\u{feff}#![no_std]\nfn f() {}"));
    }
}
