//! Fills one piece of the payload in with values of a test: its name as the argument, the values as JSON on standard input.

#![expect(clippy::print_stdout, reason = "it is a program of the tests")]

use std::error::Error;

use ohinfra_openhands::payload::routing::Routing;

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1).unwrap_or_default();
    let values = std::io::read_to_string(std::io::stdin())?;
    let text = match name.as_str() {
        "routing" => serde_json::from_str::<Routing>(&values)?.configuration()?,
        _ => return Err(format!("there is no piece `{name}`").into()),
    };
    print!("{text}");
    Ok(())
}
