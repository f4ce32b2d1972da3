//! `payrun forget`: personal data that has to go.

use std::collections::BTreeSet;

use clap::Args;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use payrun_domain::{
    beneficiary::{Document, Private},
    clock::{Clock as _, SystemClock},
    country::Country,
};
use payrun_providers::{PROVIDERS, choices};
use payrun_store::{Forgotten, Store, Whose};
use serde_json::json;

use crate::{failure::Failure, payout, wire::Context};

#[derive(Debug, Args)]
pub(crate) struct ForgetArgs {
    /// Of these payouts: id, reference, client id, or the provider's id; of a client id all its issues.
    pub(crate) payouts: Vec<String>,
    /// Of all payouts to a person: country, kind and number of the document, as PE:DNI:40000001.
    #[arg(long, value_name = "DOCUMENT", value_parser = person, conflicts_with = "payouts")]
    pub(crate) person: Option<Person>,
    /// Of all payouts that were settled before this day (UTC), which has begun.
    #[arg(long, value_name = "DATE", conflicts_with_all = ["payouts", "person"])]
    pub(crate) settled_before: Option<Date>,
    /// Why, for the record.
    #[arg(long)]
    pub(crate) reason: String,
}

const REASON_CHARS: std::ops::RangeInclusive<usize> = 3..=1_000;

pub(crate) async fn run(context: &Context, arguments: ForgetArgs) -> Result<(), Failure> {
    if !REASON_CHARS.contains(&arguments.reason.trim().chars().count()) {
        return Err(Failure::refused("--reason has 3 to 1000 characters"));
    }
    let store = context.store_of_person().await?;
    let mut done = Forgotten::default();
    for whose in whose(&store, &arguments).await? {
        let more = store.forget(&whose, &arguments.reason).await?;
        done.payouts += more.payouts;
        done.strays += more.strays;
        done.open += more.open;
    }
    if arguments.settled_before.is_none() && done.payouts + done.open == 0 {
        return Err(Failure::refused(
            "nobody found: no payout holds the personal data that was named; it was forgotten already, or is written otherwise",
        ));
    }
    context.output.answer(
        &json!({"forgotten": done.payouts, "strays": done.strays, "open": done.open}),
        || {
            let mut text = format!(
                "forgotten: whom {} payouts paid; the payouts themselves stay, without names, documents and accounts",
                done.payouts
            );
            if done.strays > 0 {
                text.push_str(&format!("\nand {} messages, calls and rejected rows that belong to none", done.strays));
            }
            if done.open > 0 {
                text.push_str(&format!(
                    "\n{} are open, or watched for a return, and keep theirs until they are settled; forget them again then",
                    done.open
                ));
            }
            text
        },
    );
    Ok(())
}

async fn whose(store: &Store, arguments: &ForgetArgs) -> Result<Vec<Whose>, Failure> {
    let ForgetArgs { payouts, person, settled_before, reason: _ } = arguments;
    if let Some(date) = settled_before {
        return Ok(vec![Whose::SettledBefore(begin_of(*date)?)]);
    }
    if let Some(person) = person {
        return Ok(person.documents().map(|document| Whose::Person(person.country, document)).collect());
    }
    if payouts.is_empty() {
        return Err(Failure::refused(
            "say whose data: names of payouts, --person PE:DNI:NUMBER, or --settled-before DATE",
        ));
    }
    // All of them before anything is erased: a slip among the names erases nothing.
    let mut ids = Vec::new();
    for which in payouts {
        let found = store.find_payouts(which).await?;
        if found.is_empty() {
            return Err(payout::unknown(which));
        }
        ids.extend(found);
    }
    Ok(vec![Whose::Payouts(ids)])
}

fn begin_of(date: Date) -> Result<Timestamp, Failure> {
    if date > SystemClock.now().to_zoned(TimeZone::UTC).date() {
        return Err(Failure::refused(format!("{date} has not begun; name a day that has")));
    }
    let begin = date.to_zoned(TimeZone::UTC).map_err(|error| Failure::refused(error.to_string()))?;
    Ok(begin.timestamp())
}

/// A person by country and document.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    country: Country,
    kind: &'static str,
    /// Letters and digits only, as every provider's rules have them.
    number: Private,
}

impl Person {
    /// The forms that an import takes: of some documents the letters may be of either case.
    fn documents(&self) -> impl Iterator<Item = Document> {
        let number = self.number.expose();
        let forms = BTreeSet::from([number.to_owned(), number.to_uppercase(), number.to_lowercase()]);
        let kind = self.kind;
        forms.into_iter().map(move |number| Document { kind: kind.to_owned(), number: Private::new(number) })
    }
}

/// Reads `PE:DNI:40000001`, with whatever people write between the digits.
pub(crate) fn person(text: &str) -> Result<Person, String> {
    let wrong = || "write country, kind and number of the document, as PE:DNI:40000001".to_owned();
    let mut parts = text.splitn(3, ':').map(str::trim);
    let (Some(country), Some(kind), Some(number)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(wrong());
    };
    let country = country.to_uppercase().parse::<Country>().map_err(|error| error.to_string())?;
    let kinds: BTreeSet<&str> = PROVIDERS
        .into_iter()
        .filter_map(|provider| choices(provider, country))
        .flat_map(|choices| choices.documents)
        .collect();
    let kind = kinds.iter().copied().find(|known| known.eq_ignore_ascii_case(kind)).ok_or_else(|| {
        let kinds: Vec<&str> = kinds.iter().copied().collect();
        format!("no document of {country} is of that kind; there are {}", kinds.join(", "))
    })?;
    let is_between = |char: char| char.is_whitespace() || ".,-/'".contains(char);
    let number: String = number.chars().filter(|char| !is_between(*char)).collect();
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(wrong());
    }
    Ok(Person { country, kind, number: Private::new(number) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_as_an_import_has_it() {
        for text in ["PE:DNI:40000001", "pe:dni:40.000.001", "PE: DNI : 40 000-001 "] {
            let person = person(text).unwrap();
            let documents: Vec<Document> = person.documents().collect();
            assert_eq!(documents.len(), 1, "{text}");
            assert_eq!(
                (documents[0].kind.as_str(), documents[0].number.expose()),
                ("DNI", "40000001"),
                "{text}"
            );
        }
        let of_chile: Vec<Document> = person("CL:RUT:12.345.678-k").unwrap().documents().collect();
        assert!(of_chile.iter().any(|document| document.number.expose() == "12345678K"));
    }

    #[test]
    fn what_no_import_takes_is_nobody() {
        for text in
            ["PE:XXX:40000001", "PE:CPF:40000001", "XX:DNI:40000001", "PE:DNI:", "PE:DNI:4000ñ001", "PE:DNI"]
        {
            assert!(person(text).is_err(), "{text}");
        }
        assert!(person("PE:XXX:1").unwrap_err().contains("CE, DNI, PASSPORT, RUC"));
    }
}
