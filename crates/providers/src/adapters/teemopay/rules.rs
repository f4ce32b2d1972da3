//! What TeemoPay is documented to refuse, found before the approver sees it.

use std::{sync::LazyLock, time::Duration};

use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Destination, KeyKind, Method, Private},
    country::Country,
    decide::Idempotency,
    fault::{Fault, Field, Severity},
    language::Language,
    money::Currency,
    order::Order,
};

use super::{banks, request, settings::TeemoPayRules};
use crate::{
    Manifest, Rules,
    codes::Codes,
    knowledge::{self, DocumentRule, is_email, of_shape, shaped},
};

/// Of the whole name; Brazil's page has another.
const fn name_chars_max(country: Country) -> usize {
    if matches!(country, Country::Br) { 255 } else { 40 }
}

const MANIFEST: Manifest = Manifest {
    idempotency: Idempotency::Deduplicates,
    // The signed timestamp of a delayed request is refused after 30 seconds; the rest is for the
    // platform's own queues.
    quiet: Duration::from_mins(2),
    // Refunds are announced for the next minutes; banks bounce within days.
    return_window: Duration::from_hours(24 * 10),
    // How long numbers are remembered is not documented; for as long as a nonce is certain.
    dedup_window: Some(Duration::from_hours(24)),
    reference_chars_max: Some(32),
    clock_window: Some(Duration::from_secs(30)),
    list_lag: Duration::ZERO,
    webhook_answer: "SUCCESS",
};

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::read(include_str!("codes.txt")));

impl Rules for TeemoPayRules {
    fn name(&self) -> &'static str {
        super::settings::NAME
    }

    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    fn country(&self) -> Country {
        self.country
    }

    fn currency(&self) -> Currency {
        self.country.currency()
    }

    fn check(&self, order: &Order) -> Vec<Fault> {
        let mut faults = Vec::new();
        let country = self.country;
        if order.country != country {
            let reason = format!("this account pays in {country}, not in {}", order.country);
            faults.push(Fault::of(Field::Country, "country", reason));
        }
        if order.amount.currency() != country.currency() {
            let reason = format!("this account pays {}, not {}", country.currency(), order.amount.currency());
            faults.push(Fault::of(Field::Currency, "currency", reason));
        }
        name(country, &order.beneficiary, &mut faults);
        let document = &order.beneficiary.document;
        faults.extend(knowledge::document("TeemoPay", country, documents(country), document));
        faults.extend(knowledge::no_send_date("TeemoPay", order));
        contact(country, &order.beneficiary, &mut faults);
        destination(self, &order.beneficiary.destination, &mut faults);
        faults
    }

    fn bank_code(&self, entity: &str) -> Option<String> {
        banks::of_entity(self.country, entity)
            .filter(|code| self.country == Country::Ar || self.bank_name(code).is_some())
            .map(str::to_owned)
    }

    fn meaning(&self, code: &str, language: Language) -> Option<&'static str> {
        CODES.meaning(code, language)
    }
}

fn name(country: Country, beneficiary: &Beneficiary, faults: &mut Vec<Fault>) {
    let parts = beneficiary.name.parts();
    for (field, part) in &parts {
        let letters: (fn(char) -> bool, &str) = (char::is_alphanumeric, "letters, digits");
        faults.extend(knowledge::name_letters("TeemoPay", *field, part.expose(), letters));
    }
    let chars_max = name_chars_max(country);
    let longest = parts.iter().max_by_key(|(_, part)| part.expose().chars().count());
    if let Some((field, _)) = longest
        && request::real_name(&beneficiary.name).chars().count() > chars_max
    {
        let reason =
            format!("the whole name has more than {chars_max} letters, which TeemoPay refuses; shorten it");
        faults.push(Fault::of(*field, "name_length", reason));
    }
}

/// What it takes to identify a person or a company.
pub(super) const fn documents(country: Country) -> &'static [DocumentRule] {
    match country {
        Country::Ar => &[
            ("DNI", knowledge::dni),
            ("CUIL", knowledge::cuit),
            ("CUIT", knowledge::cuit),
            ("PASSPORT", |number| of_shape(number, 1..=15, true, "a passport has at most 15 characters")),
        ],
        Country::Br => &[("CPF", knowledge::cpf), ("CNPJ", knowledge::cnpj)],
        Country::Cl => &[
            ("RUT", knowledge::rut),
            ("RUN", knowledge::rut),
            ("CE", |number| of_shape(number, 9..=16, false, "this document has 9 to 16 digits")),
            ("PASS", |number| of_shape(number, 9..=16, true, "a passport has 9 to 16 letters and digits")),
        ],
        Country::Co => &[
            ("CC", |number| of_shape(number, 6..=10, false, "this document has 6 to 10 digits")),
            ("CE", |number| of_shape(number, 6..=10, false, "this document has 6 to 10 digits")),
            ("NIT", |number| {
                of_shape(number, 9..=9, false, "TeemoPay takes the 9 digits of a NIT without its check digit")
            }),
            ("PASSPORT", |number| of_shape(number, 9..=9, true, "a passport has 9 characters")),
        ],
        Country::Mx => knowledge::MEXICAN,
        Country::Pe => &[
            ("DNI", knowledge::dni),
            ("RUC", knowledge::ruc),
            ("CE", |number| of_shape(number, 9..=9, true, "this document has 9 characters")),
            ("PASSPORT", |number| of_shape(number, 9..=9, true, "this document has 9 characters")),
        ],
        Country::Uy => &[],
    }
}

/// How it pays.
pub(super) const fn methods(country: Country) -> &'static [Method] {
    match country {
        Country::Pe => &[Method::Bank, Method::Wallet],
        Country::Co => &[Method::Bank, Method::Instant],
        Country::Br => &[Method::Instant],
        Country::Ar | Country::Cl | Country::Mx => &[Method::Bank],
        Country::Uy => &[],
    }
}

/// Kinds of bank account that it has a number for.
pub(super) fn account_kinds(country: Country) -> Vec<AccountKind> {
    AccountKind::ALL.into_iter().filter(|kind| request::bank_kind(country, *kind).is_some()).collect()
}

/// Kinds of key of its instant transfers.
pub(super) const fn key_kinds(country: Country) -> &'static [KeyKind] {
    match country {
        Country::Br => knowledge::PIX_KINDS,
        Country::Co => &[KeyKind::Document, KeyKind::Email, KeyKind::Phone, KeyKind::Random],
        Country::Ar | Country::Cl | Country::Mx | Country::Pe | Country::Uy => &[],
    }
}

fn contact(country: Country, beneficiary: &Beneficiary, faults: &mut Vec<Fault>) {
    let contact = &beneficiary.contact;
    let phone = contact.phone.as_ref().map(Private::expose);
    let (right, rule) = match (country, phone) {
        (Country::Cl, None) => (false, "TeemoPay wants a telephone of 9 digits in Chile"),
        (Country::Cl, Some(phone)) => (shaped(phone, 9..=9, false), "a Chilean telephone has 9 digits"),
        (Country::Pe, Some(phone)) => (
            shaped(phone, 9..=9, false) && phone.starts_with('9'),
            "a Peruvian telephone has 9 digits and begins with 9",
        ),
        (_, _) => (true, ""),
    };
    if !right {
        faults.push(Fault::of(Field::Phone, "phone", rule));
    }
    let email = contact.email.as_ref().map(Private::expose);
    if country == Country::Cl && !email.is_some_and(|email| email.len() <= 64 && is_email(email)) {
        let reason = "TeemoPay wants an e-mail address of at most 64 characters in Chile";
        faults.push(Fault::of(Field::Email, "email", reason));
    }
}

fn destination(rules: &TeemoPayRules, destination: &Destination, faults: &mut Vec<Fault>) {
    let country = rules.country;
    if let Some(fault) = knowledge::method("TeemoPay", country, methods(country), destination.method()) {
        faults.push(fault);
        return;
    }
    match destination {
        Destination::Bank { bank, number, kind, local } => match country {
            Country::Pe => {
                bank_kind(country, *kind, faults);
                let account = PeruvianAccount {
                    bank,
                    cci: number.expose(),
                    kind: *kind,
                    local: local.as_ref().map(Private::expose),
                };
                peruvian(&account, faults);
            }
            Country::Ar => faults.extend(knowledge::cbu(number.expose())),
            Country::Br | Country::Cl | Country::Co | Country::Mx | Country::Uy => {
                bank_kind(country, *kind, faults);
                named_bank(rules, bank, number.expose(), faults);
            }
        },
        Destination::Wallet { wallet, phone } => {
            if wallet != banks::YAPE {
                let reason = "Yape is the only wallet that TeemoPay pays to: its code is 100";
                faults.push(Fault::of(Field::Bank, "bank", reason));
            }
            if !shaped(phone.expose(), 9..=9, false) || !phone.expose().starts_with('9') {
                let reason = "a wallet is a telephone of 9 digits that begins with 9";
                faults.push(Fault::of(Field::BankAccount, "phone", reason));
            }
        }
        Destination::Instant { kind, key } => faults.extend(instant(country, *kind, key.expose())),
        Destination::Cash => {}
    }
}

fn named_bank(rules: &TeemoPayRules, bank: &str, number: &str, faults: &mut Vec<Fault>) {
    if rules.bank_name(bank).is_none() {
        let reason = "TeemoPay wants the bank's name beside its code, and payrun does not know this one: add it to the \
                      account's bank_names, as TeemoPay's list has it";
        faults.push(Fault::of(Field::Bank, "bank", reason));
    }
    if rules.country == Country::Mx {
        clabe(bank, number, faults);
    } else if !shaped(number, 1..=50, false) {
        let reason = "an account has at most 50 digits";
        faults.push(Fault::of(Field::BankAccount, "bank_account", reason));
    }
}

fn bank_kind(country: Country, kind: AccountKind, faults: &mut Vec<Fault>) {
    if request::bank_kind(country, kind).is_none() {
        let reason = format!("TeemoPay does not know {} accounts in {country}", kind.as_str());
        faults.push(Fault::of(Field::BankAccountType, "bank_account_type", reason));
    }
}

/// Where a payout in Peru goes: the CCI, and the bank's own number beside it.
struct PeruvianAccount<'a> {
    bank: &'a str,
    cci: &'a str,
    kind: AccountKind,
    local: Option<&'a str>,
}

fn peruvian(account: &PeruvianAccount<'_>, faults: &mut Vec<Fault>) {
    let PeruvianAccount { bank, cci, kind, local } = *account;
    let found = knowledge::cci(cci);
    let is_cci = found.iter().all(|fault| fault.severity == Severity::Warning);
    faults.extend(found);
    if let Some(prefix) = banks::cci_prefix(bank).filter(|_| is_cci) {
        faults.extend(knowledge::of_bank(Country::Pe, prefix, cci));
    }
    let Some(listed) = banks::peruvian(bank).filter(|_| bank != banks::YAPE) else {
        let reason =
            "this is no bank of TeemoPay's list; it numbers banks its own way, as in 2 for Interbank";
        faults.push(Fault::of(Field::Bank, "bank", reason));
        return;
    };
    let length = if kind == AccountKind::Checking { listed.lengths.1 } else { listed.lengths.0 };
    let Some(local) = local else {
        if length != banks::CCI {
            let reason = format!(
                "TeemoPay wants the account's own number at {} beside the CCI: {length} digits",
                listed.name
            );
            faults.push(Fault::of(Field::BankAccountLocal, "missing", reason));
        }
        return;
    };
    // BCP writes the account's currency into the third digit from the end.
    let currency = local.len().checked_sub(3).and_then(|place| local.as_bytes().get(place));
    let reason = if !shaped(local, length..=length, false) {
        format!("an account at {} has {length} digits", listed.name)
    } else if bank == "1" && !matches!(currency, Some(b'0' | b'1')) {
        "the third digit from the end of a BCP account is 0 or 1".to_owned()
    } else {
        return;
    };
    faults.push(Fault::of(Field::BankAccountLocal, "bank_account_local", reason));
}

fn clabe(bank: &str, number: &str, faults: &mut Vec<Fault>) {
    let found = knowledge::clabe(number);
    if found.is_empty()
        && let Some(entity) = bank.len().checked_sub(3).and_then(|start| bank.get(start..))
    {
        faults.extend(knowledge::of_bank(Country::Mx, entity, number));
    }
    faults.extend(found);
}

fn instant(country: Country, kind: KeyKind, key: &str) -> Option<Fault> {
    let alias = || key.strip_prefix('@').is_some_and(|alias| shaped(alias, 3..=30, true));
    let reason = match kind {
        _ if !key_kinds(country).contains(&kind) => "TeemoPay has no such keys",
        _ if country == Country::Br => return knowledge::pix(kind, key),
        KeyKind::Random if alias() => return None,
        KeyKind::Random => "a Bre-B alias is @ and 3 to 30 letters and digits",
        KeyKind::Document | KeyKind::Email | KeyKind::Phone | KeyKind::Commerce => {
            return knowledge::breb(kind, key);
        }
    };
    Some(Fault::of(Field::BankAccount, "instant_key", reason))
}
