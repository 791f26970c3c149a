//! Versions of the form `15.8`, compared part by part.

/// The parts of a version as numbers: 15.10 is higher than 15.8, and 15.8 than 15. A part that is no number counts as 0.
pub fn order(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}

/// The major version: `15` of `15.8`.
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
