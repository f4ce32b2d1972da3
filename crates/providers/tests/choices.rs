//! What is offered to choose from is what the rules take, at every provider and in every country.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Contact, Destination, Document, KeyKind, Method, Name, Private},
    country::Country,
    fault::{Field, Severity},
    money::Money,
    order::Order,
    reference::Reference,
};
use payrun_providers::{ADAPTERS, Bank, Choices, Provider, ProviderSettings, named};
use serde_json::{Value, json};

/// What its fixtures say of an adapter's account.
fn account(name: &str) -> Value {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let account = fs::read(fixtures.join(name).join("account.json"));
    serde_json::from_slice(&account.unwrap_or_else(|error| panic!("fixtures of {name}: {error}"))).unwrap()
}

/// The account of the fixtures, in a country.
fn provider(name: &str, country: Country) -> Box<dyn Provider> {
    let mut settings = account(name)["settings"].take();
    for (key, word) in [("country", country.code()), ("currency", country.currency().code())] {
        if let Some(setting) = settings.get_mut(key) {
            *setting = word.into();
        }
    }
    serde_json::from_value::<ProviderSettings>(settings).unwrap().build().unwrap()
}

fn everywhere() -> impl Iterator<Item = (&'static str, Country, Choices, Box<dyn Provider>)> {
    let pairs = ADAPTERS.into_iter().flat_map(|adapter| Country::ALL.map(|country| (adapter, country)));
    pairs.filter_map(|(adapter, country)| {
        let choices = adapter.choices(country)?;
        Some((adapter.name, country, choices, provider(adapter.name, country)))
    })
}

fn order(country: Country, choices: &Choices, destination: Destination) -> Order {
    let minor = 10_i64.pow(u32::try_from(choices.currency.exponent()).unwrap());
    Order {
        reference: Reference::of(1),
        amount: Money::new(minor, choices.currency).unwrap(),
        country,
        beneficiary: Beneficiary {
            name: Name::Person { first: Private::new("Ana"), last: Some(Private::new("Prueba")) },
            document: Document { kind: choices.documents[0].to_owned(), number: Private::new("1") },
            destination,
            contact: Contact::default(),
        },
        description: Private::new(""),
        send_date: None,
        provider_id: None,
    }
}

fn bank(code: &str, kind: AccountKind) -> Destination {
    Destination::Bank { bank: code.to_owned(), number: Private::new("1"), kind, local: None }
}

fn wallet(code: &str) -> Destination {
    Destination::Wallet { wallet: code.to_owned(), phone: Private::new("900000001") }
}

/// Whether the provider has nothing against what stands in `field`.
fn takes(provider: &dyn Provider, order: &Order, field: Field) -> bool {
    let faults = provider.rules().check(order);
    !faults.iter().any(|fault| fault.field == Some(field) && fault.severity == Severity::Error)
}

/// Some destination by each method.
fn by(method: Method, choices: &Choices) -> Destination {
    let code = |banks: &[Bank]| banks.first().map_or_else(String::new, |bank| bank.code.clone());
    match method {
        Method::Bank => bank(&code(&choices.banks), AccountKind::Savings),
        Method::Wallet => wallet(&code(&choices.wallets)),
        Method::Instant => {
            Destination::Instant { kind: KeyKind::Email, key: Private::new("ana@example.test") }
        }
        Method::Cash => Destination::Cash,
    }
}

#[test]
fn providers_are_named_as_they_name_themselves() {
    for (name, country, choices, provider) in everywhere() {
        let rules = provider.rules();
        assert_eq!((rules.name(), rules.country()), (name, country));
        assert_eq!(rules.currency(), choices.currency);
    }
    for adapter in ADAPTERS {
        let pays = |country: &Country| adapter.choices(*country).is_some();
        let paid: Vec<&str> =
            Country::ALL.iter().filter(|country| pays(country)).map(|country| country.code()).collect();
        assert_eq!(account(adapter.name)["countries"], json!(paid), "{}", adapter.name);
    }
    assert!(ADAPTERS.iter().all(|adapter| named(adapter.name).is_some()));
    assert!(named("nobody").is_none());
}

#[test]
fn methods_and_documents_are_those_of_the_rules() {
    let documents: Vec<&str> = everywhere().flat_map(|(_, _, choices, _)| choices.documents).collect();
    for (name, country, choices, provider) in everywhere() {
        for method in Method::ALL {
            let order = order(country, &choices, by(method, &choices));
            let is_listed = choices.methods.contains(&method);
            let word = method.as_str();
            assert_eq!(takes(&*provider, &order, Field::Method), is_listed, "{name} {country} {word}");
        }
        let mut order = order(country, &choices, by(choices.methods[0], &choices));
        for kind in documents.iter().chain(&["LIBRETA"]) {
            order.beneficiary.document.kind = (*kind).to_owned();
            let is_listed = choices.documents.contains(kind);
            assert_eq!(takes(&*provider, &order, Field::DocumentType), is_listed, "{name} {country} {kind}");
        }
    }
}

#[test]
fn banks_and_wallets_are_those_of_the_rules() {
    let codes: Vec<String> = everywhere()
        .flat_map(|(_, _, choices, _)| choices.banks.into_iter().chain(choices.wallets))
        .map(|bank| bank.code)
        .collect();
    for (name, country, choices, provider) in everywhere() {
        let has = |method: Method| choices.methods.contains(&method);
        assert_eq!(
            (has(Method::Bank), has(Method::Wallet)),
            (!choices.banks.is_empty(), !choices.wallets.is_empty())
        );
        for code in &codes {
            let is_among = |banks: &[Bank]| banks.iter().any(|bank| bank.code == *code);
            if has(Method::Bank) {
                let order = order(country, &choices, bank(code, AccountKind::Savings));
                let taken = takes(&*provider, &order, Field::Bank);
                let is_listed = is_among(&choices.banks);
                assert!(taken == is_listed || taken && choices.other_banks, "{name} {country} bank {code}");
            }
            if has(Method::Wallet) {
                let order = order(country, &choices, wallet(code));
                let is_listed = is_among(&choices.wallets);
                assert_eq!(
                    takes(&*provider, &order, Field::Bank),
                    is_listed,
                    "{name} {country} wallet {code}"
                );
            }
        }
    }
}

#[test]
fn kinds_of_account_and_key_are_those_of_the_rules() {
    for (name, country, choices, provider) in everywhere() {
        let takes_kind = |kind: AccountKind| {
            let order = order(country, &choices, bank(&choices.banks[0].code, kind));
            takes(&*provider, &order, Field::BankAccountType)
        };
        // In Argentina TeemoPay takes any: the account tells.
        let is_open = (name, country) == ("teemopay", Country::Ar);
        for kind in AccountKind::ALL.into_iter().filter(|_| choices.methods.contains(&Method::Bank)) {
            let is_listed = choices.account_kinds.contains(&kind);
            assert!(takes_kind(kind) == is_listed || is_open, "{name} {country} {kind:?}");
        }
        let keys = [
            "39053344705",
            "ana@example.test",
            "3000000001",
            "+5511900000001",
            "@prueba",
            "00000000-0000-4000-8000-000000000001",
        ];
        for kind in KeyKind::ALL.into_iter().filter(|_| choices.methods.contains(&Method::Instant)) {
            let taken = keys.into_iter().any(|key| {
                let destination = Destination::Instant { kind, key: Private::new(key) };
                takes(&*provider, &order(country, &choices, destination), Field::BankAccount)
            });
            assert_eq!(taken, choices.key_kinds.contains(&kind), "{name} {country} {kind:?}");
        }
    }
}

/// What is wanted is missed, what may be said is not.
#[test]
fn what_is_wanted_is_missed() {
    for (name, country, choices, provider) in everywhere() {
        let order = order(country, &choices, by(choices.methods[0], &choices));
        for field in [Field::Phone, Field::Email, Field::BankAccountLocal] {
            // BCP, which is the first of TeemoPay's, is one of the banks that want the account's
            // own number.
            let is_wanted = choices.wants.contains(&field)
                || (name, country, field) == ("teemopay", Country::Pe, Field::BankAccountLocal);
            assert_eq!(!takes(&*provider, &order, field), is_wanted, "{name} {country} {field}");
            assert!(!is_wanted || choices.wants.contains(&field) || choices.takes.contains(&field));
        }
    }
}

#[test]
fn decimals_are_those_that_are_taken() {
    for (name, country, choices, provider) in everywhere() {
        let mut order = order(country, &choices, by(choices.methods[0], &choices));
        order.amount = Money::new(101, choices.currency).unwrap();
        let is_whole = choices.decimals == 0 && choices.currency.exponent() > 0;
        assert_eq!(takes(&*provider, &order, Field::Amount), !is_whole, "{name} {country}");
    }
}
