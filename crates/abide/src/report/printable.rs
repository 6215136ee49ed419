//! Text that comes out of files, made fit to be shown.

use std::borrow::Cow;

use crate::rules::{self, Finding, Location};

/// Text for one line: names of a hostile file must not reach a terminal, a log or a page as
/// commands.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    replaced(text, is_command)
}

/// The same for text of several lines.
fn printable_lines(text: &str) -> Cow<'_, str> {
    replaced(text, |c| c != '\n' && is_command(c))
}

fn replaced(text: &str, is_unfit: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_unfit) {
        return Cow::Borrowed(text);
    }
    let fit = |c| if is_unfit(c) { '\u{fffd}' } else { c };
    Cow::Owned(text.chars().map(fit).collect())
}

/// Control characters, what ends a line, and what changes the order in which text is read.
fn is_command(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The finding with all of its text fit to be shown. Paths of source stay, so that they can be
/// opened.
pub(super) fn finding(finding: &Finding) -> Finding {
    let note = |text: &String| printable(text).into_owned();
    // The lines that would decide it have their names quoted already.
    let help = match finding.rule == rules::UNDECIDED.id {
        true => printable_lines(&finding.help),
        false => printable(&finding.help),
    };
    Finding {
        symbol: printable(&finding.symbol).into_owned(),
        message: printable(&finding.message).into_owned(),
        places: finding.places.iter().map(location).collect(),
        path: finding.path.iter().map(location).collect(),
        notes: finding.notes.iter().map(note).collect(),
        help: help.into_owned(),
        ..finding.clone()
    }
}

fn location(location: &Location) -> Location {
    let mut location = location.clone();
    location.label = printable(&location.label).into_owned();
    if let Some(place) = &mut location.place {
        place.section = printable(&place.section).into_owned();
    }
    location
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_replaced_and_letters_stay() {
        assert_eq!(
            printable("größe::é\u{1b}[31m\r\n\u{202e}x"),
            "größe::é\u{fffd}[31m\u{fffd}\u{fffd}\u{fffd}x"
        );
        assert_eq!(printable_lines("a\nb\u{7f}"), "a\nb\u{fffd}");
        assert!(matches!(printable("plain"), Cow::Borrowed(_)));
    }
}
