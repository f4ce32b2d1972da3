//! Beneficiaries on their way into the table: sealed, and findable without being told.

use std::sync::Arc;

use payrun_domain::{id::PayoutId, order::Order};
use uuid::Uuid;

use crate::{Error, Sealer, mark::Indexes, unit::Unit};

const OPERATION: &str = "importing rows";

/// Beneficiaries, sealed under one key and turned on their side for `unnest`.
pub(crate) struct SealedColumns {
    sealer: Arc<Sealer>,
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
    pub(crate) const fn new(sealer: Arc<Sealer>) -> Self {
        Self {
            sealer,
            ids: Vec::new(),
            names: Vec::new(),
            documents: Vec::new(),
            destinations: Vec::new(),
            contacts: Vec::new(),
            descriptions: Vec::new(),
            destination_indexes: Vec::new(),
            person_indexes: Vec::new(),
            name_indexes: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, payout: PayoutId, order: &Order, indexes: Indexes) -> Result<(), Error> {
        self.seal(payout, order, indexes).ok_or(Error::Sealed {
            column: "beneficiary",
            row: payout.to_string(),
            key_id: self.sealer.current(),
        })
    }

    fn seal(&mut self, payout: PayoutId, order: &Order, indexes: Indexes) -> Option<()> {
        let beneficiary = &order.beneficiary;
        let destination = &beneficiary.destination;
        self.ids.push(payout.uuid());
        self.names.push(self.sealer.seal(payout, "name", &beneficiary.name)?);
        self.documents.push(self.sealer.seal(payout, "document", &beneficiary.document)?);
        self.destinations.push(self.sealer.seal(payout, "destination", destination)?);
        self.contacts.push(self.sealer.seal(payout, "contact", &beneficiary.contact)?);
        self.descriptions.push(self.sealer.seal(payout, "description", &order.description)?);
        self.destination_indexes.push(indexes.destination);
        self.person_indexes.push(indexes.person);
        self.name_indexes.push(indexes.name);
        Some(())
    }

    pub(crate) async fn insert(&self, unit: &mut Unit) -> Result<(), Error> {
        sqlx::query!(
            "insert into beneficiary (key_id, payout_id, name, document, destination, contact, description, destination_index,
               person_index, name_index)
             select $1::smallint, *
             from unnest($2::uuid[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[])",
            self.sealer.current(),
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
