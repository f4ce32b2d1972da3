//! What goes wrong, drawn from a seed.

use std::{process::Child, thread, time::Duration};

use fastrand::Rng;
use payrun_tests::{Provider, Proxy, Server, Services, World};

use crate::{FAULTS, fleet::ProcessFleet, merchant::Merchants};

/// Longer than a lease, shorter than the quiet period: what a process may sleep through without
/// harm.
const PAUSE_MAX_MS: u64 = 4_000;

/// Draws and counts.
pub(crate) struct FaultInjector {
    draw: Rng,
    /// Who is paused, and for how many more strikes.
    paused: Option<(usize, u32)>,
    /// The start of a server that was killed.
    starting: Option<Child>,
    pub(crate) kills: u32,
    pub(crate) pauses: u32,
    pub(crate) cuts: u32,
    pub(crate) restarts: u32,
    pub(crate) stalls: u32,
    pub(crate) losses: u32,
    pub(crate) alarms: u32,
    /// The broker takes nothing, for so many more strikes.
    alarmed: u32,
    pub(crate) merchants: Merchants,
}

impl FaultInjector {
    pub(crate) fn new(seed: u64) -> Self {
        let draw = Rng::with_seed(seed);
        Self {
            draw,
            paused: None,
            starting: None,
            kills: 0,
            pauses: 0,
            cuts: 0,
            restarts: 0,
            stalls: 0,
            losses: 0,
            alarms: 0,
            alarmed: 0,
            merchants: Merchants::new(),
        }
    }

    /// One thing goes wrong.
    pub(crate) fn strike(&mut self, world: &World, fleet: &mut ProcessFleet) {
        let place = self.draw.usize(..ProcessFleet::len());
        match self.draw.u8(..100) {
            0..30 => {
                fleet.kill(place);
                self.kills += 1;
            }
            30..40 => self.pause(fleet, place),
            40..50 => {
                // An operator asks it to stop, and then loses patience or not.
                fleet.signal(place, "TERM");
                self.kills += 1;
            }
            50..80 => self.cut(world),
            80..90 => self.stall(world),
            90..94 => self.lose_messages(world),
            94 => self.alarm(),
            95 => self.merchants.rotate(world),
            96 => self.merchants.mistake(world, fleet, &mut self.draw),
            97 => self.merchants.empty(world, FAULTS, &mut self.draw),
            _ => self.restart(),
        }
        if let Some((place, strikes)) = self.paused {
            self.paused = strikes.checked_sub(1).map(|left| (place, left));
            if self.paused.is_none() {
                fleet.signal(place, "CONT");
            }
        }
        self.merchants.pass(world, fleet, FAULTS);
        if self.alarmed > 0 {
            self.alarmed -= 1;
            if self.alarmed == 0 {
                relieve();
            }
        }
        thread::sleep(Duration::from_millis(self.draw.u64(50..400)));
    }

    /// Every process and server may go on, and everything works.
    pub(crate) fn end(&mut self, world: &World, fleet: &mut ProcessFleet) {
        if let Some((place, _)) = self.paused.take() {
            fleet.signal(place, "CONT");
        }
        if let Some(links) = world.links() {
            links.database.restore();
            links.broker.restore();
            links.provider.restore();
        }
        self.until_started();
        relieve();
        world.end_faults();
        self.merchants.end(world, fleet);
    }

    /// The servers are there, and the provider fails again.
    pub(crate) fn begin(world: &World) {
        world.set_faults(FAULTS);
    }

    fn pause(&mut self, fleet: &mut ProcessFleet, place: usize) {
        if self.paused.is_none() {
            fleet.signal(place, "STOP");
            let strikes = self.draw.u64(1..PAUSE_MAX_MS / 400);
            self.paused = Some((place, u32::try_from(strikes).unwrap_or(1)));
            self.pauses += 1;
        }
    }

    fn cut(&mut self, world: &World) {
        let Some(link) = self.link(world) else { return };
        link.cut();
        thread::sleep(Duration::from_millis(self.draw.u64(..300)));
        link.restore();
        self.cuts += 1;
    }

    /// Longer than some deadlines, shorter than others.
    fn stall(&mut self, world: &World) {
        if let Some(link) = self.link(world) {
            link.stall(Duration::from_millis(self.draw.u64(..2_500)));
            self.stalls += 1;
        }
    }

    fn link<'a>(&mut self, world: &'a World) -> Option<&'a Proxy> {
        let links = world.links()?;
        Some(match self.draw.u8(..3) {
            0 => &links.database,
            1 => &links.broker,
            _ => &links.provider,
        })
    }

    /// An operator empties or deletes a queue of payouts.
    fn lose_messages(&mut self, world: &World) {
        let provider = Provider::ALL[self.draw.usize(..Provider::ALL.len())];
        let queue = format!("{}.dispatch.{}", world.account(), provider.account(world.account()));
        if world.lose_messages(&queue, self.draw.bool()) {
            self.losses += 1;
        }
    }

    /// The broker has no memory left: every publisher hangs.
    fn alarm(&mut self) {
        if self.alarmed == 0 && watermark("0.00001") {
            self.alarmed = self.draw.u32(2..10);
            self.alarms += 1;
        }
    }

    /// `kill -9` of a server, where the servers are this checkout's own. While it starts,
    /// everything goes on.
    fn restart(&mut self) {
        let Some(services) = Services::own() else { return };
        self.until_started();
        let server = if self.draw.bool() { Server::Postgres } else { Server::RabbitMq };
        services.kill(server);
        self.starting = Some(services.start(server));
        self.restarts += 1;
    }

    fn until_started(&mut self) {
        if let (Some(services), Some(starting)) = (Services::own(), self.starting.take()) {
            services.started(starting);
        }
    }
}

fn relieve() {
    watermark("0.4");
}

/// How much of the machine's memory the broker may take. False when it does not run.
fn watermark(share: &str) -> bool {
    Services::own().is_some_and(|services| services.tries(&["set_vm_memory_high_watermark", share]))
}
