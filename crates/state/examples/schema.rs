//! Prints the JSON Schema of the state document; `cargo xtask docs` writes it to `state/`.

#[expect(clippy::print_stdout, reason = "the output of this program")]
fn main() {
    let schema = schemars::schema_for!(ohinfra_state::StateDocument);
    println!("{}", serde_json::to_string_pretty(&schema).unwrap_or_default());
}
