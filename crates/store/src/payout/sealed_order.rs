//! An order as the tables hold it, its personal data sealed.

use jiff::civil::Date;
use payrun_domain::{
    beneficiary::Beneficiary, id::PayoutId, order::Order, reference::Reference, verdict::ProviderId,
};

use crate::{Error, Sealer, state};

/// In place of a key, once the data was erased.
const FORGOTTEN: i16 = 0;

/// An order as the tables hold it.
pub(crate) struct SealedOrder<'a> {
    pub(crate) payout: PayoutId,
    pub(crate) reference: &'a str,
    pub(crate) country: &'a str,
    pub(crate) currency: &'a str,
    pub(crate) amount_minor: i64,
    /// Only a send tells it.
    pub(crate) send_date: Option<Date>,
    pub(crate) provider_id: Option<&'a str>,
    pub(crate) key_id: i16,
    pub(crate) name: &'a [u8],
    pub(crate) document: &'a [u8],
    pub(crate) destination: &'a [u8],
    pub(crate) contact: &'a [u8],
    pub(crate) description: &'a [u8],
}

impl SealedOrder<'_> {
    /// Opens the personal data and checks the rest on the way: what was written is what is read.
    pub(crate) fn open(&self, sealer: &Sealer) -> Result<Order, Error> {
        let payout = self.payout;
        let amount = state::money(self.amount_minor, self.currency, payout)?;
        if self.key_id == FORGOTTEN {
            return Err(Error::Forgotten(payout));
        }
        let reference =
            Reference::parse(self.reference).ok_or_else(|| state::unknown("payout", "reference", payout))?;
        let sealed = |column| Error::Sealed { column, row: payout.to_string(), key_id: self.key_id };
        let open_name = sealer.open(self.key_id, payout, "name", self.name);
        let open_document = sealer.open(self.key_id, payout, "document", self.document);
        let open_destination = sealer.open(self.key_id, payout, "destination", self.destination);
        let open_contact = sealer.open(self.key_id, payout, "contact", self.contact);
        let open_description = sealer.open(self.key_id, payout, "description", self.description);
        Ok(Order {
            reference,
            amount,
            country: state::country(self.country, payout)?,
            beneficiary: Beneficiary {
                name: open_name.ok_or_else(|| sealed("name"))?,
                document: open_document.ok_or_else(|| sealed("document"))?,
                destination: open_destination.ok_or_else(|| sealed("destination"))?,
                contact: open_contact.ok_or_else(|| sealed("contact"))?,
            },
            description: open_description.ok_or_else(|| sealed("description"))?,
            send_date: self.send_date,
            provider_id: self.provider_id.and_then(ProviderId::parse),
        })
    }
}
