//! Personal data that has to go; the payouts stay, so that none is paid again.

use std::collections::BTreeSet;

use jiff::Timestamp;
use payrun_domain::{
    beneficiary::{Document, Private},
    country::Country,
    name::Actor,
};
use payrun_store::{Forgotten, Store, Whose};
use serde::Serialize;

use crate::{Error, find, reason};

/// Whose personal data.
#[derive(Debug, Clone)]
pub enum Subject {
    /// The data of the payouts of these names: ids, references, client ids, provider ids.
    Payouts(Vec<String>),
    /// The data of all payouts to a person.
    Person(Person),
    /// The data of all payouts that were settled before this moment.
    SettledBefore(Timestamp),
}

/// A person by country and document.
#[derive(Debug, Clone)]
pub struct Person {
    /// Whose document it is.
    pub country: Country,
    /// Which kind of document.
    pub kind: &'static str,
    /// Letters and digits only, as every provider's rules have them.
    pub number: Private,
}

/// What was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ForgetAnswer {
    /// Payouts whose beneficiary is forgotten.
    pub forgotten: u64,
    /// Messages, webhooks and rejected rows that belong to no payout.
    pub strays: u64,
    /// Payouts that keep theirs until they are settled.
    pub open: u64,
}

/// Forgets. Names are all found before anything is erased: a slip among them erases nothing.
pub async fn forget(
    store: &Store,
    actor: &Actor,
    subject: Subject,
    why: &str,
) -> Result<ForgetAnswer, Error> {
    let why = reason::checked(why)?;
    let is_period = matches!(subject, Subject::SettledBefore(_));
    let mut done = Forgotten::default();
    for whose in whose(store, subject).await? {
        let more = store.forget(actor, &whose, why).await?;
        done.payouts += more.payouts;
        done.strays += more.strays;
        done.open += more.open;
    }
    if !is_period && done.payouts + done.open == 0 {
        return Err(Error::refused(
            "no payout holds the personal data that was named; it was forgotten already, or is written otherwise",
        ));
    }
    Ok(ForgetAnswer { forgotten: done.payouts, strays: done.strays, open: done.open })
}

async fn whose(store: &Store, subject: Subject) -> Result<Vec<Whose>, Error> {
    match subject {
        Subject::SettledBefore(begin) => Ok(vec![Whose::SettledBefore(begin)]),
        Subject::Person(person) => {
            Ok(person.documents().map(|document| Whose::Person(person.country, document)).collect())
        }
        Subject::Payouts(names) => {
            let mut ids = Vec::new();
            for name in &names {
                ids.extend(find::all(store, name).await?);
            }
            Ok(vec![Whose::Payouts(ids)])
        }
    }
}

impl Person {
    /// The forms that an import takes: of some documents the letters may be of either case.
    pub fn documents(&self) -> impl Iterator<Item = Document> + use<> {
        let number = self.number.expose();
        let forms = BTreeSet::from([number.to_owned(), number.to_uppercase(), number.to_lowercase()]);
        let kind = self.kind;
        forms.into_iter().map(move |number| Document { kind: kind.to_owned(), number: Private::new(number) })
    }
}
