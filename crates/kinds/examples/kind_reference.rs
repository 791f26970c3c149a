//! Prints the reference of kinds. `cargo xtask docs` writes it.

use ohinfra_core::schema::{
    Availability, CASELESS, DEFAULTED, DOCUMENT, FLOOR, NOMINAL, OVERLAP, RECORDED, REPLACE, REPLACE_IF_DISJOINT,
    Replacement, SENSITIVE, SHARED, UNORDERED, WRITE_ONLY,
};

#[expect(clippy::print_stdout, reason = "printing is all that it does")]
fn main() {
    println!(
        "# Kinds\n\nMade by `cargo xtask docs` of the schemas in `crates/kinds`; what an input means stands beside it there."
    );
    for schema in ohinfra_kinds::schemas() {
        println!("\n## {}\n\n{}.", schema.kind, schema.summary);
        let order = match schema.replacement {
            Replacement::CreateFirst => "the new one is made before the old one is deleted",
            Replacement::DeleteFirst => "the old one is deleted before the new one is made",
        };
        println!("When it is replaced, {order}.\n\n| input | |\n| --- | --- |");
        for (name, behaviour) in schema.inputs() {
            let notes = [
                (REPLACE, "a change replaces it"),
                (NOMINAL, "kept when it is imported"),
                (UNORDERED, "order means nothing"),
                (SHARED, "entries of others are left unmanaged"),
                (SENSITIVE, "a secret"),
                (DEFAULTED, "AWS fills it in"),
                (DOCUMENT, "a JSON document, compared by meaning"),
                (WRITE_ONLY, "never read back"),
                (CASELESS, "case means nothing"),
                (FLOOR, "a higher version is no difference"),
                (RECORDED, "never configured; what AWS reports is recorded as a digest, and another value is drift"),
                (REPLACE_IF_DISJOINT, "a change that keeps no entry replaces it"),
                (OVERLAP, "old entries stay until what used them has been deleted"),
            ];
            let notes: Vec<&str> = notes.iter().filter(|(b, _)| behaviour.has(*b)).map(|(_, note)| *note).collect();
            println!("| `{name}` | {} |", notes.join("; "));
        }
        if schema.taggable {
            println!("| `tags` | the deployment's tags |");
        }
        println!("\n| attribute | known |\n| --- | --- |");
        for (name, availability) in schema.attributes() {
            let when = match availability {
                Availability::Early => "as soon as it is created",
                Availability::Ready => "when it is ready",
                Availability::ChangesOnUpdate => "when it is ready; an update may change it",
            };
            println!("| `{name}` | {when} |");
        }
    }
}
