//! `payrun accounts banks|preview|balance|orders|test`: questions to a provider. None of them moves
//! money.

use anyhow::Context as _;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use payrun_app::{
    account_test::{self, TestAnswer},
    balance::{self, BalanceLine},
    banks::{self, BankLine},
    orders::{self, OrderLine},
    preview::{self, PreviewAnswer},
};
use payrun_domain::{
    clock::{Clock as _, SystemClock},
    name::AccountName,
    payout::PayoutState,
};

use crate::{context::Context, failure::Failure, output::table};

pub(crate) async fn banks(context: &Context, name: &AccountName) -> Result<(), Failure> {
    let account = context.account_named(name)?;
    let banks = banks::banks(&account, &SystemClock).await?;
    let row = |bank: &BankLine| [bank.bank.clone(), bank.method.to_owned(), bank.name.clone()];
    context.output.answer(&banks, |banks| table(["bank", "method", "name"], banks.iter().map(row)))
}

pub(crate) async fn preview(context: &Context, name: &AccountName, amount: &str) -> Result<(), Failure> {
    let account = context.account_named(name)?;
    let preview = preview::preview(&account, amount, &SystemClock).await?;
    context.output.answer(&preview, |PreviewAnswer { amount, fee, exchange_rate, received }| {
        format!(
            "paying {amount}: fee {fee}, exchange rate {exchange_rate}, the beneficiary receives {received}\nnothing was fixed or sent"
        )
    })
}

pub(crate) async fn balance(context: &Context, name: &AccountName) -> Result<(), Failure> {
    let account = context.account_named(name)?;
    let balances = balance::balance(&account, &SystemClock).await?;
    let row = |BalanceLine { currency, available, total }: &BalanceLine| {
        [currency.clone(), available.clone(), total.clone().unwrap_or_default()]
    };
    context
        .output
        .answer(&balances, |balances| table(["currency", "available", "total"], balances.iter().map(row)))
}

pub(crate) async fn orders(
    context: &Context,
    name: &AccountName,
    from: Date,
    to: Option<Date>,
) -> Result<(), Failure> {
    let account = context.account_named(name)?;
    let store = context.store_of_reader().await?;
    let now = SystemClock.now();
    let to = to.map_or(Ok(now), begin)?.min(now);
    let orders = orders::orders(&store, &account, begin(from)?, to, &SystemClock).await?;
    let row = |OrderLine { reference, provider, ours }: &OrderLine| {
        let ours = ours.map_or("not ours", PayoutState::as_str);
        [reference.clone(), (*provider).to_owned(), ours.to_owned()]
    };
    context.output.answer(&orders, |orders| {
        table(["reference", "provider says", "payrun says"], orders.iter().map(row))
    })
}

fn begin(date: Date) -> anyhow::Result<Timestamp> {
    Ok(date.to_zoned(TimeZone::UTC).context("reading the dates")?.timestamp())
}

pub(crate) async fn test(context: &Context, name: &AccountName) -> Result<(), Failure> {
    let account = context.account_named(name)?;
    let test = account_test::test(&account, &SystemClock).await?;
    let row = |TestAnswer { asked, well, answer }: &TestAnswer| {
        let mark = match well {
            Some(true) => "ok",
            Some(false) => "!!",
            None => "--",
        };
        [mark.to_owned(), (*asked).to_owned(), answer.clone()]
    };
    context.output.answer(&test, |test| table(["", "asked", "answer"], test.answers.iter().map(row)))?;
    if test.well { Ok(()) } else { Err(Failure::ChecksFailed) }
}
