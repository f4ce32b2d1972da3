//! Why an act was not done.

use payrun_ingest::UploadRefusal;
use payrun_providers::{Account, EnquiryError};
use payrun_store::{ApproveError, ReviewError};

/// Why an act was not done. Its words say what happened, to what, and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule says no.
    #[error("{0}")]
    Refused(String),
    /// A rule about batches says no, or the database failed.
    #[error(transparent)]
    Approve(#[from] ApproveError),
    /// A rule about decisions says no, or the database failed.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// A file was not taken.
    #[error(transparent)]
    File(#[from] payrun_ingest::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] payrun_store::Error),
    /// The provider could not be asked.
    #[error("{doing}")]
    Provider {
        /// What was asked, and of which account.
        doing: String,
        /// Why there is no answer.
        #[source]
        source: EnquiryError,
    },
    /// The thread that reads a file is gone.
    #[error("the thread that reads the payroll file died")]
    Worker(#[source] tokio::task::JoinError),
}

impl Error {
    /// A rule says no.
    pub fn refused(words: impl Into<String>) -> Self {
        Self::Refused(words.into())
    }

    /// The provider of an account could not be asked for something.
    pub(crate) fn provider(what: &str, account: &Account, source: EnquiryError) -> Self {
        Self::Provider { doing: format!("asking {} for {what}", account.name), source }
    }

    /// Why a file was refused as a whole, if that is what it is.
    pub const fn file_refusal(&self) -> Option<&UploadRefusal> {
        if let Self::File(payrun_ingest::Error::Refused(refusal)) = self { Some(refusal) } else { None }
    }

    /// Which refusal it is, for machines.
    pub fn code(&self) -> Option<&'static str> {
        self.file_refusal().map(UploadRefusal::code)
    }

    /// Whether a rule said no: the same act is refused again until something else changes.
    /// Otherwise something failed, and the act may be tried again.
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::Refused(_) => true,
            Self::Approve(error) => !matches!(error, ApproveError::Store(_)),
            Self::Review(error) => !matches!(error, ReviewError::Store(_)),
            Self::File(error) => {
                matches!(error, payrun_ingest::Error::Refused(_) | payrun_ingest::Error::Changed)
            }
            Self::Store(error) => matches!(error, payrun_store::Error::Account { .. }),
            Self::Provider { .. } | Self::Worker(_) => false,
        }
    }
}
