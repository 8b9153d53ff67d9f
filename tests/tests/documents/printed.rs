//! What a document says that a command prints, against what it printed.
//!
//! `…` stands for any text within a line; alone in its line, for any number of lines.

/// What stands for text that differs from run to run.
const ANYTHING: char = '…';

/// Whether the lines that were printed are those that a document shows. Blanks at the ends of lines and
/// empty lines at the end do not count.
pub(crate) fn agrees(shown: &[String], printed: &str) -> bool {
    let shown: Vec<_> = shown.iter().map(|line| line.trim_end()).collect();
    let printed: Vec<_> = printed.lines().map(str::trim_end).collect();
    lines_agree(without_end(&shown), without_end(&printed))
}

fn without_end<'a, 'b>(lines: &'a [&'b str]) -> &'a [&'b str] {
    let end = lines.iter().rposition(|line| !line.is_empty());
    &lines[..end.map_or(0, |end| end + 1)]
}

fn lines_agree(shown: &[&str], printed: &[&str]) -> bool {
    match (shown.split_first(), printed.split_first()) {
        (None, rest) => rest.is_none(),
        (Some((first, rest)), _) if first.chars().eq([ANYTHING]) => {
            (0..=printed.len()).any(|skipped| lines_agree(rest, &printed[skipped..]))
        }
        (Some(_), None) => false,
        (Some((first, rest)), Some((line, printed))) => {
            line_agrees(first, line) && lines_agree(rest, printed)
        }
    }
}

fn line_agrees(shown: &str, line: &str) -> bool {
    let Some((start, rest)) = shown.split_once(ANYTHING) else {
        return shown == line;
    };
    let Some(mut line) = line.strip_prefix(start) else {
        return false;
    };
    let mut parts: Vec<_> = rest.split(ANYTHING).collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match line.split_once(part) {
            Some((_, rest)) => line = rest,
            None => return false,
        }
    }
    line.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agree(shown: &str, printed: &str) -> bool {
        agrees(
            &shown.lines().map(str::to_owned).collect::<Vec<_>>(),
            printed,
        )
    }

    #[test]
    fn lines_are_compared_as_they_are_but_for_what_stands_for_anything() {
        for (shown, printed) in [
            ("a\nb", "a  \nb\n\n"),
            ("a … c", "a b c"),
            ("a…", "a"),
            ("…b…d…", "a b c d e"),
            ("a\n…\nd", "a\nb\nc\nd"),
            ("a\n…\nd", "a\nd"),
            ("…", ""),
        ] {
            assert!(agree(shown, printed), "{shown:?} {printed:?}");
        }
        for (shown, printed) in [
            ("a", "a\nb"),
            ("a\nb", "a"),
            ("a … c", "a b d"),
            ("a…a", "a"),
            ("…b…d", "a d b"),
            ("a\n…\nd", "a\nb\nc"),
            (" a", "a"),
        ] {
            assert!(!agree(shown, printed), "{shown:?} {printed:?}");
        }
    }
}
