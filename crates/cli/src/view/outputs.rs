//! The outputs, by stack.

use comfy_table::{Table, presets};
use ohinfra_plan::graph::Outputs;
use serde_json::Value;

/// Returns a value for scripts: strings without quotes.
pub(crate) fn raw(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Renders all outputs as a table.
pub(crate) fn table(outputs: &Outputs) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for (stack, values) in outputs {
        for (name, value) in values {
            table.add_row([format!("{stack}.{name}"), raw(value)]);
        }
    }
    let lines = table.to_string();
    lines.lines().map(|line| format!("{}\n", line.trim())).collect()
}
