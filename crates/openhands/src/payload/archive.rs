//! Zips that are the same bytes for the same files, on any machine at any time.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::template::PayloadError;

/// A function's code as AWS Lambda takes it: files in order, the earliest time that the format knows, readable by all.
pub fn archive(files: &[(&str, &[u8])]) -> Result<Vec<u8>, PayloadError> {
    let mut sorted = files.to_vec();
    sorted.sort_unstable();
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let write = || -> zip::result::ZipResult<Vec<u8>> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in sorted {
            writer.start_file(name, options)?;
            writer.write_all(bytes)?;
        }
        Ok(writer.finish()?.into_inner())
    };
    write().map_err(|error| PayloadError::Template { name: "archive".to_owned(), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_in_any_order_are_the_same_bytes() {
        let one = archive(&[("b.txt", b"two"), ("a.txt", b"one")]).unwrap();
        assert_eq!(one, archive(&[("a.txt", b"one"), ("b.txt", b"two")]).unwrap());
        assert_ne!(one, archive(&[("a.txt", b"one"), ("b.txt", b"three")]).unwrap());
    }
}
