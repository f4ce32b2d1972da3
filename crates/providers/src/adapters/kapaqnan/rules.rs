//! What nothing shows that Kapaqnan takes, found before the approver sees it. Its sandbox takes
//! wrong check digits and banks that do not fit the account, so ours must be the stricter side.

use std::time::Duration;

use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Destination, Method},
    country::Country,
    decide::Idempotency,
    fault::{Fault, Field, Severity},
    money::Currency,
    order::Order,
};

use super::{
    request::number_of,
    settings::{DNI, DOCUMENTS, KapaqnanRules, known_word},
};
use crate::{
    ExampleDestination, Manifest, Rules, SettlementSla,
    choices::{self, Choices},
    knowledge,
};

/// The only bank whose number its documents tell: the supervisor's, and its own.
const BANBIF: (&str, &str) = ("038", "6");

const METHODS: [Method; 1] = [Method::Bank];

/// None outside of Peru. Other banks, and checking accounts, are taken once an account's settings
/// say how.
pub(super) fn choices(country: Country) -> Option<Choices> {
    let name = knowledge::entity_name(country, BANBIF.0).unwrap_or_default();
    (country == Country::Pe).then(|| Choices {
        methods: METHODS.to_vec(),
        banks: vec![choices::bank(Method::Bank, BANBIF.1, name)],
        other_banks: true,
        documents: vec![DNI],
        account_kinds: AccountKind::ALL.into_iter().filter(|kind| known_word(*kind).is_some()).collect(),
        wants: vec![Field::BankAccountLocal],
        examples: vec![(
            Method::Bank,
            ExampleDestination {
                local: "7000000000001",
                ..ExampleDestination::new(BANBIF.1, "03800000000000000168", "savings")
            },
        )],
        ..Choices::of(country)
    })
}

const MANIFEST: Manifest = Manifest {
    idempotency: Idempotency::None,
    // Nothing can be absent from a provider that cannot be asked.
    quiet: Duration::from_mins(30),
    // No return is documented, and none is ruled out.
    return_window: Duration::from_hours(24 * 10),
    dedup_window: None,
    reference_chars_max: None,
    clock_window: None,
    list_lag: Duration::ZERO,
    webhook_answer: "",
};

impl Rules for KapaqnanRules {
    fn name(&self) -> &'static str {
        super::settings::NAME
    }

    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    fn country(&self) -> Country {
        Country::Pe
    }

    fn currency(&self) -> Currency {
        Currency::Pen
    }

    /// Nothing of its pace is documented: a working day. Without its database payrun never learns
    /// when a payout is settled.
    fn settlement_sla(&self) -> Option<SettlementSla> {
        self.records.as_ref().map(|_| SettlementSla::business_hours(Country::Pe, 9))
    }

    fn check(&self, order: &Order) -> Vec<Fault> {
        let mut faults = Vec::new();
        if order.country != Country::Pe {
            let reason = format!("Kapaqnan pays in PE, not in {}", order.country);
            faults.push(Fault::of(Field::Country, "country", reason));
        }
        if order.amount.currency() != Currency::Pen {
            let reason = format!("Kapaqnan pays PEN, not {}", order.amount.currency());
            faults.push(Fault::of(Field::Currency, "currency", reason));
        }
        faults.extend(knowledge::no_send_date("Kapaqnan", order));
        document(self, &order.beneficiary, &mut faults);
        destination(self, &order.beneficiary.destination, &mut faults);
        faults
    }

    fn bank_code(&self, entity: &str) -> Option<String> {
        self.banks.get(entity).cloned().or_else(|| (entity == BANBIF.0).then(|| BANBIF.1.to_owned()))
    }
}

/// Its sandbox pays a CCI of one bank under the number of another, and nobody knows where that
/// money goes.
fn bank_of_cci(rules: &KapaqnanRules, bank: &str, cci: &str) -> Option<Fault> {
    let entity = cci.get(..3)?;
    let name =
        knowledge::entity_name(Country::Pe, entity).map_or_else(String::new, |name| format!(" ({name})"));
    let reason = match rules.bank_code(entity) {
        Some(code) if code == bank => return None,
        Some(code) => format!(
            "the CCI is of the bank {entity}{name}, whose number at Kapaqnan is {code}, and the column bank says {bank}"
        ),
        None => format!(
            "the CCI is of the bank {entity}{name}, and Kapaqnan's number for it is not known: ask Kapaqnan for it and add it to the account's \
             banks"
        ),
    };
    Some(Fault::of(Field::Bank, "bank_mismatch", reason))
}

fn document(rules: &KapaqnanRules, beneficiary: &Beneficiary, faults: &mut Vec<Fault>) {
    let (kind, number) = (&*beneficiary.document.kind, beneficiary.document.number.expose());
    let known = DOCUMENTS.iter().find(|(known, _)| *known == kind);
    let Some((_, rule)) = known.filter(|_| rules.document_word(kind).is_some()) else {
        let reason = "Kapaqnan's word for this document is not known: pay this person through another provider, or ask Kapaqnan for it and set \
                      document_words";
        faults.push(Fault::of(Field::DocumentType, "document_type", reason));
        return;
    };
    let fault = rule(number);
    if fault.is_none() && !rules.document_as_text && number_of(number).is_none() {
        let reason = "Kapaqnan takes the document as a number, which would lose its leading zero or its letters: pay this person through another \
                      provider, or ask Kapaqnan whether it takes text and set document_as_text";
        faults.push(Fault::of(Field::DocumentNumber, "document_number", reason));
    }
    faults.extend(fault);
}

fn destination(rules: &KapaqnanRules, destination: &Destination, faults: &mut Vec<Fault>) {
    faults.extend(knowledge::method("Kapaqnan", Country::Pe, &METHODS, destination.method()));
    let Destination::Bank { bank, number, kind, local } = destination else { return };
    let is_number = number_of(bank).is_some() && !bank.contains('.');
    if !is_number {
        let reason = "Kapaqnan numbers its banks; give the number that it told you for this bank, as in 6";
        faults.push(Fault::of(Field::Bank, "bank", reason));
    }
    let found = knowledge::cci(number.expose());
    if is_number && found.iter().all(|fault| fault.severity == Severity::Warning) {
        faults.extend(bank_of_cci(rules, bank, number.expose()));
    }
    faults.extend(found);
    if rules.kind_word(*kind).is_none() {
        let reason = match kind {
            AccountKind::Checking => {
                "Kapaqnan's word for a checking account is not known: ask for it and set checking_word"
            }
            AccountKind::Savings
            | AccountKind::Sight
            | AccountKind::Rut
            | AccountKind::Salary
            | AccountKind::Agreement => "Kapaqnan is known to pay to savings accounts only",
        };
        faults.push(Fault::of(Field::BankAccountType, "bank_account_type", reason));
    }
    let Some(local) = local else {
        let reason = "Kapaqnan wants the bank's own number of the account beside the CCI";
        faults.push(Fault::of(Field::BankAccountLocal, "missing", reason));
        return;
    };
    if !local.expose().bytes().all(|byte| byte.is_ascii_digit()) {
        let reason = "the bank's own number has digits only";
        faults.push(Fault::of(Field::BankAccountLocal, "bank_account_local", reason));
    }
}
