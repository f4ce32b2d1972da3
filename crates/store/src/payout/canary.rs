//! The payout that its provider must find by reference, before it is believed that it has not
//! another.

use jiff::Timestamp;
use payrun_domain::order::Order;

use crate::{Error, Peer, Store, payout::sealed_order::SealedOrder};

impl Store {
    /// The payout that was sent last of those that the merchant of `peer` has, without the
    /// provider's id, and when it was sent.
    pub async fn youngest_canary(&self, peer: &Peer) -> Result<Option<(Order, Timestamp)>, Error> {
        let found = sqlx::query_file!("src/payout/canary.sql", peer.account.as_str(), peer.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(Error::driver("finding a payout for the control look-up"))?;
        let Some(row) = found else { return Ok(None) };
        let sealed = SealedOrder {
            payout: row.id.into(),
            reference: &row.reference,
            country: &row.country,
            currency: &row.currency,
            amount_minor: row.amount_minor,
            send_date: None,
            provider_id: None,
            key_id: row.key_id,
            name: &row.name,
            document: &row.document,
            destination: &row.destination,
            contact: &row.contact,
            description: &row.description,
        };
        Ok(Some((sealed.open(&self.sealer())?, row.sent_at.to_jiff())))
    }
}
