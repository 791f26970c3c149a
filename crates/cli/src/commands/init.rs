//! `ohinfra init`: asks what must be known, offers what the account has, and writes a configuration to start from.

use futures::future::join;
use ohinfra_core::Region;
use ohinfra_core::contract::Provider;
use ohinfra_core::look_up::{LookUp, Request};
use ohinfra_kinds::ec2::Vpcs;
use ohinfra_kinds::route53::HostedZones;
use ohinfra_openhands::{Configuration, Sources};

use crate::Outcome;
use crate::args::{Arguments, InitArguments};
use crate::cloud::Cloud;
use crate::error::CommandError;
use crate::say::{errln, outln};
use crate::surroundings::Surroundings;

/// The configuration that is filled in.
const TEMPLATE: &str = include_str!("../../../../config/single-domain.toml");

/// Something to choose: an id, and what is shown of it.
type Choice = (String, String);

pub(super) async fn run(
    arguments: &Arguments,
    wanted: &InitArguments,
    surroundings: &Surroundings,
    cloud: &dyn Cloud,
) -> Result<Outcome, CommandError> {
    let path = &arguments.config;
    if path.exists() {
        let message = format!("{} is there already", path.display());
        return Err(CommandError::simple(message, "edit it, or name another file with `--config FILE`"));
    }
    let asks = surroundings.can_ask && !wanted.yes;
    let provider = cloud.connect(&wanted.region).await;
    let everywhere = Region::us_east_1();
    let (vpcs, zones) = join(
        offered::<Vpcs>(&provider, &wanted.region, &String::new(), |vpc| {
            (vpc.id.clone(), format!("{} {} {}", vpc.id, vpc.cidr, vpc.name))
        }),
        offered::<HostedZones>(&provider, &everywhere, &(), |zone| {
            (zone.id.clone(), format!("{} {}", zone.id, zone.name))
        }),
    )
    .await;
    let vpc_id = choose("VPC", "--vpc-id", wanted.vpc_id.as_ref(), &vpcs, asks)?;
    let zone_id = choose("hosted zone", "--hosted-zone-id", wanted.hosted_zone_id.as_ref(), &zones, asks)?;
    let of_zone = zones.iter().find(|(id, _)| *id == zone_id).and_then(|(_, shown)| shown.split(' ').nth(1));
    let domain = match (&wanted.domain_name, of_zone) {
        (Some(domain), _) => domain.clone(),
        (None, Some(of_zone)) if asks => {
            let answer = Surroundings::ask(&format!("Domain [{of_zone}]:"));
            if answer.is_empty() { of_zone.to_owned() } else { answer }
        }
        (None, Some(of_zone)) => of_zone.to_owned(),
        (None, None) if asks => Surroundings::ask("Domain:"),
        (None, None) => return Err(CommandError::simple("no domain is given", "`--domain-name example.com`")),
    };
    let text = filled_in(&[
        ("region", wanted.region.as_str()),
        ("vpc_id", &vpc_id),
        ("hosted_zone_id", &zone_id),
        ("domain_name", &domain),
        ("sub_domain", &wanted.sub_domain),
    ]);
    // What was typed is checked before it is written.
    let file = Some((path.display().to_string(), text.clone()));
    Configuration::load(&Sources { file, ..Sources::default() })?;
    ohinfra_state::local::replace_file(path, text.as_bytes())
        .map_err(|error| CommandError::file("write", path, &error))?;
    outln!("Wrote {}. Next: `ohinfra validate`, `ohinfra bootstrap`, `ohinfra plan`.", path.display());
    Ok(Outcome::Done)
}

/// What the account has. Without credentials there is nothing to offer, which is told and no error.
async fn offered<L>(
    provider: &Provider,
    region: &Region,
    question: &L::Question,
    choice: impl Fn(&<L::Answer as IntoIterator>::Item) -> Choice,
) -> Vec<Choice>
where
    L: LookUp,
    L::Answer: IntoIterator,
{
    match provider.ask(&Request::new::<L>(region, question)).await {
        Ok(answer) => {
            let answer: Option<L::Answer> = serde_json::from_value(answer).ok();
            answer.into_iter().flatten().map(|item| choice(&item)).collect()
        }
        Err(error) => {
            errln!("note: what the account has cannot be offered: {error}");
            Vec::new()
        }
    }
}

/// The flag, the only one there is, or the user's choice.
fn choose(
    what: &str,
    flag: &str,
    given: Option<&String>,
    offered: &[Choice],
    asks: bool,
) -> Result<String, CommandError> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    if !asks {
        if let [(id, _)] = offered {
            return Ok(id.clone());
        }
        let shown: Vec<&str> = offered.iter().map(|(_, shown)| shown.as_str()).collect();
        let message = format!("which {what}? there are {}", offered.len());
        let help = if shown.is_empty() { flag.to_owned() } else { format!("{flag}, one of: {}", shown.join("; ")) };
        return Err(CommandError::simple(message, help));
    }
    for (n, (_, shown)) in (1..).zip(offered) {
        errln!("  {n}  {shown}");
    }
    let answer = Surroundings::ask(&format!("{what} (a number of this list, or an id):"));
    let by_number = answer.parse::<usize>().ok().and_then(|n| offered.get(n.checked_sub(1)?));
    Ok(by_number.map_or(answer, |(id, _)| id.clone()))
}

/// The example with these values. Its comments stay.
fn filled_in(values: &[(&str, &str)]) -> String {
    let line = |line: &str| {
        let found = values.iter().find(|(key, _)| line.starts_with(&format!("{key} = ")));
        let Some((key, value)) = found else { return line.to_owned() };
        let quoted = serde_json::Value::from(*value);
        let comment = line.split_once(" # ").map(|(_, comment)| format!("  # {comment}")).unwrap_or_default();
        format!("{key} = {quoted}{comment}")
    };
    let lines: Vec<String> = TEMPLATE.lines().filter(|line| !line.starts_with("#:schema")).map(line).collect();
    let text = lines.join("\n").replace(
        "# One domain: copy to ohinfra.toml and fill it in. docs/configuration.md describes every key.",
        "# Made by `ohinfra init`. docs/configuration.md describes every key.",
    );
    let mail = "[monitoring]\nalarm_emails = [\"ops@example.com\"]";
    text.replace(mail, "# [monitoring]\n# alarm_emails = [\"ops@example.com\"]").trim_start().to_owned() + "\n"
}
