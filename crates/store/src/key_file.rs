//! The text of a key file, and how it changes when keys are added or destroyed.
//!
//! **Invariant**: lines that are not concerned stay as people wrote them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use data_encoding::BASE64;
use jiff::civil::Date;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};

pub(crate) const KEY_BYTES: usize = 32;
/// Before the key of the blind index.
const INDEX: &str = "index";
/// In place of a key that is gone, before the day.
const DESTROYED: &str = "destroyed";

/// The keys of one installation, as they are kept.
pub(crate) struct KeyFile {
    pub(crate) index: Vec<u8>,
    /// By number; never empty.
    pub(crate) seals: BTreeMap<i16, Vec<u8>>,
    /// Numbers of keys that are gone, and that a backup may still ask for.
    pub(crate) destroyed: BTreeSet<i16>,
}

enum Line {
    Index(Vec<u8>),
    Seal(i16, Vec<u8>),
    Destroyed(i16),
    /// A comment, or nothing.
    Other,
}

impl KeyFile {
    /// One line for each key: `index <base64 of 32 bytes>` once, and `<number> <base64 of 32
    /// bytes>`; `#` begins a comment. A destroyed one leaves `<number> destroyed <day>`.
    pub(crate) fn parse(text: &SecretString) -> Result<Self, KeyError> {
        let (mut index, mut seals, mut destroyed) = (None, BTreeMap::new(), BTreeSet::new());
        for (place, line) in (1..).zip(text.expose_secret().lines()) {
            let twice = match Line::parse(line).ok_or(KeyError::Line(place))? {
                Line::Index(key) => index.replace(key).map(|_| KeyError::IndexTwice),
                Line::Seal(number, key) => seals.insert(number, key).map(|_| KeyError::Twice(number)),
                Line::Destroyed(number) => (!destroyed.insert(number)).then_some(KeyError::Twice(number)),
                Line::Other => None,
            };
            if let Some(twice) = twice {
                return Err(twice);
            }
        }
        if seals.is_empty() {
            return Err(KeyError::Empty);
        }
        if let Some(number) = seals.keys().find(|number| destroyed.contains(number)) {
            return Err(KeyError::Twice(*number));
        }
        Ok(Self { index: index.ok_or(KeyError::NoIndex)?, seals, destroyed })
    }

    /// A fresh file with one key of each kind.
    pub(crate) fn generate() -> Result<SecretString, KeyError> {
        Ok(format!(
            "# Keys of the personal data in the database. Without this file no payout can be sent: keep a copy apart from the database's backups.\n\
             # `index` finds the same account and person again and never changes; of the numbered keys the highest seals, and all open.\n\
             {INDEX} {}\n1 {}\n",
            random()?,
            random()?
        )
        .into())
    }

    /// The file with one more key, and its number.
    pub(crate) fn added(text: &SecretString) -> Result<(i16, SecretString), KeyError> {
        let known = Self::parse(text)?;
        let last = known.seals.keys().chain(&known.destroyed).max().copied().unwrap_or(0);
        let number = last.checked_add(1).ok_or(KeyError::Full)?;
        let mut text = text.expose_secret().trim_end().to_owned();
        // Writing to a text cannot fail.
        let _ = write!(text, "\n{number} {}\n", random()?);
        Ok((number, text.into()))
    }

    /// The file without a key, which was destroyed on `day`. The one that seals now stays.
    pub(crate) fn without(text: &SecretString, number: i16, day: Date) -> Result<SecretString, KeyError> {
        let known = Self::parse(text)?;
        if !known.seals.contains_key(&number) {
            return Err(KeyError::Missing(number));
        }
        if known.seals.last_key_value().is_some_and(|(last, _)| *last == number) {
            return Err(KeyError::Current(number));
        }
        let is_it = |line: &&str| matches!(Line::parse(line), Some(Line::Seal(found, _)) if found == number);
        let mut kept = String::new();
        for line in text.expose_secret().lines() {
            // Writing to a text cannot fail.
            let _ = if is_it(&line) {
                writeln!(kept, "{number} {DESTROYED} {day}")
            } else {
                writeln!(kept, "{line}")
            };
        }
        Ok(kept.into())
    }
}

impl Line {
    /// None when it is none of these.
    fn parse(line: &str) -> Option<Self> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Some(Self::Other);
        }
        let (name, key) = line.split_once(char::is_whitespace)?;
        let number = || name.parse().ok().filter(|number| *number > 0);
        if let Some(day) = key.trim().strip_prefix(DESTROYED) {
            day.trim().parse::<Date>().ok()?;
            return number().map(Self::Destroyed);
        }
        let key = BASE64.decode(key.trim().as_bytes()).ok().filter(|key| key.len() == KEY_BYTES)?;
        if name == INDEX {
            return Some(Self::Index(key));
        }
        number().map(|number| Self::Seal(number, key))
    }
}

fn random() -> Result<String, KeyError> {
    let mut key = [0; KEY_BYTES];
    SystemRandom::new().fill(&mut key).map_err(|_| KeyError::NoRandomness)?;
    Ok(BASE64.encode(&key))
}

/// Why a key file cannot be used or changed. Never shows what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No key that seals.
    #[error("the key file holds no numbered key; `payrun init` writes one")]
    Empty,
    /// No key of the blind index.
    #[error("the key file holds no line `index <32 bytes in base64>`; `payrun init` writes one")]
    NoIndex,
    /// A line that is not a key.
    #[error(
        "line {0} of the key file is neither `index <32 bytes in base64>` nor `<number> <32 bytes in base64>` nor `<number> destroyed <day>`"
    )]
    Line(usize),
    /// Two keys with one number.
    #[error("key {0} stands twice in the key file")]
    Twice(i16),
    /// Two keys of the index.
    #[error("the index key stands twice in the key file")]
    IndexTwice,
    /// No number is left.
    #[error("there are no numbers left for keys")]
    Full,
    /// Nothing of that number.
    #[error("there is no key {0} in the key file")]
    Missing(i16),
    /// Something must seal.
    #[error("key {0} is the one that seals now; `payrun keys add` first, so that another one does")]
    Current(i16),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoRandomness,
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# ours\nindex AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";

    const DAY: Date = jiff::civil::date(2026, 11, 21);

    fn numbers(text: &SecretString) -> Vec<i16> {
        KeyFile::parse(text).unwrap().seals.into_keys().collect()
    }

    #[test]
    fn keys_come_and_go_and_the_rest_stays() {
        let (number, two) = KeyFile::added(&FILE.into()).unwrap();
        assert_eq!((number, numbers(&two)), (2, vec![1, 2]));
        assert!(two.expose_secret().starts_with(FILE));
        let one = KeyFile::without(&two, 1, DAY).unwrap();
        assert_eq!(numbers(&one), [2]);
        assert!(one.expose_secret().starts_with("# ours\nindex "));
        assert_eq!(KeyFile::without(&two, 2, DAY).err(), Some(KeyError::Current(2)));
        assert_eq!(KeyFile::without(&two, 3, DAY).err(), Some(KeyError::Missing(3)));
        assert!(one.expose_secret().contains("\n1 destroyed 2026-11-21\n"), "a backup may ask for it");
        assert_eq!(KeyFile::parse(&one).unwrap().destroyed, BTreeSet::from([1]));
        assert_eq!(KeyFile::without(&one, 1, DAY).err(), Some(KeyError::Missing(1)), "once");
        let (number, three) = KeyFile::added(&one).unwrap();
        assert_eq!((number, numbers(&three)), (3, vec![2, 3]), "a number is not used again");
    }

    #[test]
    fn a_bad_file_is_named_by_line_without_its_content() {
        let error = |text: &str| KeyFile::parse(&text.into()).err().unwrap();
        assert_eq!(error("# nothing\n"), KeyError::Empty);
        assert_eq!(error(&format!("{FILE}2 c2hvcnQ=")), KeyError::Line(4));
        assert_eq!(error(&format!("{FILE}{FILE}")), KeyError::IndexTwice);
        let seal = FILE.lines().last().unwrap();
        assert_eq!(error(&format!("{FILE}{seal}")), KeyError::Twice(1));
        assert_eq!(error(&format!("{FILE}1 destroyed 2026-11-21")), KeyError::Twice(1));
        assert_eq!(error(&format!("{FILE}2 destroyed yesterday")), KeyError::Line(4));
        assert_eq!(error(seal), KeyError::NoIndex);
        assert_eq!(numbers(&KeyFile::generate().unwrap()), [1]);
    }
}
