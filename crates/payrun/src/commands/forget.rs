//! `payrun forget`: personal data that has to go.

use std::collections::BTreeSet;

use clap::Args;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use payrun_app::forget::{Person, Subject, forget};
use payrun_domain::{
    beneficiary::Private,
    clock::{Clock as _, SystemClock},
    country::Country,
};
use payrun_providers::ADAPTERS;

use crate::{
    context::{Acting, Context},
    failure::Failure,
};

#[derive(Debug, Args)]
pub(crate) struct ForgetArgs {
    /// These payouts, by id, reference, client id or the provider's id; a client id means all its
    /// issues.
    pub(crate) payouts: Vec<String>,
    /// All payouts to this person: country, kind and number of the document, as PE:DNI:40000001.
    #[arg(long, value_name = "DOCUMENT", value_parser = person, conflicts_with = "payouts")]
    pub(crate) person: Option<Person>,
    /// All payouts that were settled before this day (UTC), which has begun.
    #[arg(long, value_name = "DATE", conflicts_with_all = ["payouts", "person"])]
    pub(crate) settled_before: Option<Date>,
    /// Why, for the record.
    #[arg(long)]
    pub(crate) reason: String,
}

/// Forgets, and says whom.
pub(crate) async fn run(context: &Context, arguments: ForgetArgs) -> Result<(), Failure> {
    let reason = arguments.reason.clone();
    let subject = subject(arguments)?;
    let Acting { store, actor } = context.store_of_person().await?;
    let done = forget(&store, &actor, subject, &reason).await?;
    context.output.answer(&done, |done| {
        let mut text = format!(
            "forgotten: whom {} payouts paid; the payouts themselves stay, without names, documents and accounts",
            done.forgotten
        );
        if done.strays > 0 {
            text.push_str(&format!(
                "\nand {} messages, webhooks and rejected rows that belong to none",
                done.strays
            ));
        }
        if done.open > 0 {
            text.push_str(&format!(
                "\n{} are open, or watched for a return, and keep theirs until they are settled; forget them again then",
                done.open
            ));
        }
        text
    })
}

fn subject(arguments: ForgetArgs) -> Result<Subject, Failure> {
    let ForgetArgs { payouts, person, settled_before, reason: _ } = arguments;
    match (settled_before, person, payouts.is_empty()) {
        (Some(date), _, _) => Ok(Subject::SettledBefore(begin_of(date)?)),
        (None, Some(person), _) => Ok(Subject::Person(person)),
        (None, None, false) => Ok(Subject::Payouts(payouts)),
        (None, None, true) => Err(Failure::refused(
            "say whose data: names of payouts, --person PE:DNI:NUMBER, or --settled-before DATE",
        )),
    }
}

fn begin_of(date: Date) -> Result<Timestamp, Failure> {
    if date > SystemClock.now().to_zoned(TimeZone::UTC).date() {
        return Err(Failure::refused(format!("{date} has not begun; name a day that has")));
    }
    let begin = date.to_zoned(TimeZone::UTC).map_err(|error| Failure::refused(error.to_string()))?;
    Ok(begin.timestamp())
}

/// Reads `PE:DNI:40000001`, also with the dots and dashes that people write between the digits.
pub(crate) fn person(text: &str) -> Result<Person, String> {
    let wrong = || "write country, kind and number of the document, as PE:DNI:40000001".to_owned();
    let mut parts = text.splitn(3, ':').map(str::trim);
    let (Some(country), Some(kind), Some(number)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(wrong());
    };
    let country = country.to_uppercase().parse::<Country>().map_err(|error| error.to_string())?;
    let kinds: BTreeSet<&str> = ADAPTERS
        .into_iter()
        .filter_map(|adapter| adapter.choices(country))
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
    use payrun_domain::beneficiary::Document;

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
