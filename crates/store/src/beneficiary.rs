//! Beneficiaries on their way into the table: sealed, and findable without being told.

use payrun_domain::{id::PayoutId, order::Order};
use uuid::Uuid;

use crate::{Error, Store, mark::Indexes, unit::Unit};

const OPERATION: &str = "importing rows";

/// Beneficiaries, sealed and turned on their side for `unnest`.
#[derive(Default)]
pub(crate) struct SealedColumns {
    ids: Vec<Uuid>,
    names: Vec<Vec<u8>>,
    documents: Vec<Vec<u8>>,
    destinations: Vec<Vec<u8>>,
    contacts: Vec<Vec<u8>>,
    descriptions: Vec<Vec<u8>>,
    destination_indexes: Vec<Option<Vec<u8>>>,
    person_indexes: Vec<Vec<u8>>,
    name_indexes: Vec<Vec<u8>>,
}

impl SealedColumns {
    pub(crate) fn push(
        &mut self,
        store: &Store,
        payout: PayoutId,
        order: &Order,
        indexes: Indexes,
    ) -> Option<()> {
        let beneficiary = &order.beneficiary;
        let destination = &beneficiary.destination;
        self.ids.push(payout.uuid());
        self.names.push(store.sealer.seal(payout, "name", &beneficiary.name)?);
        self.documents.push(store.sealer.seal(payout, "document", &beneficiary.document)?);
        self.destinations.push(store.sealer.seal(payout, "destination", destination)?);
        self.contacts.push(store.sealer.seal(payout, "contact", &beneficiary.contact)?);
        self.descriptions.push(store.sealer.seal(payout, "description", &order.description)?);
        self.destination_indexes.push(indexes.destination);
        self.person_indexes.push(indexes.person);
        self.name_indexes.push(indexes.name);
        Some(())
    }

    pub(crate) async fn insert(&self, store: &Store, unit: &mut Unit) -> Result<(), Error> {
        sqlx::query!(
            "insert into beneficiary (key_id, payout_id, name, document, destination, contact, description, destination_index,
               person_index, name_index)
             select $1::smallint, *
             from unnest($2::uuid[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[])",
            store.sealer.current(),
            &self.ids,
            &self.names as &[Vec<u8>],
            &self.documents as &[Vec<u8>],
            &self.destinations as &[Vec<u8>],
            &self.contacts as &[Vec<u8>],
            &self.descriptions as &[Vec<u8>],
            &self.destination_indexes as &[Option<Vec<u8>>],
            &self.person_indexes as &[Vec<u8>],
            &self.name_indexes as &[Vec<u8>],
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(OPERATION))?;
        Ok(())
    }
}
