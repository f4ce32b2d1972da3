//! The parts that ask no server, timed: `cargo bench -p payrun-tests`.

#![expect(clippy::unwrap_used, reason = "a tool for people who measure")]

use std::{hint::black_box, io::Cursor, time::Duration};

use criterion::{Criterion, Throughput};
use jiff::Timestamp;
use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Contact, Destination, Document, Name, Private},
    country::Country,
    decide::{
        AbsencePolicy, Idempotency, NOT_FOUND_MIN, NextSend, UnknownPayout, after_lookup_of_unknown,
        after_submit,
    },
    id::PayoutId,
    language::Language,
    money::{Currency, Money},
    order::Order,
    reference::Reference,
    verdict::{Doubt, Verdict},
};
use payrun_ingest::{Copy, Directory, Reading, Report, Route, Upload, check};
use payrun_providers::{ExchangeState, Nonce, Provider, ProviderSettings, Stamp};
use payrun_store::{HoldPolicy, Sealer};
use payrun_tests::{Payroll, Provider as Simulated};
use uuid::Uuid;

const ROWS: usize = 1_000;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    rows(&mut criterion);
    requests(&mut criterion);
    sealing(&mut criterion);
    decisions(&mut criterion);
    criterion.final_summary();
}

/// A CSV from its bytes to judged rows, the provider's own rules included.
fn rows(criterion: &mut Criterion) {
    let csv = Payroll::csv(Simulated::Bamboo, "bamboo-pe", "row", ROWS).into_bytes();
    let provider = bamboo();
    let route = Route {
        name: "bamboo-pe".parse().unwrap(),
        country: Country::Pe,
        currency: Currency::Pen,
        amount_minor_max: i64::MAX,
        check: Box::new(move |order| provider.rules().check(order)),
        bank_code: Box::new(|_| None),
    };
    let directory = Directory::new(vec![route], HoldPolicy { flags: Vec::new(), repeat_days: 1 });
    let mut group = criterion.benchmark_group("csv");
    group.throughput(Throughput::Elements(u64::try_from(ROWS).unwrap()));
    group.bench_function("judge", |bencher| {
        bencher.iter(|| {
            let mut report = Report::new(std::io::sink(), Copy::Rejected, Language::English);
            let source = Cursor::new(csv.clone());
            let upload = Upload { source, reading: Reading::default(), progress: Box::new(|_| {}) };
            check(upload, &directory, &mut report).unwrap();
            report
        });
    });
    group.finish();
}

/// An order to the bytes that are sent, signed.
fn requests(criterion: &mut Criterion) {
    let providers = [
        ("bamboo HMAC", bamboo()),
        ("teemopay RSA", provider(include_str!("../../crates/providers/fixtures/teemopay/account.json"))),
    ];
    let order = order();
    for (name, provider) in providers {
        criterion.bench_function(&format!("request/{name}"), |bencher| {
            bencher.iter(|| {
                let stamp = Stamp { now: Timestamp::UNIX_EPOCH, nonce: Nonce([7; 16]), token: None };
                provider.submit(&ExchangeState {
                    order: black_box(&order),
                    replies: &[],
                    stamp,
                    refreshed: false,
                })
            });
        });
    }
}

/// One column of a payout; each payout has five, and three indexes.
fn sealing(criterion: &mut Criterion) {
    let sealer = Sealer::from_key_file(&Sealer::new_key_file().unwrap()).unwrap();
    let order = order();
    let (payout, destination) = (PayoutId::from(Uuid::from_u128(7)), &order.beneficiary.destination);
    let sealed = sealer.seal(payout, "destination", destination).unwrap();
    criterion.bench_function("seal/seal", |bencher| {
        bencher.iter(|| sealer.seal(payout, "destination", black_box(destination)));
    });
    criterion.bench_function("seal/open", |bencher| {
        bencher
            .iter(|| sealer.open::<Destination>(sealer.current(), payout, "destination", black_box(&sealed)));
    });
    criterion.bench_function("seal/blind index", |bencher| {
        bencher.iter(|| sealer.blind_index(black_box("00320000300123456731")));
    });
}

fn decisions(criterion: &mut Criterion) {
    let doubt = Verdict::Unknown(Doubt::ReplyLost);
    criterion.bench_function("decide/after submit", |bencher| {
        bencher.iter(|| after_submit(black_box(&doubt), black_box(1)));
    });
    let hour = Duration::from_hours(1);
    let known = UnknownPayout {
        idempotency: Idempotency::Searchable,
        sends: 1,
        refusal_noted: false,
        not_found: NOT_FOUND_MIN,
        not_found_for: hour,
        silent_for: hour,
        clocks_agree: true,
        canary_found: true,
        age: hour,
        next_send: NextSend::Again,
    };
    let absence_policy =
        AbsencePolicy { quiet: Duration::from_mins(30), sends_max: 3, review_after: 24 * hour, resend: true };
    criterion.bench_function("decide/after a look-up of unknown", |bencher| {
        bencher.iter(|| {
            after_lookup_of_unknown(black_box(&Verdict::NotFound), black_box(&known), &absence_policy)
        });
    });
}

fn bamboo() -> Box<dyn Provider> {
    provider(include_str!("../../crates/providers/fixtures/bamboo/account.json"))
}

fn provider(account: &str) -> Box<dyn Provider> {
    let account: serde_json::Value = serde_json::from_str(account).unwrap();
    serde_json::from_value::<ProviderSettings>(account["settings"].clone()).unwrap().build().unwrap()
}

fn order() -> Order {
    Order {
        reference: Reference::of(7),
        amount: Money::new(125_050, Currency::Pen).unwrap(),
        country: Country::Pe,
        beneficiary: Beneficiary {
            name: Name::Person { first: Private::new("Rosa"), last: Some(Private::new("Prueba")) },
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
