//! What can be asked of the command.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::deadline;
use crate::failure::FAILED;

/// Finds, checks, loads and runs planner plugins.
#[derive(Debug, Parser)]
#[command(name = "registry", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 answered, 1 refused or failed, 2 wrong usage or configuration."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args, Debug, Default)]
pub(crate) struct Global {
    /// Look for plugins in FOLDER, in place of all configured folders; may be given several times
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) plugin_dir: Vec<PathBuf>,
    /// Read FILE in place of the system's and the user's configuration file
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Ask a running host instead of looking here: its process id, or the path of its socket
    #[arg(
        long,
        global = true,
        value_name = "PID|SOCKET",
        conflicts_with = "plugin_dir"
    )]
    pub(crate) attach: Option<String>,
    /// Answer with one JSON document, errors included
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Write logs in this format
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl LogFormat {
    /// The word that the setting takes.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show every allowed planner and where it stands, without loading any
    List,
    /// Show what a plugin file says of itself, without running it
    Inspect(Inspect),
    /// Show everything known of one planner, without loading it
    Describe(Describe),
    /// Show why a planner or a file is used or not, gate by gate, without loading it
    Explain(Explain),
    /// Rank the planners for an objective and say why, without loading any
    Select(Select),
    /// Ask a planner for a plan
    Plan(Plan),
    /// Show what is loaded, what is not and why, and what to do next
    Diagnose(Diagnose),
    /// Tell in one line whether enough planners can be used
    Health(Health),
    /// Write the lock: which bytes may be which planner; or tell in what it differs from what is found
    Lock(Lock),
    /// Show what this machine can enforce on planners in processes of their own
    Doctor,
    /// Check a plugin's bytes by every trust gate, without loading them
    Verify(Verify),
    /// Sign a plugin: write FILE.minisig beside it
    Sign(Sign),
    /// Make a pair of keys for signing plugins
    Keygen(Keygen),
    /// Hold a planner back, or lift the hold, for this user's later processes
    Quarantine(Quarantine),
    /// Reset what keeps planners from being called after failures
    #[command(subcommand)]
    Breaker(Breaker),
    /// Try to bring planners back if none is active
    Heal,
    /// Read the plugin folders anew and say what changed
    Reload,
    /// Show what changed lately
    Events(Events),
    /// Answer over HTTP and at the control socket until stopped
    Serve(Serve),
    /// Show the running hosts of this user that can be asked
    Ps,
    /// Show the configuration
    #[command(subcommand)]
    Config(Config),
    /// Write everything that helps to help into one archive, with secrets masked
    Bundle(Bundle),
    /// Show what this command is built of
    Version,
    /// Write a completion script for a shell
    Completions(Completions),
}

impl Command {
    /// Its exit code if it is stopped before it has answered: well, unless that would be an answer.
    pub(crate) fn code_of_stopped(&self) -> u8 {
        match self {
            Self::Explain(_)
            | Self::Health(_)
            | Self::Lock(_)
            | Self::Select(_)
            | Self::Verify(_) => FAILED,
            _ => 0,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct Inspect {
    /// The plugin file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Describe {
    /// The planner's name
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}

#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// The planner's name, or a plugin file
    #[arg(value_name = "NAME|FILE")]
    pub(crate) subject: OsString,
}

#[derive(Args, Debug)]
pub(crate) struct Select {
    /// What a plan is wanted for
    #[arg(long, value_name = "TEXT")]
    pub(crate) objective: String,
    /// Capabilities to look for, with commas between them; may be given several times
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) require: Vec<String>,
    /// What is known around the objective: a file with a JSON object
    #[arg(long, value_name = "FILE")]
    pub(crate) context: Option<PathBuf>,
    /// Show the best N planners alone
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<NonZeroUsize>,
    /// Let planners that are not fit for production rank as high as others
    #[arg(long)]
    pub(crate) no_prefer_production: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Plan {
    /// The planner's name
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// What the plan is to achieve
    #[arg(value_name = "OBJECTIVE")]
    pub(crate) objective: String,
    /// What is known around the objective: a file with a JSON object
    #[arg(long, value_name = "FILE")]
    pub(crate) context: Option<PathBuf>,
    /// Give up after D: seconds, or a number with a unit, as in 500ms, 90s, 2m, 1h
    #[arg(long, value_name = "D", value_parser = deadline::parse)]
    pub(crate) deadline: Option<Duration>,
    /// Write nothing but the plan's graph, for Mermaid
    #[arg(long, conflicts_with = "json")]
    pub(crate) mermaid: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Diagnose {
    /// Add a record for each planner, other files, and the configuration with its origins
    #[arg(long)]
    pub(crate) verbose: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Health {
    /// How many planners must be active: admitted, not held back, and no failed start waiting
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) min: usize,
}

#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// The planner's name, or a plugin file
    #[arg(value_name = "NAME|FILE")]
    pub(crate) subject: OsString,
}

#[derive(Args, Debug)]
pub(crate) struct Sign {
    /// The plugin file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The secret key: a file that nobody else can read
    #[arg(long, value_name = "PATH")]
    pub(crate) key: PathBuf,
    /// The passphrase of an encrypted key: a file that nobody else can read
    #[arg(long, value_name = "PATH")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Keygen {
    /// Write the secret key to PATH and the public one to PATH.pub; no file is overwritten
    #[arg(long, value_name = "PATH")]
    pub(crate) out: PathBuf,
    /// Encrypt the secret key with the passphrase in a file that nobody else can read
    #[arg(long, value_name = "PATH")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

#[derive(Args, Debug, Default)]
#[group(multiple = false)]
pub(crate) struct Lock {
    /// Accept what is found of planners that differ; with NAME, of this one alone, and nothing else of it
    // Without a name it is the empty one, which no planner has.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    pub(crate) update: Option<String>,
    /// Accept the bytes of FILE as well, if they pass every other gate
    #[arg(long, value_name = "FILE")]
    pub(crate) add: Option<PathBuf>,
    /// Tell in what the lock differs from what is found, and write nothing
    #[arg(long)]
    pub(crate) check: bool,
    /// Never accept a digest (blake3:…) again, or a signature by a key
    #[arg(long, value_name = "DIGEST|KEY")]
    pub(crate) revoke: Option<String>,
    /// Forget that there was a lock, so that doing without is no failure any more
    #[arg(long)]
    pub(crate) forget: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Quarantine {
    /// The planner's name
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// End the hold after D: seconds, or a number with a unit, as in 30m, 2h, 7d
    #[arg(long = "for", value_name = "D", value_parser = deadline::parse_hold)]
    pub(crate) lasts: Option<Duration>,
    /// Say why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Lift the hold that was placed with this command
    #[arg(long, conflicts_with_all = ["lasts", "reason"])]
    pub(crate) lift: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Breaker {
    /// Close the breaker of a planner, or of all
    Reset(BreakerReset),
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct BreakerReset {
    /// The planner's name
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Close all of them
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Events {
    /// Show what happened in the last D alone: seconds, or written like 90s, 2m, 1h, 7d
    #[arg(long, value_name = "D", value_parser = deadline::age)]
    pub(crate) since: Option<Duration>,
}

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Listen at this address; with port 0 at any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9464")]
    pub(crate) listen: SocketAddr,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Show every setting with its value and where it came from; secrets are masked
    Show,
}

#[derive(Args, Debug)]
pub(crate) struct Bundle {
    /// The archive, a tar file that only its owner can read
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Replace FILE if it is there
    #[arg(long)]
    pub(crate) force: bool,
    /// Add the end of this log as well; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_declaration_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn global_options_stand_before_or_behind_the_command() {
        for line in [
            "registry --json --plugin-dir a --plugin-dir b list",
            "registry list --plugin-dir a --plugin-dir b --json",
        ] {
            let arguments = Arguments::try_parse_from(line.split(' ')).unwrap();
            assert!(arguments.global.json);
            assert_eq!(
                arguments.global.plugin_dir,
                [PathBuf::from("a"), "b".into()]
            );
        }
    }

    #[test]
    fn a_mistyped_command_is_answered_with_the_nearest() {
        let error = Arguments::try_parse_from(["registry", "diagnos"]).unwrap_err();
        assert!(error.to_string().contains("'diagnose'"), "{error}");
    }
}
