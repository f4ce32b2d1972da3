//! An upstream service in another language, with the documents as its only guide, and a broker that
//! dies twice under it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Lines, Write as _},
    path::{Path, PathBuf},
    process::{ChildStdin, ChildStdout, Command, Stdio},
};

use payrun_tests::{Process, Server, Services, World, wait_for};
use serde_json::Value;

use crate::alone;

const NEEDED: &str =
    "python3 with venv is needed; `make test` installs it, as `deploy/local/packages python3-venv` does";

/// A Python that has what `requirements.txt` names. Made once, below the folder of all that is
/// built.
pub(crate) fn python() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    let (program, installed) = (folder.join("bin/python"), folder.join("installed.txt"));
    let wanted = include_str!("requirements.txt");
    if fs::read_to_string(&installed).is_ok_and(|have| have == wanted) {
        return program;
    }
    let _ = fs::remove_dir_all(&folder);
    let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).status();
    assert!(made.is_ok_and(|made| made.success()), "{NEEDED}");
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers/requirements.txt");
    let mut pip = Command::new(&program);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]);
    assert!(
        pip.arg(requirements).status().unwrap().success(),
        "pip cannot install what requirements.txt names; see above"
    );
    // Last: what was interrupted is made anew.
    fs::write(installed, wanted).unwrap();
    program
}

/// The program, between whose steps something happens.
struct Publisher {
    says: Lines<BufReader<ChildStdout>>,
    go_on: ChildStdin,
    process: Process,
}

impl Publisher {
    fn start(world: &World) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers/publish.py");
        let log = fs::File::create(world.folder().join("publish.log")).unwrap();
        let mut command = Command::new(python());
        command.arg(script).args([world.amqp_url(), &format!("{}.intake", world.account()), world.account()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let says = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { says, go_on: child.stdin.take().unwrap(), process: child.into() }
    }

    /// The next line of what it says; what it fails with is in its log.
    fn line(&mut self) -> String {
        let line = self.says.next();
        assert!(line.is_some(), "the publisher has failed; see publish.log");
        line.unwrap().unwrap()
    }

    fn go_on(&mut self) {
        self.go_on.write_all(b"\n").unwrap();
    }
}

/// What it was told of is there, once, and nothing else.
/// After `kill -9`, RabbitMQ 3.10 may leave a quorum queue of one member without a leader for ever.
/// That is the broker's fault and not what is tested here: the election is begun by hand, as an
/// operator would, and the queue's state is read from the broker's own table.
fn elect_leaders(services: &Services) {
    let elect =
        "[ra:trigger_election({Name, node()}) || {Name, State} <- ets:tab2list(ra_state), State =/= leader].";
    let led = "lists:all(fun({_, State}) -> State =:= leader end, ets:tab2list(ra_state)).";
    wait_for("every queue to have a leader", || {
        services.rabbitmqctl(&["eval", elect]);
        (services.rabbitmqctl(&["eval", led]).trim() == "true").then_some(())
    });
}

#[test]
fn a_publisher_in_python_needs_no_more_than_the_documents() {
    let Some(services) = Services::own() else { return };
    let _alone = alone();
    let world = World::new("payrun_server_python");
    // The doctor declares the queues.
    world.run(&["doctor"]);
    let ingest = world.start("ingest");
    let mut publisher = Publisher::start(&world);
    assert_eq!(publisher.line(), "taken");
    // No process takes the next message, so that its answer is still due when the broker dies.
    ingest.kill();
    publisher.go_on();
    assert_eq!(publisher.line(), "confirmed");
    services.kill(Server::RabbitMq);
    services.started(services.start(Server::RabbitMq));
    elect_leaders(&services);
    publisher.go_on();
    let ingest = world.start("ingest");
    assert_eq!(publisher.line(), "answered");
    services.kill(Server::RabbitMq);
    services.started(services.start(Server::RabbitMq));
    elect_leaders(&services);
    publisher.go_on();
    let answered: Value = serde_json::from_str(&publisher.line()).unwrap();
    assert!(publisher.process.stop().success());
    ingest.kill();
    let answered = answered.as_object().unwrap();
    assert_eq!(answered.len(), 5);
    for (batch, accepted) in answered {
        assert_eq!(world.run(&["batch", "show", batch])["accepted"], *accepted, "{batch}");
    }
    let batches = world.run(&["batch", "list"]);
    let paying = batches.as_array().unwrap().iter().filter(|batch| batch["accepted"] != 0);
    assert_eq!(paying.count(), answered.len(), "{batches}");
}
