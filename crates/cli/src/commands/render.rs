//! `ohinfra render`: writes the rendered code, scripts and templates to a directory, without AWS and without secrets.

use ohinfra_openhands::payload::inspection;
use ohinfra_state::local::replace_file;

use crate::Outcome;
use crate::args::RenderArguments;
use crate::error::CommandError;
use crate::print::outln;
use crate::run::Run;

pub(super) fn run(run: &Run<'_>, arguments: &RenderArguments) -> Result<Outcome, CommandError> {
    let folder = &arguments.folder;
    let is_used = match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(CommandError::file("write to", folder, &error)),
    };
    if is_used {
        let message = format!("{} is not empty", folder.display());
        return Err(CommandError::simple(message, "name a directory that is empty or does not exist"));
    }
    let files = inspection::files(&run.configuration)
        .map_err(|error| CommandError::simple(error.to_string(), "this configuration cannot be deployed"))?;
    for (name, bytes) in &files {
        let path = folder.join(name);
        replace_file(&path, bytes).map_err(|error| CommandError::file("write", &path, &error))?;
        outln!("{name}  {} bytes", bytes.len());
    }
    outln!(
        "Wrote {} files to {}. Values in <angle brackets> are secrets or known only after apply.",
        files.len(),
        folder.display()
    );
    Ok(Outcome::Done)
}
