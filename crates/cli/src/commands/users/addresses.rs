//! Email addresses from the command line and from CSV files. All problems are reported together.

use ohinfra_core::diagnostic::Diagnostic;

/// Maximum length of an address that mail servers accept, in bytes (RFC 5321, errata 1690).
const LONGEST: usize = 254;
/// Maximum length of the part before the `@`, in bytes (RFC 5321, 4.5.3.1.1).
const LONGEST_LOCAL: usize = 64;
/// Characters other than letters and digits that may occur unquoted before the `@` (RFC 5322, `atext`).
const LOCAL: &str = ".!#$%&'*+/=?^_`{|}~-";

/// Valid addresses without duplicates.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Addresses {
    /// The addresses in lower case, in input order.
    pub(super) emails: Vec<String>,
    /// Notes for the user.
    pub(super) notes: Vec<String>,
}

impl Addresses {
    /// Adds an address in lower case, because a user pool may be case-sensitive. Returns `false` for a duplicate.
    fn add(&mut self, email: &str) -> bool {
        let email = email.to_ascii_lowercase();
        let is_new = !self.emails.contains(&email);
        if is_new {
            self.emails.push(email);
        }
        is_new
    }

    fn note_duplicates(&mut self, count: usize) {
        if count > 0 {
            let noun = if count == 1 { "address" } else { "addresses" };
            self.notes.push(format!("ignored {count} duplicate {noun}"));
        }
    }
}

/// Returns the reason why a text is not a supported email address; `None` if it is one.
pub(super) fn flaw(email: &str) -> Option<&'static str> {
    let Some((local, domain)) = email.rsplit_once('@') else { return Some("missing `@`") };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if !email.is_ascii() {
        Some("only ASCII characters are supported")
    } else if local.is_empty() {
        Some("the part before the `@` is empty")
    } else if email.len() > LONGEST || local.len() > LONGEST_LOCAL {
        Some("the address is too long")
    } else if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        Some("misplaced dot before the `@`")
    } else if !local.chars().all(|c| c.is_ascii_alphanumeric() || LOCAL.contains(c)) {
        Some("invalid character before the `@`")
    } else if !domain.contains('.') || !domain.split('.').all(is_label) {
        Some("the part after the `@` is not a domain name")
    } else {
        None
    }
}

fn problem(place: &str, email: &str, flaw: &str) -> Diagnostic {
    Diagnostic::error(place, format!("`{}` is not an email address: {flaw}", email.escape_debug()))
}

/// Parses addresses from the command line.
pub(super) fn from_arguments(given: &[String]) -> Result<Addresses, Vec<Diagnostic>> {
    let mut addresses = Addresses::default();
    let (mut problems, mut duplicates) = (Vec::new(), 0);
    for email in given.iter().map(|email| email.trim()) {
        match flaw(email) {
            Some(_) if email.contains(',') => {
                problems.push(problem("", email, "unexpected comma").help("separate addresses with spaces"));
            }
            Some(flaw) => problems.push(problem("", email, flaw)),
            None => duplicates += usize::from(!addresses.add(email)),
        }
    }
    addresses.note_duplicates(duplicates);
    if problems.is_empty() { Ok(addresses) } else { Err(problems) }
}

/// Parses addresses from the column `email` of a CSV file (RFC 4180). A semicolon is accepted as the separator, because spreadsheets
/// write it in many locales.
pub(super) fn from_csv(name: &str, text: &str) -> Result<Addresses, Vec<Diagnostic>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let separator = if first.contains(';') && !first.contains(',') { ';' } else { ',' };
    let error = |line: usize, message: &str| Diagnostic::error(format!("{name}:{line}"), message);
    let records = records(text, separator).map_err(|(line, message)| vec![error(line, message)])?;
    let mut records = records.into_iter().filter(|(_, fields)| fields.iter().any(|field| !field.trim().is_empty()));
    let header = "the first line must be a header with a column `email`";
    let Some((line, columns)) = records.next() else {
        return Err(vec![Diagnostic::error(name, "the file is empty").help(header)]);
    };
    let is_email = |column: &String| column.trim().eq_ignore_ascii_case("email");
    let positions: Vec<usize> = (0..columns.len()).filter(|n| columns.get(*n).is_some_and(is_email)).collect();
    let [position] = positions.as_slice() else {
        let message = if positions.is_empty() { "missing column `email`" } else { "duplicate column `email`" };
        return Err(vec![error(line, message).help(header)]);
    };
    let mut addresses = Addresses::default();
    let ignored: Vec<&str> = columns.iter().filter(|column| !is_email(column)).map(|column| column.trim()).collect();
    if !ignored.is_empty() {
        addresses.notes.push(format!("ignored columns: {}", ignored.join(", ").escape_debug()));
    }
    let (mut problems, mut duplicates) = (Vec::new(), 0);
    for (line, fields) in records {
        let email = fields.get(*position).map(|field| field.trim()).unwrap_or_default();
        let place = format!("{name}:{line}");
        match flaw(email) {
            _ if email.is_empty() => problems.push(Diagnostic::error(place, "the column `email` is empty")),
            Some(flaw) => problems.push(problem(&place, email, flaw)),
            None => duplicates += usize::from(!addresses.add(email)),
        }
    }
    addresses.note_duplicates(duplicates);
    if problems.is_empty() && addresses.emails.is_empty() {
        problems.push(
            Diagnostic::error(name, "the file has no addresses").help("write one address per line below the header"),
        );
    }
    if problems.is_empty() { Ok(addresses) } else { Err(problems) }
}

/// A record: the number of its first line, and its fields.
type Record = (usize, Vec<String>);

/// Splits a CSV text into records.
fn records(text: &str, separator: char) -> Result<Vec<Record>, (usize, &'static str)> {
    let mut records: Vec<Record> = Vec::new();
    let (mut fields, mut field): (Vec<String>, String) = (Vec::new(), String::new());
    let (mut line, mut begin) = (1, 1);
    // The first line of the current quoted field.
    let mut quoted: Option<usize> = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        line += usize::from(character == '\n');
        match character {
            '"' if quoted.is_some() => {
                if characters.next_if_eq(&'"').is_some() {
                    field.push('"');
                } else {
                    quoted = None;
                }
            }
            _ if quoted.is_some() => field.push(character),
            '"' if field.trim().is_empty() => {
                field.clear();
                quoted = Some(line);
            }
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' => {
                fields.push(std::mem::take(&mut field));
                records.push((begin, std::mem::take(&mut fields)));
                begin = line;
            }
            _ if character == separator => fields.push(std::mem::take(&mut field)),
            _ => field.push(character),
        }
    }
    if let Some(line) = quoted {
        return Err((line, "unclosed quote"));
    }
    if !field.is_empty() || !fields.is_empty() {
        fields.push(field);
        records.push((begin, fields));
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emails(text: &str) -> Vec<String> {
        from_csv("users.csv", text).unwrap().emails
    }

    fn problems(text: &str) -> String {
        let problems = from_csv("users.csv", text).unwrap_err();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn valid_addresses_are_accepted_and_invalid_ones_rejected() {
        for good in ["ada@example.com", "a.b+c@sub.example.co", "o'neil_x@example-mail.org", "ADA@EXAMPLE.COM"] {
            assert_eq!(flaw(good), None, "{good}");
        }
        let long = format!("{}@example.com", "x".repeat(65));
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@example",
            "ada@example..com",
            "ada@-example.com",
            "a b@example.com",
            ".ada@example.com",
            "ada.@example.com",
            "a..b@example.com",
            "ada@exa mple.com",
            "ada@example.com\n",
            "a\u{7}@example.com",
            "ädä@example.com",
            "ada@bob@example.com",
            "a,b@example.com",
            "<ada@example.com>",
            &long,
        ] {
            assert!(flaw(bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn addresses_that_differ_only_in_case_are_duplicates() {
        let given = ["Ada@Example.com", "bob@example.com", "ada@example.com "].map(str::to_owned);
        let addresses = from_arguments(&given).unwrap();
        assert_eq!(addresses.emails, ["ada@example.com", "bob@example.com"]);
        assert_eq!(addresses.notes, ["ignored 1 duplicate address"]);
        let problems = from_arguments(&["a@example.com,b@example.com".to_owned(), "x".to_owned()]).unwrap_err();
        assert_eq!(problems.len(), 2);
        assert_eq!(problems[0].help.as_deref(), Some("separate addresses with spaces"));
    }

    #[test]
    fn csv_files_from_spreadsheets_are_parsed() {
        assert_eq!(emails("email\na@example.com\n"), ["a@example.com"]);
        assert_eq!(emails("\u{feff}Name;EMAIL\r\n\"Ada; L\";a@example.com\r\n"), ["a@example.com"]);
        let text = "name,email\n\"Ada \"\"L\"\"\n, Countess\",\"a@example.com\"\n\n , \nBob, b@example.com";
        assert_eq!(emails(text), ["a@example.com", "b@example.com"]);
        let addresses = from_csv("users.csv", "email,team\na@example.com,x\nA@example.com,y\na@example.com\n").unwrap();
        assert_eq!(addresses.emails, ["a@example.com"]);
        assert_eq!(addresses.notes, ["ignored columns: team", "ignored 2 duplicate addresses"]);
    }

    #[test]
    fn every_invalid_line_is_reported_with_its_number() {
        let text = "name,email\nAda,ada@example\n\"two\nlines\",x\nBob,\nCarl\nDora,dora@example.com\n";
        assert_eq!(
            problems(text),
            "users.csv:2: `ada@example` is not an email address: the part after the `@` is not a domain name\n\
             users.csv:3: `x` is not an email address: missing `@`\n\
             users.csv:5: the column `email` is empty\n\
             users.csv:6: the column `email` is empty"
        );
        assert_eq!(problems(""), "users.csv: the file is empty");
        assert_eq!(problems("email\n"), "users.csv: the file has no addresses");
        assert_eq!(problems("\nmail,name\na,b\n"), "users.csv:2: missing column `email`");
        assert_eq!(problems("email,Email\n"), "users.csv:1: duplicate column `email`");
        assert_eq!(problems("email\na@example.com\n\"b@example.com\n"), "users.csv:3: unclosed quote");
    }
}
