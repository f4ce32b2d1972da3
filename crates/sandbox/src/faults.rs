//! What goes wrong, and how often.
//!
//! **Reads** a text such as `accept_500=20,read_hang=5,repeat=decline_816_async`.
//! **Invariant** which fault strikes is a pure function of the seed, the reference and how many
//! creates of that reference came before: a run can be repeated.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::draw::{draw, happens};
use crate::twist::{Twist, Twisted};

/// Weights of the fault modes, each in per mille of the requests it applies to. The default is no
/// fault at all.
///
/// Parsed from a comma-separated list of `mode=weight`, with the milliseconds for a mode that takes
/// time: `flips=20:4000`. What is not named has its default. See the README for the modes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    creates: Vec<(Mode, u16)>,
    twists: Vec<(Twisted, u16)>,
    refusals: Vec<(u16, u16)>,
    read_401: u16,
    read_500: u16,
    read_hang: u16,
    look_up_lag: u16,
    repeat: Repeat,
    funded: Option<u64>,
    unfunded: Unfunded,
}

/// What happens to one create.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// Recorded and answered.
    Accept,
    /// Recorded, answered 500.
    #[serde(rename = "accept_500")]
    Accept500,
    /// Recorded, and the connection is reset without an answer.
    AcceptReset,
    /// Recorded, and never answered.
    AcceptHang,
    /// Recorded, answered 200 with HTML or with half a JSON object.
    Garbage,
    /// Recorded as declined, answered 409.
    Decline,
    /// Not recorded, answered 429 with `Retry-After`.
    Throttle,
    /// Not recorded, answered 503.
    #[serde(rename = "unavailable_503")]
    Unavailable503,
    /// Recorded, answered after three seconds.
    Slow,
    /// Recorded and answered 200, declined when it would have settled.
    LateDecline,
}

/// What happens to a create whose reference has been recorded before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// A second payout is made, and paid.
    AcceptAgain,
    /// A second payout is recorded as declined with 816, answered 409.
    DeclineSync,
    /// A second payout is answered 200 and declined with 816 later.
    DeclineAsync,
}

/// What happens to a create for which its merchant has no money left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfunded {
    /// Declined at once.
    DeclineSync,
    /// Taken, and declined later.
    DeclineAsync,
}

/// What happens to one read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadMode {
    Answer,
    /// As if the credentials or their token were not accepted.
    Unauthorized,
    Error500,
    Hang,
}

/// Why a text is no set of faults.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FaultsError {
    /// A part without `=`, or with a name that is not a mode.
    #[error("unknown fault {0:?}: write mode=weight with a mode of the sandbox's README")]
    Unknown(String),
    /// A weight that is no number from 0 to 1000, a number that is none, or a word that is not
    /// among those of its mode.
    #[error(
        "fault {mode} has the unusable value {value:?}: weights are per mille, 0 to 1000, and what takes time has `weight:milliseconds`"
    )]
    Value {
        /// The mode as written.
        mode: String,
        /// The value as written.
        value: String,
    },
    /// The weights that share a kind of request add up to more than all requests.
    #[error("weights of {0} add up to more than 1000 per mille: lower them")]
    Sum(&'static str),
}

impl Faults {
    /// The fate of the create that follows `earlier` creates under the same reference.
    pub(crate) fn create_mode(&self, seed: u64, reference: &str, earlier: u64) -> Mode {
        let number = draw(seed, &[b"create", reference.as_bytes(), &earlier.to_le_bytes()]);
        choose(&self.creates, number).unwrap_or(Mode::Accept)
    }

    /// The code with which the create that follows `earlier` creates under the same reference is
    /// refused, if it is: nothing is recorded of it.
    pub(crate) fn refusal(&self, seed: u64, reference: &str, earlier: u64) -> Option<u16> {
        let number = draw(seed, &[b"refusal", reference.as_bytes(), &earlier.to_le_bytes()]);
        choose(&self.refusals, number)
    }

    /// The twist of the create that follows `earlier` creates under the same reference.
    pub(crate) fn twist(&self, seed: u64, reference: &str, earlier: u64) -> Option<Twisted> {
        let number = draw(seed, &[b"twist", reference.as_bytes(), &earlier.to_le_bytes()]);
        choose(&self.twists, number)
    }

    /// The fate of the read of `subject` that follows `earlier` reads of the sandbox.
    pub(crate) fn read_mode(&self, seed: u64, subject: &str, earlier: u64) -> ReadMode {
        let number = draw(seed, &[b"read", subject.as_bytes(), &earlier.to_le_bytes()]) % 1000;
        let error_up_to = u64::from(self.read_401) + u64::from(self.read_500);
        let hang_up_to = error_up_to + u64::from(self.read_hang);
        if number < u64::from(self.read_401) {
            ReadMode::Unauthorized
        } else if number < error_up_to {
            ReadMode::Error500
        } else if number < hang_up_to {
            ReadMode::Hang
        } else {
            ReadMode::Answer
        }
    }

    /// Whether the look-up lag hides this reference while it is young.
    pub(crate) fn lags(&self, seed: u64, reference: &str) -> bool {
        happens(self.look_up_lag, seed, &[b"lag", reference.as_bytes()])
    }

    /// How many payouts each merchant has money for, if it ends, and what meets the next one.
    pub(crate) fn funds(&self) -> Option<(u64, Unfunded)> {
        self.funded.map(|payouts| (payouts, self.unfunded))
    }

    /// What a repeated reference meets.
    pub(crate) fn repeat(&self) -> Repeat {
        self.repeat
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            creates: Vec::new(),
            twists: Vec::new(),
            refusals: Vec::new(),
            read_401: 0,
            read_500: 0,
            read_hang: 0,
            look_up_lag: 1000,
            repeat: Repeat::AcceptAgain,
            funded: None,
            unfunded: Unfunded::DeclineSync,
        }
    }
}

impl FromStr for Faults {
    type Err = FaultsError;

    fn from_str(text: &str) -> Result<Self, FaultsError> {
        let mut faults = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (mode, value) = part.split_once('=').ok_or_else(|| FaultsError::Unknown(part.to_owned()))?;
            let (mode, value) = (mode.trim(), value.trim());
            match mode {
                "repeat" => faults.repeat = repeat(value)?,
                "funded" => faults.funded = Some(value.parse().map_err(|_| unusable(mode, value))?),
                "unfunded" => faults.unfunded = unfunded(value)?,
                "refuses" => faults.refusals.push(refusal(value)?),
                "read_401" => faults.read_401 = weight(mode, value)?,
                "read_500" => faults.read_500 = weight(mode, value)?,
                "read_hang" => faults.read_hang = weight(mode, value)?,
                "look_up_lag" => faults.look_up_lag = weight(mode, value)?,
                name => match Twist::named(name) {
                    Some(twist) => faults.twists.push(twisted(twist, name, value)?),
                    None => faults.creates.push((create_mode(name)?, weight(name, value)?)),
                },
            }
        }
        if sum(&faults.creates) > 1000 {
            return Err(FaultsError::Sum("creates"));
        }
        if sum(&faults.refusals) > 1000 {
            return Err(FaultsError::Sum("refusals"));
        }
        if sum(&faults.twists) > 1000 {
            return Err(FaultsError::Sum("twists"));
        }
        if faults.read_401 + faults.read_500 + faults.read_hang > 1000 {
            return Err(FaultsError::Sum("reads"));
        }
        Ok(faults)
    }
}

/// What a drawn number falls on.
fn choose<T: Copy>(weighted: &[(T, u16)], number: u64) -> Option<T> {
    let mut number = number % 1000;
    for (thing, weight) in weighted {
        let weight = u64::from(*weight);
        if number < weight {
            return Some(*thing);
        }
        number -= weight;
    }
    None
}

fn sum<T>(weighted: &[(T, u16)]) -> u32 {
    weighted.iter().map(|(_, weight)| u32::from(*weight)).sum()
}

/// Reads the value of a twist: `20`, or `20:4000` when it takes time.
fn twisted(twist: Twist, mode: &str, value: &str) -> Result<(Twisted, u16), FaultsError> {
    let unusable = || unusable(mode, value);
    let (per_mille, millis) = match value.split_once(':') {
        Some((per_mille, millis)) => (per_mille, Some(millis.parse().map_err(|_| unusable())?)),
        None => (value, None),
    };
    let twisted = Twisted::new(twist, millis).ok_or_else(unusable)?;
    Ok((twisted, weight(mode, per_mille)?))
}

/// Reads the value of a refusal: `20:427`, a weight and a code of the provider.
fn refusal(value: &str) -> Result<(u16, u16), FaultsError> {
    let unusable = || unusable("refuses", value);
    let (per_mille, code) = value.split_once(':').ok_or_else(unusable)?;
    Ok((code.parse().map_err(|_| unusable())?, weight("refuses", per_mille)?))
}

fn create_mode(name: &str) -> Result<Mode, FaultsError> {
    match name {
        "accept_500" => Ok(Mode::Accept500),
        "accept_reset" => Ok(Mode::AcceptReset),
        "accept_hang" => Ok(Mode::AcceptHang),
        "garbage" => Ok(Mode::Garbage),
        "decline" => Ok(Mode::Decline),
        "throttle" => Ok(Mode::Throttle),
        "unavailable_503" => Ok(Mode::Unavailable503),
        "slow" => Ok(Mode::Slow),
        "late_decline" => Ok(Mode::LateDecline),
        _ => Err(FaultsError::Unknown(name.to_owned())),
    }
}

fn repeat(value: &str) -> Result<Repeat, FaultsError> {
    match value {
        "accept_again" => Ok(Repeat::AcceptAgain),
        "decline_816_sync" => Ok(Repeat::DeclineSync),
        "decline_816_async" => Ok(Repeat::DeclineAsync),
        _ => Err(unusable("repeat", value)),
    }
}

fn unfunded(value: &str) -> Result<Unfunded, FaultsError> {
    match value {
        "decline_sync" => Ok(Unfunded::DeclineSync),
        "decline_async" => Ok(Unfunded::DeclineAsync),
        _ => Err(unusable("unfunded", value)),
    }
}

fn unusable(mode: &str, value: &str) -> FaultsError {
    FaultsError::Value { mode: mode.to_owned(), value: value.to_owned() }
}

fn weight(mode: &str, value: &str) -> Result<u16, FaultsError> {
    value.parse().ok().filter(|weight| *weight <= 1000).ok_or_else(|| unusable(mode, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mode_is_a_function_of_seed_reference_and_earlier_creates() {
        let faults: Faults = "accept_500=300, accept_reset=300,throttle=400".parse().expect("weights");
        let run = |seed| -> Vec<Mode> {
            (0..200_u64).map(|n| faults.create_mode(seed, &format!("REF-{}", n / 4), n % 4)).collect()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        assert!(!run(1).contains(&Mode::Accept), "the weights leave no room for plain answers");
        for mode in [Mode::Accept500, Mode::AcceptReset, Mode::Throttle] {
            assert!(run(1).contains(&mode), "{mode:?} never drawn");
        }
    }

    #[test]
    fn twists_are_drawn_beside_the_modes() {
        let faults: Faults = "flips=500:4000,other_amount=500,slow=1000".parse().expect("weights");
        let twist = |n: u64| faults.twist(1, &format!("REF-{n}"), 0).map(|twisted| twisted.twist);
        for drawn in [Twist::Flips, Twist::OtherAmount] {
            assert!((0..50).any(|n| twist(n) == Some(drawn)), "{drawn:?} never drawn");
        }
        assert!((0..50).all(|n| faults.create_mode(1, &format!("REF-{n}"), 0) == Mode::Slow));
    }

    #[test]
    fn default_never_strikes() {
        let faults = Faults::default();
        assert!((0..500).all(|n| faults.create_mode(9, "REF-1", n) == Mode::Accept));
        assert!((0..500).all(|n| faults.twist(9, "REF-1", n).is_none()));
        assert!((0..500).all(|n| faults.read_mode(9, "REF-1", n) == ReadMode::Answer));
    }

    #[test]
    fn unusable_texts_are_refused() {
        let parse = |text: &str| text.parse::<Faults>();
        assert_eq!(parse(""), Ok(Faults::default()));
        assert_eq!(parse("acept_500=1"), Err(FaultsError::Unknown("acept_500".to_owned())));
        assert_eq!(parse("slow"), Err(FaultsError::Unknown("slow".to_owned())));
        assert!(matches!(parse("slow=1001"), Err(FaultsError::Value { .. })));
        for value in ["repeat=twice", "funded=x", "unfunded=never"] {
            assert!(matches!(parse(value), Err(FaultsError::Value { .. })), "{value}");
        }
        assert_eq!(parse("slow=600,decline=600"), Err(FaultsError::Sum("creates")));
        assert_eq!(parse("flips=600:10,same_id=600"), Err(FaultsError::Sum("twists")));
        for value in ["refuses=10", "refuses=x:427", "refuses=10:x", "refuses=1001:427"] {
            assert!(matches!(parse(value), Err(FaultsError::Value { .. })), "{value}");
        }
        for value in ["flips=10", "flips=10:0", "flips=10:x", "flips=1001:5", "same_id=10:5"] {
            assert!(matches!(parse(value), Err(FaultsError::Value { .. })), "{value}");
        }
        assert_eq!(parse("read_500=600,read_hang=600"), Err(FaultsError::Sum("reads")));
    }
}
