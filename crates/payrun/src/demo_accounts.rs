//! The accounts of the demo: every provider, every country.

use std::net::SocketAddr;

use payrun_domain::{
    country::Country,
    money::{self, Currency},
};

/// What the simulated providers know payrun by; `examples/sandbox/` has the same. Made up, all of it.
pub(crate) const SECRETS: [(&str, &str); 5] = [
    ("bamboo.key", "sandbox-private-key"),
    ("teemopay.key", include_str!("../../../examples/sandbox/teemopay.key")),
    ("qentaz.key", "sandbox-auth-key"),
    ("kapaqnan.key", "sandbox-secret-key"),
    ("kapaqnan-database.uri", ""),
];
pub(crate) const MERCHANTS: &str = include_str!("../../../examples/sandbox/merchants.toml");

/// Quick, since the sandbox is: a real account keeps the defaults.
pub(crate) fn configuration(sandbox: SocketAddr) -> String {
    let mut text = r#"[keys]
file = "payrun.keys"

[broker]
queue_prefix = "payrun-demo"

[log]
filter = "warn,payrun=info"
"#
    .to_owned();
    for country in Country::ALL {
        let name = format!("bamboo-{}", country.code().to_lowercase());
        let (code, currency) = (country.code(), country.currency());
        let settings = format!(
            "country = \"{code}\"\ncurrency = \"{currency}\"\nmodel = \"L2L\"\nprivate_key_file = \"bamboo.key\""
        );
        text.push_str(&account(&name, "bamboo", sandbox, &settings, currency));
    }
    let teemopay = "country = \"PE\"\napp_code = \"sandbox-app\"\nprivate_key_file = \"teemopay.key\"";
    text.push_str(&account("teemopay-pe", "teemopay", sandbox, teemopay, Currency::Pen));
    let qentaz = "auth_key_file = \"qentaz.key\"\nrefused_words = [\"CANCELED\", \"FAILED\"]";
    text.push_str(&account("qentaz-co", "qentaz", sandbox, qentaz, Currency::Cop));
    let kapaqnan = "company_id = \"sandbox-company\"\nsecret_key_file = \"kapaqnan.key\"\n\
                    records.uri_file = \"kapaqnan-database.uri\"\nrecords.database = \"dispersion\"\n\
                    records.paid_words = [\"PAID\"]\nrecords.refused_words = [\"REJECTED\"]";
    text.push_str(&account("kapaqnan-pe", "kapaqnan", sandbox, kapaqnan, Currency::Pen));
    text
}

fn account(name: &str, provider: &str, sandbox: SocketAddr, settings: &str, currency: Currency) -> String {
    let most = money::major(10_000_000_000, currency);
    format!(
        r#"
[accounts.{name}]
provider = "{provider}"
base_url = "http://{sandbox}"
{settings}

[accounts.{name}.limits]
amount_max = "{most}"
concurrency = 32
requests_per_second = 2000
connect_timeout_ms = 1000
request_timeout_ms = 2000
send_within_ms = 2000
lease_ms = 6000
retry_first_ms = 200
retry_max_ms = 2000
look_up_min_ms = 200
look_up_max_ms = 2000
watch_min_ms = 1000
watch_max_ms = 10000
quiet_ms = 8000
grace_ms = 3000
"#
    )
}
