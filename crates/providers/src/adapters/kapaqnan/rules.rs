//! What nothing shows that Kapaqnan takes, found before anybody approves it. Its sandbox takes wrong check digits and banks that do not
//! fit the account, so ours must be the stricter side.

use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Destination},
    country::Country,
    fault::{Fault, Field},
    money::Currency,
    order::Order,
};

use super::{Kapaqnan, request::number_of};
use crate::knowledge;

/// Every fault at once.
pub(super) fn check(kapaqnan: &Kapaqnan, order: &Order) -> Vec<Fault> {
    let mut faults = Vec::new();
    if order.country != Country::Pe {
        let reason = format!("Kapaqnan pays in PE, not in {}", order.country);
        faults.push(Fault::of(Field::Country, "country", reason));
    }
    if order.amount.currency() != Currency::Pen {
        let reason = format!("Kapaqnan pays PEN, not {}", order.amount.currency());
        faults.push(Fault::of(Field::Currency, "currency", reason));
    }
    document(kapaqnan, &order.beneficiary, &mut faults);
    destination(kapaqnan, &order.beneficiary.destination, &mut faults);
    faults
}

fn document(kapaqnan: &Kapaqnan, beneficiary: &Beneficiary, faults: &mut Vec<Fault>) {
    let (kind, number) = (&*beneficiary.document.kind, beneficiary.document.number.expose());
    if kind != "DNI" {
        let reason = "a DNI is the only document that Kapaqnan is known to take";
        faults.push(Fault::of(Field::DocumentType, "document_type", reason));
        return;
    }
    let fault = knowledge::dni(number);
    if fault.is_none() && !kapaqnan.document_as_text && number_of(number).is_none() {
        let reason = "Kapaqnan takes the DNI as a number, which would lose its leading zero: pay this person through another provider, or ask \
         Kapaqnan whether it takes text and set document_as_text";
        faults.push(Fault::of(Field::DocumentNumber, "document_number", reason));
    }
    faults.extend(fault);
}

fn destination(kapaqnan: &Kapaqnan, destination: &Destination, faults: &mut Vec<Fault>) {
    let Destination::Bank { bank, number, kind, local } = destination else {
        let reason = "Kapaqnan is known to pay to bank accounts only: write method bank";
        faults.push(Fault::of(Field::Method, "method", reason));
        return;
    };
    if number_of(bank).is_none() || bank.contains('.') {
        let reason = "Kapaqnan numbers its banks; give the number that it told you for this bank, as in 6";
        faults.push(Fault::of(Field::Bank, "bank", reason));
    }
    if kapaqnan.kind_word(*kind).is_none() {
        let reason = match kind {
            AccountKind::Checking => {
                "Kapaqnan's word for a checking account is not known: ask for it and set checking_word"
            }
            AccountKind::Savings | AccountKind::Sight | AccountKind::Rut | AccountKind::Salary => {
                "Kapaqnan is known to pay to savings accounts only"
            }
        };
        faults.push(Fault::of(Field::BankAccountType, "bank_account_type", reason));
    }
    faults.extend(knowledge::cci(number.expose()));
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
