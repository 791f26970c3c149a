//! Prints what is made of the table of configuration keys: `schema` or `keys`. `cargo xtask docs` writes it.

use ohinfra_openhands::configuration::keys;

#[expect(clippy::print_stdout, reason = "printing is all that it does")]
fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("schema") => println!("{:#}", keys::json_schema()),
        _ => print!("{}", keys::markdown()),
    }
}
