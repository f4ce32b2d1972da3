//! Personal data at rest: sealed per column, searchable by a keyed blind index only.
//!
//! **Reads**: key file text. **Writes**: nothing. **Invariant**: what is sealed opens only for the same payout and column.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use payrun_domain::id::PayoutId;
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, KeyType, Prk, Salt},
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// Seals, opens and indexes with the keys of one installation.
pub struct Sealer {
    keys: BTreeMap<i16, LessSafeKey>,
    current: i16,
    index: hmac::Key,
    random: SystemRandom,
}

impl Sealer {
    /// Reads a key file: a line per key, `<number> <base64 of 32 bytes>`; `#` begins a comment.
    ///
    /// The highest number seals, all open. The blind index stays with the lowest number, so that rotating the sealing key does
    /// not hide earlier payments to an account.
    pub fn from_key_file(text: &SecretString) -> Result<Self, KeyError> {
        let mut masters = BTreeMap::new();
        for (index, line) in text.expose_secret().lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (number, key) = parse_line(line).ok_or(KeyError::Line(index + 1))?;
            if masters.insert(number, Salt::new(HKDF_SHA256, b"payrun").extract(&key)).is_some() {
                return Err(KeyError::Twice(number));
            }
        }
        let (Some((_, oldest)), Some((&current, _))) = (masters.first_key_value(), masters.last_key_value())
        else {
            return Err(KeyError::Empty);
        };
        let index = hmac::Key::new(hmac::HMAC_SHA256, &derive(oldest, b"blind index"));
        let keys = masters
            .iter()
            .filter_map(|(number, master)| {
                let key = UnboundKey::new(&AES_256_GCM, &derive(master, b"seal")).ok()?;
                Some((*number, LessSafeKey::new(key)))
            })
            .collect();
        Ok(Self { keys, current, index, random: SystemRandom::new() })
    }

    /// A fresh key file with one key.
    pub fn new_key_file() -> Result<SecretString, KeyError> {
        let mut key = [0; KEY_BYTES];
        SystemRandom::new().fill(&mut key).map_err(|_| KeyError::NoRandomness)?;
        let text = format!(
            "# Keys that seal personal data in the database: <number> <32 bytes in base64>.\n\
             # Without this file no payout can be sent. Keep a copy apart from the database's backups.\n\
             1 {}\n",
            BASE64.encode(&key)
        );
        Ok(text.into())
    }

    /// The number of the key that seals now.
    pub const fn current(&self) -> i16 {
        self.current
    }

    /// Seals `value` for one column of one payout: 12 bytes of nonce, then ciphertext and tag. None when the system gives no random bytes.
    pub fn seal<T: Serialize>(&self, payout: PayoutId, column: &'static str, value: &T) -> Option<Vec<u8>> {
        let plain = serde_json::to_vec(value).ok()?;
        self.seal_bytes(&context(payout, column), plain)
    }

    /// Seals bytes that belong to no payout, such as a message that could not be read.
    pub(crate) fn seal_bytes(&self, context: &[u8], mut plain: Vec<u8>) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_BYTES];
        self.random.fill(&mut nonce).ok()?;
        let key = self.keys.get(&self.current)?;
        let unique = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(unique, Aad::from(context), &mut plain).ok()?;
        let mut sealed = nonce.to_vec();
        sealed.append(&mut plain);
        Some(sealed)
    }

    /// Opens what [`Sealer::seal`] sealed for the same payout and column. None of anything else, and without the key.
    pub fn open<T: DeserializeOwned>(
        &self,
        key_id: i16,
        payout: PayoutId,
        column: &'static str,
        sealed: &[u8],
    ) -> Option<T> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_BYTES)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut rest = rest.to_vec();
        let context = context(payout, column);
        let plain = self.keys.get(&key_id)?.open_in_place(nonce, Aad::from(&context), &mut rest).ok()?;
        serde_json::from_slice(plain).ok()
    }

    /// Opens what [`Sealer::seal_bytes`] sealed in the same context.
    pub(crate) fn opens(&self, key_id: i16, context: &[u8], sealed: &[u8]) -> bool {
        let Some((nonce, rest)) = sealed.split_at_checked(NONCE_BYTES) else { return false };
        let (Ok(nonce), Some(key)) = (Nonce::try_assume_unique_for_key(nonce), self.keys.get(&key_id)) else {
            return false;
        };
        key.open_in_place(nonce, Aad::from(context), &mut rest.to_vec()).is_ok()
    }

    /// The blind index of a text: equal for equal texts, meaningless without the key.
    pub fn blind_index(&self, text: &str) -> Vec<u8> {
        self.blind_index_of(text.as_bytes())
    }

    /// As [`Sealer::blind_index`].
    pub(crate) fn blind_index_of(&self, bytes: &[u8]) -> Vec<u8> {
        hmac::sign(&self.index, bytes).as_ref().to_vec()
    }
}

fn context(payout: PayoutId, column: &str) -> Vec<u8> {
    [payout.uuid().as_bytes().as_slice(), column.as_bytes()].concat()
}

fn parse_line(line: &str) -> Option<(i16, Vec<u8>)> {
    let (number, key) = line.split_once(char::is_whitespace)?;
    let key = BASE64.decode(key.trim().as_bytes()).ok()?;
    let number = number.parse().ok().filter(|number| *number > 0)?;
    (key.len() == KEY_BYTES).then_some((number, key))
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

/// Why a key file cannot be used. Never shows what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No key at all.
    #[error("the key file holds no key; `payrun init` writes one")]
    Empty,
    /// A line that is not a key.
    #[error("line {0} of the key file is not `<number> <32 bytes in base64>`")]
    Line(usize),
    /// Two keys with one number.
    #[error("key {0} stands twice in the key file")]
    Twice(i16),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoRandomness,
}

#[cfg(test)]
mod tests {
    use payrun_domain::id::PayoutId;
    use uuid::Uuid;

    use super::*;

    fn sealer(text: &str) -> Sealer {
        Sealer::from_key_file(&text.into()).unwrap()
    }

    const OLD: &str = "1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const NEW: &str = "2 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

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
        assert_ne!(sealer(NEW).blind_index("00320000300123456731"), old.blind_index("00320000300123456731"));
    }

    #[test]
    fn a_bad_key_file_is_named_by_line_without_its_content() {
        let error = |text: &str| Sealer::from_key_file(&text.into()).err().unwrap();
        assert_eq!(error("# nothing\n"), KeyError::Empty);
        assert_eq!(error(&format!("{OLD}\n2 c2hvcnQ=")), KeyError::Line(2));
        assert_eq!(error(&format!("{OLD}\n{OLD}")), KeyError::Twice(1));
        assert!(Sealer::from_key_file(&Sealer::new_key_file().unwrap()).is_ok());
    }
}
