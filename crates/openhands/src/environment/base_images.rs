//! The digests of the published images that images are built of: a tag can be moved, a digest cannot.

use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::look_up::Request;
use ohinfra_kinds::ecr::ImageDigest;

use super::{Answers, Pins};
use crate::Configuration;
use crate::payload::images::{Digests, published};

/// The name under which the state keeps an image's digest.
pub(super) fn pin(image: &str) -> String {
    format!("image {image}")
}

/// The images whose digest neither the configuration nor the state names, each with the key that could set it.
fn unpinned(configuration: &Configuration, pins: &Pins) -> Vec<(String, &'static str)> {
    let is_set = |key: &str| configuration.value(key).as_str().is_some_and(|digest| !digest.is_empty());
    let all = if configuration.builds_images() { published(configuration).to_vec() } else { Vec::new() };
    all.into_iter().filter(|(image, key)| !is_set(key) && pins.get(&pin(image)).is_none()).collect()
}

/// What has to be asked of registries: nothing once the state has the digests, unless `--upgrade` asks for newer ones.
pub(super) fn questions(configuration: &Configuration, pins: &Pins) -> Vec<Request> {
    let request = |(image, _): (String, _)| Request::new::<ImageDigest>(&configuration.region, &image);
    unpinned(configuration, pins).into_iter().map(request).collect()
}

/// The digest of each image that the configuration does not pin itself.
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
    for (image, _) in published(configuration) {
        digests.extend(pins.get(&pin(&image)).map(|digest| (image, digest)));
    }
    for (image, key) in unpinned(configuration, pins) {
        // No answer: nobody asked, because nothing is built when everything is deleted.
        let Some(answer) = answers.get::<ImageDigest>(&image) else { continue };
        if let Some(digest) = answer.digest {
            digests.insert(image, digest);
        } else {
            let why = answer.problem.unwrap_or_default();
            let message = format!("cannot read the digest of `{image}`: {why}");
            let help = format!("check that docker can reach the registry, or set `{key}`");
            problems.push(Diagnostic::error("images.source", message).help(help));
        }
    }
    digests
}
