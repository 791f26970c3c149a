//! Zips and tars that are the same bytes for the same files, on any machine at any time.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::template::PayloadError;

/// A function's code as AWS Lambda takes it: files in order, the earliest time that the format knows, readable by all.
pub fn archive<N: AsRef<str>>(files: &[(N, String)]) -> Result<Vec<u8>, PayloadError> {
    let mut sorted: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_ref(), text.as_str())).collect();
    sorted.sort_unstable();
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let write = || -> zip::result::ZipResult<Vec<u8>> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in sorted {
            writer.start_file(name, options)?;
            writer.write_all(text.as_bytes())?;
        }
        Ok(writer.finish()?.into_inner())
    };
    write().map_err(|error| PayloadError::Template { name: "archive".to_owned(), reason: error.to_string() })
}

/// A context as docker takes it: a tar of files in order, without times and owners.
pub fn context(files: &[(&str, String)]) -> Result<Vec<u8>, PayloadError> {
    let mut sorted: Vec<&(&str, String)> = files.iter().collect();
    sorted.sort_unstable();
    let write = || -> std::io::Result<Vec<u8>> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, text) in sorted {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            header.set_mtime(0);
            builder.append_data(&mut header, name, text.as_bytes())?;
        }
        builder.into_inner()
    };
    write().map_err(|error| PayloadError::Template { name: "context".to_owned(), reason: error.to_string() })
}

/// A rendered file of settings, and the files that are the same for everybody.
pub(super) fn with_settings(
    settings: (&'static str, String),
    files: &[(&'static str, &'static str)],
) -> Vec<(&'static str, String)> {
    let same = files.iter().map(|(name, text)| (*name, (*text).to_owned()));
    std::iter::once(settings).chain(same).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_in_any_order_are_the_same_bytes() {
        let file = |name: &'static str, text: &str| (name, text.to_owned());
        let one = archive(&[file("b.txt", "two"), file("a.txt", "one")]).unwrap();
        assert_eq!(one, archive(&[file("a.txt", "one"), file("b.txt", "two")]).unwrap());
        assert_ne!(one, archive(&[file("a.txt", "one"), file("b.txt", "three")]).unwrap());
    }
}
