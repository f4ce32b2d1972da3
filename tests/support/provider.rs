//! What each provider's accounts and payouts look like in a test.

use std::net::SocketAddr;

use crate::Options;

/// A made-up key of the sandbox's merchant.
pub const KEY: &str = "sandbox-private-key";

/// Who pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Provider {
    /// Searchable.
    #[default]
    Bamboo,
    /// Deduplicates.
    TeemoPay,
    /// Without idempotency; asked by its own id.
    Qentaz,
    /// Without idempotency; asked in its database.
    Kapaqnan,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Self; 4] = [Self::Bamboo, Self::TeemoPay, Self::Qentaz, Self::Kapaqnan];

    /// The word in configurations.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bamboo => "bamboo",
            Self::TeemoPay => "teemopay",
            Self::Qentaz => "qentaz",
            Self::Kapaqnan => "kapaqnan",
        }
    }

    /// Its account in a world that has all providers.
    pub fn account(self, world: &str) -> String {
        format!("{world}-{}", self.as_str())
    }

    /// The program never sends again what may have arrived.
    pub const fn is_without_idempotency(self) -> bool {
        matches!(self, Self::Qentaz | Self::Kapaqnan)
    }

    fn settings(self, database: SocketAddr) -> String {
        match self {
            Self::Bamboo => {
                "country = \"PE\"\ncurrency = \"PEN\"\nmodel = \"L2L\"\nprivate_key_file = \"bamboo.key\""
                    .to_owned()
            }
            Self::TeemoPay => {
                "country = \"PE\"\napp_code = \"sandbox-app\"\nprivate_key_file = \"teemopay.key\"".to_owned()
            }
            Self::Qentaz => {
                "auth_key = \"sandbox-auth-key\"\npending_words = [\"CREATED\", \"SCHEDULED\", \"PROCESSING\"]\nrefused_words = [\"CANCELED\", \"FAILED\"]".to_owned()
            }
            Self::Kapaqnan => format!(
                "company_id = \"sandbox-company\"\nsecret_key = \"sandbox-secret-key\"\nrecords.uri = \"mongodb://{database}/\"\n\
                 records.database = \"dispersion\"\nrecords.paid_words = [\"PAID\"]\nrecords.refused_words = [\"REJECTED\"]"
            ),
        }
    }

    /// A good row, from the country on.
    fn row(self, row: usize) -> String {
        let amount = 1_000 + row;
        let dni = 40_000_000 + row;
        match self {
            Self::Bamboo => {
                format!("PE,PEN,{amount}.50,bank,Rosa,Prueba,,DNI,{dni},003,003{row:017},savings,Planilla,,,")
            }
            Self::TeemoPay => {
                format!("PE,PEN,{amount}.50,bank,Rosa,Prueba,,DNI,{dni},18,018{row:017},savings,Planilla,,,")
            }
            Self::Qentaz => format!(
                "CO,COP,{amount},bank,Rosa,Prueba,,CC,{dni},1007,{row:011},savings,Planilla,,573{row:09},"
            ),
            Self::Kapaqnan => format!(
                "PE,PEN,{amount}.50,bank,Rosa,Prueba,,DNI,{dni},6,038{row:017},savings,Planilla,2003{row:09},,"
            ),
        }
    }
}

/// A payroll of made-up people.
pub struct Payroll;

impl Payroll {
    /// A CSV of `rows` good rows for `account`, whose client ids begin with `prefix`.
    pub fn csv(provider: Provider, account: &str, prefix: &str, rows: usize) -> String {
        let mut csv = "client_id,account,country,currency,amount,method,first_name,last_name,company_name,document_type,\
                       document_number,bank,bank_account,bank_account_type,description,bank_account_local,phone,email\n"
            .to_owned();
        for row in 1..=rows {
            csv.push_str(&format!("{prefix}-{row},{account},{}\n", provider.row(row)));
        }
        csv
    }
}

/// Where things are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    pub(crate) provider: SocketAddr,
    pub(crate) database: SocketAddr,
}

/// Quick, and otherwise as in production. One account, or one of each provider when `options` wants
/// all. `prefix` keeps its queues apart.
pub(crate) fn configuration(prefix: &str, name: &str, places: Places, options: &Options) -> String {
    let mut text = format!(
        "[keys]\nfile = \"payrun.keys\"\n\n[broker]\nqueue_prefix = \"{prefix}\"\n\n[database]\nconnections_max = {}\n\n[intake]\nhold = [{}]\n",
        options.connections.unwrap_or(6),
        options.hold,
    );
    if options.all_providers {
        for provider in Provider::ALL {
            text.push_str(&account(&provider.account(name), provider, places, options));
        }
    } else {
        text.push_str(&account(name, options.provider, places, options));
    }
    text
}

fn account(name: &str, provider: Provider, places: Places, options: &Options) -> String {
    let Places { provider: address, database } = places;
    let (word, settings, further) =
        (provider.as_str(), provider.settings(database), &options.account_settings);
    // A key is given once: one that differs takes the place of the usual one.
    let differs = |line: &&str| {
        let key = |line: &str| line.split_once(" = ").map(|(key, _)| key.to_owned());
        options.limits.lines().any(|other| key(other) == key(line))
    };
    let limits: Vec<&str> =
        LIMITS.lines().filter(|line| !differs(line)).chain(options.limits.lines()).collect();
    format!(
        "\n[accounts.{name}]\nprovider = \"{word}\"\nbase_url = \"http://{address}\"\n{settings}\n{further}\n\
         [accounts.{name}.limits]\n{}\n",
        limits.join("\n")
    )
}

const LIMITS: &str = "\
concurrency = 8
requests_per_second = 500
connect_timeout_ms = 500
request_timeout_ms = 1000
send_within_ms = 500
lease_ms = 2500
retry_first_ms = 50
retry_max_ms = 500
look_up_min_ms = 50
look_up_max_ms = 500
quiet_ms = 4000
resend_after_absence = true
grace_ms = 500";
