#![doc = include_str!("../README.md")]
#![expect(clippy::unwrap_used, reason = "a target that is broken says so by panicking")]

use std::{fs, io::Cursor, path::Path, sync::LazyLock};

use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;
use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Contact, Destination, Document, Name, Private},
    country::Country,
    language::Language,
    money::{Currency, Money},
    order::Order,
    reference::Reference,
    verdict::{ProviderId, Verdict},
};
use payrun_ingest::{Copy, Directory, Reading, Report, Route, Upload};
use payrun_providers::{
    ADAPTERS, Adapter, ExchangeState, Nonce, Provider, ProviderSettings, Reply, Rules, Stamp, Step,
    WebhookRequest,
};
use payrun_store::HoldPolicy;

/// Every adapter, with the made-up keys of its fixtures, in the order of the registry.
static PROVIDERS: LazyLock<Vec<Box<dyn Provider>>> = LazyLock::new(|| {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/providers/fixtures");
    let build = |adapter: &Adapter| {
        let account = fs::read(fixtures.join(adapter.name).join("account.json")).unwrap();
        let mut account: serde_json::Value = serde_json::from_slice(&account).unwrap();
        let mut settings = account["settings"].take();
        if adapter.name == UNSIGNED {
            settings["unsigned_webhooks"] = true.into();
        }
        serde_json::from_value::<ProviderSettings>(settings).unwrap().build().unwrap()
    };
    ADAPTERS.map(build).into()
});

/// The one provider that may be told to take webhooks without a signature.
const UNSIGNED: &str = "bamboo";

fn order(provider: &dyn Provider, provider_id: Option<&str>) -> Order {
    Order {
        reference: Reference::of(7),
        amount: Money::new(1_250, provider.rules().currency()).unwrap(),
        country: provider.rules().country(),
        beneficiary: Beneficiary {
            name: Name::Person { first: Private::new("Ana"), last: Some(Private::new("Prueba")) },
            document: Document { kind: "DNI".to_owned(), number: Private::new("40000001") },
            destination: Destination::Bank {
                bank: "6".to_owned(),
                number: Private::new("00320000300123456731"),
                kind: AccountKind::Savings,
                local: Some(Private::new("2003001234567")),
            },
            contact: Contact::default(),
        },
        description: Private::new(""),
        send_date: None,
        provider_id: provider_id.and_then(ProviderId::parse),
    }
}

/// The rules by which a payroll is judged.
fn payer() -> &'static dyn Rules {
    PROVIDERS.iter().map(|provider| provider.rules()).find(|rules| rules.name() == "bamboo").unwrap()
}

/// A payroll file: judged to its end, each row once.
pub fn payroll(bytes: &[u8]) {
    let route = Route {
        name: "bamboo-pe".parse().unwrap(),
        country: Country::Pe,
        currency: Currency::Pen,
        amount_minor_max: 1_000_000,
        check: Box::new(|order| payer().check(order)),
        bank_code: Box::new(|entity| payer().bank_code(entity)),
    };
    let directory = Directory::new(vec![route], HoldPolicy { flags: Vec::new(), repeat_days: 1 });
    let mut report = Report::new(Vec::new(), Copy::Everything, Language::Spanish);
    let upload = Upload {
        source: Cursor::new(bytes.to_vec()),
        reading: Reading::default(),
        progress: Box::new(|_| {}),
    };
    if payrun_ingest::check(upload, &directory, &mut report).is_ok() {
        let rows = i64::from(report.accepted()) + i64::from(report.rejected());
        // What is compressed has more lines than its bytes show.
        let is_text = ![&b"\x1f\x8b"[..], b"PK", b"\xd0\xcf"].iter().any(|magic| bytes.starts_with(magic));
        let lines = bytes.split(|byte| *byte == b'\n' || *byte == b'\r').count();
        assert!(!is_text || rows <= i64::try_from(lines).unwrap(), "more rows than lines");
    }
}

/// An amount: what is taken is written back as it was, but for zeros at either end.
pub fn money(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    for currency in [Currency::Pen, Currency::Clp] {
        if let Ok(amount) = Money::parse(text, currency) {
            assert!(amount.minor() > 0);
            let again = Money::parse(&amount.major(), currency).unwrap();
            assert_eq!(again, amount);
            assert!(text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'), "{text}");
        }
    }
}

/// A reply: the first three bytes choose adapter, talk and status. A yes or a no is whole JSON, at
/// least.
pub fn reply(bytes: &[u8]) {
    let [adapter, talk, status, body @ ..] = bytes else { return };
    let provider = &**PROVIDERS.get(usize::from(*adapter) % PROVIDERS.len()).unwrap();
    let statuses = [200, 201, 204, 400, 401, 404, 409, 422, 429, 500, 503];
    let status = StatusCode::from_u16(statuses[usize::from(*status) % statuses.len()]).unwrap();
    let order = order(provider, (*talk & 1 == 1).then_some("300000000000000001"));
    let replies = [Reply { status, retry_after: None, date: None, body: body.to_vec() }];
    let stamp = Stamp { now: Timestamp::UNIX_EPOCH, nonce: Nonce([7; 16]), token: None };
    let state = ExchangeState { order: &order, replies: &replies, stamp, refreshed: true };
    let is_submit = *talk & 2 == 0;
    let step = if is_submit { provider.submit(&state) } else { provider.look_up(&state) };
    let Step::Done(verdict) = step else { return };
    let is_json = serde_json::from_slice::<serde_json::Value>(body).is_ok();
    match verdict {
        Verdict::Accepted(_)
        | Verdict::Settled(_)
        | Verdict::Rejected(_)
        | Verdict::Returned { .. }
        | Verdict::Unlisted(_) => {
            // The one provider with a database answers look-ups in BSON.
            assert!(
                is_json || (!is_submit && provider.rules().name() == "kapaqnan"),
                "{verdict:?} of what is no JSON"
            );
        }
        Verdict::NotFound => assert!(!is_submit, "a submit that was not found"),
        Verdict::Deferred { .. } | Verdict::Mismatch(_) | Verdict::Unknown(_) => {}
    }
    if let Verdict::Returned { amount, .. } = verdict {
        assert!(amount.minor() <= order.amount.minor());
    }
}

/// A provider's webhook: the first byte chooses the adapter. Nothing that is drawn is signed.
pub fn webhook(bytes: &[u8]) {
    let [adapter, body @ ..] = bytes else { return };
    let provider = &**PROVIDERS.get(usize::from(*adapter) % PROVIDERS.len()).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("nonce", HeaderValue::from_static("0123456789abcdef0123456789abcdef"));
    headers.insert("authorization", HeaderValue::from_static("Bearer nobody"));
    let taken = provider.webhook(&WebhookRequest { headers: &headers, body });
    assert!(taken.is_err() || provider.rules().name() == UNSIGNED, "a webhook without a signature was taken");
}

/// An intake message.
pub fn message(bytes: &[u8]) {
    let _ = payrun_ingest::decode(bytes);
}

/// An account's settings: what is taken can be built or says why not, and prints no secret.
pub fn settings(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(settings) = toml::from_str::<ProviderSettings>(text) {
        let rules = settings.rules().is_ok();
        let unread = settings.with_files(|_, _| Ok::<_, ()>("made-up".into())).unwrap();
        assert!(unread.build().is_err() || rules, "an adapter without rules");
    }
}
