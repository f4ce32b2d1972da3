//! Providers that call: a genuine call settles a payout sooner, by way of a look-up; all others do nothing.

use payrun_tests::{Options, World, wait_for};

/// Nothing is looked up in this test unless a call brings it forward.
const SLOW: &str = "look_up_min_ms = 3600000\nlook_up_max_ms = 3600000\n";

fn call_about(payout: &serde_json::Value) -> String {
    format!(
        r#"{{"payoutId":{},"reference":{},"isoCountry":"PE","status":1,"amount":{{"value":1001.5,"isoCurrency":"PEN"}}}}"#,
        payout["provider_id"].as_str().unwrap(),
        payout["reference"],
    )
}

#[test]
fn a_call_brings_the_look_up_forward_and_settles_nothing_itself() {
    let options = Options {
        account_settings: "unsigned_calls = true\n".to_owned(),
        limits: SLOW.to_owned(),
        ..Options::default()
    };
    let world = World::with("payrun_it_hooks", &options);
    let batch = world.approved_batch("hook", 3);
    let _run = world.start("run");
    wait_for("the payouts to be taken", || (world.count(&batch, &["accepted"]) == 3).then_some(()));
    let address = world.served("run", "serving /hooks");
    let path = format!("/hooks/{}", world.account());
    let show = |client_id: &str| world.run(&["payout", "show", client_id])[0].clone();
    let body = call_about(&show("hook-1"));
    // A call that lies about the state: the look-up says what is true, once the provider has settled it.
    for (path, body, answer) in [
        ("/hooks/nobody", body.as_str(), "404"),
        (&path, "rubbish", "400"),
        (&path, &"x".repeat(70_000), "413"),
        (&path, &body.replace(r#""status":1"#, r#""status":8"#), "200"),
    ] {
        assert!(world.post(&address, path, body).contains(answer), "{path}");
    }
    // Until the sandbox has settled it, a look-up finds it in progress, and only another call brings the next one.
    let mut nudge = 0;
    let state = wait_for("the payout to be looked up", || {
        nudge += 1;
        let again = body.replace(r#""status":1"#, &format!(r#""status":1,"nudge":{nudge}"#));
        assert!(world.post(&address, &path, &again).contains("200"));
        let shown = show("hook-1");
        (shown["state"] != "accepted").then(|| shown["state"].clone())
    });
    assert_eq!(state, "paid", "what the look-up says, not the call");
    assert_eq!(world.count(&batch, &["accepted"]), 2, "the others wait for their hour");
    assert!(!show("hook-1")["calls"].as_array().unwrap().is_empty());
}
