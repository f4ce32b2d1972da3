//! Every command, and what runs it.

pub(crate) mod accounts;
pub(crate) mod archive;
pub(crate) mod ask_provider;
pub(crate) mod batch;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod enquiries;
pub(crate) mod forget;
pub(crate) mod freeze;
pub(crate) mod healthcheck;
pub(crate) mod held;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod keys;
pub(crate) mod left;
pub(crate) mod manual;
pub(crate) mod map;
pub(crate) mod migrate;
pub(crate) mod payout;
pub(crate) mod reading;
pub(crate) mod recover;
pub(crate) mod reissue;
pub(crate) mod review;
pub(crate) mod template;
pub(crate) mod watch;

use clap::Subcommand;

use crate::{
    context::Context,
    failure::Failure,
    options::Options,
    roles::{self, Role},
};

/// What payrun can be asked to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a commented payrun.toml and a key file.
    Init(init::InitArgs),
    /// Check everything that payrun needs, and say how to mend what is missing.
    Doctor,
    /// Bring the database to this version's schema.
    Migrate(migrate::MigrateArgs),
    /// Validate a payroll file; nothing is stored.
    Check(import::CheckArgs),
    /// Import a payroll file, to be approved by a second person.
    Import(import::ImportArgs),
    /// Propose a layout for a customer's own columns, to be saved and given to `import --layout`.
    Map(map::MapArgs),
    /// Write an empty payroll: headings in the clerk's language, examples, and what can be chosen
    /// from at the provider.
    Template(template::TemplateArgs),
    /// Look at batches and decide about them.
    #[command(subcommand)]
    Batch(batch::BatchCommand),
    /// Look at payouts and decide about them.
    #[command(subcommand)]
    Payout(payout::PayoutCommand),
    /// Show provider accounts, pause or resume one.
    Accounts(accounts::AccountsArgs),
    /// Show the keys that seal personal data, add one, or destroy one with all that it sealed.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Erase personal data of payouts that are settled; the payouts stay.
    Forget(forget::ForgetArgs),
    /// Write the history of months that are over into files, and take it out of the database; the
    /// payouts stay.
    Archive(archive::ArchiveArgs),
    /// What waits for a person: payouts in review or late at their provider, contradictions,
    /// webhooks that match no payout.
    Review(review::ReviewArgs),
    /// Stop all sends of all processes now, and say how many payouts are out already; recorded
    /// beside what others froze.
    Freeze(freeze::FreezeArgs),
    /// End your own freeze; sends go on once no freeze is left.
    Thaw(freeze::ThawArgs),
    /// All roles in one process.
    Run,
    /// After a backup was restored: send nothing, doubt what the backup holds as unsent, ask the
    /// providers about it, and say what was found.
    Recover,
    /// Take payouts from the intake queue.
    Ingest,
    /// Carry outbox rows to the broker.
    Relay,
    /// Send payouts to their providers.
    Dispatch,
    /// Find out what became of payouts.
    Reconcile,
    /// Take providers' webhooks, which bring look-ups forward.
    Webhooks,
    /// Ask the process that listens on http.listen whether it lives: for a container without other
    /// programs.
    #[command(hide = true)]
    Healthcheck,
    /// Write the man pages into a folder.
    #[command(hide = true)]
    Manual(manual::ManualArgs),
    /// Print completions for a shell.
    Completions(completions::CompletionsArgs),
}

/// Runs a command. `whole` is the whole command line, for completions and man pages.
pub(crate) async fn run(command: Command, options: &Options, whole: clap::Command) -> Result<(), Failure> {
    let context = || Context::open(options);
    match command {
        Command::Init(arguments) => init::run(options.output(), &arguments),
        Command::Completions(arguments) => completions::run(&arguments, whole),
        Command::Manual(arguments) => manual::run(&arguments, whole),
        Command::Template(arguments) => template::run(options.output(), &arguments),
        Command::Doctor => doctor::run(&context()?).await,
        Command::Migrate(arguments) => migrate::run(&context()?, &arguments).await,
        Command::Check(arguments) => import::check(&context()?, &arguments).await,
        Command::Import(arguments) => import::run(&context()?, &arguments).await,
        Command::Map(arguments) => map::run(&context()?, &arguments).await,
        Command::Batch(command) => batch::run(&context()?, command).await,
        Command::Payout(command) => payout::run(&context()?, command).await,
        Command::Accounts(arguments) => accounts::run(&context()?, arguments).await,
        Command::Keys(command) => keys::run(&context()?, command).await,
        Command::Forget(arguments) => forget::run(&context()?, arguments).await,
        Command::Archive(arguments) => archive::run(&context()?, &arguments).await,
        Command::Review(arguments) => review::run(&context()?, arguments).await,
        Command::Freeze(arguments) => freeze::freeze(&context()?, &arguments).await,
        Command::Thaw(arguments) => freeze::thaw(&context()?, &arguments).await,
        Command::Run => roles::run(&context()?, &Role::ALL).await,
        Command::Recover => recover::run(&context()?).await,
        Command::Ingest => roles::run(&context()?, &[Role::Ingest]).await,
        Command::Relay => roles::run(&context()?, &[Role::Relay]).await,
        Command::Dispatch => roles::run(&context()?, &[Role::Dispatch]).await,
        Command::Reconcile => roles::run(&context()?, &[Role::Reconcile]).await,
        Command::Webhooks => roles::run(&context()?, &[Role::Webhooks]).await,
        Command::Healthcheck => healthcheck::run(context()?.config.http.listen).await.map_err(Failure::from),
    }
}
