//! By which people, accounts and names are found again without being told.

use payrun_domain::{beneficiary::Document, country::Country, order::Order};

use crate::Sealer;

/// A person's, an account's and a name's blind index.
pub(crate) struct Indexes {
    pub(crate) destination: Option<Vec<u8>>,
    pub(crate) person: Vec<u8>,
    pub(crate) name: Vec<u8>,
}

impl Indexes {
    pub(crate) fn of(sealer: &Sealer, order: &Order) -> Self {
        let beneficiary = &order.beneficiary;
        let destination = beneficiary.destination.canonical(order.country).map(|number| {
            let method = beneficiary.destination.method().as_str();
            sealer.blind_index(&format!("{}|{method}|{number}", order.country))
        });
        let name = beneficiary.name.whole().to_lowercase();
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            destination,
            person: sealer.blind_index(&person(order.country, &beneficiary.document)),
            name: sealer.blind_index(&format!("name|{name}")),
        }
    }
}

/// What the blind index of a person is made of.
pub(crate) fn person(country: Country, document: &Document) -> String {
    format!("person|{country}|{}|{}", document.kind, document.number.expose())
}
