//! The command line: one module per command.

mod check;
mod connection;
mod demo;
mod exit;
mod explain;
mod healthcheck;
mod import;
mod replay;
mod revoke;
mod schema;
mod serve;
mod test;
mod token;

use crate::config::{
    env::Environment,
    settings::{Flags, Settings, SettingsError},
};
use clap::{Args, Parser, Subcommand};
use exit::Exit;
use std::{path::PathBuf, process::ExitCode};

/// The authorization sidecar for Clerk.
#[derive(Debug, Parser)]
#[command(name = "bailiff", version, about, arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer Envoy and services over gRPC until told to stop.
    Serve(serve::Arguments),
    /// Check a policy file, and the settings if they are given.
    Check(check::Arguments),
    /// Play the cases that a policy holds, and show what they do not reach.
    Test(test::Arguments),
    /// Make a policy of what is there: matchers of Clerk's middleware, or an `OpenAPI` document.
    #[command(subcommand)]
    Import(import::Command),
    /// Try everything: a stand-in Clerk instance, a sample policy, a sample service, and Envoy if found.
    Demo(demo::Arguments),
    /// Explain how a policy decides a request or an action for somebody. Asks nobody.
    Explain(Box<explain::Arguments>),
    /// Decide anew what a decision log holds, and show what a policy would change. Asks nobody.
    Replay(replay::Arguments),
    /// Look into tokens.
    #[command(subcommand)]
    Token(token::Command),
    /// Print the JSON Schema of the policy or of the settings, for editors.
    Schema(schema::Arguments),
    /// Refuse a session, a user or an organization for some time, in a running Bailiff.
    Revoke(revoke::Arguments),
    /// Ask a running Bailiff whether it is ready; for container probes.
    Healthcheck(healthcheck::Arguments),
}

/// Settings that every command which needs them takes.
#[derive(Clone, Debug, Default, Args)]
struct SettingsArguments {
    /// Settings file [environment: `BAILIFF_CONFIG`].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Policy file, or a folder of them [environment: `BAILIFF_POLICY`].
    #[arg(long, value_name = "PATH")]
    policy: Option<PathBuf>,
    /// A policy to compare with the one in force, a file or a folder [environment: `BAILIFF_NEXT_POLICY`].
    #[arg(long, value_name = "PATH")]
    next_policy: Option<PathBuf>,
    /// Publishable key of the Clerk instance [environment: `CLERK_PUBLISHABLE_KEY`].
    #[arg(long, value_name = "KEY")]
    publishable_key: Option<String>,
    /// Address of the gRPC listener, `host:port` or `unix:/path`; may be repeated [environment: `BAILIFF_GRPC`].
    #[arg(long, value_name = "ADDRESS")]
    grpc: Vec<String>,
    /// Address of the admin listener, or `off` [environment: `BAILIFF_ADMIN`].
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<String>,
    /// Address of the webhook listener, or `off` [environment: `BAILIFF_WEBHOOK`].
    #[arg(long, value_name = "ADDRESS")]
    webhook: Option<String>,
    /// Serve gRPC reflection [environment: `BAILIFF_REFLECTION`].
    #[arg(long)]
    reflection: bool,
    /// Log filter, for instance `info` or `warn,bailiff=debug` [environment: `BAILIFF_LOG`].
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// Form of log lines, `json` or `text` [environment: `BAILIFF_LOG_FORMAT`].
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
}

impl SettingsArguments {
    fn resolve(self) -> Result<Settings, SettingsError> {
        let Self {
            config,
            policy,
            next_policy,
            publishable_key,
            grpc,
            admin,
            webhook,
            reflection,
            log,
            log_format,
        } = self;
        let flags = Flags {
            config,
            policy,
            next_policy,
            publishable_key,
            grpc,
            admin,
            webhook,
            reflection,
            log,
            log_format,
        };
        Settings::resolve(&Environment::read()?, &flags)
    }

    /// The policy a command is about: `file`, else the one that the settings name. A policy can be
    /// examined on its own, before there is any instance to serve.
    fn policy_path(self, file: Option<PathBuf>) -> Result<PathBuf, SettingsError> {
        let alone = file.or_else(|| self.policy.clone().filter(|_| self.config.is_none()));
        alone.map_or_else(|| Ok(self.resolve()?.policy), Ok)
    }
}

/// Parses the command line, runs the command and says how it went.
#[must_use]
pub fn main() -> ExitCode {
    let command_line = match CommandLine::try_parse() {
        Ok(command_line) => command_line,
        Err(error) => {
            // Help and version are errors to clap, and no failure.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Good };
            return match error.print() {
                Ok(()) => exit.into(),
                Err(_) => Exit::Usage.into(),
            };
        }
    };
    let exit = match command_line.command {
        Command::Serve(arguments) => serve::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Test(arguments) => test::run(arguments),
        Command::Import(command) => import::run(command),
        Command::Demo(arguments) => demo::run(arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Replay(arguments) => replay::run(arguments),
        Command::Token(command) => token::run(command),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Revoke(arguments) => revoke::run(arguments),
        Command::Healthcheck(arguments) => healthcheck::run(arguments),
    };
    exit.into()
}
