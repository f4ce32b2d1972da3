//! What becomes of the accounts at the provider: the key is replaced, or mistaken for another
//! merchant's, or the money ends. An operator mends what has to be mended after a while.

use std::time::{Duration, Instant};

use fastrand::Rng;
use payrun_tests::{Provider, World};

use crate::fleet::ProcessFleet;

/// Of the same merchant, who has the same payouts with each.
const OWN_KEYS: [&str; 2] = ["sandbox-private-key", "sandbox-rotated-key"];
const OTHER_MERCHANTS_KEY: &str = "sandbox-other-merchants-key";
/// By then something was sent that tells one merchant from another.
const FIRST: Duration = Duration::from_secs(10);

/// The accounts, as far as they are not as they should be.
pub(crate) struct Merchants {
    begun: Instant,
    key: usize,
    /// Of how many faults the operator notices nothing yet.
    stranger: Option<u32>,
    poor: Option<u32>,
    pub(crate) rotations: u32,
    pub(crate) strangers: u32,
    pub(crate) droughts: u32,
}

impl Merchants {
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
            key: 0,
            stranger: None,
            poor: None,
            rotations: 0,
            strangers: 0,
            droughts: 0,
        }
    }

    /// Those who start from now on have another key of the same merchant.
    pub(crate) fn rotate(&mut self, world: &World) {
        if self.is_calm() {
            self.key = (self.key + 1) % OWN_KEYS.len();
            world.file("bamboo.key", OWN_KEYS[self.key]);
            self.rotations += 1;
        }
    }

    /// One process starts with another merchant's key, and others that start meanwhile.
    pub(crate) fn mistake(&mut self, world: &World, fleet: &mut ProcessFleet, draw: &mut Rng) {
        if self.is_calm() {
            world.file("bamboo.key", OTHER_MERCHANTS_KEY);
            fleet.kill(draw.usize(..ProcessFleet::len()));
            self.stranger = Some(draw.u32(4..15));
            self.strangers += 1;
        }
    }

    /// Nobody has money at the provider.
    pub(crate) fn empty(&mut self, world: &World, faults: &str, draw: &mut Rng) {
        if self.is_calm() {
            world.set_faults(&format!("{faults},funded=1"));
            self.poor = Some(draw.u32(2..10));
            self.droughts += 1;
        }
    }

    /// Another fault has passed: what lasts long enough is mended.
    pub(crate) fn pass(&mut self, world: &World, fleet: &mut ProcessFleet, faults: &str) {
        let ends = |left: &mut Option<u32>| {
            *left = left.and_then(|left| left.checked_sub(1));
            left.is_none()
        };
        if self.stranger.is_some() && ends(&mut self.stranger) {
            self.correct(world, fleet);
        }
        if self.poor.is_some() && ends(&mut self.poor) {
            world.set_faults(faults);
            resume(world);
        }
    }

    /// All is as it should be.
    pub(crate) fn end(&mut self, world: &World, fleet: &mut ProcessFleet) {
        self.poor = None;
        if self.stranger.take().is_some() {
            self.correct(world, fleet);
        }
        resume(world);
    }

    fn correct(&self, world: &World, fleet: &mut ProcessFleet) {
        world.file("bamboo.key", OWN_KEYS[self.key]);
        fleet.kill_all();
        resume(world);
    }

    fn is_calm(&self) -> bool {
        self.begun.elapsed() > FIRST && self.stranger.is_none() && self.poor.is_none()
    }
}

/// An operator has mended what paused accounts, or tries again later.
pub(crate) fn resume(world: &World) {
    for provider in Provider::ALL {
        world.try_run(&["--as", "ana", "accounts", "resume", &provider.account(world.account())]);
    }
}
