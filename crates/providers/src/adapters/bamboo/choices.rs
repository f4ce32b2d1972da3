//! What can be chosen from in a payroll for Bamboo.

use payrun_domain::{beneficiary::Method, country::Country, fault::Field};

use super::{
    banks::{self, Kind},
    destination, rules,
};
use crate::{
    Bank,
    choices::{self, Choices},
};

/// In every country.
pub(super) fn choices(country: Country) -> Choices {
    let codes = |method: Method, kinds: [Kind; 2]| -> Vec<Bank> {
        let all = banks::all(country).into_iter().filter(|(.., kind)| kinds.contains(kind));
        all.map(|(code, name, _)| choices::bank(method, code, name)).collect()
    };
    let methods = destination::methods(country).to_vec();
    Choices {
        banks: codes(Method::Bank, [Kind::Bank, Kind::Either]),
        other_banks: banks::takes_any(country),
        wallets: codes(Method::Wallet, [Kind::Wallet, Kind::Either]),
        documents: rules::documents(country).iter().map(|(kind, _)| *kind).collect(),
        account_kinds: if methods.contains(&Method::Bank) {
            destination::ACCOUNT_KINDS.to_vec()
        } else {
            Vec::new()
        },
        key_kinds: destination::key_kinds(country).to_vec(),
        methods,
        takes: vec![Field::Description, Field::Phone, Field::Email],
        ..Choices::of(country)
    }
}
