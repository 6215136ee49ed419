//! What a file was called before it was kept for a check.

/// An input of a link that Cargo made is kept under a number: `…/abide/links/LINK/003-libx.rlib(y.o)`
/// was `libx.rlib(y.o)`. Others keep their names.
#[must_use]
pub fn own_name(object: &str) -> &str {
    kept_name(object).unwrap_or(object)
}

/// The file that an object is in: the archive of `libx.a(y.o)`, by its own name.
#[must_use]
pub fn library_of(object: &str) -> &str {
    let own = own_name(object);
    let (file, _) = own.split_once('(').unwrap_or((own, ""));
    file.rsplit('/').next().unwrap_or(file)
}

fn kept_name(path: &str) -> Option<&str> {
    let (_, kept) = path.rsplit_once("/abide/links/")?;
    let (_, numbered) = kept.split_once('/')?;
    let (number, name) = numbered.split_once('-')?;
    number
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_loses_its_number() {
        let kept = "/home/a b/target/abide/links/x-0f/011-liby-1.rlib(z-2.o)";
        assert_eq!(own_name(kept), "liby-1.rlib(z-2.o)");
        assert_eq!(library_of(kept), "liby-1.rlib");
        assert_eq!(own_name("links/x.o"), "links/x.o");
        assert_eq!(library_of("links/x.o"), "x.o");
    }
}
