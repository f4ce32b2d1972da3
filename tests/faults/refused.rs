//! The database refuses to write, anywhere and for any of its reasons, and then thinks better of
//! it.

use payrun_tests::{Options, Provider, World, wait_for};

use crate::crash::LIMITS;

/// What the roles write while a payout is on its way.
const TABLES: [&str; 4] = ["payout", "attempt", "payout_event", "outbox"];

/// No room, out of order, going away.
const REASONS: [&str; 3] = ["53100", "40001", "57P01"];

/// So many writes to a table fail; counted outside of transactions, which all of them undo.
const TIMES: u32 = 3;

fn refuse(world: &World, table: &str, reason: &str) {
    world.execute(&format!(
        "create sequence refused;
         create function refuse() returns trigger language plpgsql security definer as $$
           begin
             if nextval('refused') <= {TIMES} then
               raise exception 'refused on purpose' using errcode = '{reason}';
             end if;
             return null;
           end $$;
         create trigger a_refusal before insert or update or delete on {table} execute function refuse();"
    ));
}

fn relent(world: &World, table: &str) {
    world.execute(&format!(
        "drop trigger a_refusal on {table}; drop function refuse(); drop sequence refused;"
    ));
}

fn is_refused_everywhere(provider: Provider, name: &'static str) {
    let world = World::with(name, &Options { provider, limits: LIMITS.to_owned(), ..Options::default() });
    let canary = world.approved_batch("witness", 1);
    let run = world.start("run");
    world.settled(&canary);
    run.kill();
    let mut batches = 0;
    for table in TABLES {
        for reason in REASONS {
            batches += 1;
            let batch = world.approved_batch(&format!("refused-{batches}"), 4);
            refuse(&world, table, reason);
            let run = world.start("run");
            world.settled_beside_others(&batch);
            wait_for("the database to have refused often enough", || {
                (world.number("select last_value from refused") >= i64::from(TIMES)).then_some(())
            });
            run.kill();
            relent(&world, table);
        }
    }
    let audit = world.audit();
    assert_eq!(audit.payouts, 1 + 4 * batches + world.canaries());
    assert!(audit.review == 0 || provider.is_without_idempotency(), "{audit:?}");
}

#[test]
fn bamboo_is_paid_once_whatever_the_database_refuses() {
    is_refused_everywhere(Provider::Bamboo, "payrun_refused_bamboo");
}

#[test]
fn teemopay_is_paid_once_whatever_the_database_refuses() {
    is_refused_everywhere(Provider::TeemoPay, "payrun_refused_teemopay");
}

#[test]
fn qentaz_is_paid_at_most_once_whatever_the_database_refuses() {
    is_refused_everywhere(Provider::Qentaz, "payrun_refused_qentaz");
}

#[test]
fn kapaqnan_is_paid_at_most_once_whatever_the_database_refuses() {
    is_refused_everywhere(Provider::Kapaqnan, "payrun_refused_kapaqnan");
}
