//! TeemoPay's signature: RSA-1024 with SHA-1 (PKCS #1 v1.5) over the sorted fields of the body and
//! the nonce of the header.
//!
//! Neither the algorithm nor the key length is ours to choose. ring signs neither; OpenSSL would be
//! a second crypto library, built in C, and one that hardened systems configure to refuse SHA-1.
//! The `rsa` crate has an open advisory (RUSTSEC-2023-0071: the time that a private-key operation
//! takes tells about the key). Its cause was the arithmetic of the 0.9 versions; the one used here
//! computes in constant time, and what an observer could time is one signature inside one of many
//! requests, over a text that payrun composes. `deny.toml` names the exception.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use rsa::{
    RsaPrivateKey, RsaPublicKey,
    pkcs1v15::{Signature, SigningKey, VerifyingKey},
    pkcs8::{DecodePrivateKey as _, DecodePublicKey as _},
    signature::{SignatureEncoding as _, Signer as _, Verifier as _},
};
use secrecy::{ExposeSecret as _, SecretString};
use sha1::Sha1;

use crate::SettingsError;

/// Our key.
pub(super) struct PrivateKey(SigningKey<Sha1>);

impl PrivateKey {
    /// PKCS #8, base64 without armour, as the merchant makes it.
    pub(super) fn new(text: &SecretString) -> Result<Self, SettingsError> {
        let key = decode(text.expose_secret()).and_then(|der| RsaPrivateKey::from_pkcs8_der(&der).ok());
        let wrong = || {
            SettingsError(
                "private_key is not an RSA key as base64 of PKCS #8 without BEGIN and END".to_owned(),
            )
        };
        key.map(|key| Self(SigningKey::new(key))).ok_or_else(wrong)
    }

    /// Base64 of the signature; none only if the key is too short for any.
    pub(super) fn sign(&self, text: &str) -> Option<String> {
        self.0.try_sign(text.as_bytes()).ok().map(|signature| BASE64.encode(&signature.to_bytes()))
    }
}

/// The platform's key, which signs its webhooks.
pub(super) struct PlatformKey(VerifyingKey<Sha1>);

impl PlatformKey {
    /// SPKI, base64 without armour, as the dashboard shows it.
    pub(super) fn new(text: &str) -> Result<Self, SettingsError> {
        let key = decode(text).and_then(|der| RsaPublicKey::from_public_key_der(&der).ok());
        let wrong =
            || SettingsError("platform_key is not an RSA key as base64 without BEGIN and END".to_owned());
        key.map(|key| Self(VerifyingKey::new(key))).ok_or_else(wrong)
    }

    pub(super) fn verifies(&self, text: &str, signature: &str) -> bool {
        let signature = decode(signature).and_then(|bytes| Signature::try_from(&*bytes).ok());
        signature.is_some_and(|signature| self.0.verify(text.as_bytes(), &signature).is_ok())
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.split_whitespace().collect::<String>().as_bytes()).ok()
}

/// What is signed: `name=value&…&nonce=…`, names in ASCII order, blank values left out, nothing
/// escaped. The nonce is not sorted in.
pub(super) fn canonical<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>, nonce: &str) -> String {
    let sorted: BTreeMap<&str, &str> =
        fields.into_iter().filter(|(name, value)| *name != "sign" && !value.trim().is_empty()).collect();
    let mut text = String::new();
    for (name, value) in sorted {
        text.extend([name, "=", value, "&"]);
    }
    text.extend(["nonce=", nonce]);
    text
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

    use super::*;

    #[test]
    fn the_text_that_is_signed_is_the_documented_one() {
        let text = canonical(
            [
                ("merchantOrderNo", "B7K2-000001"),
                ("amount", "10.50"),
                ("bankCode", "2"),
                ("bankName", "INTERBANK"),
                ("accountType", "101"),
                ("bankAccount", "2003001234567"),
                ("cciNumber", "00320000300123456731"),
                ("realName", "ANA PRUEBA"),
                ("idCardNumber", "40000001"),
                ("idType", "DNI"),
                ("phone", " "),
                ("email", ""),
                ("sign", "not signed"),
            ],
            "0123456789abcdef0123456789abcdef",
        );
        assert_eq!(text.len(), 235);
        let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
        assert_eq!(HEXLOWER.encode(digest.as_ref()), "dcd0c784e171a3d17b68150da9b20f3f2aa83051");
        assert_eq!(canonical([], "n"), "nonce=n", "a balance has no fields");
        assert!(canonical([("b", "1"), ("A", "2"), ("a", "3")], "n").starts_with("A=2&a=3&b=1&"));
    }
}
