//! Digests of the base images. A tag can be moved; a digest is immutable.

use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::lookup::Request;
use ohinfra_kinds::ecr::ImageDigest;

use super::{Answers, Pins};
use crate::Configuration;
use crate::payload::images::{Digests, Published, published};

/// Returns the name of the pin of an image digest in the state.
pub(super) fn pin(image: &str) -> String {
    format!("image {image}")
}

/// Returns the images without a configured or pinned digest.
fn unpinned(configuration: &Configuration, pins: &Pins) -> Vec<Published> {
    let all = if configuration.builds_images() { published(configuration).to_vec() } else { Vec::new() };
    let is_unpinned = |published: &Published| published.digest.is_none() && pins.get(&pin(&published.image)).is_none();
    all.into_iter().filter(is_unpinned).collect()
}

/// Returns the registry lookups: none if the state has all digests, unless `--upgrade` requests newer ones.
pub(super) fn questions(configuration: &Configuration, pins: &Pins) -> Vec<Request> {
    let request = |published: Published| Request::new::<ImageDigest>(&configuration.region, &published.image);
    unpinned(configuration, pins).into_iter().map(request).collect()
}

/// Returns the digests of the images without a configured digest.
pub(super) fn choose(
    configuration: &Configuration,
    answers: &Answers<'_>,
    pins: &Pins,
    problems: &mut Vec<Diagnostic>,
) -> Digests {
    let mut digests = Digests::new();
    if !configuration.builds_images() {
        return digests;
    }
    for Published { image, .. } in published(configuration) {
        digests.extend(pins.get(&pin(&image)).map(|digest| (image, digest)));
    }
    for Published { image, key, .. } in unpinned(configuration, pins) {
        // A destroy builds no images and therefore looks up no digests.
        let Some(answer) = answers.get::<ImageDigest>(&image) else { continue };
        if let Some(digest) = answer.digest {
            digests.insert(image, digest);
        } else {
            let cause = answer.problem.unwrap_or_default();
            let message = format!("failed to read the digest of `{image}`: {cause}");
            let help = format!("check that Docker can reach the registry, or set `{key}`");
            problems.push(Diagnostic::error("images.source", message).help(help));
        }
    }
    digests
}
