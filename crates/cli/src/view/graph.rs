//! The dependency graph as Graphviz, Mermaid and JSON.

use std::fmt::Write as _;

use ohinfra_plan::Graph;
use ohinfra_plan::graph::Need;
use serde_json::{Value, json};

/// Renders Graphviz: one cluster per stack, arrows from dependencies to dependents; dashed if the identity is sufficient.
pub(crate) fn dot(graph: &Graph) -> String {
    let mut text = String::from("digraph ohinfra {\n  rankdir = LR;\n  node [shape = box];\n");
    for stack in graph.stacks() {
        let _ = writeln!(text, "  subgraph \"cluster_{stack}\" {{\n    label = \"{stack}\";");
        for resource in graph.resources().filter(|resource| resource.address.stack() == stack) {
            let _ = writeln!(
                text,
                "    \"{}\" [label = \"{}\\n{}\"];",
                resource.address,
                resource.address.name(),
                resource.kind
            );
        }
        text.push_str("  }\n");
    }
    for (from, to, need) in edges(graph) {
        let style = if need == Need::Early { " [style = dashed]" } else { "" };
        let _ = writeln!(text, "  \"{from}\" -> \"{to}\"{style};");
    }
    text.push_str("}\n");
    text
}

/// Renders Mermaid, for Markdown.
pub(crate) fn mermaid(graph: &Graph) -> String {
    let name = |address: &str| address.replace(['/', '-'], "_");
    let mut text = String::from("graph LR\n");
    for stack in graph.stacks() {
        let _ = writeln!(text, "  subgraph {}", name(stack));
        for resource in graph.resources().filter(|resource| resource.address.stack() == stack) {
            let address = resource.address.to_string();
            let _ = writeln!(text, "    {}[\"{}\"]", name(&address), resource.address.name());
        }
        text.push_str("  end\n");
    }
    for (from, to, need) in edges(graph) {
        let arrow = if need == Need::Early { "-.->" } else { "-->" };
        let _ = writeln!(text, "  {} {arrow} {}", name(&from), name(&to));
    }
    text
}

/// Returns the graph as JSON.
pub(crate) fn json(graph: &Graph) -> Value {
    let resource = |resource: &ohinfra_plan::Resource| {
        let needs: Vec<Value> = resource
            .needs
            .iter()
            .map(|(address, need)| json!({ "address": address, "early": *need == Need::Early }))
            .collect();
        json!({
            "address": resource.address,
            "kind": resource.kind,
            "region": resource.region,
            "retain": resource.retain,
            "depends_on": needs,
        })
    };
    json!({ "format_version": 1, "resources": graph.resources().map(resource).collect::<Vec<_>>() })
}

fn edges(graph: &Graph) -> Vec<(String, String, Need)> {
    graph
        .resources()
        .flat_map(|resource| {
            resource.needs.iter().map(|(need, how)| (need.to_string(), resource.address.to_string(), *how))
        })
        .collect()
}
