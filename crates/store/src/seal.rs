//! Personal data at rest: sealed per column, searchable by a keyed blind index only.
//!
//! **Reads**: key file text. **Writes**: nothing. **Invariant**: what is sealed opens only for the
//! same payout and column.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use payrun_domain::{
    clock::{Clock as _, SystemClock},
    id::PayoutId,
    reference::Reference,
};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, KeyType, Prk, Salt},
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, de::DeserializeOwned};

use crate::key_file::{KEY_BYTES, KeyError, KeyFile};

pub(crate) const NONCE_BYTES: usize = 12;

/// Seals, opens and indexes with the keys of one installation.
pub struct Sealer {
    keys: BTreeMap<i16, LessSafeKey>,
    destroyed: BTreeSet<i16>,
    current: i16,
    index: hmac::Key,
    references: hmac::Key,
    peers: hmac::Key,
    random: SystemRandom,
}

impl Sealer {
    /// Reads a key file: `index <base64 of 32 bytes>` once, `<number> <base64 of 32 bytes>` for
    /// each key; `#` begins a comment.
    ///
    /// The highest number seals, all open. The index has a key of its own, so that no rotation
    /// hides earlier payments to an account.
    pub fn from_key_file(text: &SecretString) -> Result<Self, KeyError> {
        let KeyFile { index, seals, destroyed } = KeyFile::parse(text)?;
        let master = |key: &[u8]| Salt::new(HKDF_SHA256, b"payrun").extract(key);
        let current = seals.last_key_value().map_or(0, |(number, _)| *number);
        let keys = seals
            .iter()
            .filter_map(|(number, key)| {
                let key = UnboundKey::new(&AES_256_GCM, &derive(&master(key), b"seal")).ok()?;
                Some((*number, LessSafeKey::new(key)))
            })
            .collect();
        let index = master(&index);
        let hmac_key = |purpose| hmac::Key::new(hmac::HMAC_SHA256, &derive(&index, purpose));
        Ok(Self {
            keys,
            destroyed,
            current,
            references: hmac_key(b"reference"),
            peers: hmac_key(b"peer"),
            index: hmac_key(b"blind index"),
            random: SystemRandom::new(),
        })
    }

    /// A fresh key file.
    pub fn new_key_file() -> Result<SecretString, KeyError> {
        KeyFile::generate()
    }

    /// A key file with one more key, which seals from then on, and its number.
    pub fn with_new_key(text: &SecretString) -> Result<(i16, SecretString), KeyError> {
        KeyFile::added(text)
    }

    /// A key file in which a line `<number> destroyed <today>` stands for a key: what it sealed can
    /// never be read again, and a database that was restored from before is not taken for
    /// another one.
    pub fn without_key(text: &SecretString, number: i16) -> Result<SecretString, KeyError> {
        KeyFile::without(text, number, SystemClock.now().to_zoned(TimeZone::UTC).date())
    }

    /// The numbers of the keys that were destroyed: what they sealed counts as forgotten.
    pub(crate) const fn destroyed(&self) -> &BTreeSet<i16> {
        &self.destroyed
    }

    /// The numbers of the keys that open.
    pub(crate) fn numbers(&self) -> Vec<i16> {
        self.keys.keys().copied().collect()
    }

    /// The number of the key that seals now.
    pub const fn current(&self) -> i16 {
        self.current
    }

    /// Seals `value` for one column of one payout: 12 bytes of nonce, then ciphertext and tag. None
    /// when the system gives no random bytes.
    pub fn seal<T: Serialize>(&self, payout: PayoutId, column: &'static str, value: &T) -> Option<Vec<u8>> {
        self.seal_with(self.nonces(1)?.next()?, payout, column, value)
    }

    /// As [`Sealer::seal`], with one of [`Sealer::nonces`].
    pub(crate) fn seal_with<T: Serialize>(
        &self,
        nonce: [u8; NONCE_BYTES],
        payout: PayoutId,
        column: &'static str,
        value: &T,
    ) -> Option<Vec<u8>> {
        self.seal_bytes_with(nonce, &context(payout, column), &serde_json::to_vec(value).ok()?)
    }

    /// Seals bytes that belong to no payout, such as a message that could not be read.
    pub(crate) fn seal_bytes(&self, context: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        self.seal_bytes_with(self.nonces(1)?.next()?, context, plain)
    }

    /// Nonces for so many values, each for one of them: the system is asked once, which costs
    /// hardly more for a hundred than for one.
    pub(crate) fn nonces(&self, count: usize) -> Option<impl Iterator<Item = [u8; NONCE_BYTES]> + use<>> {
        let mut nonces = vec![[0; NONCE_BYTES]; count];
        self.random.fill(nonces.as_flattened_mut()).ok()?;
        Some(nonces.into_iter())
    }

    fn seal_bytes_with(&self, nonce: [u8; NONCE_BYTES], context: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        let key = self.keys.get(&self.current)?;
        let mut sealed = Vec::with_capacity(NONCE_BYTES + plain.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let unique = Nonce::assume_unique_for_key(nonce);
        let secret = sealed.get_mut(NONCE_BYTES..)?;
        let tag = key.seal_in_place_separate_tag(unique, Aad::from(context), secret).ok()?;
        sealed.extend_from_slice(tag.as_ref());
        Some(sealed)
    }

    /// Opens what [`Sealer::seal`] sealed for the same payout and column. None of anything else,
    /// and without the key.
    pub fn open<T: DeserializeOwned>(
        &self,
        key_id: i16,
        payout: PayoutId,
        column: &'static str,
        sealed: &[u8],
    ) -> Option<T> {
        serde_json::from_slice(&self.open_bytes(key_id, &context(payout, column), sealed)?).ok()
    }

    /// Opens what [`Sealer::seal_bytes`] sealed in the same context.
    pub(crate) fn open_bytes(&self, key_id: i16, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_BYTES)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut plain = rest.to_vec();
        let length = self.keys.get(&key_id)?.open_in_place(nonce, Aad::from(context), &mut plain).ok()?.len();
        plain.truncate(length);
        Some(plain)
    }

    /// The blind index of a text: equal for equal texts, meaningless without the key.
    pub fn blind_index(&self, text: &str) -> Vec<u8> {
        self.blind_index_of(text.as_bytes())
    }

    /// How the provider knows an issue of a client id: the same whenever it is imported under this
    /// index key, so that a provider knows again what a database has lost.
    pub fn reference(&self, client_id: &str, issue: i16) -> Reference {
        Reference::of(hash(&self.references, &issue.to_be_bytes(), client_id.as_bytes()))
    }

    /// An address and who we are there, of the same letters as a reference.
    pub(crate) fn peer_hash(&self, origin: &str, identity: &SecretString) -> String {
        let length = u64::try_from(origin.len()).unwrap_or(u64::MAX).to_be_bytes();
        let place = [&length, origin.as_bytes()].concat();
        Reference::of(hash(&self.peers, &place, identity.expose_secret().as_bytes())).to_string()
    }

    /// As [`Sealer::blind_index`].
    pub(crate) fn blind_index_of(&self, bytes: &[u8]) -> Vec<u8> {
        hmac::sign(&self.index, bytes).as_ref().to_vec()
    }
}

/// The first 128 bits of the hash of two parts, of which the first has a known length.
fn hash(key: &hmac::Key, first: &[u8], second: &[u8]) -> u128 {
    let mut context = hmac::Context::with_key(key);
    context.update(first);
    context.update(second);
    context.sign().as_ref().iter().take(16).fold(0, |bits, byte| (bits << 8) | u128::from(*byte))
}

fn context(payout: PayoutId, column: &str) -> Vec<u8> {
    [payout.uuid().as_bytes().as_slice(), column.as_bytes()].concat()
}

struct KeyBytes;

impl KeyType for KeyBytes {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}

fn derive(master: &Prk, purpose: &'static [u8]) -> [u8; KEY_BYTES] {
    let mut key = [0; KEY_BYTES];
    let purpose = [purpose];
    if let Ok(material) = master.expand(&purpose, KeyBytes) {
        // Cannot fail: the lengths are equal and far below HKDF's limit.
        let _ = material.fill(&mut key);
    }
    key
}

#[cfg(test)]
mod tests {
    use payrun_domain::id::PayoutId;
    use uuid::Uuid;

    use super::*;

    const OLD: &str =
        "index AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const NEW: &str = "2 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

    fn sealer(text: &str) -> Sealer {
        Sealer::from_key_file(&text.into()).unwrap()
    }

    fn payout(number: u128) -> PayoutId {
        Uuid::from_u128(number).into()
    }

    #[test]
    fn opens_only_where_it_was_sealed() {
        let sealer = sealer(OLD);
        let sealed = sealer.seal(payout(1), "name", &"Rosalinda").unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("Rosa"));
        let open = |number, column| sealer.open::<String>(1, payout(number), column, &sealed);
        assert_eq!(open(1, "name").as_deref(), Some("Rosalinda"));
        assert_eq!(open(2, "name"), None, "another payout");
        assert_eq!(open(1, "document"), None, "another column");
        assert_ne!(
            sealer.seal(payout(1), "name", &"Rosalinda").unwrap(),
            sealed,
            "a nonce is never used twice"
        );
    }

    #[test]
    fn rotation_keeps_old_data_and_the_index() {
        let (old, both) = (sealer(OLD), sealer(&format!("# ours\n{OLD}\n\n{NEW}")));
        let sealed = old.seal(payout(1), "name", &"Rosalinda").unwrap();
        assert_eq!(both.open::<String>(1, payout(1), "name", &sealed).as_deref(), Some("Rosalinda"));
        assert_eq!(both.current(), 2);
        assert_eq!(both.blind_index("00320000300123456731"), old.blind_index("00320000300123456731"));
        let without = Sealer::without_key(&format!("{OLD}\n{NEW}").into(), 1).unwrap();
        let new = Sealer::from_key_file(&without).unwrap();
        assert_eq!(
            new.open::<String>(1, payout(1), "name", &sealed),
            None,
            "what a destroyed key sealed is gone"
        );
        assert_eq!(new.blind_index("00320000300123456731"), old.blind_index("00320000300123456731"));
    }
}
