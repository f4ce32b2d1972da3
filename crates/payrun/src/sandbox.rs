//! `payrun sandbox`.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use clap::Args;
use payrun_sandbox::{
    BambooMerchant, KapaqnanAmounts, KapaqnanMerchant, Merchants, QentazMerchant, Sandbox, Settings,
    TeemopayMerchant, TeemopayNotFound,
};
use serde::Deserialize;

use crate::{failure::Failure, lifecycle::stop_on_signal};

/// How the providers are simulated.
#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// Where to listen; loopback only.
    #[arg(long, default_value = "127.0.0.1:8099")]
    pub(crate) listen: std::net::SocketAddr,
    /// The ledger file.
    #[arg(long, default_value = "sandbox-ledger.jsonl")]
    pub(crate) ledger: PathBuf,
    /// From which faults are drawn.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Fault weights in per mille, such as `accept_500=20,accept_reset=10`.
    #[arg(long, default_value = "")]
    pub(crate) faults: String,
    /// Added to every answer.
    #[arg(long, default_value_t = 0)]
    pub(crate) latency_ms: u64,
    /// Payouts are paid or refused at most this long after they were accepted.
    #[arg(long, default_value_t = 2000)]
    pub(crate) settle_ms: u64,
    /// How long a look-up by reference does not find a new payout.
    #[arg(long, default_value_t = 0)]
    pub(crate) look_up_lag_ms: u64,
    /// File with the private key of one Bamboo merchant.
    #[arg(long)]
    pub(crate) private_key_file: Option<PathBuf>,
    /// File with the merchants of all providers, as examples/sandbox/merchants.toml.
    #[arg(long)]
    pub(crate) merchants: Option<PathBuf>,
    /// Where Kapaqnan's simulated database listens; loopback only.
    #[arg(long)]
    pub(crate) database_listen: Option<std::net::SocketAddr>,
}

pub(crate) async fn run(args: SandboxArgs, until_stdin_closes: bool) -> Result<(), Failure> {
    let listens = [Some(args.listen), args.database_listen];
    if listens.into_iter().flatten().any(|address| !address.ip().is_loopback()) {
        return Err(Failure::refused("the sandbox listens on loopback only: --listen 127.0.0.1:8099"));
    }
    payrun_telemetry::logging::init(payrun_telemetry::logging::Format::Text, "info")
        .context("starting the log")?;
    let stop = stop_on_signal(until_stdin_closes)?;
    let mut merchants = match &args.merchants {
        Some(file) => read(file)?,
        None => Merchants::default(),
    };
    if let Some(file) = &args.private_key_file {
        let key = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        merchants.bamboo.push(bamboo("sandbox".to_owned(), key.trim().to_owned(), None));
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

/// `merchants.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct MerchantsFile {
    bamboo: Vec<Bamboo>,
    teemopay: Vec<Teemopay>,
    qentaz: Vec<Qentaz>,
    kapaqnan: Vec<Kapaqnan>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bamboo {
    name: String,
    private_key: String,
    secret_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Teemopay {
    name: String,
    app_code: String,
    country: String,
    public_key: String,
    balance_minor: Option<i64>,
    #[serde(default)]
    not_found: NotFound,
    #[serde(default = "ok")]
    refusal_status: u16,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NotFound {
    #[default]
    #[serde(rename = "code_434")]
    Code434,
    #[serde(rename = "message_400")]
    Message400,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Qentaz {
    name: String,
    auth_key: String,
    #[serde(default = "hour")]
    token_life_s: u32,
    #[serde(default = "progress_word")]
    progress_word: String,
    #[serde(default = "success_word")]
    paid_word: String,
    #[serde(default = "failed_word")]
    failed_word: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kapaqnan {
    name: String,
    company_id: String,
    secret_key: String,
    #[serde(default)]
    refuses_repeats: bool,
    #[serde(default)]
    takes_text: bool,
    #[serde(default = "paid_word")]
    paid_word: String,
    #[serde(default = "refused_word")]
    refused_word: String,
    #[serde(default)]
    amounts: Amounts,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Amounts {
    #[default]
    Double,
    Decimal,
    Text,
}

const fn ok() -> u16 {
    200
}

const fn hour() -> u32 {
    3600
}

fn progress_word() -> String {
    "PROCESSING".to_owned()
}

fn success_word() -> String {
    "SUCCESS".to_owned()
}

fn failed_word() -> String {
    "FAILED".to_owned()
}

fn paid_word() -> String {
    "PAID".to_owned()
}

fn refused_word() -> String {
    "REJECTED".to_owned()
}

fn read(file: &Path) -> anyhow::Result<Merchants> {
    let shown = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("{shown} cannot be read"))?;
    let read: MerchantsFile = toml::from_str(&text)
        .map_err(|error| anyhow::anyhow!("{shown} cannot be used: {}", error.message()))?;
    Ok(Merchants {
        bamboo: read.bamboo.into_iter().map(|m| bamboo(m.name, m.private_key, m.secret_key)).collect(),
        teemopay: read.teemopay.into_iter().map(Teemopay::merchant).collect(),
        qentaz: read.qentaz.into_iter().map(Qentaz::merchant).collect(),
        kapaqnan: read.kapaqnan.into_iter().map(Kapaqnan::merchant).collect(),
    })
}

fn bamboo(name: String, private_key: String, secret_key: Option<String>) -> BambooMerchant {
    BambooMerchant {
        name,
        secret_key: secret_key.unwrap_or_else(|| private_key.clone()),
        private_key,
        routes: Vec::new(),
    }
}

impl Teemopay {
    fn merchant(self) -> TeemopayMerchant {
        TeemopayMerchant {
            name: self.name,
            app_code: self.app_code,
            country: self.country,
            public_key: self.public_key,
            balance_minor: self.balance_minor,
            not_found: match self.not_found {
                NotFound::Code434 => TeemopayNotFound::Code434,
                NotFound::Message400 => TeemopayNotFound::Message400,
            },
            refusal_status: self.refusal_status,
        }
    }
}

impl Qentaz {
    fn merchant(self) -> QentazMerchant {
        QentazMerchant {
            name: self.name,
            auth_key: self.auth_key,
            token_life_s: self.token_life_s,
            progress_word: self.progress_word,
            paid_word: self.paid_word,
            failed_word: self.failed_word,
        }
    }
}

impl Kapaqnan {
    fn merchant(self) -> KapaqnanMerchant {
        KapaqnanMerchant {
            name: self.name,
            company_id: self.company_id,
            secret_key: self.secret_key,
            refuses_repeats: self.refuses_repeats,
            takes_text: self.takes_text,
            paid_word: self.paid_word,
            refused_word: self.refused_word,
            amounts: match self.amounts {
                Amounts::Double => KapaqnanAmounts::Double,
                Amounts::Decimal => KapaqnanAmounts::Decimal,
                Amounts::Text => KapaqnanAmounts::Text,
            },
        }
    }
}
