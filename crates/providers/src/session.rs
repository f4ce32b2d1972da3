//! The token of an account whose provider gives one for a key: held, refreshed in time, and by one
//! caller at a time.

use std::{sync::Arc, time::Instant};

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;

use crate::{EnquiryError, HttpTransport, NoToken, Provider, Token};

/// What is known of the current token. The caller who renews it holds the lock, so that the others
/// wait for the same answer.
#[derive(Clone, Default)]
pub(crate) struct Session(Arc<Mutex<Option<HeldToken>>>);

struct HeldToken {
    text: SecretString,
    renew_at: Instant,
    ends_at: Instant,
}

impl HeldToken {
    fn new(token: Token, now: Instant) -> Self {
        Self { renew_at: now + token.lifetime / 5 * 4, ends_at: now + token.lifetime, text: token.text }
    }
}

impl Session {
    /// The token, another one than `refused`; none where the provider's requests carry none.
    /// Renewed after four fifths of its life; if that fails, the old one serves to its end.
    pub(crate) async fn token(
        &self,
        provider: &dyn Provider,
        http: &HttpTransport,
        refused: Option<&SecretString>,
    ) -> Result<Option<SecretString>, NoToken> {
        let Some(login) = provider.login() else { return Ok(None) };
        let mut held = self.0.lock().await;
        let now = Instant::now();
        let useless = |held: &mut HeldToken| {
            refused.is_some_and(|refused| refused.expose_secret() == held.text.expose_secret())
                || held.ends_at <= now
        };
        drop(held.take_if(useless));
        if let Some(held) = held.as_ref().filter(|held| now < held.renew_at) {
            return Ok(Some(held.text.clone()));
        }
        let refreshed = match http.send(&login.request, None).await {
            Ok(reply) => login.read(&reply),
            Err(_) => Err(EnquiryError::Unreachable),
        };
        match (refreshed, held.as_mut()) {
            (Ok(token), _) => {
                let new = HeldToken::new(token, now);
                let text = new.text.clone();
                *held = Some(new);
                Ok(Some(text))
            }
            (Err(_), Some(old)) => {
                old.renew_at = now + (old.ends_at - now) / 4;
                Ok(Some(old.text.clone()))
            }
            (Err(EnquiryError::Credentials), None) => Err(NoToken::Refused),
            (Err(_), None) => Err(NoToken::Unreachable),
        }
    }
}
