//! `ohinfra init`: prompts for the required values, offering those found in the account, and writes a configuration file.

use futures::future::join;
use ohinfra_core::Provider;
use ohinfra_core::Region;
use ohinfra_core::lookup::{Lookup, Request};
use ohinfra_kinds::ec2::Vpcs;
use ohinfra_kinds::route53::HostedZones;
use ohinfra_openhands::{Configuration, Sources};

use crate::Outcome;
use crate::args::{Arguments, InitArguments};
use crate::cloud::Cloud;
use crate::error::CommandError;
use crate::print::{errln, outln};
use crate::process::ProcessContext;

/// The configuration template.
const TEMPLATE: &str = include_str!("../../../../config/single-domain.toml");

/// The first line of a written configuration file.
const HEADER: &str = "# Written by `ohinfra init`. docs/configuration-keys.md describes all keys.";

/// A choice: its ID and its description.
type Choice = (String, String);

pub(super) async fn run(
    arguments: &Arguments,
    wanted: &InitArguments,
    process: &ProcessContext,
    cloud: &dyn Cloud,
) -> Result<Outcome, CommandError> {
    let path = &arguments.config;
    if path.exists() {
        let message = format!("{} already exists", path.display());
        return Err(CommandError::simple(message, "edit it, or name another file with `--config FILE`"));
    }
    let interactive = process.can_ask && !wanted.yes;
    let provider = cloud.connect(&wanted.region).await;
    let global = Region::us_east_1();
    let (vpcs, zones) = join(
        offered::<Vpcs>(&provider, &wanted.region, &String::new(), |vpc| {
            (vpc.id.clone(), format!("{} {} {}", vpc.id, vpc.cidr, vpc.name))
        }),
        offered::<HostedZones>(&provider, &global, &(), |zone| (zone.id.clone(), format!("{} {}", zone.id, zone.name))),
    )
    .await;
    let vpc_id = choose("VPC", "--vpc-id", wanted.vpc_id.as_ref(), &vpcs, interactive)?;
    let zone_id = choose("hosted zone", "--hosted-zone-id", wanted.hosted_zone_id.as_ref(), &zones, interactive)?;
    let zone_domain = zones.iter().find(|(id, _)| *id == zone_id).and_then(|(_, shown)| shown.split(' ').nth(1));
    let domain = match (&wanted.domain_name, zone_domain) {
        (Some(domain), _) => domain.clone(),
        (None, Some(zone_domain)) if interactive => {
            let answer = ProcessContext::ask(&format!("Domain [{zone_domain}]:"));
            if answer.is_empty() { zone_domain.to_owned() } else { answer }
        }
        (None, Some(zone_domain)) => zone_domain.to_owned(),
        (None, None) if interactive => ProcessContext::ask("Domain:"),
        (None, None) => return Err(CommandError::simple("no domain given", "add `--domain-name example.com`")),
    };
    let text = fill_template(&[
        ("region", wanted.region.as_str()),
        ("vpc_id", &vpc_id),
        ("hosted_zone_id", &zone_id),
        ("domain_name", &domain),
        ("sub_domain", &wanted.sub_domain),
    ]);
    // Validate the input before writing it.
    let file = Some((path.display().to_string(), text.clone()));
    Configuration::load(&Sources { file, ..Sources::default() })?;
    ohinfra_state::local::replace_file(path, text.as_bytes())
        .map_err(|error| CommandError::file("write", path, &error))?;
    outln!("Wrote {}. Next: `ohinfra validate`, `ohinfra bootstrap`, `ohinfra plan`.", path.display());
    Ok(Outcome::Done)
}

/// Returns the choices found in the account. A failed lookup, for example without credentials, is a note, not an error.
async fn offered<L>(
    provider: &Provider,
    region: &Region,
    question: &L::Question,
    choice: impl Fn(&<L::Answer as IntoIterator>::Item) -> Choice,
) -> Vec<Choice>
where
    L: Lookup,
    L::Answer: IntoIterator,
{
    match provider.ask(&Request::new::<L>(region, question)).await {
        Ok(answer) => {
            let answer: Option<L::Answer> = serde_json::from_value(answer).ok();
            answer.into_iter().flatten().map(|item| choice(&item)).collect()
        }
        Err(error) => {
            errln!("note: failed to list the choices: {error}");
            Vec::new()
        }
    }
}

/// Returns the value of the flag, the user's selection or, without prompts, the only choice.
fn choose(
    what: &str,
    flag: &str,
    given: Option<&String>,
    offered: &[Choice],
    interactive: bool,
) -> Result<String, CommandError> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    if !interactive {
        if let [(id, _)] = offered {
            return Ok(id.clone());
        }
        let shown: Vec<&str> = offered.iter().map(|(_, shown)| shown.as_str()).collect();
        let (message, help) = if shown.is_empty() {
            (format!("no {what} found"), format!("add `{flag} ID`"))
        } else {
            (format!("{} {what}s found", offered.len()), format!("add `{flag}` with one of: {}", shown.join("; ")))
        };
        return Err(CommandError::simple(message, help));
    }
    for (n, (_, shown)) in (1..).zip(offered) {
        errln!("  {n}  {shown}");
    }
    let answer = ProcessContext::ask(&format!("{what} (number or ID):"));
    let by_number = answer.parse::<usize>().ok().and_then(|n| offered.get(n.checked_sub(1)?));
    Ok(by_number.map_or(answer, |(id, _)| id.clone()))
}

/// Fills values into the template, keeping its comments.
fn fill_template(values: &[(&str, &str)]) -> String {
    let line = |line: &str| {
        let found = values.iter().find(|(key, _)| line.starts_with(&format!("{key} = ")));
        let Some((key, value)) = found else { return line.to_owned() };
        let quoted = serde_json::Value::from(*value);
        let comment = line.split_once(" # ").map(|(_, comment)| format!("  # {comment}")).unwrap_or_default();
        format!("{key} = {quoted}{comment}")
    };
    // The comments at the top are about copying the template.
    let lines: Vec<String> = TEMPLATE.lines().skip_while(|line| line.starts_with('#')).map(line).collect();
    let emails = "[monitoring]\nalarm_emails = [\"ops@example.com\"]";
    let text = lines.join("\n").replace(emails, "# [monitoring]\n# alarm_emails = [\"ops@example.com\"]");
    format!("{HEADER}\n{text}\n")
}
