//! Versions of the form `15.8`, compared part by part.

/// Returns the parts of a version as numbers, for comparison: 15.10 > 15.8 > 15. A part that is not a number counts as 0.
pub fn order(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}

/// Returns the major version: `15` of `15.8`.
pub fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(order("15.10") > order("15.8"));
        assert!(order("15.8") > order("15"));
        assert_eq!(major("15.8"), "15");
    }
}
