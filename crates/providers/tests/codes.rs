//! What providers' codes mean: told in every language or in none, and told for every code by which
//! an adapter refuses a payout or stops an account.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use jiff::Timestamp;
use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Contact, Destination, Document, Name, Private},
    country::Country,
    language::Language,
    money::{Currency, Money},
    order::Order,
    reference::Reference,
    verdict::{Pause, Verdict},
};
use payrun_providers::{ADAPTERS, ExchangeState, Nonce, Provider, ProviderSettings, Reply, Stamp, Step};
use serde_json::{Value, json};

const SENTENCES_CHARS_MAX: usize = 200;

/// Refusals in the recorded replies that no document explains: Bamboo prints the names of its
/// validators and fields in examples only, and Kapaqnan's word is one that a configuration gave it.
const UNDOCUMENTED: [(&str, &str); 3] = [
    ("bamboo", "NotEmptyValidator Reference"),
    ("bamboo", "invalid Payee.Document"),
    ("kapaqnan", "REJECTED"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn provider(name: &str) -> Box<dyn Provider> {
    let account = fs::read(root().join("fixtures").join(name).join("account.json")).unwrap();
    let mut account: Value = serde_json::from_slice(&account).unwrap();
    serde_json::from_value::<ProviderSettings>(account["settings"].take()).unwrap().build().unwrap()
}

/// The meaning in every language, or in none.
fn meanings(provider: &dyn Provider, code: &str) -> Option<[&'static str; 3]> {
    let texts: Vec<_> =
        Language::ALL.into_iter().filter_map(|language| provider.rules().meaning(code, language)).collect();
    match texts[..] {
        [] => None,
        [english, spanish, portuguese] => Some([english, spanish, portuguese]),
        _ => panic!("{code} of {} has {} of three languages", provider.rules().name(), texts.len()),
    }
}

/// The codes of the file beside each adapter, with their texts; every block is whole.
fn files() -> BTreeMap<&'static str, Vec<(String, [String; 3])>> {
    let mut files = BTreeMap::new();
    for adapter in ADAPTERS {
        let path = root().join("src/adapters").join(adapter.name).join("codes.txt");
        let Ok(file) = fs::read_to_string(path) else { continue };
        let mut told = Vec::new();
        for block in file.split("\n\n").filter(|block| !block.starts_with('#')) {
            let lines: Vec<&str> = block.lines().collect();
            let [codes, english, spanish, portuguese] = lines[..] else { panic!("{block:?} has no 4 lines") };
            let texts = [(english, "en: "), (spanish, "es: "), (portuguese, "pt: ")];
            let texts =
                texts.map(|(line, mark)| line.strip_prefix(mark).unwrap_or_else(|| panic!("{line:?}")));
            told.extend(codes.split(", ").map(|code| (code.to_owned(), texts.map(str::to_owned))));
        }
        files.insert(adapter.name, told);
    }
    files
}

#[test]
fn every_code_stands_once_and_is_told_in_every_language() {
    let files = files();
    assert_eq!(files.keys().copied().collect::<Vec<_>>(), ["bamboo", "qentaz", "teemopay"]);
    for (name, told) in files {
        let provider = provider(name);
        let codes: BTreeSet<&String> = told.iter().map(|(code, _)| code).collect();
        assert_eq!(codes.len(), told.len(), "a code of {name} stands twice");
        for (code, texts) in &told {
            assert_eq!(meanings(&*provider, code).as_ref(), Some(&texts.each_ref().map(String::as_str)));
        }
    }
}

#[test]
fn meanings_are_whole_sentences_that_fit_a_line_or_two() {
    for (name, told) in files() {
        for (code, texts) in &told {
            for text in texts {
                let which = format!("{code} of {name}: {text}");
                assert!(text.ends_with('.') && !text.ends_with(".."), "{which}");
                assert!(text.chars().count() <= SENTENCES_CHARS_MAX, "{which}");
                assert!(text.starts_with(char::is_uppercase), "{which}");
                assert!(!text.contains("  ") && text.trim() == text, "{which}");
            }
            // What stands in two of them was not translated.
            assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), texts.len(), "{code} of {name}");
            // A second sentence in one language only says more there, or less.
            let sentences = texts.each_ref().map(|text| text.matches(['.', ';']).count());
            assert!(sentences.iter().all(|count| *count == sentences[0]), "{code} of {name}: {sentences:?}");
        }
    }
}

#[test]
fn what_no_document_says_has_no_meaning() {
    for adapter in ADAPTERS {
        let provider = provider(adapter.name);
        for code in ["", "0", "815", "1024", "FAILED", "REJECTED", "no such code", "701 ", "en", "#"] {
            assert_eq!(meanings(&*provider, code), None, "{code} of {}", adapter.name);
        }
    }
}

#[test]
fn every_recorded_refusal_is_told() {
    let mut refusals = 0;
    for adapter in ADAPTERS {
        let provider = provider(adapter.name);
        for entry in fs::read_dir(root().join("fixtures").join(adapter.name)).unwrap() {
            let recorded: Value = serde_json::from_slice(&fs::read(entry.unwrap().path()).unwrap()).unwrap();
            let Some(code) = recorded["verdict"].as_str().and_then(|words| words.strip_prefix("rejected "))
            else {
                continue;
            };
            let code = code.split_once(" pause ").map_or(code, |(code, _)| code);
            refusals += 1;
            let documented = !UNDOCUMENTED.contains(&(adapter.name, code));
            assert_eq!(meanings(&*provider, code).is_some(), documented, "{code} of {}", adapter.name);
        }
    }
    assert!(refusals > 20, "only {refusals} recorded refusals were found");
}

fn order() -> Order {
    Order {
        reference: Reference::of(7),
        amount: Money::parse("12.50", Currency::Pen).unwrap(),
        country: Country::Pe,
        beneficiary: Beneficiary {
            name: Name::Person { first: Private::new("ANA"), last: Some(Private::new("PRUEBA")) },
            document: Document { kind: "DNI".to_owned(), number: Private::new("40000001") },
            destination: Destination::Bank {
                bank: "2".to_owned(),
                number: Private::new("00320000300123456731"),
                kind: AccountKind::Savings,
                local: Some(Private::new("2003001234567")),
            },
            contact: Contact::default(),
        },
        description: Private::new("Planilla"),
        send_date: None,
        provider_id: None,
    }
}

/// What an answer proves; to a create, or to a look-up.
fn verdict(provider: &dyn Provider, is_create: bool, status: u16, body: &Value) -> Verdict {
    let order = order();
    let body = body.to_string().replace("{reference}", order.reference.as_str()).into_bytes();
    let replies = [Reply { status: status.try_into().unwrap(), retry_after: None, date: None, body }];
    let stamp = Stamp { now: Timestamp::UNIX_EPOCH, nonce: Nonce([1; 16]), token: None };
    let state = ExchangeState { order: &order, replies: &replies, stamp, refreshed: false };
    let step = if is_create { provider.submit(&state) } else { provider.look_up(&state) };
    let Step::Done(verdict) = step else { panic!("{step:?}") };
    verdict
}

#[test]
fn every_code_by_which_bamboo_stops_an_account_is_told() {
    let bamboo = provider("bamboo");
    let mut pauses = BTreeMap::<&str, usize>::new();
    for code in 0..=9_999 {
        let declined = json!({ "payoutId": 3, "status": 8, "statusDescription": "Declined", "reference": "{reference}",
            "error": { "errorCode": code, "message": "" } });
        if let Some(pause) = verdict(&*bamboo, true, 409, &declined).pause() {
            assert!(meanings(&*bamboo, &code.to_string()).is_some(), "{code}");
            *pauses.entry(pause.as_str()).or_default() += 1;
        }
    }
    assert_eq!(pauses, [(Pause::Balance.as_str(), 4), (Pause::Configuration.as_str(), 9)].into());
    // Refused by the bank's side, without a code.
    let rejected = json!({ "payoutId": 3, "status": 4, "reference": "{reference}", "errorCode": null,
        "amount": { "value": 12.5, "isoCurrency": "PEN" } });
    let Verdict::Rejected(refusal) = verdict(&*bamboo, false, 200, &rejected) else { panic!() };
    assert!(meanings(&*bamboo, &refusal.code).is_some(), "{}", refusal.code);
}

#[test]
fn every_code_by_which_teemopay_refuses_or_stops_is_told() {
    let teemopay = provider("teemopay");
    let told = |code: &str| meanings(&*teemopay, code).is_some();
    let mut codes = 0;
    for code in 0..=9_999 {
        let body = json!({ "code": code, "msg": "", "data": null });
        let found = verdict(&*teemopay, true, 200, &body);
        if found.pause().is_some() || matches!(found, Verdict::Rejected(_)) {
            assert!(told(&code.to_string()), "{code}");
            codes += 1;
        }
        let failed = payout(3, &json!({ "errorCode": code }));
        if verdict(&*teemopay, false, 200, &failed).pause().is_some() {
            assert!(told(&code.to_string()), "{code}");
            codes += 1;
        }
    }
    assert_eq!(codes, 20);
    let failed = verdict(&*teemopay, false, 200, &payout(3, &json!({ "errorCode": null })));
    assert!(matches!(&failed, Verdict::Rejected(refusal) if told(&refusal.code)), "{failed:?}");
    for (status, more) in [(4, json!({})), (5, json!({ "totalRefundAmount": "2.50" }))] {
        let found = verdict(&*teemopay, false, 200, &payout(status, &more));
        assert!(matches!(&found, Verdict::Returned { record, .. } if told(&record.status)), "{found:?}");
    }
}

/// A payout as TeemoPay tells it.
fn payout(status: u8, more: &Value) -> Value {
    let mut data =
        json!({ "merchantOrderNo": "{reference}", "tradeNo": "TF1", "amount": "12.50", "status": status });
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "code": 200, "msg": "success", "data": data })
}
