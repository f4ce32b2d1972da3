//! What Qentaz is documented to refuse, found before anybody approves it.

use std::ops::RangeInclusive;

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

/// Every fault at once.
pub(super) fn check(order: &Order) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut add = |field, code, reason: String| faults.push(Fault::of(field, code, reason));
    if order.country != Country::Co {
        add(Field::Country, "country", format!("Qentaz pays in CO, not in {}", order.country));
    }
    if order.amount.currency() != Currency::Cop {
        add(Field::Currency, "currency", format!("Qentaz pays COP, not {}", order.amount.currency()));
    } else if whole_pesos(order.amount).is_none() {
        let reason = "Qentaz takes whole pesos only: it has no decimals, and payrun rounds nothing";
        add(Field::Amount, "amount_fraction", reason.to_owned());
    }
    document(&order.beneficiary, &mut add);
    contact(&order.beneficiary, &mut add);
    destination(&order.beneficiary.destination, &mut add);
    faults
}

fn document(beneficiary: &Beneficiary, add: &mut impl FnMut(Field, &'static str, String)) {
    let (kind, number) = (&*beneficiary.document.kind, beneficiary.document.number.expose());
    let (right, rule) = match kind {
        "CC" | "CE" => (shaped(number, 6..=10, false), "this document has 6 to 10 digits"),
        "NIT" => (shaped(number, 9..=10, false), "a NIT has 9 digits, or 10 with its check digit"),
        "PASSPORT" | "DNI" | "EIN" => {
            (shaped(number, 5..=15, true), "this document has 5 to 15 letters and digits")
        }
        _ => {
            let reason = "Qentaz takes CC, CE, NIT, PASSPORT, DNI and EIN".to_owned();
            add(Field::DocumentType, "document_type", reason);
            return;
        }
    };
    if !right {
        add(Field::DocumentNumber, "document_number", rule.to_owned());
    }
}

fn contact(beneficiary: &Beneficiary, add: &mut impl FnMut(Field, &'static str, String)) {
    let phone = beneficiary.contact.phone.as_ref().map(Private::expose);
    if phone.and_then(international).is_none() {
        let reason = "Qentaz wants the beneficiary's mobile telephone: 57 and ten digits that begin with 3";
        add(Field::Phone, "phone", reason.to_owned());
    }
    let email = beneficiary.contact.email.as_ref().map(Private::expose);
    if email.is_some_and(|email| !email.contains('@')) {
        add(Field::Email, "email", "this is no e-mail address".to_owned());
    }
}

fn destination(destination: &Destination, add: &mut impl FnMut(Field, &'static str, String)) {
    let Destination::Bank { bank, number, kind, .. } = destination else {
        add(Field::Method, "method", "Qentaz pays to bank accounts only: write method bank".to_owned());
        return;
    };
    if !shaped(bank, 4..=4, false) {
        let reason = "Qentaz takes the four digits of the ACH's list, as in 1007; `payrun accounts banks` asks for them";
        add(Field::Bank, "bank", reason.to_owned());
    } else if banks::is_known_elsewhere(bank) {
        let reason = "this number is TeemoPay's for that bank; the ACH's list has another";
        add(Field::Bank, "bank", reason.to_owned());
    }
    if kind_word(*kind).is_none() {
        let reason = "Qentaz pays to savings and checking accounts only".to_owned();
        add(Field::BankAccountType, "bank_account_type", reason);
    }
    if !shaped(number.expose(), 1..=20, false) {
        add(Field::BankAccount, "bank_account", "an account has at most 20 digits".to_owned());
    }
}

/// Length of a number, and whether it may have letters.
fn shaped(number: &str, lengths: RangeInclusive<usize>, letters: bool) -> bool {
    let allowed = |byte: u8| byte.is_ascii_digit() || (letters && byte.is_ascii_alphanumeric());
    lengths.contains(&number.len()) && number.bytes().all(allowed)
}
