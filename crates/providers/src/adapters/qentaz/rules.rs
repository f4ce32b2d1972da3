//! What Qentaz is documented to refuse, found before anybody approves it.

use payrun_domain::{
    beneficiary::{Beneficiary, Destination, Private},
    country::Country,
    fault::{Fault, Field},
    money::Currency,
    order::Order,
};

use super::{
    banks,
    request::{international, kind_word, whole_pesos},
};
use crate::knowledge::{self, is_email, shaped};

/// Every fault at once.
pub(super) fn check(order: &Order) -> Vec<Fault> {
    let mut faults = Vec::new();
    if order.country != Country::Co {
        let reason = format!("Qentaz pays in CO, not in {}", order.country);
        faults.push(Fault::of(Field::Country, "country", reason));
    }
    if order.amount.currency() != Currency::Cop {
        let reason = format!("Qentaz pays COP, not {}", order.amount.currency());
        faults.push(Fault::of(Field::Currency, "currency", reason));
    } else if whole_pesos(order.amount).is_none() {
        let reason = "Qentaz takes whole pesos only: it has no decimals, and payrun rounds nothing";
        faults.push(Fault::of(Field::Amount, "amount_fraction", reason));
    }
    faults.extend(document(&order.beneficiary));
    contact(&order.beneficiary, &mut faults);
    destination(&order.beneficiary.destination, &mut faults);
    faults
}

fn document(beneficiary: &Beneficiary) -> Option<Fault> {
    let (kind, number) = (&*beneficiary.document.kind, beneficiary.document.number.expose());
    let of_shape = |lengths, letters, rule: &str| {
        let wrong = !shaped(number, lengths, letters);
        wrong.then(|| Fault::of(Field::DocumentNumber, "document_number", rule))
    };
    match kind {
        "CC" | "CE" => of_shape(6..=10, false, "this document has 6 to 10 digits"),
        "NIT" => of_shape(9..=10, false, "a NIT has 9 digits, or 10 with its check digit")
            .or_else(|| knowledge::nit(number)),
        "PASSPORT" | "DNI" | "EIN" => of_shape(5..=15, true, "this document has 5 to 15 letters and digits"),
        _ => {
            let reason = "Qentaz takes CC, CE, NIT, PASSPORT, DNI and EIN";
            Some(Fault::of(Field::DocumentType, "document_type", reason))
        }
    }
}

fn contact(beneficiary: &Beneficiary, faults: &mut Vec<Fault>) {
    let phone = beneficiary.contact.phone.as_ref().map(Private::expose);
    if phone.and_then(international).is_none() {
        let reason = "Qentaz wants the beneficiary's mobile telephone: 57 and ten digits that begin with 3";
        faults.push(Fault::of(Field::Phone, "phone", reason));
    }
    let email = beneficiary.contact.email.as_ref().map(Private::expose);
    if email.is_some_and(|email| !is_email(email)) {
        faults.push(Fault::of(Field::Email, "email", "this is no e-mail address"));
    }
}

fn destination(destination: &Destination, faults: &mut Vec<Fault>) {
    let Destination::Bank { bank, number, kind, .. } = destination else {
        let reason = "Qentaz pays to bank accounts only: write method bank";
        faults.push(Fault::of(Field::Method, "method", reason));
        return;
    };
    if !shaped(bank, 4..=4, false) {
        let reason = "Qentaz takes the four digits of the ACH's list, as in 1007; `payrun accounts banks` asks for them";
        faults.push(Fault::of(Field::Bank, "bank", reason));
    } else if banks::is_known_elsewhere(bank) {
        let reason = "this number is TeemoPay's for that bank; the ACH's list has another";
        faults.push(Fault::of(Field::Bank, "bank", reason));
    }
    if kind_word(*kind).is_none() {
        let reason = "Qentaz pays to savings and checking accounts only";
        faults.push(Fault::of(Field::BankAccountType, "bank_account_type", reason));
    }
    if !shaped(number.expose(), 1..=20, false) {
        faults.push(Fault::of(Field::BankAccount, "bank_account", "an account has at most 20 digits"));
    }
}
