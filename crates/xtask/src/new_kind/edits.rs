//! Edits of source files as functions from the old to the new text.

use anyhow::{Context as _, Result, ensure};

/// The mark before which the entries of new kinds are inserted.
pub(crate) const KINDS: &str = "// new kinds above this line";
/// The mark before which the error codes of new services are inserted.
pub(crate) const CODES: &str = "// new codes above this line";

/// Inserts text on the lines before a mark, with the indentation of the mark.
pub(crate) fn before_mark(text: &str, mark: &str, entry: &str) -> Result<String> {
    let at = text.find(mark).with_context(|| format!("no line `{mark}`"))?;
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    Ok(format!("{}{}{}\n{}", &text[..start], &text[start..at], entry.trim_end(), &text[start..]))
}

/// Inserts a line before the first line that starts with `prefix`, with the same indentation.
pub(crate) fn before_first(text: &str, prefix: &str, line: &str) -> Result<String> {
    let (at, found) = lines(text)
        .find(|(_, found)| found.trim_start().starts_with(prefix))
        .with_context(|| format!("no line starts with `{prefix}`"))?;
    let indentation = &found[..found.len() - found.trim_start().len()];
    Ok(format!("{}{indentation}{line}\n{}", &text[..at], &text[at..]))
}

/// Inserts a line among the sorted lines that start with `prefix`. Returns the text unchanged if it has the line.
pub(crate) fn sorted(text: &str, prefix: &str, line: &str) -> Result<String> {
    let (mut last, mut greater, mut indentation) = (None, None, "");
    for (at, found) in lines(text).filter(|(_, found)| found.trim_start().starts_with(prefix)) {
        if found.trim() == line {
            return Ok(text.to_owned());
        }
        indentation = &found[..found.len() - found.trim_start().len()];
        if greater.is_none() && found.trim() > line {
            greater = Some(at);
        }
        last = Some(at);
    }
    let last = last.with_context(|| format!("no line starts with `{prefix}`"))?;
    // The last entry can span several lines.
    let ends_entry = |line: &str| !prefix.starts_with("pub use ") || line.ends_with(';');
    let end = || lines(text).find(|(at, line)| *at >= last && ends_entry(line)).map(|(at, line)| at + line.len() + 1);
    let at = greater.or_else(end).unwrap_or(text.len()).min(text.len());
    Ok(format!("{}{indentation}{line}\n{}", &text[..at], &text[at..]))
}

/// Inserts an entry into the table `NAMED`, which is sorted by kind.
pub(crate) fn named(text: &str, kind: &str, entry: &str) -> Result<String> {
    let start = text.find("const NAMED").context("no table `NAMED`")?;
    let end = text[start..].find("\n];").map(|at| start + at + 1).context("the table `NAMED` does not end")?;
    let is_entry = |line: &str| ["named(", "exclusive(", "held("].iter().any(|start| line.trim().starts_with(start));
    let entries = lines(text).filter(|(at, line)| (start..end).contains(at) && is_entry(line));
    let kind_at = |at: usize| text[at..end].split('"').nth(1).unwrap_or_default();
    let at = entries.map(|(at, _)| at).find(|at| kind_at(*at) > kind).unwrap_or(end);
    ensure!(!text[start..end].contains(&format!("\"{kind}\"")), "`NAMED` already has `{kind}`");
    Ok(format!("{}    {entry}\n{}", &text[..at], &text[at..]))
}

/// Returns each line with its offset.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split('\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        (start, line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_inserted_before_a_mark_with_its_indentation() {
        let text = format!("a(\n    b,\n    {KINDS}\n)\n");
        assert_eq!(before_mark(&text, KINDS, "c,\n").unwrap(), format!("a(\n    b,\n    c,\n    {KINDS}\n)\n"));
        assert!(before_mark("a", KINDS, "c").is_err());
    }

    #[test]
    fn lines_are_inserted_in_order() {
        let text = "pub mod a;\npub mod c;\n\nx";
        assert_eq!(sorted(text, "pub mod ", "pub mod b;").unwrap(), "pub mod a;\npub mod b;\npub mod c;\n\nx");
        assert_eq!(sorted(text, "pub mod ", "pub mod d;").unwrap(), "pub mod a;\npub mod c;\npub mod d;\n\nx");
        assert_eq!(sorted(text, "pub mod ", "pub mod a;").unwrap(), text);
        let several = "pub use a::{\n    A,\n};\n";
        assert_eq!(sorted(several, "pub use ", "pub use b::B;").unwrap(), "pub use a::{\n    A,\n};\npub use b::B;\n");
        assert!(sorted("x", "pub mod ", "pub mod a;").is_err());
    }

    #[test]
    fn named_kinds_are_inserted_in_order() {
        let text =
            "const NAMED: &[Named] = &[\n    named(\"a.a\", 1),\n    held(\n        \"c.c\",\n        2,\n    ),\n];\n";
        let inserted = named(text, "b.b", "named(\"b.b\", 3),").unwrap();
        assert_eq!(inserted, text.replace("    held(", "    named(\"b.b\", 3),\n    held("));
        let appended = named(text, "d.d", "named(\"d.d\", 3),").unwrap();
        assert_eq!(appended, text.replace("\n];", "\n    named(\"d.d\", 3),\n];"));
        assert!(named(text, "c.c", "").is_err());
    }
}
