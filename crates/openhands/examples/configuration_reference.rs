//! Prints documents generated from the table of configuration keys: `schema` or `keys`. `cargo xtask docs` writes them to files.

use ohinfra_openhands::configuration::reference;

#[expect(clippy::print_stdout, reason = "the program prints to stdout")]
fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("schema") => println!("{:#}", reference::json_schema()),
        _ => print!("{}", reference::markdown()),
    }
}
