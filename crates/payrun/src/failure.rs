//! How a command ends when it does not succeed.

use std::process::ExitCode;

use payrun_ingest::Refusal;
use payrun_store::{ApproveError, ReviewError};
use payrun_telemetry::events::chain;

/// A failure with the exit code that tells machines what kind it is.
#[derive(Debug)]
pub(crate) enum Failure {
    /// 1: could not be done.
    Error(anyhow::Error),
    /// 3: a rule says no.
    Refused(anyhow::Error),
    /// 4: rows cannot be paid. The report is printed already.
    BadRows,
    /// 5: something to mend. The report is printed already.
    Unwell,
}

impl Failure {
    /// The exit code, after the reason was printed.
    pub(crate) fn exit(self, json: bool) -> ExitCode {
        let (code, error) = match self {
            Self::Error(error) => (1, Some(error)),
            Self::Refused(error) => (3, Some(error)),
            Self::BadRows => (4, None),
            Self::Unwell => (5, None),
        };
        if let Some(error) = error {
            print_error(&error, json);
        }
        ExitCode::from(code)
    }

    /// Why, in one line.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Error(error) | Self::Refused(error) => chain(error.as_ref()),
            Self::BadRows => "rows cannot be paid".to_owned(),
            Self::Unwell => "something is to be mended".to_owned(),
        }
    }

    /// A rule says no.
    pub(crate) fn refused(reason: impl Into<String>) -> Self {
        Self::Refused(anyhow::Error::msg(reason.into()))
    }
}

#[expect(clippy::print_stderr, reason = "how a command tells a person why it failed")]
fn print_error(error: &anyhow::Error, json: bool) {
    if json {
        print_json(&chain(error.as_ref()), error.downcast_ref::<Refusal>().map(Refusal::code));
    } else {
        eprintln!("payrun: {}", chain(error.as_ref()));
    }
}

#[expect(clippy::print_stderr, reason = "how a command tells a machine why it failed")]
pub(crate) fn print_json(error: &str, code: Option<&str>) {
    eprintln!("{}", serde_json::json!({"error": error, "code": code}));
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Error(error)
    }
}

impl From<payrun_store::Error> for Failure {
    fn from(error: payrun_store::Error) -> Self {
        if matches!(error, payrun_store::Error::Account { .. }) {
            return Self::Refused(error.into());
        }
        Self::Error(error.into())
    }
}

impl From<ApproveError> for Failure {
    fn from(error: ApproveError) -> Self {
        match error {
            ApproveError::Store(error) => error.into(),
            ApproveError::NotFound(_)
            | ApproveError::Uploader(_)
            | ApproveError::Digest
            | ApproveError::Already(_)
            | ApproveError::Limit { .. }
            | ApproveError::Held(_)
            | ApproveError::NotHeld(_)
            | ApproveError::Empty
            | ApproveError::InDoubt => Self::Refused(error.into()),
        }
    }
}

impl From<ReviewError> for Failure {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::Store(error) => error.into(),
            ReviewError::NotFound(_)
            | ReviewError::State { .. }
            | ReviewError::NeedsAnother(_)
            | ReviewError::Disagrees { .. }
            | ReviewError::Outcome
            | ReviewError::Evidence
            | ReviewError::Reissued
            | ReviewError::Restored(_) => Self::Refused(error.into()),
        }
    }
}
