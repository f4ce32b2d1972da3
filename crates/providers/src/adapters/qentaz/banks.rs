//! The provider's list of banks. Its codes are those of the ACH; a table of our own would only grow
//! old.

use ::http::{HeaderMap, Method, StatusCode};
use payrun_domain::beneficiary;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::account::Qentaz;
use crate::{Bank, Effect, EnquiryError, Reply, Request, Stamp, json::json};

impl Qentaz {
    /// A GET with a body, as the page prints it; succeeds only with an accepted key.
    pub(super) fn list_banks(&self, stamp: &Stamp<'_>) -> Option<Request> {
        let currency = self.rules.currency.currency().code();
        let body = format!(r#"{{"type":"normal","currency":"{currency}"}}"#).into_bytes();
        let (path, headers) = ("/payout/entities".to_owned(), HeaderMap::new());
        let request = Request { effect: Effect::ReadOnly, method: Method::GET, path, headers, body };
        self.authorized(request, stamp)
    }
}

/// Codes that another provider uses in Colombia, and the ACH does not.
pub(super) fn is_known_elsewhere(code: &str) -> bool {
    matches!(code, "1097" | "1098" | "1151")
}

#[derive(Deserialize)]
struct Entities<'a> {
    #[serde(borrow)]
    entities: Vec<Entity<'a>>,
}

#[derive(Deserialize)]
struct Entity<'a> {
    /// A number here, and text in a create.
    #[serde(borrow)]
    code: &'a RawValue,
    name: String,
}

pub(super) fn read(reply: &Reply) -> Result<Vec<Bank>, EnquiryError> {
    match reply.status {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED => return Err(EnquiryError::Credentials),
        status => return Err(EnquiryError::Status(status)),
    }
    let listed: Entities<'_> = json(&reply.body).map_err(EnquiryError::Unreadable)?;
    let bank = |entity: Entity<'_>| Bank {
        code: format!("{:0>4}", entity.code.get().trim_matches('"')),
        name: entity.name,
        method: Some(beneficiary::Method::Bank),
    };
    Ok(listed.entities.into_iter().map(bank).collect())
}
