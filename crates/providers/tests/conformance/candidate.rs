//! The adapters on trial.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use payrun_domain::{
    beneficiary::{Beneficiary, Private},
    clock::Clock,
    money::Money,
    order::Order,
    reference::Reference,
    verdict::{ProviderId, Verdict},
};
use payrun_providers::{
    Exchange, ExchangeOutcome, ExchangeState, Nonce, Provider, ProviderSettings, Request, Stamp, Step, run,
};
use secrecy::SecretString;
use serde::Deserialize;

use crate::{
    cordillera,
    script::{Case, Recorded, Script},
};

pub(crate) fn reference() -> Reference {
    Reference::of(7)
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// An adapter on trial: everything in its fixture folder. `account.json` has made-up keys and
/// made-up people.
pub(crate) struct Candidate {
    pub(crate) provider: Box<dyn Provider>,
    pub(crate) folder: PathBuf,
    pub(crate) account: AccountFixture,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountFixture {
    pub(crate) settings: serde_json::Value,
    /// Where the provider pays; `choices.rs` reads it.
    #[serde(rename = "countries")]
    _countries: Vec<String>,
    pub(crate) told_amount: ToldAmount,
    pub(crate) country: String,
    pub(crate) amount: String,
    pub(crate) currency: String,
    pub(crate) beneficiary: Beneficiary,
    pub(crate) description: Private,
    /// Replies among the rubbish below that are this provider's documented words.
    #[serde(default)]
    pub(crate) words: Vec<Recorded>,
    /// Texts that no `Debug` may show.
    pub(crate) secrets: Vec<String>,
}

/// How the provider is told an amount.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToldAmount {
    /// The member of the body that has it.
    pub(crate) member: String,
    pub(crate) unit: ToldUnit,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ToldUnit {
    Major,
    Hundredths,
}

pub(crate) fn candidates() -> Vec<Candidate> {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixtures = fs::read_dir(crate_folder.join("fixtures")).unwrap();
    let mut folders: Vec<PathBuf> = fixtures.map(|entry| entry.unwrap().path()).collect();
    folders.push(crate_folder.join("tests/conformance/cordillera"));
    folders.sort();
    folders.into_iter().map(Candidate::read).collect()
}

/// The registry, and beside it the provider that does not exist.
pub(crate) fn build(settings: serde_json::Value) -> Box<dyn Provider> {
    if settings["provider"] == "cordillera" {
        return Box::new(cordillera::Cordillera::new(&serde_json::from_value(settings).unwrap()));
    }
    serde_json::from_value::<ProviderSettings>(settings).unwrap().build().unwrap()
}

impl Candidate {
    fn read(folder: PathBuf) -> Self {
        let account: AccountFixture = serde_json::from_slice(&fs::read(folder.join("account.json")).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let provider = build(account.settings.clone());
        assert_eq!(
            folder.file_name().unwrap(),
            provider.rules().name(),
            "the folder has the provider's name"
        );
        Self { provider, folder, account }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.provider.rules().name()
    }

    pub(crate) fn order(&self) -> Order {
        let account = &self.account;
        Order {
            reference: reference(),
            amount: Money::parse(&account.amount, account.currency.parse().unwrap()).unwrap(),
            country: account.country.parse().unwrap(),
            beneficiary: account.beneficiary.clone(),
            description: account.description.clone(),
            send_date: None,
            provider_id: None,
        }
    }

    pub(crate) fn with_id(&self, id: Option<&str>) -> Order {
        Order { provider_id: id.map(|id| ProviderId::parse(id).unwrap()), ..self.order() }
    }

    /// The recorded exchanges by name.
    pub(crate) fn cases(&self) -> Vec<(String, Case)> {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| !path.ends_with("account.json"));
        paths.sort();
        let read = |path: PathBuf| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let case = serde_json::from_slice(&fs::read(&path).unwrap());
            (format!("{}/{name}", self.name()), case.unwrap_or_else(|error| panic!("{name}: {error}")))
        };
        paths.into_iter().map(read).collect()
    }

    pub(crate) fn hold(&self, exchange: Exchange, order: &Order, script: &Script) -> Verdict {
        self.outcome(exchange, order, script).verdict
    }

    pub(crate) fn outcome(&self, exchange: Exchange, order: &Order, script: &Script) -> ExchangeOutcome {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(&*self.provider, exchange, order, &Noon, script))
    }

    pub(crate) fn stamp(&self) -> Stamp<'static> {
        static TOKEN: LazyLock<SecretString> = LazyLock::new(|| SecretString::from("canary-token"));
        let token = self.provider.login().map(|_| &*TOKEN);
        Stamp { now: Timestamp::UNIX_EPOCH, nonce: Nonce([7; 16]), token }
    }

    pub(crate) fn first_request(&self, order: &Order) -> Request {
        match self.provider.submit(&ExchangeState {
            order,
            replies: &[],
            stamp: self.stamp(),
            refreshed: false,
        }) {
            Step::Send(request) => request,
            step @ (Step::Find(_) | Step::RefreshToken | Step::Done(_)) => {
                panic!("{} begins with {step:?}", self.name())
            }
        }
    }
}

pub(crate) fn talk_of(case: &str) -> Exchange {
    if case.contains("/submit_") { submit() } else { Exchange::LookUp }
}

pub(crate) fn submit() -> Exchange {
    Exchange::Submit { send_by: Instant::now() + Duration::from_secs(10) }
}

/// As fixtures write it.
pub(crate) fn words(verdict: &Verdict) -> String {
    let pause = verdict.pause().map(|pause| format!(" pause {}", pause.as_str())).unwrap_or_default();
    match verdict {
        Verdict::Accepted(record) | Verdict::Settled(record) => format!("{} {}", verdict.as_str(), record.id),
        Verdict::Unlisted(record) => format!("unlisted {} {}", record.id, record.status),
        Verdict::Rejected(refusal) => format!("rejected {}{pause}", refusal.code),
        Verdict::Returned { record, amount } => format!("returned {} {amount}", record.id),
        Verdict::Deferred { retry_after: Some(wait), .. } => {
            format!("deferred after {}{pause}", wait.as_secs())
        }
        Verdict::Deferred { retry_after: None, .. } => format!("deferred{pause}"),
        Verdict::NotFound => "not_found".to_owned(),
        Verdict::Mismatch(mismatch) => format!("mismatch {}", mismatch.what.as_str()),
        Verdict::Unknown(doubt) => format!("unknown {}", doubt.as_str()),
    }
}
