//! Connections break, stand still or drip right after certain bytes: those that make it unknowable
//! whether the other side has acted.

use std::time::Duration;

use payrun_tests::{Effect, Links, Options, Provider, Proxy, Way, World, wait_for};

use crate::crash::LIMITS;

/// What is cut, on which link, after which bytes, which way they go, and at which times of their
/// passing.
type Place = (&'static str, fn(&Links) -> &Proxy, &'static [u8], Way, &'static [u32]);

/// A batch of four is one message, some twenty transactions, and eight requests or more.
const OFTEN: &[u32] = &[1, 2, 3, 5];
const TWICE: &[u32] = &[1, 3];
const ONCE: &[u32] = &[1];

const DATABASE: fn(&Links) -> &Proxy = |links| &links.database;
const BROKER: fn(&Links) -> &Proxy = |links| &links.broker;
const PROVIDER: fn(&Links) -> &Proxy = |links| &links.provider;

/// Class and method of AMQP's `basic`.
const PUBLISH: &[u8] = &[0, 60, 0, 40];
const ACK: &[u8] = &[0, 60, 0, 80];
const DELIVER: &[u8] = &[0, 60, 0, 60];

const PLACES: [Place; 9] = [
    ("begin", DATABASE, b"begin;", Way::There, OFTEN),
    ("commit", DATABASE, b"COMMIT", Way::There, OFTEN),
    ("the answer to commit", DATABASE, b"COMMIT\0", Way::Back, OFTEN),
    ("publish", BROKER, PUBLISH, Way::There, ONCE),
    ("the confirm", BROKER, ACK, Way::Back, ONCE),
    ("the delivery", BROKER, DELIVER, Way::Back, ONCE),
    ("the acknowledgement", BROKER, ACK, Way::There, ONCE),
    ("the end of the answer's head", PROVIDER, b"\r\n\r\n", Way::Back, TWICE),
    ("the end of the request's head", PROVIDER, b"\r\n\r\n", Way::There, TWICE),
];

/// A stall outlasts the lease and every deadline of a request; a drip does not outlast the quiet
/// period.
const OTHERS: [Effect; 3] =
    [Effect::Reset, Effect::Stall(Duration::from_millis(1_900)), Effect::Drip(Duration::from_millis(800))];

/// The last member of a create.
const fn end_of_body(provider: Provider) -> &'static [u8] {
    match provider {
        Provider::Bamboo => b"\"codeBank\"",
        Provider::TeemoPay => b"\"sign\"",
        Provider::Qentaz => b"\"reference_one\"",
        Provider::Kapaqnan => b"\"bank_id\"",
    }
}

fn is_cut_everywhere(provider: Provider, name: &'static str) {
    let options = Options { provider, through_links: true, limits: LIMITS.to_owned(), ..Options::default() };
    let world = World::with(name, &options);
    let links = world.links().unwrap();
    let canary = world.approved_batch("witness", 1);
    let run = world.start("run");
    world.settled(&canary);
    let body: Place = ("the end of the request's body", PROVIDER, end_of_body(provider), Way::There, TWICE);
    let mut batches = 0;
    for (what, link, bytes, way, times) in PLACES.into_iter().chain([body]) {
        let cuts = times.iter().map(|nth| (Effect::Cut, *nth));
        for (effect, nth) in cuts.chain(OTHERS.map(|effect| (effect, 1))) {
            batches += 1;
            link(links).strike_at(effect, bytes, way, nth);
            let batch = world.approved_batch(&format!("cut-{batches}"), 4);
            wait_for(what, || link(links).has_struck().then_some(()));
            world.settled_beside_others(&batch);
        }
    }
    run.kill();
    let audit = world.audit();
    assert_eq!(audit.payouts, 1 + 4 * batches + world.canaries());
    assert!(audit.review == 0 || provider.is_without_idempotency(), "{audit:?}");
}

#[test]
fn bamboo_is_paid_once_whatever_is_cut() {
    is_cut_everywhere(Provider::Bamboo, "payrun_cut_bamboo");
}

#[test]
fn teemopay_is_paid_once_whatever_is_cut() {
    is_cut_everywhere(Provider::TeemoPay, "payrun_cut_teemopay");
}

#[test]
fn qentaz_is_paid_at_most_once_whatever_is_cut() {
    is_cut_everywhere(Provider::Qentaz, "payrun_cut_qentaz");
}

#[test]
fn kapaqnan_is_paid_at_most_once_whatever_is_cut() {
    is_cut_everywhere(Provider::Kapaqnan, "payrun_cut_kapaqnan");
}
