//! The control look-up: a payout that the provider certainly has, to prove that it is found by its
//! reference.

use payrun_domain::{name::AccountName, order::Order};
use uuid::Uuid;

use crate::{Error, Store, payout::sealed_order::SealedOrder};

impl Store {
    /// A payout that the provider certainly has, to prove that its look-up by reference works: it
    /// carries no provider id.
    pub async fn lookup_canary(&self, account: &AccountName) -> Result<Option<Order>, Error> {
        let row = sqlx::query_as!(
            CanaryRow,
            r#"with latest as materialized ((
                   select *
                   from payout
                   where account = $1 and state = 'accepted' and provider_id is not null
                   order by due_at desc
                   limit 1
               ) union all (
                   select *
                   from payout
                   where account = $1 and state = 'paid' and due_at is not null and provider_id is not null
                   order by due_at desc
                   limit 1
               ))
               select latest.id as "id!", latest.reference as "reference!", latest.country as "country!",
                   latest.currency as "currency!", latest.amount_minor as "amount_minor!", beneficiary.key_id,
                   beneficiary.name, beneficiary.document, beneficiary.destination, beneficiary.contact,
                   beneficiary.description
               from latest
               cross join lateral (select * from beneficiary where payout_id = latest.id offset 0) beneficiary
               order by latest.due_at desc
               limit 1"#,
            account.as_str(),
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(Error::driver("finding a payout for the control look-up"))?;
        row.map(|row| row.sealed().open(&self.sealer())).transpose()
    }
}

struct CanaryRow {
    id: Uuid,
    reference: String,
    country: String,
    currency: String,
    amount_minor: i64,
    key_id: i16,
    name: Vec<u8>,
    document: Vec<u8>,
    destination: Vec<u8>,
    contact: Vec<u8>,
    description: Vec<u8>,
}

impl CanaryRow {
    fn sealed(&self) -> SealedOrder<'_> {
        SealedOrder {
            payout: self.id.into(),
            reference: &self.reference,
            country: &self.country,
            currency: &self.currency,
            amount_minor: self.amount_minor,
            provider_id: None,
            key_id: self.key_id,
            name: &self.name,
            document: &self.document,
            destination: &self.destination,
            contact: &self.contact,
            description: &self.description,
        }
    }
}
