//! The accounts of the demo: every provider, every country.

use std::net::SocketAddr;

/// What the simulated providers know payrun by; made up, and the same as in `examples/sandbox/`.
pub(crate) const SECRETS: [(&str, &str); 4] = [
    ("bamboo.key", "sandbox-private-key"),
    ("teemopay.key", include_str!("../../../../examples/sandbox/teemopay.key")),
    ("qentaz.key", "sandbox-auth-key"),
    ("kapaqnan.key", "sandbox-secret-key"),
];
pub(crate) const MERCHANTS: &str = include_str!("../../../../examples/sandbox/merchants.toml");

/// The countries of Bamboo's accounts, and what is paid there.
const COUNTRIES: [(&str, &str); 7] =
    [("AR", "ARS"), ("BR", "BRL"), ("CL", "CLP"), ("CO", "COP"), ("MX", "MXN"), ("PE", "PEN"), ("UY", "UYU")];

/// Quick, since the sandbox is: a real account keeps the defaults.
const LIMITS: &str = r#"amount_max = "100000000"
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
resend_after_absence = true
review_after_ms = 25000
grace_ms = 3000
"#;

/// The text of payrun.toml, for the simulated providers at `sandbox` and their database at
/// `database`.
pub(crate) fn configuration(sandbox: SocketAddr, database: SocketAddr) -> String {
    let mut text = r#"[keys]
file = "payrun.keys"

[broker]
queue_prefix = "payrun-demo"

[log]
filter = "warn,payrun=info"
"#
    .to_owned();
    for (country, currency) in COUNTRIES {
        let name = format!("bamboo-{}", country.to_lowercase());
        let settings = format!(
            "country = \"{country}\"\ncurrency = \"{currency}\"\nmodel = \"L2L\"\nprivate_key_file = \"bamboo.key\""
        );
        text.push_str(&account(&name, "bamboo", sandbox, &settings));
    }
    let teemopay = "country = \"PE\"\napp_code = \"sandbox-app\"\nprivate_key_file = \"teemopay.key\"";
    text.push_str(&account("teemopay-pe", "teemopay", sandbox, teemopay));
    let qentaz = "auth_key_file = \"qentaz.key\"\npending_words = [\"CREATED\", \"SCHEDULED\", \"PROCESSING\"]\nrefused_words = [\"CANCELED\", \"FAILED\"]";
    text.push_str(&account("qentaz-co", "qentaz", sandbox, qentaz));
    let kapaqnan = format!(
        "company_id = \"sandbox-company\"\nsecret_key_file = \"kapaqnan.key\"\n\
         records.uri = \"mongodb://{database}/\"\nrecords.database = \"dispersion\"\n\
         records.paid_words = [\"PAID\"]\nrecords.refused_words = [\"REJECTED\"]"
    );
    text.push_str(&account("kapaqnan-pe", "kapaqnan", sandbox, &kapaqnan));
    text
}

fn account(name: &str, provider: &str, sandbox: SocketAddr, settings: &str) -> String {
    format!(
        "\n[accounts.{name}]\nprovider = \"{provider}\"\nbase_url = \"http://{sandbox}\"\n{settings}\n\n\
         [accounts.{name}.limits]\n{LIMITS}"
    )
}
