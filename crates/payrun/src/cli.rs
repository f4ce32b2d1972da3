//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::civil::Date;
use payrun_domain::{
    id::BatchId,
    name::{AccountName, Actor},
};
use payrun_store::Mark;
use payrun_tabular::{Encoding, Separator};

use crate::{
    archive::ArchiveArgs, forget::ForgetArgs, held, keys::KeysCommand, review::ReviewCommand,
    sandbox::SandboxArgs, template::TemplateArgs,
};

/// Pays many people at once, each exactly as often as is safe.
///
/// Exit codes: 0 done; 1 could not be done; 2 wrong usage; 3 refused by a rule (maker is checker, wrong state, not found);
/// 4 the file has rows that cannot be paid; 5 `doctor`, `run --frozen` or `archive` found something to mend.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 110)]
pub(crate) struct Cli {
    /// The configuration file.
    #[arg(long, global = true, env = "PAYRUN_CONFIG", default_value = "payrun.toml")]
    pub(crate) config: PathBuf,
    /// Who acts: a person or a service. Decisions are recorded under this name.
    #[arg(long = "as", global = true, env = "PAYRUN_ACTOR", value_name = "NAME")]
    pub(crate) actor: Option<Actor>,
    /// JSON for machines instead of tables for people.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The database, instead of the configuration's.
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// The broker, instead of the configuration's.
    #[arg(long, global = true, env = "AMQP_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) amqp_url: Option<String>,
    /// Where this process serves metrics and probes, instead of the configuration's http.listen: several roles on one machine.
    #[arg(long, global = true, env = "PAYRUN_HTTP_LISTEN", value_name = "ADDRESS")]
    pub(crate) http_listen: Option<std::net::SocketAddr>,
    /// End softly when standard input closes: for a parent that must not leave processes behind.
    #[arg(long, global = true, hide = true)]
    pub(crate) until_stdin_closes: bool,
    /// Where to stop the process, for tests: a place, a colon, and at which time of coming there.
    #[cfg(debug_assertions)]
    #[arg(long, global = true, hide = true, value_name = "PLACE:N")]
    pub(crate) halt_at: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a commented payrun.toml and a key file.
    Init {
        /// Where to.
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Check everything that payrun needs, and say how to mend what is missing.
    Doctor,
    /// Bring the database to this version's schema.
    Migrate {
        /// Only show what would run.
        #[arg(long)]
        plan: bool,
    },
    /// Validate a payroll file; nothing is stored.
    Check {
        /// CSV, XLSX, XLS or ODS, also within GZIP.
        file: PathBuf,
        #[command(flatten)]
        reading: ReadingArgs,
    },
    /// Import a payroll file, to be approved by somebody else.
    Import {
        /// CSV, XLSX, XLS or ODS, also within GZIP.
        file: PathBuf,
        /// Refuse the whole file if one row is bad.
        #[arg(long)]
        strict: bool,
        #[command(flatten)]
        reading: ReadingArgs,
    },
    /// Propose a layout for a customer's own columns, to be saved and given to `import --layout`.
    Map {
        /// A payroll file of theirs.
        file: PathBuf,
        /// What all rows have in common, such as `country=PE`.
        #[arg(long = "value", value_name = "COLUMN=VALUE")]
        values: Vec<String>,
        /// Write the layout to this file instead of the terminal.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Which sheet of a workbook.
        #[arg(long, value_name = "NAME")]
        sheet: Option<String>,
    },
    /// Write an empty payroll: headings in the clerk's language, examples, and what can be chosen from at the provider.
    Template(TemplateArgs),
    /// Look at batches and decide about them.
    #[command(subcommand)]
    Batch(BatchCommand),
    /// Look at payouts and decide about them.
    #[command(subcommand)]
    Payout(PayoutCommand),
    /// Show provider accounts, pause or resume one.
    Accounts {
        #[command(subcommand)]
        command: Option<AccountsCommand>,
    },
    /// Show the keys that seal personal data, add one, or destroy one with all that it sealed.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Erase personal data of payouts that are settled; the payouts stay.
    Forget(ForgetArgs),
    /// Write the history of months that are over into files, and take it out of the database; the payouts stay.
    Archive(ArchiveArgs),
    /// What waits for a person: payouts in review or late at their provider, contradictions, calls about nobody's payout.
    Review {
        #[command(subcommand)]
        command: Option<ReviewCommand>,
    },
    /// Stop all sends of all processes now, and say how many payouts are out already; recorded beside what others froze.
    Freeze {
        /// Why, for whoever asks later.
        #[arg(long)]
        reason: String,
    },
    /// End your own freeze; sends go on once nobody's is left.
    Thaw {
        /// Why, for whoever asks later.
        #[arg(long)]
        reason: String,
        /// End everybody's.
        #[arg(long)]
        all: bool,
    },
    /// All roles in one process.
    Run {
        /// After a backup was restored: send nothing, doubt whatever the backup holds as unsent, ask the providers about it, and say what was found.
        #[arg(long)]
        frozen: bool,
    },
    /// Take payouts from the intake queue.
    Ingest,
    /// Carry outbox rows to the broker.
    Relay,
    /// Send payouts to their providers.
    Dispatch,
    /// Find out what became of payouts.
    Reconcile,
    /// Take providers' calls, which bring look-ups forward.
    Hooks,
    /// Simulate the providers, with a ledger of their own.
    Sandbox(SandboxArgs),
    /// Pay a sample payroll end to end against the sandbox.
    Demo {
        /// Where its database name, configuration, keys, logs and ledger go.
        #[arg(long, default_value = ".local/demo")]
        folder: PathBuf,
        /// The payroll.
        #[arg(long, default_value = "examples/payroll-latam.csv")]
        file: PathBuf,
        /// Fault weights of the sandbox in per mille, such as `accept_500=20`.
        #[arg(long, default_value = "")]
        faults: String,
    },
    /// Ask the process that listens on http.listen whether it lives: for a container without other programs.
    #[command(hide = true)]
    Healthy,
    /// Write the man pages into a folder.
    #[command(hide = true)]
    Manual {
        /// Where to.
        folder: PathBuf,
    },
    /// Print completions for a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

/// How a payroll file is read, and what is written about it. What is left out is found out.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ReadingArgs {
    /// Between cells: comma, semicolon, tab or bar.
    #[arg(long, value_name = "WORD")]
    pub(crate) separator: Option<Separator>,
    /// Of the text: utf-8, utf-16le, utf-16be, windows-1252, iso-8859-1, macintosh, ibm850.
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<Encoding>,
    /// Which sheet of a workbook.
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// How amounts are written.
    #[arg(long, value_enum)]
    pub(crate) decimal: Option<DecimalArg>,
    /// What the columns are called: a file that `payrun map` wrote.
    #[arg(long, value_name = "FILE")]
    pub(crate) layout: Option<PathBuf>,
    /// Language of what is wrong with rows.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) lang: Lang,
    /// Write the bad rows, with what is wrong with them, to this file: CSV, or XLSX if its name ends so.
    #[arg(long, value_name = "FILE", conflicts_with = "annotated")]
    pub(crate) rejects: Option<PathBuf>,
    /// Write a copy of all rows to this file, CSV or XLSX, with a last column that says what to mend.
    #[arg(long, value_name = "FILE")]
    pub(crate) annotated: Option<PathBuf>,
    /// How many good rows there must be; else nothing is stored.
    #[arg(long, value_name = "N")]
    pub(crate) expect_count: Option<i32>,
    /// What they must add up to, such as `PEN=125000.50`; once for each currency.
    #[arg(long, value_name = "CURRENCY=AMOUNT")]
    pub(crate) expect_total: Vec<String>,
}

/// How amounts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DecimalArg {
    /// 1,234.56
    Point,
    /// 1.234,56
    Comma,
}

/// A language of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Lang {
    /// English.
    #[default]
    En,
    /// Spanish.
    Es,
    /// Portuguese.
    Pt,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BatchCommand {
    /// The latest batches.
    List,
    /// One batch: totals, digest, what was rejected and why.
    Show {
        /// Which batch.
        id: BatchId,
    },
    /// Rows that are good and strange, and wait until somebody else than their uploader has looked at them.
    Held {
        /// Which batch.
        id: BatchId,
    },
    /// Release held rows, so that they can be approved.
    Release {
        /// Which batch.
        id: BatchId,
        /// These rows, such as `3,7-9`; all that are held when left out.
        #[arg(long, value_name = "ROWS", value_parser = held::rows)]
        rows: Option<held::Rows>,
        /// Those held for this, as `batch held` names it.
        #[arg(long, value_name = "CODE", value_parser = held::mark)]
        code: Option<Mark>,
        /// Why it is right, for whoever asks later.
        #[arg(long)]
        reason: String,
    },
    /// Strike held rows out of a batch: they are never paid.
    Strike {
        /// Which batch.
        id: BatchId,
        /// Which rows, such as `3,7-9`.
        #[arg(long, value_name = "ROWS", value_parser = held::rows)]
        rows: held::Rows,
    },
    /// Approve a batch that somebody else uploaded.
    Approve {
        /// Which batch.
        id: BatchId,
        /// Its digest, as `batch show` prints it: you approve what you saw.
        #[arg(long)]
        digest: String,
    },
    /// Stop new sends; what is on its way goes on.
    Pause {
        /// Which batch.
        id: BatchId,
    },
    /// Let a paused batch go on.
    Resume {
        /// Which batch.
        id: BatchId,
    },
    /// Cancel what was certainly never sent.
    Cancel {
        /// Which batch.
        id: BatchId,
    },
    /// The outcome of every row, as CSV.
    Export {
        /// Which batch.
        id: BatchId,
        /// Where to; standard output when left out.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
        /// The rejected rows' faults instead of the payouts.
        #[arg(long)]
        rejects: bool,
    },
    /// Wait until every payout of a batch is settled, with a progress bar.
    Watch {
        /// Which batch.
        id: BatchId,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PayoutCommand {
    /// Everything that happened to a payout.
    Show {
        /// Its id, reference, client id, or the provider's id.
        which: String,
    },
    /// Decide what became of a payout that needs review; a second person must say the same.
    Resolve {
        /// Its id, reference, client id, or the provider's id; of one payout only.
        which: String,
        /// What became of it.
        #[arg(long)]
        outcome: Outcome,
        /// What the provider or bank showed, and where; no personal data.
        #[arg(long)]
        evidence: String,
    },
    /// Ask the provider to stop a payout that it has not begun; a look-up tells what became of it.
    Cancel {
        /// Its id, reference, client id, or the provider's id; of one payout only.
        which: String,
    },
    /// Issue a rejected or returned payout again, as a new payout that needs a new approval.
    Reissue {
        /// Its id, reference, client id, or the provider's id; of one payout only.
        which: String,
        /// After a backup was restored: you have seen in the provider's own report that it was not issued again.
        #[arg(long)]
        compared: bool,
    },
}

/// What two people can say of a payout in review.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Outcome {
    /// The provider has it; its fate is looked up.
    Accepted,
    /// It was paid.
    Paid,
    /// It was refused, and will not be paid.
    Rejected,
    /// It was never received, and may be sent again.
    Queued,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountsCommand {
    /// Stop new sends of an account.
    Pause {
        /// Which account.
        name: AccountName,
    },
    /// The provider's own list of banks and wallets: what the column `bank` takes.
    Banks {
        /// Which account.
        name: AccountName,
    },
    /// What a payout would bring: fee, rate, and what the beneficiary receives.
    Preview {
        /// Which account.
        name: AccountName,
        /// In major units of the account's currency.
        amount: String,
    },
    /// What there is to pay with.
    Balance {
        /// Which account.
        name: AccountName,
    },
    /// The payouts that the provider knows, beside what payrun says of them.
    Orders {
        /// Which account.
        name: AccountName,
        /// The first day, as in 2026-01-31 (UTC).
        #[arg(long)]
        from: Date,
        /// The day after the last; now when left out.
        #[arg(long)]
        to: Option<Date>,
    },
    /// Ask everything that moves no money: credentials, balance, banks, a payout that does not exist.
    Test {
        /// Which account.
        name: AccountName,
    },
    /// Let a paused account go on, once its cause is mended.
    Resume {
        /// Which account.
        name: AccountName,
    },
}
