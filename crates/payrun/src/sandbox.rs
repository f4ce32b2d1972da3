//! `payrun sandbox`.

use std::{fs, time::Duration};

use anyhow::Context as _;
use payrun_sandbox::{BambooMerchant, Merchants, Sandbox, Settings};

use crate::{cli::SandboxArgs, failure::Failure, lifecycle::stop_on_signal};

pub(crate) async fn run(args: SandboxArgs, until_stdin_closes: bool) -> Result<(), Failure> {
    if !args.listen.ip().is_loopback() {
        return Err(Failure::refused("the sandbox listens on loopback only: --listen 127.0.0.1:8099"));
    }
    payrun_telemetry::logging::init(payrun_telemetry::logging::Format::Text, "info")
        .context("starting the log")?;
    let stop = stop_on_signal(until_stdin_closes)?;
    let key = fs::read_to_string(&args.private_key_file)
        .with_context(|| format!("{} cannot be read", args.private_key_file.display()))?;
    let key = key.trim().to_owned();
    let settings = Settings {
        listen: args.listen,
        ledger: args.ledger,
        seed: args.seed,
        latency: Duration::from_millis(args.latency_ms),
        settle_after: Duration::ZERO..=Duration::from_millis(args.settle_ms),
        look_up_lag: Duration::from_millis(args.look_up_lag_ms),
        faults: args.faults.parse().context("--faults")?,
        merchants: Merchants {
            bamboo: vec![BambooMerchant {
                name: "sandbox".to_owned(),
                private_key: key.clone(),
                secret_key: key,
                routes: Vec::new(),
            }],
        },
    };
    let sandbox = Sandbox::bind(settings).await.context("starting the sandbox")?;
    tracing::info!(address = %sandbox.local_addr(), "sandbox ready; its ledger is at /_ledger");
    sandbox.serve(stop).await.context("serving the sandbox")?;
    Ok(())
}
