//! What Qentaz is documented to refuse, found before the approver sees it.

use std::{sync::LazyLock, time::Duration};

use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Destination, Method, Private},
    country::Country,
    decide::Idempotency,
    fault::{Fault, Field},
    language::Language,
    money::Currency,
    order::Order,
};

use super::{
    banks,
    request::{international, kind_word, whole_units},
    settings::{Channel, QentazRules, Speed},
};
use crate::{
    Manifest, Rules, SettlementSla,
    choices::{self, Choices},
    codes::Codes,
    knowledge::{self, DocumentRule, is_email, of_shape, shaped},
};

const MANIFEST: Manifest = Manifest {
    idempotency: Idempotency::None,
    // Nothing can be absent from a provider that cannot be asked by our reference.
    quiet: Duration::from_mins(30),
    // No return of a payout is documented, and none is ruled out: collections have chargebacks and
    // refunds.
    return_window: Duration::from_hours(24 * 10),
    dedup_window: None,
    reference_chars_max: None,
    clock_window: None,
    list_lag: Duration::ZERO,
    webhook_answer: "",
};

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::read(include_str!("codes.txt")));

impl Rules for QentazRules {
    fn name(&self) -> &'static str {
        super::settings::NAME
    }

    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    fn country(&self) -> Country {
        Country::Co
    }

    fn currency(&self) -> Currency {
        self.currency.currency()
    }

    /// When the rounds of normal payouts are is not documented: a working day has one.
    fn settlement_sla(&self) -> Option<SettlementSla> {
        let hours = if self.speed == Speed::Instant { 2 } else { 9 };
        Some(SettlementSla::business_hours(Country::Co, hours).days_later(self.days_ahead.unwrap_or(0)))
    }

    fn check(&self, order: &Order) -> Vec<Fault> {
        let mut faults = Vec::new();
        if order.country != Country::Co {
            let reason = format!("Qentaz pays in CO, not in {}", order.country);
            faults.push(Fault::of(Field::Country, "country", reason));
        }
        let currency = self.currency.currency();
        if order.amount.currency() != currency {
            let reason = format!("this account pays {currency}, not {}", order.amount.currency());
            faults.push(Fault::of(Field::Currency, "currency", reason));
        } else if whole_units(order.amount).is_none() {
            let reason =
                "Qentaz takes whole pesos or dollars only: it has no decimals, and payrun rounds nothing";
            faults.push(Fault::of(Field::Amount, "amount_fraction", reason));
        }
        let document = &order.beneficiary.document;
        faults.extend(knowledge::document("Qentaz", Country::Co, &DOCUMENTS, document));
        contact(self, &order.beneficiary, &mut faults);
        destination(&order.beneficiary.destination, &mut faults);
        faults
    }

    fn bank_code(&self, entity: &str) -> Option<String> {
        knowledge::entity_name(Country::Co, entity).map(|_| entity.to_owned())
    }

    fn meaning(&self, code: &str, language: Language) -> Option<&'static str> {
        CODES.meaning(code, language)
    }
}

/// What it takes to identify a person or a company.
const DOCUMENTS: [DocumentRule; 6] = [
    ("CC", colombian),
    ("CE", colombian),
    ("NIT", |number| {
        of_shape(number, 9..=10, false, "a NIT has 9 digits, or 10 with its check digit")
            .or_else(|| knowledge::nit(number))
    }),
    ("PASSPORT", foreign),
    ("DNI", foreign),
    ("EIN", foreign),
];
const METHODS: [Method; 1] = [Method::Bank];

/// None outside of Colombia. Its list of banks is the clearing house's, and asked of it; those that
/// are known are on it.
pub(super) fn choices(country: Country) -> Option<Choices> {
    let known = knowledge::entities(country).iter().filter(|(code, _)| bank(code).is_none());
    (country == Country::Co).then(|| Choices {
        decimals: 0,
        methods: METHODS.to_vec(),
        banks: known.map(|(code, name)| choices::bank(Method::Bank, code, name)).collect(),
        other_banks: true,
        documents: DOCUMENTS.map(|(kind, _)| kind).to_vec(),
        account_kinds: AccountKind::ALL.into_iter().filter(|kind| kind_word(*kind).is_some()).collect(),
        wants: vec![Field::Phone],
        takes: vec![Field::Description, Field::Email, Field::BankAccountLocal, Field::SendDate],
        ..Choices::of(country)
    })
}

fn colombian(number: &str) -> Option<Fault> {
    of_shape(number, 6..=10, false, "this document has 6 to 10 digits")
}

fn foreign(number: &str) -> Option<Fault> {
    of_shape(number, 5..=15, true, "this document has 5 to 15 letters and digits")
}

/// A telephone is wanted unless the beneficiary is told by e-mail alone; an address, where they are
/// told by e-mail or have no telephone.
fn contact(rules: &QentazRules, beneficiary: &Beneficiary, faults: &mut Vec<Fault>) {
    let phone = beneficiary.contact.phone.as_ref().map(Private::expose);
    let is_right = phone.map_or(!rules.wants_phone(), |phone| international(phone).is_some());
    if !is_right {
        let reason = "Qentaz wants the beneficiary's mobile telephone: 57 and ten digits that begin with 3";
        faults.push(Fault::of(Field::Phone, "phone", reason));
    }
    match beneficiary.contact.email.as_ref().map(Private::expose) {
        Some(email) if !is_email(email) => {
            faults.push(Fault::of(Field::Email, "email", "this is no e-mail address"));
        }
        None if rules.tells(Channel::Email) => {
            let reason = "this account has Qentaz tell the beneficiary by e-mail: give their address";
            faults.push(Fault::of(Field::Email, "email", reason));
        }
        Some(_) | None => {}
    }
}

fn destination(destination: &Destination, faults: &mut Vec<Fault>) {
    faults.extend(knowledge::method("Qentaz", Country::Co, &METHODS, destination.method()));
    let Destination::Bank { bank: code, number, kind, .. } = destination else { return };
    faults.extend(bank(code));
    if kind_word(*kind).is_none() {
        let reason = "Qentaz pays to savings and checking accounts and to agreements only";
        faults.push(Fault::of(Field::BankAccountType, "bank_account_type", reason));
    }
    if !shaped(number.expose(), 1..=20, false) {
        faults.push(Fault::of(Field::BankAccount, "bank_account", "an account has at most 20 digits"));
    }
}

fn bank(code: &str) -> Option<Fault> {
    let reason = if !shaped(code, 4..=4, false) {
        "Qentaz takes the four digits of the ACH's list, as in 1007; `payrun accounts banks` asks for them"
    } else if banks::is_known_elsewhere(code) {
        "this number is another provider's for that bank; the ACH's list has another"
    } else {
        return None;
    };
    Some(Fault::of(Field::Bank, "bank", reason))
}
