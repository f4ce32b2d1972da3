//! `payrun accounts`.

use clap::{Args, Subcommand};
use jiff::civil::Date;
use payrun_app::{
    accounts::{self, AccountLine},
    confirm::confirm,
    pause::{AccountSending, pause_account, resume_account},
    peer::{self, Adopted},
    stops,
};
use payrun_domain::{clock::SystemClock, name::AccountName};
use payrun_store::Adoption;

use crate::{
    commands::enquiries,
    context::{Acting, Context},
    failure::Failure,
    output::{language::Lang, maybe_time, table},
};

#[derive(Debug, Args)]
pub(crate) struct AccountsArgs {
    /// The language in which the provider's codes are told.
    #[arg(long, value_enum, default_value = "en")]
    pub(crate) lang: Lang,
    #[command(subcommand)]
    pub(crate) command: Option<AccountsCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountsCommand {
    /// Stop new sends of an account.
    Pause {
        /// Which account.
        name: AccountName,
    },
    /// The provider's own list of banks and wallets: what the column `bank` takes.
    Banks {
        /// Which account.
        name: AccountName,
    },
    /// What a payout would bring: fee, rate, and what the beneficiary receives.
    Preview {
        /// Which account.
        name: AccountName,
        /// In major units of the account's currency.
        amount: String,
    },
    /// What there is to pay with.
    Balance {
        /// Which account.
        name: AccountName,
    },
    /// The payouts that the provider knows, beside what payrun says of them.
    Orders {
        /// Which account.
        name: AccountName,
        /// The first day, as in 2026-01-31 (UTC).
        #[arg(long)]
        from: Date,
        /// The day after the last; now when left out.
        #[arg(long)]
        to: Option<Date>,
    },
    /// Ask everything that moves no money: credentials, balance, banks, a payout that does not
    /// exist.
    Test {
        /// Which account.
        name: AccountName,
    },
    /// Say that an account's credentials and address are the right ones, though the provider does
    /// not find there what was sent before; a second person must say the same.
    Adopt {
        /// Which account.
        name: AccountName,
    },
    /// Confirm what waits at the provider for a one-time code that it has sent you.
    Confirm {
        /// Which account.
        name: AccountName,
        /// The code.
        code: String,
    },
    /// Let a paused account go on, once its cause is mended.
    Resume {
        /// Which account.
        name: AccountName,
    },
}

pub(crate) async fn run(context: &Context, arguments: AccountsArgs) -> Result<(), Failure> {
    match arguments.command {
        None => list(context, arguments.lang).await,
        Some(AccountsCommand::Banks { name }) => enquiries::banks(context, &name).await,
        Some(AccountsCommand::Preview { name, amount }) => enquiries::preview(context, &name, &amount).await,
        Some(AccountsCommand::Balance { name }) => enquiries::balance(context, &name).await,
        Some(AccountsCommand::Orders { name, from, to }) => enquiries::orders(context, &name, from, to).await,
        Some(AccountsCommand::Test { name }) => enquiries::test(context, &name).await,
        Some(AccountsCommand::Pause { name }) => {
            let Acting { store, actor } = context.store_of_person().await?;
            print_change(context, &pause_account(&store, &actor, &name).await?, "paused")
        }
        Some(AccountsCommand::Confirm { name, code }) => {
            let Acting { actor, .. } = context.store_of_person().await?;
            let account = context.account_named(&name)?;
            let confirmed = confirm(&account, &code, &SystemClock).await?;
            tracing::info!(account.name = %name, %actor, "the provider took a code");
            context.output.answer(&confirmed, |confirmed| {
                format!("{} took the code; look-ups tell what becomes of the payouts", confirmed.account)
            })
        }
        Some(AccountsCommand::Adopt { name }) => {
            let account = context.account_named(&name)?;
            let acting = context.store_of_person().await?;
            context.register(&acting).await?;
            let adopted = peer::adopt(&acting.store, &acting.actor, &account).await?;
            context.output.answer(&adopted, describe_adopted)
        }
        Some(AccountsCommand::Resume { name }) => {
            let Acting { store, actor } = context.store_of_person().await?;
            print_change(context, &resume_account(&store, &actor, &name).await?, "running")
        }
    }
}

fn describe_adopted(adopted: &Adopted) -> String {
    let Adopted { account, adoption } = adopted;
    match adoption {
        Adoption::Proposed | Adoption::NeedsAnother => format!(
            "proposed for account {account}: another person confirms with the same command. What was sent with other credentials, and is still \
             in doubt, is never concluded from what these find: people decide about it (`payrun review`)"
        ),
        Adoption::Confirmed => format!("account {account} goes on with these credentials and this address"),
        Adoption::Known => format!("account {account} has used these credentials and this address before"),
    }
}

fn print_change(context: &Context, changed: &AccountSending, word: &str) -> Result<(), Failure> {
    context.output.answer(changed, |changed| format!("{} is {word}", changed.account))
}

async fn list(context: &Context, lang: Lang) -> Result<(), Failure> {
    let store = context.store_of_reader().await?;
    let accounts = accounts::list(&store).await?;
    let stops = stops::read(&store).await?;
    context.output.answer(&accounts, |accounts| {
        let columns = [
            "account",
            "provider",
            "repeats",
            "state",
            "queued",
            "submitting",
            "accepted",
            "unknown",
            "review",
        ];
        let causes = accounts.iter().filter_map(|account| cause(context, account, lang));
        let listed = stops::describe(&stops) + &table(columns, accounts.iter().map(row));
        causes.fold(listed, |text, cause| text + "\n\n" + &cause)
    })
}

/// What the provider said when that paused an account, and what its documents say of that.
fn cause(context: &Context, account: &AccountLine, lang: Lang) -> Option<String> {
    let error = account.paused_error.as_ref()?;
    let meaning = context.meaning(&account.account, &[error.code.as_deref()], lang.into());
    let meaning = meaning.map_or_else(String::new, |meaning| format!("\n{meaning}"));
    Some(format!("{} is paused because the provider says: {}{meaning}", account.account, error.words()))
}

fn row(account: &AccountLine) -> [String; 9] {
    let state = account.paused.as_ref().map_or_else(
        || "running".to_owned(),
        |why| format!("paused for {} since {}", why.as_str(), maybe_time(account.paused_at)),
    );
    [
        account.account.to_string(),
        account.provider.clone(),
        account.idempotency.as_str().to_owned(),
        state,
        account.queued.to_string(),
        account.submitting.to_string(),
        account.accepted.to_string(),
        account.unknown.to_string(),
        account.needs_review.to_string(),
    ]
}
