//! Reproducible zip and tar archives: equal files give equal bytes.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::template::PayloadError;

/// Returns a zip archive of Lambda code: sorted files, the minimum timestamp of the format, world-readable.
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

/// Returns a Docker build context: a tar archive of sorted files, without timestamps and owners.
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

/// Combines a rendered settings file with static files.
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
    fn archives_do_not_depend_on_the_order_of_files() {
        let file = |name: &'static str, text: &str| (name, text.to_owned());
        let one = archive(&[file("b.txt", "two"), file("a.txt", "one")]).unwrap();
        assert_eq!(one, archive(&[file("a.txt", "one"), file("b.txt", "two")]).unwrap());
        assert_ne!(one, archive(&[file("a.txt", "one"), file("b.txt", "three")]).unwrap());
    }
}
