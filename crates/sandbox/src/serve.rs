//! `payrun-sandbox serve`: the simulated providers, until a signal.

use std::{
    fs,
    io::{self, IsTerminal as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use payrun_sandbox::{Merchants, Sandbox, Settings};
use serde_json::json;
use tracing_subscriber::EnvFilter;

use crate::stop::stop_on_signal;

/// How the providers are simulated.
#[derive(Args)]
pub(crate) struct ServeArgs {
    /// Where to listen; loopback only.
    #[arg(long, default_value = "127.0.0.1:8099")]
    listen: SocketAddr,
    /// The ledger file.
    #[arg(long, default_value = "sandbox-ledger.jsonl")]
    ledger: PathBuf,
    /// The seed that faults and delays are drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Fault weights in per mille, such as `accept_500=20,accept_reset=10`.
    #[arg(long, default_value = "")]
    faults: String,
    /// Added to every answer.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Payouts are paid or refused at most this long after they were accepted.
    #[arg(long, default_value_t = 2000)]
    settle_ms: u64,
    /// How long a look-up by reference does not find a new payout.
    #[arg(long, default_value_t = 0)]
    look_up_lag_ms: u64,
    /// File with the private key of one Bamboo merchant.
    #[arg(long)]
    private_key_file: Option<PathBuf>,
    /// File with the merchants of all providers, such as `examples/sandbox/merchants.toml`.
    #[arg(long)]
    merchants: Option<PathBuf>,
    /// Where Kapaqnan's simulated database listens; loopback only.
    #[arg(long)]
    database_listen: Option<SocketAddr>,
    /// End softly when standard input closes: for a parent that must not leave processes behind.
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
}

pub(crate) async fn run(args: ServeArgs) -> anyhow::Result<()> {
    let listens = [Some(args.listen), args.database_listen];
    if let Some(address) = listens.into_iter().flatten().find(|address| !address.ip().is_loopback()) {
        bail!(
            "the sandbox does not listen on {address}: choose an address of loopback, such as 127.0.0.1:8099"
        );
    }
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("error,payrun_sandbox=info"))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .init();
    let stop = stop_on_signal(args.until_stdin_closes).context("listening to signals")?;
    let mut merchants = match &args.merchants {
        Some(file) => read(file)?,
        None => Merchants::default(),
    };
    if let Some(file) = &args.private_key_file {
        let key = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        merchants.add("bamboo", json!({ "name": "sandbox", "private_key": key.trim() }));
    }
    let settings = Settings {
        listen: args.listen,
        database_listen: args.database_listen,
        ledger: args.ledger,
        seed: args.seed,
        latency: Duration::from_millis(args.latency_ms),
        settle_after: Duration::ZERO..=Duration::from_millis(args.settle_ms),
        look_up_lag: Duration::from_millis(args.look_up_lag_ms),
        faults: args.faults.parse().context("--faults")?,
        merchants,
    };
    let sandbox = Sandbox::bind(settings).await.context("starting the sandbox")?;
    if let Some(database) = args.database_listen {
        tracing::info!(address = %database, "Kapaqnan's database is a MongoDB: records.uri is mongodb://<address>/");
    }
    tracing::info!(address = %sandbox.local_addr(), "sandbox ready; its ledger is at /_ledger");
    sandbox.serve(stop).await.context("serving the sandbox")?;
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<Merchants> {
    let shown = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("{shown} cannot be read"))?;
    toml::from_str(&text).map_err(|error| anyhow!("{shown} cannot be used: {}", error.message()))
}
