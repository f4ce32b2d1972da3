//! Beneficiaries on their way into the table: sealed, and findable without being told.

use payrun_domain::{id::PayoutId, order::Order, reference::Reference};
use uuid::Uuid;

use crate::{Error, NewPayout, Sealer, payout::blind_index::Indexes, seal::NONCE_BYTES, unit::Unit};

const OPERATION: &str = "importing rows";
/// What of a beneficiary is sealed, each with a nonce of its own.
const SEALED_COLUMNS: usize = 5;

/// A beneficiary as the table holds it, under one key.
pub struct SealedBeneficiary {
    pub(crate) payout: PayoutId,
    /// How the provider knows the payout, which the keys make too.
    pub(crate) reference: Reference,
    key_id: i16,
    name: Vec<u8>,
    document: Vec<u8>,
    destination: Vec<u8>,
    contact: Vec<u8>,
    description: Vec<u8>,
    pub(crate) indexes: Indexes,
}

impl Sealer {
    /// Seals who is paid, each for the first issue of its client id, in the order of `payouts`:
    /// most of an import's own work, which another thread can do while the database works.
    pub fn beneficiaries(&self, payouts: &[NewPayout]) -> Result<Vec<SealedBeneficiary>, Error> {
        let mut nonces = self.nonces(payouts.len().saturating_mul(SEALED_COLUMNS)).into_iter().flatten();
        payouts
            .iter()
            .map(|payout| {
                SealedBeneficiary::with(self, &mut nonces, payout.id, (&payout.client_id, 1), &payout.order)
            })
            .collect()
    }
}

impl SealedBeneficiary {
    /// `issue` is the client id and its number.
    pub(crate) fn new(
        sealer: &Sealer,
        payout: PayoutId,
        issue: (&str, i16),
        order: &Order,
    ) -> Result<Self, Error> {
        let mut nonces = sealer.nonces(SEALED_COLUMNS).into_iter().flatten();
        Self::with(sealer, &mut nonces, payout, issue, order)
    }

    fn with(
        sealer: &Sealer,
        nonces: &mut impl Iterator<Item = [u8; NONCE_BYTES]>,
        payout: PayoutId,
        issue: (&str, i16),
        order: &Order,
    ) -> Result<Self, Error> {
        Self::seal(sealer, nonces, payout, issue, order).ok_or_else(|| Error::Sealed {
            column: "beneficiary",
            row: payout.to_string(),
            key_id: sealer.current(),
        })
    }

    fn seal(
        sealer: &Sealer,
        nonces: &mut impl Iterator<Item = [u8; NONCE_BYTES]>,
        payout: PayoutId,
        (client_id, issue): (&str, i16),
        order: &Order,
    ) -> Option<Self> {
        let beneficiary = &order.beneficiary;
        Some(Self {
            payout,
            reference: sealer.reference(client_id, issue),
            key_id: sealer.current(),
            name: sealer.seal_with(nonces.next()?, payout, "name", &beneficiary.name)?,
            document: sealer.seal_with(nonces.next()?, payout, "document", &beneficiary.document)?,
            destination: sealer.seal_with(nonces.next()?, payout, "destination", &beneficiary.destination)?,
            contact: sealer.seal_with(nonces.next()?, payout, "contact", &beneficiary.contact)?,
            description: sealer.seal_with(nonces.next()?, payout, "description", &order.description)?,
            indexes: Indexes::of(sealer, order),
        })
    }
}

/// Writes beneficiaries whose payouts are there.
pub(crate) async fn insert(unit: &mut Unit, sealed: &[&SealedBeneficiary]) -> Result<(), Error> {
    let column =
        |read: fn(&SealedBeneficiary) -> &[u8]| sealed.iter().map(|row| read(row)).collect::<Vec<_>>();
    let ids: Vec<Uuid> = sealed.iter().map(|row| row.payout.uuid()).collect();
    let key_ids: Vec<i16> = sealed.iter().map(|row| row.key_id).collect();
    let destination_indexes: Vec<Option<&[u8]>> =
        sealed.iter().map(|row| row.indexes.destination.as_deref()).collect();
    sqlx::query!(
        "insert into beneficiary (payout_id, key_id, name, document, destination, contact, description, destination_index, person_index, name_index)
         select *
         from unnest($1::uuid[], $2::smallint[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[])",
        &ids,
        &key_ids,
        &column(|row| &row.name) as &[&[u8]],
        &column(|row| &row.document) as &[&[u8]],
        &column(|row| &row.destination) as &[&[u8]],
        &column(|row| &row.contact) as &[&[u8]],
        &column(|row| &row.description) as &[&[u8]],
        &destination_indexes as &[Option<&[u8]>],
        &column(|row| &row.indexes.person) as &[&[u8]],
        &column(|row| &row.indexes.name) as &[&[u8]],
    )
    .execute(unit.connection())
    .await
    .map_err(Error::driver(OPERATION))?;
    Ok(())
}
