//! `ohinfra output`: prints the outputs of the last apply.

use crate::Outcome;
use crate::args::OutputArguments;
use crate::error::CommandError;
use crate::print::{out, outln};
use crate::run::Run;
use crate::view::outputs::{raw, table};

pub(super) async fn run(run: &Run<'_>, arguments: &OutputArguments) -> Result<Outcome, CommandError> {
    let connected = run.connect(false, None).await?;
    let outputs = connected.document().await?.outputs;
    let Some(name) = &arguments.name else {
        if arguments.json {
            outln!("{}", serde_json::to_string_pretty(&outputs).unwrap_or_default());
        } else {
            out!("{}", table(&outputs));
        }
        return Ok(Outcome::Done);
    };
    let found: Vec<_> = outputs
        .iter()
        .flat_map(|(stack, values)| values.iter().map(move |(own, value)| (format!("{stack}.{own}"), own, value)))
        .filter(|(full, own, _)| full == name || *own == name)
        .collect();
    match found.as_slice() {
        [(_, _, value)] => {
            let text = if arguments.json { value.to_string() } else { raw(value) };
            outln!("{text}");
            Ok(Outcome::Done)
        }
        [] => {
            Err(CommandError::simple(format!("output `{name}` not found"), "run `ohinfra output` to list the outputs"))
        }
        several => {
            let names: Vec<&str> = several.iter().map(|(full, _, _)| full.as_str()).collect();
            Err(CommandError::simple(
                format!("the output name `{name}` is ambiguous"),
                format!("use one of: {}", names.join(", ")),
            ))
        }
    }
}
