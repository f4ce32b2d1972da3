//! What a managed child account has. That of its parent is not documented.

use ::http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    Balance, EnquiryError, Reply,
    json::{json, scalar},
};

#[derive(Deserialize)]
struct Children<'a> {
    #[serde(borrow)]
    data: Vec<Child<'a>>,
}

/// A child account. Numbers come as text or as numbers.
#[derive(Deserialize)]
struct Child<'a> {
    #[serde(borrow)]
    business_id: &'a RawValue,
    #[serde(borrow, default)]
    balance_cop: Option<&'a RawValue>,
    #[serde(borrow, default)]
    balance_usd: Option<&'a RawValue>,
}

/// The balances of one child; none when the provider does not list it.
pub(super) fn read(reply: &Reply, child_id: &str) -> Result<Vec<Balance>, EnquiryError> {
    match reply.status {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED => return Err(EnquiryError::Credentials),
        status => return Err(EnquiryError::Status(status)),
    }
    let children: Children<'_> = json(&reply.body).map_err(EnquiryError::Unreadable)?;
    let its =
        children.data.into_iter().filter(|child| scalar(child.business_id).as_deref() == Some(child_id));
    let balances = its.flat_map(|child| [("COP", child.balance_cop), ("USD", child.balance_usd)]);
    let told = balances.filter_map(|(currency, balance)| {
        let available = balance.and_then(scalar)?.into_owned();
        Some(Balance { currency: currency.to_owned(), available, total: None })
    });
    Ok(told.collect())
}
