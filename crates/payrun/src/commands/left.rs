//! How a batch's show and watch end: what is left to do, by whom, and with which command.

use std::borrow::Cow;

use payrun_app::{left::Left, stops::HISTORY_IS_UNKNOWN};
use payrun_domain::{id::BatchId, money, payout::PayoutState, verdict::Pause};
use payrun_store::Unpaid;

use crate::{context::Context, output::language::Lang};

/// A line for each; empty when nothing is left to do.
pub(crate) fn describe(context: &Context, batch: BatchId, left: &[Left], lang: Lang) -> String {
    if left.is_empty() {
        return String::new();
    }
    let lines = left.iter().map(|left| match left {
        Left::UnknownHistory => HISTORY_IS_UNKNOWN.to_owned(),
        Left::Frozen => "nothing is sent: all sends are frozen; payrun accounts tells by whom and why".to_owned(),
        Left::AccountPaused { account, why, error } => {
            let said = error.as_ref().map_or_else(String::new, |error| {
                let meaning = context.meaning(account, &[error.code.as_deref()], lang.into());
                format!(" (the provider says: {}{})", error.words(), meaning.map_or_else(String::new, |meaning| format!("; {meaning}")))
            });
            format!(
                "nothing is sent through {account}: it is paused for {why}{said}; {}, then payrun --as NAME accounts resume {account}",
                cure(*why)
            )
        }
        Left::Review { count: 1 } => {
            "1 payout waits for the decision of two people: payrun review".to_owned()
        }
        Left::Review { count } => {
            format!("{count} payouts wait for the decision of two people: payrun review")
        }
        Left::Anomalies { count: 1 } => {
            "1 thing that the provider says does not fit, and nobody has explained it: payrun review".to_owned()
        }
        Left::Anomalies { count } => format!(
            "{count} things that the provider says do not fit, and nobody has explained them: payrun review"
        ),
        Left::Unpaid(unpaid) => unpaid_line(context, batch, unpaid, lang),
    });
    lines.fold("\n\nleft to do:".to_owned(), |text, line| text + "\n- " + &line)
}

fn unpaid_line(context: &Context, batch: BatchId, unpaid: &Unpaid, lang: Lang) -> String {
    let Unpaid { state, code, currency, count, minor, account, .. } = unpaid;
    let what = match (state, count) {
        (PayoutState::Returned, 1) => "1 payout came back".to_owned(),
        (PayoutState::Returned, count) => format!("{count} payouts came back"),
        (_, 1) => "1 payout was refused".to_owned(),
        (_, count) => format!("{count} payouts were refused"),
    };
    let amount = format!("{currency} {}", money::major(*minor, *currency));
    let Some(code) = code else {
        return format!("{what} ({amount}): payrun --as NAME review acknowledge --batch {batch}");
    };
    let meaning = context
        .meaning(account, &[Some(code)], lang.into())
        .map_or_else(|| ".".to_owned(), |meaning| format!(": {meaning}"));
    let word = shell_word(code);
    format!(
        "{what} ({amount}) with {code}{meaning} To pay them again: payrun --as NAME batch reissue {batch} --code {word}; else: payrun --as NAME \
         review acknowledge --batch {batch} --code {word}"
    )
}

/// A provider's code as one word of a command: some have blanks.
fn shell_word(code: &str) -> Cow<'_, str> {
    if code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)) {
        Cow::Borrowed(code)
    } else {
        Cow::Owned(format!("'{}'", code.replace('\'', r"'\''")))
    }
}

const fn cure(why: Pause) -> &'static str {
    match why {
        Pause::Credentials => "give it credentials that the provider takes",
        Pause::Balance => "fund it at the provider",
        Pause::Configuration => "mend its settings, here or at the provider (payrun doctor)",
        Pause::Person => "ask who paused it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_one_word_of_a_command() {
        assert_eq!(shell_word("813"), "813");
        assert_eq!(shell_word("PredicateValidator Reason"), "'PredicateValidator Reason'");
        assert_eq!(shell_word("don't; rm"), r"'don'\''t; rm'");
    }
}
