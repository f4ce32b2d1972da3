//! Every provider at once, each against its own strict simulator: the demo, which compares each
//! payout with the simulators' ledger.

use std::{
    path::Path,
    process::{Command, Output},
};

use payrun_providers::ADAPTERS;
use payrun_tests::{Provider, binary, needed, recreate_database, sandbox_binary};

/// The demo has one database and one set of queues, so its runs follow each other.
fn demo(faults: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    Command::new(sandbox_binary())
        .args(["demo", "--faults", faults, "--folder"])
        .arg(folder.path().join("demo"))
        .arg("--payrun")
        .arg(binary())
        .env("DATABASE_URL", recreate_database(&needed("DATABASE_URL"), "payrun_demo"))
        .arg("--file")
        .arg(root.join("examples/payroll-latam.csv"))
        .output()
        .unwrap()
}

fn numbers(output: &Output) -> Vec<(String, i64)> {
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    assert!(
        output.status.success() && last.starts_with("demo: ok "),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let words = last.split(' ').filter_map(|word| word.split_once('='));
    words.map(|(name, number)| (name.to_owned(), number.parse().unwrap())).collect()
}

/// What the tests of whole processes pay through; those of `tests/faults` name each provider.
#[test]
fn no_adapter_is_left_out() {
    let (mut tried, mut adapters) =
        (Provider::ALL.map(Provider::as_str), ADAPTERS.map(|adapter| adapter.name));
    tried.sort_unstable();
    adapters.sort_unstable();
    assert_eq!(tried, adapters);
}

#[test]
fn one_file_goes_over_all_providers_with_and_without_faults() {
    let quiet = demo("");
    let number =
        |numbers: &[(String, i64)], name: &str| numbers.iter().find(|(known, _)| known == name).unwrap().1;
    let found = numbers(&quiet);
    assert_eq!((number(&found, "payouts"), number(&found, "invalid")), (788, 12));
    assert_eq!(
        (number(&found, "rejected"), number(&found, "review"), number(&found, "double_paid")),
        (7, 1, 0)
    );
    let text = String::from_utf8_lossy(&quiet.stdout);
    for provider_says in ["1000", "1007", "813", "910", "711", "FAILED", "REJECTED"] {
        assert!(text.contains(provider_says), "{provider_says} is missing");
    }
    assert!(text.contains("returned"), "money came back after it was paid");

    // Now with every kind of lost answer. Those of providers that cannot be asked end with people,
    // and no person is paid twice.
    let faults = "accept_500=30,accept_reset=30,accept_hang=5,garbage=20,unavailable_503=20,throttle=10,slow=5,late_decline=10";
    let found = numbers(&demo(faults));
    assert_eq!((number(&found, "payouts"), number(&found, "double_paid")), (788, 0));
    assert!(number(&found, "review") > 1, "{found:?}");
    assert!(number(&found, "paid") > 700, "{found:?}");
}
