//! What `deploy/compose/prepare` writes, as payrun reads it: no engine is needed for that.

use std::{fs, process::Command};

use payrun_tests::{World, binary};
use serde_json::Value;

use crate::tidy::root;

#[test]
fn payrun_takes_what_is_prepared_for_compose() {
    let world = World::new("payrun_it_compose");
    let checkout = world.folder().join("checkout");
    for file in ["deploy/compose/prepare", "deploy/compose/payrun.toml", "examples/sandbox/merchants.toml"] {
        fs::create_dir_all(checkout.join(file).parent().unwrap()).unwrap();
        fs::copy(root().join(file), checkout.join(file)).unwrap();
    }
    let prepared = Command::new(checkout.join("deploy/compose/prepare")).output().unwrap();
    assert!(prepared.status.success(), "{}", String::from_utf8_lossy(&prepared.stderr));

    let mut doctor = Command::new(binary());
    doctor.arg("--config").arg(checkout.join(".local/stack/payrun/payrun.toml")).args(["--json", "doctor"]);
    doctor.env("DATABASE_URL", world.database_url()).env("AMQP_URL", world.amqp_url());
    let seen = doctor.output().unwrap();
    let answer: Value = serde_json::from_slice(&seen.stdout).unwrap_or(Value::Null);
    let checks = answer["checks"].as_array();
    let checks = checks.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&seen.stderr)));
    let remedy =
        |what: &str| checks.iter().find(|check| check["check"] == what).map(|check| &check["remedy"]);
    for what in ["keys", "keys open this database", "accounts are what they were"] {
        assert_eq!(remedy(what), Some(&Value::Null), "{what}: {answer:#}");
    }
}
