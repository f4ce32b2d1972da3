//! The safe part of talking to a provider: credentials, balance, banks, a payout that does not
//! exist, the clock. Nothing that is asked here moves money.

use payrun_domain::{
    beneficiary::{Beneficiary, Contact, Destination, Document, Name, Private},
    clock::Clock,
    id::PayoutId,
    money::Money,
    order::Order,
    reference::Reference,
    verdict::Verdict,
};
use payrun_providers::{Account, EnquiryError};
use serde::Serialize;

use crate::Error;

/// All that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountTest {
    /// No answer was bad.
    pub well: bool,
    /// The answers, in the order of the questions.
    pub answers: Vec<TestAnswer>,
}

/// What one question brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TestAnswer {
    /// The question.
    pub asked: &'static str,
    /// Whether the answer is good; none where the provider does not offer it, or where it proves
    /// nothing.
    pub well: Option<bool>,
    /// The answer, in words.
    pub answer: String,
}

/// Asks the provider of an account everything that moves no money.
pub async fn test(account: &Account, clock: &dyn Clock) -> Result<AccountTest, Error> {
    let stranger = stranger(account, clock)?;
    let reached = of("reachable", account.reach().await.map(|()| "something answers there".to_owned()));
    let is_reached = reached.well != Some(false);
    let credentials = of("credentials", account.probe(clock).await.map(|()| "accepted".to_owned()));
    let balance = of("balance", balances(account, clock).await);
    let banks = account.banks(clock).await.map(|found| format!("{} listed", found.len()));
    let look_up = judge(account.look_up(&stranger, clock).await.verdict, is_reached);
    // The skew is that of the last reply: this question comes last.
    let answers = vec![reached, credentials, balance, of("banks", banks), look_up, clocks(account)];
    let well = answers.iter().all(|answer| answer.well != Some(false));
    Ok(AccountTest { well, answers })
}

async fn balances(account: &Account, clock: &dyn Clock) -> Result<String, EnquiryError> {
    let balances = account.balance(clock).await?;
    let texts: Vec<String> =
        balances.iter().map(|found| format!("{} {}", found.available, found.currency)).collect();
    Ok(texts.join(", "))
}

/// What the provider says of a payout that does not exist.
fn judge(verdict: Verdict, is_reached: bool) -> TestAnswer {
    let (well, answer) = match verdict {
        Verdict::NotFound => (Some(true), "a payout that does not exist is not found".to_owned()),
        Verdict::Unknown(_) | Verdict::Deferred { pause: None, .. } if !is_reached => {
            (None, "could not be asked".to_owned())
        }
        Verdict::Deferred { pause: Some(pause), .. } => {
            (Some(false), format!("the provider does not let us ask: {}", pause.as_str()))
        }
        Verdict::Unknown(_) | Verdict::Mismatch(_) | Verdict::Deferred { pause: None, .. } => {
            (None, "a payout that does not exist cannot be told from one that is late".to_owned())
        }
        verdict @ (Verdict::Accepted(_)
        | Verdict::Settled(_)
        | Verdict::Rejected(_)
        | Verdict::Returned { .. }
        | Verdict::Unlisted(_)) => {
            (Some(false), format!("a payout that does not exist is {}", verdict.as_str()))
        }
    };
    TestAnswer { asked: "look-up", well, answer }
}

fn clocks(account: &Account) -> TestAnswer {
    let (well, answer) = account.clock_skew().map_or_else(
        || (None, "no answer told the provider's time".to_owned()),
        |skew| (Some(true), format!("the provider's clock is {} s ahead of ours", skew.as_secs())),
    );
    TestAnswer { asked: "clock", well, answer }
}

fn of(asked: &'static str, found: Result<String, EnquiryError>) -> TestAnswer {
    let (well, answer) = match found {
        Ok(answer) => (Some(true), answer),
        Err(EnquiryError::NotOffered) => (None, "the provider does not offer this".to_owned()),
        Err(error) => (Some(false), error.to_string()),
    };
    TestAnswer { asked, well, answer }
}

/// An order that was never sent: its reference is drawn here.
fn stranger(account: &Account, clock: &dyn Clock) -> Result<Order, Error> {
    let made_up = || Private::new("Nobody");
    let amount = Money::new(1, account.rules().currency());
    Ok(Order {
        reference: Reference::of(PayoutId::at(clock.now()).uuid().as_u128()),
        amount: amount.map_err(|error| Error::refused(error.to_string()))?,
        country: account.rules().country(),
        beneficiary: Beneficiary {
            name: Name::Company(made_up()),
            document: Document { kind: String::new(), number: made_up() },
            destination: Destination::Cash,
            contact: Contact::default(),
        },
        description: made_up(),
        send_date: None,
        provider_id: None,
    })
}
