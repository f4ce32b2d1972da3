//! The registry: every provider that the sandbox simulates.

mod bamboo;
mod kapaqnan;
mod qentaz;
mod teemopay;

use crate::simulator::Registration;

/// The providers, each of which is named here and in its own module only.
pub(crate) const REGISTRY: [Registration; 4] =
    [bamboo::REGISTRATION, teemopay::REGISTRATION, qentaz::REGISTRATION, kapaqnan::REGISTRATION];
