//! How a command ends when it does not succeed.

use std::process::ExitCode;

use payrun_telemetry::events::chain;
use serde::Serialize;

/// A failure with the exit code that tells machines what kind it is.
#[derive(Debug)]
pub(crate) enum Failure {
    /// 1: could not be done.
    Error(anyhow::Error),
    /// 2: the command is not complete.
    Usage(&'static str),
    /// 3: a rule says no.
    Refused(anyhow::Error),
    /// 4: rows cannot be paid. The report is printed already.
    InvalidRows,
    /// 5: something to mend. The report is printed already.
    ChecksFailed,
}

impl Failure {
    /// The exit code, after the reason was printed.
    pub(crate) fn exit(self, json: bool) -> ExitCode {
        let (code, error) = match self {
            Self::Error(error) => (1, Some(error)),
            Self::Usage(reason) => (2, Some(anyhow::Error::msg(reason))),
            Self::Refused(error) => (3, Some(error)),
            Self::InvalidRows => (4, None),
            Self::ChecksFailed => (5, None),
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
            Self::Usage(reason) => (*reason).to_owned(),
            Self::InvalidRows => "rows cannot be paid".to_owned(),
            Self::ChecksFailed => "something is to be mended".to_owned(),
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
        print_json(&chain(error.as_ref()), error.downcast_ref().and_then(payrun_app::Error::code));
    } else {
        eprintln!("payrun: {}", chain(error.as_ref()));
    }
}

#[expect(clippy::print_stderr, reason = "how a command tells a machine why it failed")]
pub(crate) fn print_json(error: &str, code: Option<&str>) {
    #[derive(Serialize)]
    struct Told<'a> {
        error: &'a str,
        code: Option<&'a str>,
    }
    match serde_json::to_string(&Told { error, code }) {
        Ok(json) => eprintln!("{json}"),
        Err(_) => eprintln!("payrun: {error}"),
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Error(error)
    }
}

impl From<payrun_app::Error> for Failure {
    fn from(error: payrun_app::Error) -> Self {
        // The store's error itself, so that an outage can be told from other failures.
        if let payrun_app::Error::Store(error) = error {
            return error.into();
        }
        if error.is_refusal() { Self::Refused(error.into()) } else { Self::Error(error.into()) }
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
