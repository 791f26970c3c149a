//! What can be asked: flags and commands, nothing else.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use ohinfra_core::{Address, Region};

/// Provisions everything that OpenHands needs on AWS.
#[derive(Debug, Parser)]
#[command(name = "ohinfra", version, max_term_width = 100, disable_help_subcommand = true)]
pub struct Arguments {
    /// The configuration file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "OHINFRA_CONFIG",
        default_value = "ohinfra.toml",
        hide_env = true
    )]
    pub config: PathBuf,
    /// Overrides a key of the configuration, for example `--set compute.instance_type=m7g.2xlarge`
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// The CDK project's names of configuration keys
    #[arg(long = "context", global = true, value_name = "KEY=VALUE", hide = true)]
    pub contexts: Vec<String>,
    /// Prints without colours (so does the environment variable `NO_COLOR`)
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Writes every event to a file, one JSON object a line
    #[arg(long, global = true, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Says more: look-ups, reads, whole documents
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Asks what must be known and writes the configuration
    Init(InitArguments),
    /// Checks the configuration and the graph, without AWS
    Validate,
    /// Makes the bucket of the state, or checks it
    Bootstrap,
    /// Shows what would change
    Plan(PlanArguments),
    /// Plans, asks, and does it
    Apply(ApplyArguments),
    /// Takes everything away, except what holds data
    Destroy(DestroyArguments),
    /// Shows what was changed in AWS since the last apply; exit code 2 if anything was
    Drift(DriftArguments),
    /// Prints the outputs of the last apply
    Output(OutputArguments),
    /// Prints the dependency graph
    Graph(GraphArguments),
    /// Writes everything that would be put into AWS into a folder, to look at
    Render(RenderArguments),
    /// Looks at the state and repairs it
    #[command(subcommand)]
    State(StateCommand),
    /// Invite, list, disable and remove the users of the deployment
    #[command(subcommand)]
    Users(UsersCommand),
    /// Takes an existing resource over
    Import(ImportArguments),
    /// Removes a lock that nobody holds any more
    Unlock(UnlockArguments),
    /// Prints the completions of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// `ohinfra init`
#[derive(Debug, Args)]
pub struct InitArguments {
    /// The main region
    #[arg(long, value_name = "REGION", default_value = "us-east-1", value_parser = Region::new)]
    pub region: Region,
    /// The VPC
    #[arg(long, value_name = "ID")]
    pub vpc_id: Option<String>,
    /// The hosted zone of the domain
    #[arg(long, value_name = "ID")]
    pub hosted_zone_id: Option<String>,
    /// The domain; that of the hosted zone if none is given
    #[arg(long, value_name = "DOMAIN")]
    pub domain_name: Option<String>,
    /// The part before the domain
    #[arg(long, value_name = "NAME", default_value = "openhands")]
    pub sub_domain: String,
    /// Asks nothing: takes the only one there is where no flag says which
    #[arg(long, short)]
    pub yes: bool,
}

/// Which resources a run may touch.
#[derive(Debug, Default, Args)]
pub struct SelectionArguments {
    /// Only this stack, and what it depends on; may be repeated
    #[arg(long = "stack", value_name = "STACK")]
    pub stacks: Vec<String>,
    /// Only this resource, and what it depends on; may be repeated
    #[arg(long = "target", value_name = "ADDRESS")]
    pub targets: Vec<Address>,
    /// Only what is named, not what it depends on
    #[arg(long)]
    pub exclusively: bool,
    /// At most so many calls at once, beside AWS's own limits
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub parallelism: Option<u16>,
}

/// `ohinfra render`
#[derive(Debug, Args)]
pub struct RenderArguments {
    /// The folder, which is empty or does not exist yet
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// What is wanted of a plan beyond the configuration.
#[derive(Debug, Args)]
pub struct WishArguments {
    /// Takes newer versions of what is pinned (the machine image, the database version)
    #[arg(long)]
    pub upgrade: bool,
    /// Replace this resource (repeatable)
    #[arg(long = "replace", value_name = "ADDRESS")]
    pub replace: Vec<Address>,
    /// Gives this secret a new value; may be repeated
    #[arg(long = "rotate", value_name = "ADDRESS")]
    pub rotate: Vec<Address>,
    /// Allow the plan to delete or replace this resource and its data (repeatable)
    #[arg(long = "accept", value_name = "data:ADDRESS", value_parser = accepted)]
    pub accept: Vec<Address>,
}

/// What `--accept` names.
fn accepted(text: &str) -> Result<Address, String> {
    let address = text.strip_prefix("data:").ok_or("expected `data:ADDRESS`, for example `data:database/cluster`")?;
    address.parse().map_err(|error: ohinfra_core::address::InvalidAddress| error.to_string())
}

/// `ohinfra plan`
#[derive(Debug, Args)]
pub struct PlanArguments {
    /// Which resources
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// Saves the plan for `ohinfra apply FILE`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Prints the plan as JSON
    #[arg(long)]
    pub json: bool,
    /// With `--json`: also what stays as it is
    #[arg(long, requires = "json")]
    pub all: bool,
    /// Exit code 2 if there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Plans to take everything away
    #[arg(long, conflicts_with = "refresh_only")]
    pub destroy: bool,
    /// Only shows what was changed in AWS
    #[arg(long)]
    pub refresh_only: bool,
    /// What is wanted beyond the configuration
    #[command(flatten)]
    pub wishes: WishArguments,
}

/// `ohinfra apply`
#[derive(Debug, Args)]
pub struct ApplyArguments {
    /// A saved plan: exactly this is done, or nothing
    #[arg(value_name = "PLANFILE", conflicts_with_all = ["stacks", "targets", "exclusively", "replace", "rotate", "upgrade"])]
    pub plan: Option<PathBuf>,
    /// Which resources
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// Does it without asking
    #[arg(long, short)]
    pub yes: bool,
    /// Prints events as JSON, one object a line
    #[arg(long)]
    pub json: bool,
    /// What is wanted beyond the configuration
    #[command(flatten)]
    pub wishes: WishArguments,
}

/// `ohinfra destroy`
#[derive(Debug, Args)]
pub struct DestroyArguments {
    /// Which resources
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// Also deletes what holds data, with the data
    #[arg(long)]
    pub purge: bool,
    /// Does it without asking
    #[arg(long, short)]
    pub yes: bool,
    /// Prints events as JSON, one object a line
    #[arg(long)]
    pub json: bool,
}

/// `ohinfra drift`
#[derive(Debug, Args)]
pub struct DriftArguments {
    /// Prints it as JSON
    #[arg(long)]
    pub json: bool,
}

/// `ohinfra output`
#[derive(Debug, Args)]
pub struct OutputArguments {
    /// One output: `NAME`, or `STACK.NAME` where several stacks have it
    pub name: Option<String>,
    /// Prints JSON
    #[arg(long, conflicts_with = "raw")]
    pub json: bool,
    /// Prints the bare value, for scripts
    #[arg(long, requires = "name")]
    pub raw: bool,
}

/// The form of a graph.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum GraphFormat {
    /// For Graphviz
    Dot,
    /// For Markdown
    Mermaid,
    /// For machines
    Json,
}

/// `ohinfra graph`
#[derive(Debug, Args)]
pub struct GraphArguments {
    /// The form
    #[arg(long, value_enum, default_value = "dot")]
    pub format: GraphFormat,
}

/// `ohinfra state`
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// Lists what the state knows
    List,
    /// Shows one resource
    Show {
        /// Its address
        address: Address,
    },
    /// Prints the state document
    Pull {
        /// An older version, as `state history` names it
        #[arg(long, value_name = "VERSION")]
        at: Option<String>,
    },
    /// Stores a state document
    Push {
        /// The document
        file: PathBuf,
        /// Stores it although what is stored is as new or newer
        #[arg(long)]
        force: bool,
    },
    /// Forgets a resource; it stays in AWS
    Rm {
        /// Its address
        address: Address,
    },
    /// Moves a resource to another address
    Mv {
        /// From
        from: Address,
        /// To
        to: Address,
    },
    /// Lists the versions that are kept
    History,
}

/// What stands below the help of commands that send mails.
const MAIL_LIMIT: &str = "\
A temporary password is valid for 7 days. Cognito's own mail service sends at most 50 mails a day per
AWS account; for more, let the user pool send through Amazon SES (docs/users.md).";

/// `ohinfra users`
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// Create accounts and mail their invitations
    #[command(after_help = MAIL_LIMIT)]
    Invite(InviteArguments),
    /// List the users with their status
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Stop users from logging in, keeping their accounts and data
    Disable {
        /// Email addresses
        #[arg(value_name = "EMAIL", required = true)]
        emails: Vec<String>,
    },
    /// Let disabled users log in again
    Enable {
        /// Email addresses
        #[arg(value_name = "EMAIL", required = true)]
        emails: Vec<String>,
    },
    /// Delete accounts; conversations and settings stay in the bucket and the database
    Remove {
        /// Email addresses
        #[arg(value_name = "EMAIL", required = true)]
        emails: Vec<String>,
        /// Skip the confirmation prompt
        #[arg(long, short)]
        yes: bool,
    },
    /// Invite everybody in a CSV file
    #[command(after_help = MAIL_LIMIT)]
    Import {
        /// The CSV file: a header line with a column `email`; other columns are ignored
        #[arg(value_name = "FILE.csv")]
        file: PathBuf,
        /// How invitations are sent
        #[command(flatten)]
        sending: SendingArguments,
    },
}

/// `ohinfra users invite`
#[derive(Debug, Args)]
pub struct InviteArguments {
    /// Email addresses
    #[arg(value_name = "EMAIL", required = true)]
    pub emails: Vec<String>,
    /// How invitations are sent
    #[command(flatten)]
    pub sending: SendingArguments,
}

/// How invitations are sent.
#[derive(Clone, Copy, Debug, Args)]
pub struct SendingArguments {
    /// Send the invitation again, with a new temporary password, to users who have not logged in yet
    #[arg(long)]
    pub resend: bool,
    /// Skip the confirmation prompt for more mails than Cognito's own mail service sends in a day
    #[arg(long, short)]
    pub yes: bool,
}

/// `ohinfra import`
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// The address that it gets
    pub address: Address,
    /// Its identity in AWS
    pub id: String,
}

/// `ohinfra unlock`
#[derive(Debug, Args)]
pub struct UnlockArguments {
    /// The lock's id, as the error about it says
    pub id: String,
    /// Removes it although its holder was seen a moment ago
    #[arg(long)]
    pub force: bool,
}
