//! `payrun accounts banks|preview|balance|orders|test`: questions to a provider. None of them moves
//! money.

use anyhow::Context as _;
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use payrun_domain::{
    beneficiary::{Beneficiary, Contact, Destination, Document, Method, Name, Private},
    clock::{Clock as _, SystemClock},
    id::PayoutId,
    money::Money,
    name::AccountName,
    order::Order,
    payout::PayoutState,
    reference::Reference,
    verdict::Verdict,
};
use payrun_providers::{Account, Balance, Bank, EnquiryError, PageRequest, PayoutEntry, Preview};
use payrun_store::Store;
use serde::Serialize;

use crate::{context::Context, failure::Failure, output::table};

/// The longest stretch that every provider's list gives at once.
const WINDOW_DAYS: i64 = 30;

pub(crate) async fn banks(context: &Context, name: &AccountName) -> Result<(), Failure> {
    let banks = context
        .account_named(name)?
        .banks(&SystemClock)
        .await
        .with_context(|| format!("asking {name} for its banks"))?;
    let banks: Vec<BankLine> = banks.into_iter().map(BankLine::from).collect();
    context.output.answer(&banks, |banks| {
        let rows = banks.iter().map(|bank| [bank.bank.clone(), bank.method.to_owned(), bank.name.clone()]);
        table(["bank", "method", "name"], rows)
    })
}

/// A bank or wallet of a provider's list.
#[derive(Serialize)]
struct BankLine {
    bank: String,
    name: String,
    method: &'static str,
}

impl From<Bank> for BankLine {
    fn from(bank: Bank) -> Self {
        Self { bank: bank.code, name: bank.name, method: bank.method.map_or("", Method::as_str) }
    }
}

pub(crate) async fn preview(context: &Context, name: &AccountName, amount: &str) -> Result<(), Failure> {
    let account = context.account_named(name)?;
    let amount = Money::parse(amount, account.rules().currency())
        .map_err(|error| Failure::refused(error.to_string()))?;
    let preview = account
        .preview(amount, &SystemClock)
        .await
        .with_context(|| format!("asking {name} for a preview"))?;
    let Preview { fee, exchange_rate, received } = preview;
    context.output.answer(&PreviewAnswer { fee, exchange_rate, received }, |preview| {
        format!(
            "paying {amount}: fee {}, exchange rate {}, the beneficiary receives {}\nnothing was fixed or sent",
            preview.fee, preview.exchange_rate, preview.received
        )
    })
}

/// What a payout would bring.
#[derive(Serialize)]
struct PreviewAnswer {
    fee: String,
    exchange_rate: String,
    received: String,
}

pub(crate) async fn balance(context: &Context, name: &AccountName) -> Result<(), Failure> {
    let balances = context
        .account_named(name)?
        .balance(&SystemClock)
        .await
        .with_context(|| format!("asking {name} for its balance"))?;
    let balances: Vec<BalanceLine> = balances.into_iter().map(BalanceLine::from).collect();
    context.output.answer(&balances, |balances| {
        let rows = balances.iter().map(|balance| {
            [balance.currency.clone(), balance.available.clone(), balance.total.clone().unwrap_or_default()]
        });
        table(["currency", "available", "total"], rows)
    })
}

/// What there is to pay with in one currency.
#[derive(Serialize)]
struct BalanceLine {
    currency: String,
    available: String,
    total: Option<String>,
}

impl From<Balance> for BalanceLine {
    fn from(balance: Balance) -> Self {
        Self { currency: balance.currency, available: balance.available, total: balance.total }
    }
}

/// The provider's list beside ours: what it has and we do not, and what both have in different
/// states.
pub(crate) async fn orders(
    context: &Context,
    name: &AccountName,
    from: Date,
    to: Option<Date>,
) -> Result<(), Failure> {
    let account = context.account_named(name)?;
    let store = context.store_of_reader().await?;
    let begin =
        |date: Date| date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).context("reading the dates");
    let (from, now) = (begin(from)?, SystemClock.now());
    let to = to.map_or(Ok(now), begin)?.min(now);
    let mut rows = Vec::new();
    let found = listed(&account, from, to).await;
    for record in found.with_context(|| format!("asking {name} for its payouts"))? {
        let ours = state_of(&store, &record.reference).await?;
        rows.push(OrderLine { reference: record.reference, provider: record.verdict.as_str(), ours });
    }
    context.output.answer(&rows, |rows| {
        let rows = rows.iter().map(|order| {
            let ours = order.ours.map_or("not ours", PayoutState::as_str);
            [order.reference.clone(), order.provider.to_owned(), ours.to_owned()]
        });
        table(["reference", "provider says", "payrun says"], rows)
    })
}

/// A payout of the provider's list beside ours.
#[derive(Serialize)]
struct OrderLine {
    reference: String,
    provider: &'static str,
    ours: Option<PayoutState>,
}

/// The provider's payouts of a time of any length.
pub(crate) async fn listed(
    account: &Account,
    mut from: Timestamp,
    to: Timestamp,
) -> Result<Vec<PayoutEntry>, EnquiryError> {
    let mut found = Vec::new();
    while from < to {
        let end = from.checked_add((WINDOW_DAYS * 24).hours()).unwrap_or(to).min(to);
        found.extend(records(account, from, end).await?);
        from = end;
    }
    Ok(found)
}

async fn records(
    account: &Account,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<PayoutEntry>, EnquiryError> {
    let (mut found, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = PageRequest { from, to, cursor: cursor.as_deref() };
        let listed = account.list(&page, &SystemClock).await?;
        found.extend(listed.records);
        // A list that does not move on would never end.
        if listed.cursor.is_none() || listed.cursor == cursor {
            return Ok(found);
        }
        cursor = listed.cursor;
    }
}

async fn state_of(store: &Store, reference: &str) -> Result<Option<PayoutState>, Failure> {
    let Some(id) = store.find_payouts(reference).await?.into_iter().next() else { return Ok(None) };
    Ok(store.payout(id).await?.map(|detail| detail.payout.state))
}

/// The safe part of talking to a provider: nothing that is asked here moves money.
pub(crate) async fn test(context: &Context, name: &AccountName) -> Result<(), Failure> {
    let account = context.account_named(name)?;
    let reached = Answer::of(account.reach().await.map(|()| "something answers there".to_owned()));
    let looked_up = match account.look_up(&stranger(&account)?, &SystemClock).await {
        Verdict::NotFound => Answer::well("a payout that does not exist is not found"),
        Verdict::Unknown(_) | Verdict::Deferred { pause: None, .. } if reached.well == Some(false) => {
            Answer { well: None, said: "could not be asked".to_owned() }
        }
        Verdict::Deferred { pause: Some(pause), .. } => Answer {
            well: Some(false),
            said: format!("the provider does not let us ask: {}", pause.as_str()),
        },
        Verdict::Unknown(_) | Verdict::Deferred { pause: None, .. } => Answer {
            well: None,
            said: "a payout that does not exist cannot be told from one that is late".to_owned(),
        },
        verdict @ (Verdict::Accepted(_)
        | Verdict::Settled(_)
        | Verdict::Rejected(_)
        | Verdict::Returned { .. }) => Answer {
            well: Some(false),
            said: format!("a payout that does not exist is {}", verdict.as_str()),
        },
    };
    let clock = account.clock_skew().map_or_else(
        || Answer { well: None, said: "no answer told the provider's time".to_owned() },
        |skew| Answer::well(format!("the provider's clock is {} s ahead of ours", skew.as_secs())),
    );
    let answers = vec![
        ("reachable", reached),
        ("credentials", Answer::of(account.probe(&SystemClock).await.map(|()| "accepted".to_owned()))),
        (
            "balance",
            Answer::of(account.balance(&SystemClock).await.map(|found| {
                let texts: Vec<_> =
                    found.iter().map(|found| format!("{} {}", found.available, found.currency)).collect();
                texts.join(", ")
            })),
        ),
        (
            "banks",
            Answer::of(account.banks(&SystemClock).await.map(|found| format!("{} listed", found.len()))),
        ),
        ("look-up", looked_up),
        ("clock", clock),
    ];
    let well = answers.iter().all(|(_, answer)| answer.well != Some(false));
    let answers = answers
        .into_iter()
        .map(|(asked, Answer { well, said })| AnswerLine { asked, well, answer: said })
        .collect();
    context.output.answer(&Tested { well, answers }, |tested| {
        let rows = tested.answers.iter().map(|line| {
            let mark = match line.well {
                Some(true) => "ok",
                Some(false) => "!!",
                None => "--",
            };
            [mark.to_owned(), line.asked.to_owned(), line.answer.clone()]
        });
        table(["", "asked", "answer"], rows)
    })?;
    if well { Ok(()) } else { Err(Failure::ChecksFailed) }
}

/// All that was asked.
#[derive(Serialize)]
struct Tested {
    well: bool,
    answers: Vec<AnswerLine>,
}

#[derive(Serialize)]
struct AnswerLine {
    asked: &'static str,
    well: Option<bool>,
    answer: String,
}

/// What an enquiry brought.
struct Answer {
    /// None where the provider does not offer it.
    well: Option<bool>,
    said: String,
}

impl Answer {
    fn well(said: impl Into<String>) -> Self {
        Self { well: Some(true), said: said.into() }
    }

    fn of(found: Result<String, EnquiryError>) -> Self {
        match found {
            Ok(said) => Self::well(said),
            Err(EnquiryError::NotOffered) => {
                Self { well: None, said: "the provider does not offer this".to_owned() }
            }
            Err(error) => Self { well: Some(false), said: error.to_string() },
        }
    }
}

/// An order that was never sent: its reference is drawn here.
fn stranger(account: &Account) -> anyhow::Result<Order> {
    let nobody = || Private::new("Nobody");
    Ok(Order {
        reference: Reference::of(PayoutId::at(SystemClock.now())),
        amount: Money::new(1, account.rules().currency()).context("an amount of one")?,
        country: account.rules().country(),
        beneficiary: Beneficiary {
            name: Name::Company(nobody()),
            document: Document { kind: String::new(), number: nobody() },
            destination: Destination::Cash,
            contact: Contact::default(),
        },
        description: nobody(),
        provider_id: None,
    })
}
