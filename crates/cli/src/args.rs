//! Command-line arguments: flags and commands, nothing else.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use ohinfra_core::{Address, Region};

/// The help heading of the global options.
const GLOBAL: &str = "Global options";

/// Provision OpenHands on AWS
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
        hide_env = true,
        help_heading = GLOBAL
    )]
    pub config: PathBuf,
    /// Override a configuration key, for example `--set compute.instance_type=m7g.2xlarge` (repeatable)
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", help_heading = GLOBAL)]
    pub sets: Vec<String>,
    /// Configuration keys under their names in the CDK project
    #[arg(long = "context", global = true, value_name = "KEY=VALUE", hide = true)]
    pub contexts: Vec<String>,
    /// Disable colored output (also: the environment variable `NO_COLOR`)
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub no_color: bool,
    /// Write every event to a file as JSON Lines
    #[arg(long, global = true, value_name = "FILE", help_heading = GLOBAL)]
    pub log: Option<PathBuf>,
    /// Verbose output: lookups, reads, full documents
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    pub verbose: bool,
    /// The command
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a configuration file interactively
    Init(InitArguments),
    /// Validate the configuration without contacting AWS
    Validate,
    /// Create (or check) the S3 bucket that stores the state
    Bootstrap,
    /// Show the changes that apply would make
    Plan(PlanArguments),
    /// Create or update the deployment
    Apply(ApplyArguments),
    /// Delete the deployment, keeping resources that hold data
    Destroy(DestroyArguments),
    /// Show changes made outside ohinfra since the last apply (exit code 2 if any)
    Drift(DriftArguments),
    /// Print the outputs of the last apply
    Output(OutputArguments),
    /// Print the dependency graph
    Graph(GraphArguments),
    /// Write the rendered Lambda code, boot scripts, SQL and templates to a directory
    Render(RenderArguments),
    /// Inspect and modify the state
    #[command(subcommand)]
    State(StateCommand),
    /// Invite, list, disable and remove the users of the deployment
    #[command(subcommand)]
    Users(UsersCommand),
    /// Bring an existing resource under management
    Import(ImportArguments),
    /// Release a stale state lock
    Unlock(UnlockArguments),
    /// Generate shell completions
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
    /// The ID of the VPC
    #[arg(long, value_name = "ID")]
    pub vpc_id: Option<String>,
    /// The ID of the domain's hosted zone
    #[arg(long, value_name = "ID")]
    pub hosted_zone_id: Option<String>,
    /// The domain [default: the hosted zone's domain]
    #[arg(long, value_name = "DOMAIN")]
    pub domain_name: Option<String>,
    /// Subdomain under the domain
    #[arg(long, value_name = "NAME", default_value = "openhands")]
    pub sub_domain: String,
    /// Do not prompt; use the only VPC and hosted zone found unless a flag selects one
    #[arg(long, short)]
    pub yes: bool,
}

/// The resources to which a plan or an apply is limited.
#[derive(Debug, Default, Args)]
pub struct SelectionArguments {
    /// Limit to this stack and its dependencies (repeatable)
    #[arg(long = "stack", value_name = "STACK")]
    pub stacks: Vec<String>,
    /// Limit to this resource and its dependencies (repeatable)
    #[arg(long = "target", value_name = "ADDRESS")]
    pub targets: Vec<Address>,
    /// Limit to the named stacks and resources, without their dependencies
    #[arg(long)]
    pub exclusively: bool,
    /// Maximum number of concurrent AWS calls
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub parallelism: Option<u16>,
}

/// The resources to which a destroy is limited: as [`SelectionArguments`], with dependents instead of dependencies.
#[derive(Debug, Default, Args)]
pub struct DestroySelectionArguments {
    /// Limit to this stack and everything that depends on it (repeatable)
    #[arg(long = "stack", value_name = "STACK")]
    pub stacks: Vec<String>,
    /// Limit to this resource and everything that depends on it (repeatable)
    #[arg(long = "target", value_name = "ADDRESS")]
    pub targets: Vec<Address>,
    /// Limit to the named stacks and resources, without their dependents
    #[arg(long)]
    pub exclusively: bool,
    /// Maximum number of concurrent AWS calls
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub parallelism: Option<u16>,
}

/// `ohinfra render`
#[derive(Debug, Args)]
pub struct RenderArguments {
    /// The output directory; must be empty or not exist
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Changes to plan in addition to those of the configuration.
#[derive(Debug, Args)]
pub struct PlanOptionArguments {
    /// Update pinned versions (machine image, database engine, container images)
    #[arg(long)]
    pub upgrade: bool,
    /// Replace this resource (repeatable)
    #[arg(long = "replace", value_name = "ADDRESS")]
    pub replace: Vec<Address>,
    /// Rotate this secret (repeatable)
    #[arg(long = "rotate", value_name = "ADDRESS")]
    pub rotate: Vec<Address>,
    /// Allow the plan to delete or replace this resource and its data (repeatable)
    #[arg(long = "accept", value_name = "data:ADDRESS", value_parser = accepted)]
    pub accept: Vec<Address>,
}

/// Parses the value of `--accept`.
fn accepted(text: &str) -> Result<Address, String> {
    let address = text.strip_prefix("data:").ok_or("expected `data:ADDRESS`, for example `data:database/cluster`")?;
    address.parse().map_err(|error: ohinfra_core::address::InvalidAddress| error.to_string())
}

/// `ohinfra plan`
#[derive(Debug, Args)]
pub struct PlanArguments {
    /// The selected resources
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// Save the plan to a file for `ohinfra apply FILE`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Print the plan as JSON
    #[arg(long)]
    pub json: bool,
    /// With --json, include unchanged resources
    #[arg(long, requires = "json")]
    pub all: bool,
    /// Exit with code 2 if there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Plan a destroy; `--stack` and `--target` then include dependents instead of dependencies
    #[arg(long, conflicts_with = "refresh_only")]
    pub destroy: bool,
    /// Show drift only; plan no changes
    #[arg(long)]
    pub refresh_only: bool,
    /// Changes to plan in addition to those of the configuration
    #[command(flatten)]
    pub options: PlanOptionArguments,
}

/// `ohinfra apply`
#[derive(Debug, Args)]
pub struct ApplyArguments {
    /// A saved plan; applied exactly as saved, or refused if stale
    #[arg(value_name = "PLANFILE", conflicts_with_all = ["stacks", "targets", "exclusively", "replace", "rotate", "upgrade"])]
    pub plan: Option<PathBuf>,
    /// The selected resources
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// Skip the confirmation prompt
    #[arg(long, short)]
    pub yes: bool,
    /// Print events as JSON Lines
    #[arg(long)]
    pub json: bool,
    /// Changes to plan in addition to those of the configuration
    #[command(flatten)]
    pub options: PlanOptionArguments,
}

/// `ohinfra destroy`
#[derive(Debug, Args)]
pub struct DestroyArguments {
    /// The selected resources
    #[command(flatten)]
    pub selection: DestroySelectionArguments,
    /// Also delete retained resources and their data
    #[arg(long)]
    pub purge: bool,
    /// Skip the confirmation prompt
    #[arg(long, short)]
    pub yes: bool,
    /// Print events as JSON Lines
    #[arg(long)]
    pub json: bool,
}

/// `ohinfra drift`
#[derive(Debug, Args)]
pub struct DriftArguments {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `ohinfra output`
#[derive(Debug, Args)]
pub struct OutputArguments {
    /// The output: `NAME`, or `STACK.NAME` if `NAME` is ambiguous
    pub name: Option<String>,
    /// Print JSON
    #[arg(long, conflicts_with = "raw")]
    pub json: bool,
    /// Print the value without quotes, for scripts
    #[arg(long, requires = "name")]
    pub raw: bool,
}

/// The output format of `ohinfra graph`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum GraphFormat {
    /// Graphviz
    Dot,
    /// Mermaid, for Markdown
    Mermaid,
    /// JSON
    Json,
}

/// `ohinfra graph`
#[derive(Debug, Args)]
pub struct GraphArguments {
    /// Output format
    #[arg(long, value_enum, default_value = "dot")]
    pub format: GraphFormat,
}

/// `ohinfra state`
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// List the resources in the state
    List,
    /// Show one resource
    Show {
        /// The resource's address
        address: Address,
    },
    /// Print the state document
    Pull {
        /// An older version, as listed by `state history`
        #[arg(long, value_name = "VERSION")]
        at: Option<String>,
    },
    /// Write a state document
    Push {
        /// The document
        file: PathBuf,
        /// Overwrite even if the stored state is as new or newer
        #[arg(long)]
        force: bool,
    },
    /// Remove a resource from the state, leaving it in AWS
    Rm {
        /// The resource's address
        address: Address,
    },
    /// Change a resource's address
    Mv {
        /// The current address
        from: Address,
        /// The new address
        to: Address,
    },
    /// List the stored versions of the state
    History,
}

/// The note below the help of the commands that send emails.
const MAIL_LIMIT: &str = "\
A temporary password is valid for 7 days. The built-in email service of Cognito sends at most 50
emails per day and AWS account. To send more, set the email provider of the user pool to Amazon SES
in the Cognito console (Authentication methods, Email). `ohinfra apply` preserves this setting.";

/// `ohinfra users`
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// Create accounts and send invitations by email
    #[command(after_help = MAIL_LIMIT)]
    Invite(InviteArguments),
    /// List the users with their status
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Prevent users from logging in, keeping their accounts and data
    Disable {
        /// Email addresses
        #[arg(value_name = "EMAIL", required = true)]
        emails: Vec<String>,
    },
    /// Allow disabled users to log in again
    Enable {
        /// Email addresses
        #[arg(value_name = "EMAIL", required = true)]
        emails: Vec<String>,
    },
    /// Delete accounts; conversations and settings remain in the data bucket and the database
    Remove {
        /// Email addresses
        #[arg(value_name = "EMAIL", required = true)]
        emails: Vec<String>,
        /// Skip the confirmation prompt
        #[arg(long, short)]
        yes: bool,
    },
    /// Invite the users listed in a CSV file
    #[command(after_help = MAIL_LIMIT)]
    Import {
        /// The CSV file: a header line with a column `email`; other columns are ignored
        #[arg(value_name = "FILE.csv")]
        file: PathBuf,
        /// Options for sending invitations
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
    /// Options for sending invitations
    #[command(flatten)]
    pub sending: SendingArguments,
}

/// Options for sending invitations.
#[derive(Clone, Copy, Debug, Args)]
pub struct SendingArguments {
    /// Resend the invitation, with a new temporary password, to users who have not logged in yet
    #[arg(long)]
    pub resend: bool,
    /// Skip the confirmation prompt for exceeding the daily email limit of Cognito
    #[arg(long, short)]
    pub yes: bool,
}

/// `ohinfra import`
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// The resource's address in the configuration
    pub address: Address,
    /// The resource's ID in AWS
    pub id: String,
}

/// `ohinfra unlock`
#[derive(Debug, Args)]
pub struct UnlockArguments {
    /// The ID of the lock, as shown in the error message
    pub id: String,
    /// Release the lock even if its holder was active recently
    #[arg(long)]
    pub force: bool,
}
