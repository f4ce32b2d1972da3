//! `payrun forget`: personal data that has to go.

use clap::Args;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use payrun_domain::{
    beneficiary::{Document, Private},
    country::Country,
    id::PayoutId,
};
use payrun_store::Whose;
use serde_json::json;

use crate::{failure::Failure, wire::Context};

#[derive(Debug, Args)]
pub(crate) struct ForgetArgs {
    /// Of these payouts.
    #[arg(value_parser = payout)]
    pub(crate) payouts: Vec<PayoutId>,
    /// Of all payouts to a person: country, kind and number of the document, as PE:DNI:40000001.
    #[arg(long, value_name = "DOCUMENT", value_parser = person, conflicts_with = "payouts")]
    pub(crate) person: Option<Person>,
    /// Of all payouts that were settled before this day (UTC).
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
    let whose = whose(&arguments)?;
    let done = context.store_of_person().await?.forget(&whose, &arguments.reason).await?;
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

fn whose(arguments: &ForgetArgs) -> Result<Whose, Failure> {
    let ForgetArgs { payouts, person, settled_before, reason: _ } = arguments;
    if let Some(date) = settled_before {
        return Ok(Whose::SettledBefore(begin_of(*date)?));
    }
    if let Some(Person { country, document }) = person {
        return Ok(Whose::Person(*country, document.clone()));
    }
    if payouts.is_empty() {
        return Err(Failure::refused(
            "say whose data: ids of payouts, --person PE:DNI:NUMBER, or --settled-before DATE",
        ));
    }
    Ok(Whose::Payouts(payouts.clone()))
}

fn begin_of(date: Date) -> Result<Timestamp, Failure> {
    let begin = date.to_zoned(TimeZone::UTC).map_err(|error| Failure::refused(error.to_string()))?;
    Ok(begin.timestamp())
}

/// A person by country and document.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    country: Country,
    document: Document,
}

/// Reads `PE:DNI:40000001`.
pub(crate) fn person(text: &str) -> Result<Person, String> {
    let wrong = || "write country, kind and number of the document, as PE:DNI:40000001".to_owned();
    let mut parts = text.splitn(3, ':');
    let (Some(country), Some(kind), Some(number)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(wrong());
    };
    let country = country.parse().map_err(|error| format!("{error}"))?;
    if kind.is_empty() || number.is_empty() {
        return Err(wrong());
    }
    Ok(Person { country, document: Document { kind: kind.to_owned(), number: Private::new(number) } })
}

/// Reads the id of a payout.
pub(crate) fn payout(text: &str) -> Result<PayoutId, String> {
    text.parse()
        .map_err(|_| "it is no payout's id; `payrun payout show` finds it by any other name".to_owned())
}
