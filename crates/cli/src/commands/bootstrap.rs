//! `ohinfra bootstrap`: creates or configures the S3 bucket of the state.

use crate::Outcome;
use crate::error::CommandError;
use crate::print::outln;
use crate::run::Run;

pub(super) async fn run(run: &Run<'_>) -> Result<Outcome, CommandError> {
    let Some(url) = &run.configuration.state.url else {
        outln!("The state is stored in the file state/{}.json; nothing to create.", run.configuration.name);
        outln!(
            "To share it with a team, set `url = \"s3://ohinfra-state-<account>-<region>/openhands.json\"` in [state]."
        );
        return Ok(Outcome::Done);
    };
    let region = &run.configuration.region;
    let provider = run.cloud.connect(region).await;
    let (bucket, key) = run.state_place(&provider, url).await?;
    let done = run.cloud.bootstrap(region, &bucket, &key).await;
    let done = done.map_err(|error| CommandError::Provider { what: format!("the bucket {bucket}"), error })?;
    if done.is_empty() {
        outln!("Bucket {bucket} is already configured.");
    }
    for line in done {
        outln!("{line}");
    }
    Ok(Outcome::Done)
}
