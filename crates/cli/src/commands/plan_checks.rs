//! Checks of a plan that is saved or applied.

use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::{Address, Reference};
use ohinfra_plan::{Graph, Plan, Resource};

use crate::error::CommandError;
use crate::run::PlanOptions;

/// Fails with the errors of a plan that must not be applied.
pub(super) fn refuse_conflicts(plan: &Plan) -> Result<(), CommandError> {
    let errors: Vec<Diagnostic> = plan.diagnostics.iter().filter(|d| d.is_error()).cloned().collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.into()) }
}

/// Rejects `--replace` and `--rotate` with unsuitable addresses.
pub(super) fn check_options(options: &PlanOptions, graph: &Graph) -> Result<(), CommandError> {
    for (flag, addresses) in [("--replace", &options.replace), ("--rotate", &options.rotate)] {
        if let Some(address) = addresses.iter().find(|address| graph.get(address).is_none()) {
            return Err(CommandError::simple(
                format!("{flag}: no resource `{address}` in the configuration"),
                "run `ohinfra graph` to list the addresses",
            ));
        }
    }
    // A new value that no dependent reads would break every login that still uses the old one.
    let is_read = |address: &Address| {
        let is_version = |reference: &Reference| reference.resource == *address && reference.attribute == "version";
        graph.resources().any(|resource| {
            let inputs = serde_json::Value::Object(resource.inputs.clone());
            ohinfra_core::inputs::references(&inputs).iter().any(is_version)
        })
    };
    let Some(address) = options.rotate.iter().find(|address| !is_read(address)) else { return Ok(()) };
    let is_generated = |resource: &&Resource| {
        let is_copy = resource.inputs.get("content").is_some_and(|content| content["type"] == "user_pool_client");
        resource.kind == "secretsmanager.secret" && !is_copy
    };
    let secrets = graph.resources().filter(is_generated).filter(|resource| is_read(&resource.address));
    let secrets: Vec<String> = secrets.map(|resource| format!("`{}`", resource.address)).collect();
    let help = if secrets.is_empty() {
        "this deployment has no secrets that can be rotated".to_owned()
    } else {
        format!("secrets that can be rotated: {}", secrets.join(", "))
    };
    Err(CommandError::simple(format!("--rotate: `{address}` cannot be rotated"), help))
}
