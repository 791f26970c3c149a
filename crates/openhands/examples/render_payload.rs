//! Fills one piece of the payload in with values of a test: its name as the argument, the values as JSON on standard input. A
//! zip is written to the folder that is the second argument.

#![expect(clippy::print_stdout, reason = "it is a program of the tests")]

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;

use ohinfra_openhands::payload::boot::Boot;
use ohinfra_openhands::payload::database::{Bootstrap, script, verifier};
use ohinfra_openhands::payload::edge::ViewerRequest;
use ohinfra_openhands::payload::routing::Routing;

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1).unwrap_or_default();
    let values = std::io::read_to_string(std::io::stdin())?;
    let folder = std::env::args().nth(2).map(PathBuf::from).unwrap_or_default();
    let text = match name.as_str() {
        "boot" => {
            let boot = serde_json::from_str::<Boot>(&values)?;
            let bundle = boot.bundle()?;
            std::fs::File::create(folder.join("bundle.zip"))?.write_all(&bundle)?;
            boot.user_data(&bundle)?
        }
        "viewer-request" => {
            let zip = serde_json::from_str::<ViewerRequest>(&values)?.zip()?;
            std::fs::File::create(folder.join("viewer-request.zip"))?.write_all(&zip)?;
            String::new()
        }
        "routing" => serde_json::from_str::<Routing>(&values)?.configuration()?,
        "database" => {
            let password: serde_json::Value = serde_json::from_str(&values)?;
            script(&Bootstrap::default().transactions(&verifier(password["password"].as_str().unwrap_or_default()))?)
        }
        _ => return Err(format!("there is no piece `{name}`").into()),
    };
    print!("{text}");
    Ok(())
}
