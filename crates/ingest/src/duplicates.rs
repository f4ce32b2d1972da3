//! Rows of one file that look like each other: asked about, never dropped.
//!
//! **Invariant**: memory grows by some 40 bytes per row, however long the row is.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use payrun_domain::fault::{Fault, Field, Severity};
use payrun_store::{NewPayout, RiskFlag};

use crate::synonym::normal;

/// What the rows so far pay, and to whom, by hash. One in ten million files of two million rows
/// would show a twin that is none, which a person would see.
#[derive(Default)]
pub(crate) struct DuplicateRows {
    hasher: RandomState,
    /// Account, name and amount, and the first row that has them.
    payments: HashMap<u64, i32>,
    /// Account, the name that stands beside it, and the first row that has them.
    names: HashMap<u64, (u64, i32)>,
}

impl DuplicateRows {
    /// What an earlier row makes of this one.
    pub(crate) fn of(&mut self, payout: &NewPayout) -> Vec<Fault> {
        let order = &payout.order;
        let destination = &order.beneficiary.destination;
        let Some(number) = destination.canonical(order.country) else { return Vec::new() };
        let account = (order.country, destination.method().as_str(), number);
        let name = self.hasher.hash_one(normal(&order.beneficiary.name.whole()));
        let payment = self.hasher.hash_one((&account, name, order.amount));
        let account = self.hasher.hash_one(&account);
        let mut faults = Vec::new();
        let first = *self.payments.entry(payment).or_insert(payout.row);
        if first != payout.row {
            let reason = format!(
                "row {first} (the header not counted) pays the same to the same account; is this one a copy of it?"
            );
            let code = RiskFlag::EqualRows.code();
            faults.push(Fault { severity: Severity::Warning, field: None, code, reason });
        }
        let (known, first) = *self.names.entry(account).or_insert((name, payout.row));
        if known != name {
            let reason = format!(
                "row {first} (the header not counted) has this account under another name; whose is it?"
            );
            faults.push(Fault::warning(Field::BankAccount, RiskFlag::AccountTwoNames.code(), reason));
        }
        faults
    }
}
