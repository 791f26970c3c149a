//! Checks that every crate can be packaged.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::shell::{cargo, root};

/// The macros that include a file at compile time.
const MACROS: [&str; 2] = ["include_str!(", "include_bytes!("];

/// Returns a problem for each file that a crate includes from outside its directory: a package lacks it.
pub(crate) fn foreign_includes(sources: &[PathBuf]) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for path in sources {
        let place = path.strip_prefix(root())?;
        let text = std::fs::read_to_string(path)?;
        for included in included(&text) {
            if !is_inside(place, included) {
                problems.push(format!("{}: `{included}` is outside the crate", place.display()));
            }
        }
    }
    Ok(problems)
}

/// Returns the paths of included files; of a concatenated path, its first part.
fn included(text: &str) -> impl Iterator<Item = &str> {
    MACROS.iter().flat_map(|name| text.split(name).skip(1)).filter_map(|rest| {
        let rest = rest.trim_start();
        let rest = rest.strip_prefix("concat!(").unwrap_or(rest).trim_start();
        rest.strip_prefix('"')?.split('"').next()
    })
}

/// Returns `true` if a path relative to a source file stays in the directory of its crate: `crates/NAME` or `tests`.
fn is_inside(source: &Path, included: &str) -> bool {
    let depth = if source.starts_with("crates") { 2 } else { 1 };
    let mut parts: Vec<Component<'_>> = source.components().collect();
    let krate: Vec<Component<'_>> = parts.iter().take(depth).copied().collect();
    parts.pop();
    for part in Path::new(included).components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.starts_with(&krate)
}

/// Packages all crates, without compiling the packages: their dependencies are not published. Accesses no network.
pub(crate) fn package_all() -> Result<()> {
    let arguments = ["package", "--workspace", "--no-verify", "--no-metadata", "--allow-dirty", "--exclude-lockfile"];
    let result = cargo(&arguments).args(["--offline", "--quiet"]).output().context("failed to run cargo package")?;
    ensure!(result.status.success(), "cargo package: {}", String::from_utf8_lossy(&result.stderr));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn included_files_are_found() {
        // The macros are composed, so that the check does not find them here.
        let text = format!("{}\"a.txt\") {}concat!(\n    \"../b/\", $name)) {}X)", MACROS[0], MACROS[1], MACROS[0]);
        assert_eq!(included(&text).collect::<Vec<_>>(), ["a.txt", "../b/"]);
    }

    #[test]
    fn a_path_that_leaves_the_crate_is_outside() {
        for (source, path, inside) in [
            ("crates/a/src/x/y.rs", "../../payload/f", true),
            ("crates/a/src/x/y.rs", "../../../b/f", false),
            ("crates/a/src/lib.rs", "../../../config/f", false),
            ("tests/tests/system/x.rs", "../../localstack/f", true),
            ("tests/tests/system/x.rs", "../../../config/f", false),
        ] {
            assert_eq!(is_inside(Path::new(source), path), inside, "{source} {path}");
        }
    }
}
