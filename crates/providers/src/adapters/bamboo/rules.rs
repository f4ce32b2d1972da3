//! What Bamboo is documented to refuse, found before the approver sees it.

use std::{sync::LazyLock, time::Duration};

use jiff::civil::time;
use payrun_domain::{
    beneficiary::{Name, Private},
    country::Country,
    decide::Idempotency,
    fault::{Fault, Field},
    language::Language,
    money::Currency,
    order::Order,
};

use super::{banks, destination, request::hundredths, settings::BambooRules};
use crate::{
    Manifest, Rules, SettlementSla,
    codes::Codes,
    knowledge::{self, DocumentRule, of_shape},
};

const MANIFEST: Manifest = Manifest {
    idempotency: Idempotency::Searchable,
    quiet: Duration::from_mins(30),
    // No return after payment is documented, and none is ruled out: banks bounce within days.
    return_window: Duration::from_hours(24 * 10),
    dedup_window: None,
    reference_chars_max: None,
    clock_window: None,
    list_lag: Duration::from_hours(24),
    webhook_answer: "",
};

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::read(include_str!("codes.txt")));

impl Rules for BambooRules {
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
        self.currency
    }

    fn settlement_sla(&self) -> Option<SettlementSla> {
        let settlement_sla = SettlementSla::business_hours(self.country, 2);
        // Everywhere else "real time".
        Some(if self.country == Country::Uy {
            settlement_sla.between(time(10, 0, 0, 0), time(16, 30, 0, 0))
        } else {
            settlement_sla
        })
    }

    fn check(&self, order: &Order) -> Vec<Fault> {
        let mut faults = Vec::new();
        account(self, order, &mut faults);
        name(&order.beneficiary.name, &mut faults);
        let document = &order.beneficiary.document;
        faults.extend(knowledge::document("Bamboo", self.country, documents(self.country), document));
        faults.extend(knowledge::no_send_date("Bamboo", order));
        destination::check(self, &order.beneficiary.destination, &mut faults);
        faults
    }

    fn bank_code(&self, entity: &str) -> Option<String> {
        (banks::kind(self.country, entity) == banks::Kind::Bank).then(|| entity.to_owned())
    }

    fn meaning(&self, code: &str, language: Language) -> Option<&'static str> {
        CODES.meaning(code, language)
    }
}

/// The longest whole name, as the documents have it.
const NAME_CHARS_MAX: usize = 35;

fn account(bamboo: &BambooRules, order: &Order, faults: &mut Vec<Fault>) {
    if order.country != bamboo.country {
        let reason = format!("this account pays in {}, not in {}", bamboo.country, order.country);
        faults.push(Fault::of(Field::Country, "country", reason));
    }
    if order.amount.currency() != bamboo.currency {
        let reason = format!("this account pays {}, not {}", bamboo.currency, order.amount.currency());
        faults.push(Fault::of(Field::Currency, "currency", reason));
    }
    if hundredths(order.amount).is_none() {
        faults.push(Fault::of(Field::Amount, "amount_too_large", "the amount is too large for Bamboo"));
    }
}

fn name(name: &Name, faults: &mut Vec<Fault>) {
    let letters: (fn(char) -> bool, &str) = match name {
        Name::Person { .. } => (char::is_alphabetic, "letters"),
        Name::Company(_) => (char::is_alphanumeric, "letters, digits"),
    };
    let parts = name.parts();
    for (field, part) in &parts {
        faults.extend(knowledge::name_letters("Bamboo", *field, part.expose(), letters));
    }
    if matches!(name, Name::Person { last: None, .. }) {
        let reason =
            "Bamboo wants a last name: give the person's family name, or pay them through another provider";
        faults.push(Fault::of(Field::LastName, "missing", reason));
    }
    let length = |part: &Private| knowledge::without_signs(part.expose()).chars().count();
    let longest = parts.iter().max_by_key(|(_, part)| length(part));
    if let Some((field, _)) = longest
        && parts.iter().map(|(_, part)| length(part)).sum::<usize>() > NAME_CHARS_MAX
    {
        let reason = "the whole name has more than 35 letters, which Bamboo refuses; shorten it";
        faults.push(Fault::of(*field, "name_length", reason));
    }
}

/// What it takes to identify a person or a company.
pub(super) const fn documents(country: Country) -> &'static [DocumentRule] {
    match country {
        Country::Ar => &[("CUIT", knowledge::cuit), ("CUIL", knowledge::cuit)],
        Country::Br => &[("CPF", knowledge::cpf), ("CNPJ", knowledge::cnpj)],
        Country::Cl => &[("CI", knowledge::rut), ("RUN", knowledge::rut), ("RUT", knowledge::rut)],
        Country::Co => &[
            ("CC", colombian),
            ("CE", colombian),
            ("NIT", |number| {
                of_shape(number, 8..=15, false, "a NIT has 8 to 15 digits").or_else(|| knowledge::nit(number))
            }),
            ("PASSPORT", colombian),
        ],
        Country::Mx => knowledge::MEXICAN,
        Country::Pe => &[
            ("DNI", knowledge::dni_with_check),
            ("RUC", knowledge::ruc),
            ("CE", |number| of_shape(number, 9..=9, true, "a CE has 9 characters")),
            ("PASSPORT", |number| of_shape(number, 7..=18, false, "a passport has 7 to 18 digits")),
        ],
        Country::Uy => &[
            ("CI", knowledge::uruguayan_ci),
            ("RUT", knowledge::uruguayan_rut),
            ("PASSPORT", |number| of_shape(number, 12..=12, true, "a passport has 12 characters")),
        ],
    }
}

fn colombian(number: &str) -> Option<Fault> {
    of_shape(number, 6..=10, false, "this document has 6 to 10 digits")
}
