//! What an account may do, and when: its section `limits`.

use std::time::Duration;

use anyhow::{Context as _, bail};
use payrun_domain::{
    money::{self, Currency, Money},
    name::AccountName,
};
use serde::Deserialize;

/// The limits of one account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    pub(crate) amount_max: Option<String>,
    pub(crate) batch_max: Option<String>,
    pub(crate) day_max: Option<String>,
    pub(crate) concurrency: usize,
    pub(crate) requests_per_second: u32,
    #[serde(rename = "connect_timeout_ms", deserialize_with = "milliseconds")]
    pub(crate) connect_timeout: Duration,
    #[serde(rename = "request_timeout_ms", deserialize_with = "milliseconds")]
    pub(crate) request_timeout: Duration,
    #[serde(rename = "send_within_ms", deserialize_with = "milliseconds")]
    pub(crate) send_within: Duration,
    #[serde(rename = "lease_ms", deserialize_with = "milliseconds")]
    pub(crate) lease: Duration,
    #[serde(rename = "retry_first_ms", deserialize_with = "milliseconds")]
    pub(crate) retry_first: Duration,
    #[serde(rename = "retry_max_ms", deserialize_with = "milliseconds")]
    pub(crate) retry_max: Duration,
    #[serde(rename = "look_up_min_ms", deserialize_with = "milliseconds")]
    pub(crate) look_up_min: Duration,
    #[serde(rename = "look_up_max_ms", deserialize_with = "milliseconds")]
    pub(crate) look_up_max: Duration,
    #[serde(rename = "watch_min_ms", deserialize_with = "milliseconds")]
    pub(crate) watch_min: Duration,
    #[serde(rename = "watch_max_ms", deserialize_with = "milliseconds")]
    pub(crate) watch_max: Duration,
    #[serde(rename = "quiet_ms", deserialize_with = "milliseconds")]
    pub(crate) quiet: Duration,
    #[serde(rename = "review_after_ms", deserialize_with = "milliseconds")]
    pub(crate) review_after: Duration,
    pub(crate) sends_max: u32,
    pub(crate) resend_after_absence: bool,
    #[serde(rename = "grace_ms", deserialize_with = "milliseconds")]
    pub(crate) grace: Duration,
}

fn milliseconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            amount_max: None,
            batch_max: None,
            day_max: None,
            concurrency: 16,
            requests_per_second: 20,
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(20),
            send_within: Duration::from_secs(10),
            lease: Duration::from_mins(1),
            retry_first: Duration::from_secs(2),
            retry_max: Duration::from_mins(10),
            look_up_min: Duration::from_secs(2),
            look_up_max: Duration::from_mins(5),
            watch_min: Duration::from_hours(1),
            watch_max: Duration::from_hours(24),
            quiet: Duration::from_mins(30),
            review_after: Duration::from_hours(23),
            sends_max: 3,
            resend_after_absence: false,
            grace: Duration::from_secs(15),
        }
    }
}

/// What an account may pay, in minor units.
pub(crate) struct Amounts {
    /// In one payout.
    pub(crate) payout: i64,
    /// In one batch; none for no limit.
    pub(crate) batch: Option<i64>,
    /// Within 24 hours; none for no limit.
    pub(crate) day: Option<i64>,
}

/// No wait is longer.
const WAIT_MAX: Duration = Duration::from_hours(24 * 366);
/// Every send and look-up on its way holds memory and a connection.
const CONCURRENCY_MAX: usize = 4_096;
const RATE_MAX: u32 = 1_000_000;
/// What is more is a slip of the pen.
const SENDS_MAX: u32 = 1_000;

impl Limits {
    /// Refuses combinations under which a payout could be sent twice or wait for ever.
    pub(crate) fn check(&self, account: &AccountName) -> anyhow::Result<()> {
        let send = self.send_within + self.connect_timeout + self.request_timeout;
        if send >= self.lease {
            bail!(
                "accounts.{account}.limits: lease_ms must be longer than send_within_ms, connect_timeout_ms and request_timeout_ms \
                 together ({} ms), or a payout could be looked up as lost while it is being sent",
                send.as_millis()
            );
        }
        for (min, max, names) in [
            (self.retry_first, self.retry_max, "retry_first_ms and retry_max_ms"),
            (self.look_up_min, self.look_up_max, "look_up_min_ms and look_up_max_ms"),
            (self.watch_min, self.watch_max, "watch_min_ms and watch_max_ms"),
        ] {
            if min.is_zero() || min > max || max > WAIT_MAX {
                bail!(
                    "accounts.{account}.limits: {names} must be more than zero, in this order, and at most a year"
                );
            }
        }
        if self.concurrency > CONCURRENCY_MAX || self.requests_per_second > RATE_MAX {
            bail!(
                "accounts.{account}.limits: concurrency is at most {CONCURRENCY_MAX}, requests_per_second at most {RATE_MAX}"
            );
        }
        if self.concurrency == 0 || self.requests_per_second == 0 || self.sends_max == 0 {
            bail!(
                "accounts.{account}.limits: concurrency, requests_per_second and sends_max must be at least 1"
            );
        }
        if self.sends_max > SENDS_MAX {
            bail!("accounts.{account}.limits: sends_max is at most {SENDS_MAX}");
        }
        Ok(())
    }

    /// The amounts, in minor units of the account's currency.
    pub(crate) fn amounts(&self, account: &AccountName, currency: Currency) -> anyhow::Result<Amounts> {
        let minor = |text: &str, key: &str| {
            let amount = Money::parse(text, currency);
            amount.map(Money::minor).with_context(|| format!("accounts.{account}.limits.{key}"))
        };
        let usual = usual_amount_max(currency);
        let payout = minor(self.amount_max.as_deref().unwrap_or(usual), "amount_max")?;
        let batch = self.batch_max.as_deref().map(|text| minor(text, "batch_max")).transpose()?;
        let day = self.day_max.as_deref().map(|text| minor(text, "day_max")).transpose()?;
        if let (Some(batch), Some(day)) = (batch, day)
            && day < batch
        {
            bail!(
                "accounts.{account}.limits: day_max {} is less than batch_max {}, which no batch could reach",
                money::major(day, currency),
                money::major(batch, currency)
            );
        }
        Ok(Amounts { payout, batch, day })
    }
}

/// The largest payout unless the configuration says otherwise, in major units: more than a salary,
/// less than a payroll.
const fn usual_amount_max(currency: Currency) -> &'static str {
    match currency {
        Currency::Ars | Currency::Clp | Currency::Cop | Currency::Pyg => "100000000",
        Currency::Bob | Currency::Brl | Currency::Mxn | Currency::Pen | Currency::Usd | Currency::Uyu => {
            "100000"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_that_ends_before_a_send_can_is_refused() {
        let limits = Limits { lease: Duration::from_secs(30), ..Limits::default() };
        let error = limits.check(&"bamboo-pe".parse().unwrap()).unwrap_err();
        assert!(error.to_string().contains("lease_ms must be longer"), "{error}");
    }

    #[test]
    fn amounts_are_amounts_and_a_day_holds_a_batch() {
        let said = |limits: &Limits| {
            let amounts = limits.amounts(&"bamboo-pe".parse().unwrap(), Currency::Pen);
            amounts.map(|most| (most.payout, most.batch, most.day)).map_err(|error| error.to_string())
        };
        let text = |amount: &str| Some(amount.to_owned());
        assert_eq!(said(&Limits::default()), Ok((10_000_000, None, None)));
        let both = Limits { batch_max: text("500.00"), day_max: text("500.00"), ..Limits::default() };
        assert_eq!(said(&both), Ok((10_000_000, Some(50_000), Some(50_000))));
        let error = said(&Limits { day_max: text("499.99"), ..both }).unwrap_err();
        assert!(error.contains("day_max 499.99 is less than batch_max 500.00"), "{error}");
        let error = said(&Limits { amount_max: text("abc"), ..Limits::default() }).unwrap_err();
        assert!(error.contains("accounts.bamboo-pe.limits.amount_max"), "{error}");
    }
}
