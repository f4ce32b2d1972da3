//! A server with a wrong certificate is not spoken to: real Postgres and RabbitMQ with TLS, and the
//! providers behind it.

use std::{fs, net::TcpListener, path::Path};

use payrun_tests::{Authority, Certificate, Fitness, Options, Provider, Services, World, wait_for};
use serde_json::Value;

use crate::alone;

/// Postgres shows a certificate until this is dropped.
struct Postgres<'a>(&'a World);

impl<'a> Postgres<'a> {
    fn shows(world: &'a World, certificate: &Certificate) -> Self {
        let postgres = Self(world);
        for (name, text) in [("crt", certificate.pem()), ("key", certificate.key_pem())] {
            // As the server's user, in its own folder, and as it demands of a key: readable for
            // no other user.
            world.execute(&format!("copy (select regexp_split_to_table($pem${text}$pem$, '\\n')) to program 'umask 077; cat > tls.{name}'"));
        }
        for setting in ["ssl = on", "ssl_cert_file = 'tls.crt'", "ssl_key_file = 'tls.key'"] {
            world.execute(&format!("alter system set {setting}"));
        }
        world.execute("select pg_reload_conf()");
        postgres
    }
}

impl Drop for Postgres<'_> {
    fn drop(&mut self) {
        for setting in ["ssl", "ssl_cert_file", "ssl_key_file"] {
            self.0.execute(&format!("alter system reset {setting}"));
        }
        self.0.execute("select pg_reload_conf()");
    }
}

/// RabbitMQ shows certificates, each on a further port, until this is dropped. All at once: asking
/// its tool takes a second each time.
struct RabbitMq<'a> {
    services: &'a Services,
    ports: Vec<u16>,
}

impl<'a> RabbitMq<'a> {
    fn shows<'b>(services: &'a Services, certificates: impl Iterator<Item = &'b Certificate>) -> Self {
        let mut said = "{ok, _} = application:ensure_all_started(ssl),
             Listen = fun(Port, ChainPem, KeyPem) ->
                 [{_, Chain, _}] = public_key:pem_decode(ChainPem),
                 [{Kind, Key, _}] = public_key:pem_decode(KeyPem),
                 rabbit_networking:start_ssl_listener({\"127.0.0.1\", Port}, [{cert, Chain}, {key, {Kind, Key}}], 1)
             end"
            .to_owned();
        let mut ports = Vec::new();
        for certificate in certificates {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let (chain, key) = (quoted(&certificate.pem()), quoted(&certificate.key_pem()));
            said.push_str(&format!(", Listen({port}, <<{chain}>>, <<{key}>>)"));
            ports.push(port);
        }
        services.rabbitmqctl(&["eval", &format!("{said}.")]);
        Self { services, ports }
    }
}

impl Drop for RabbitMq<'_> {
    fn drop(&mut self) {
        let stop = |port: &u16| format!("rabbit_networking:stop_tcp_listener({{\"127.0.0.1\", {port}}})");
        let stops: Vec<_> = self.ports.iter().map(stop).collect();
        self.services.tries(&["eval", &format!("{}.", stops.join(", "))]);
    }
}

fn quoted(pem: &str) -> String {
    format!("\"{}\"", pem.replace("\r\n", "\n").replace('\n', "\\n"))
}

/// What stands between two marks.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split_once(before).unwrap().1.split_once(after).unwrap().0
}

/// The world's configuration, with every provider behind a server that shows `certificate`.
fn behind(configuration: &str, certificate: &Certificate, authority: &Path) -> String {
    let provider = between(configuration, "http://", "\"");
    let database = between(configuration, "mongodb://", "/");
    let shown = |address: &str| certificate.before(address.parse().unwrap());
    configuration.replace(&format!("http://{provider}"), &format!("https://{}", shown(provider))).replace(
        &format!("mongodb://{database}/"),
        &format!("mongodb://{}/?tls=true&tlsCAFile={}", shown(database), authority.display()),
    )
}

/// A URL with further parameters, which win over its own.
fn with(url: &str, parameters: &str) -> String {
    format!("{url}{}{parameters}", if url.contains('?') { '&' } else { '?' })
}

/// What `payrun doctor` says of everything that it connects to: none where it is well.
fn doctor(
    world: &World,
    database_url: &str,
    amqp_url: &str,
    authority: &Path,
) -> Vec<(String, Option<String>)> {
    let mut command =
        world.command(&["--database-url", database_url, "--amqp-url", amqp_url, "--json", "doctor"]);
    // The providers' clients trust the system's authorities only, and this names them.
    let output = command.env("SSL_CERT_FILE", authority).output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = answer["checks"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
    let all = checks.map(|check| (text(&check["check"]).unwrap(), text(&check["remedy"])));
    all.filter(|(check, _)| check.contains("reachable")).collect()
}

#[test]
fn only_a_good_certificate_is_spoken_to() {
    let Some(services) = Services::own() else { return };
    let _alone = alone();
    let world = World::with("payrun_server_tls", &Options { all_providers: true, ..Options::default() });
    let authority = Authority::named("ours");
    let trusted = world.file("authority.pem", &authority.pem());
    let configuration = fs::read_to_string(world.folder().join("payrun.toml")).unwrap();
    let trust = format!("sslrootcert={}", trusted.display());
    let database_url = with(world.database_url(), &format!("sslmode=verify-full&{trust}"));
    let shown = [
        (Fitness::Good, ""),
        (Fitness::OtherAuthority, "UnknownIssuer"),
        (Fitness::OtherHost, "not valid for name"),
        (Fitness::Expired, "expired"),
    ]
    .map(|(fitness, words)| (fitness, words, authority.issue(fitness)));
    let broker = RabbitMq::shows(&services, shown.iter().map(|(_, _, certificate)| certificate));
    let (_, login) = world.amqp_url().split_once("://").unwrap();
    let (login, place) = login.split_once('@').unwrap();
    let (_, vhost) = place.split_once('/').unwrap();
    for ((fitness, words, certificate), port) in shown.iter().zip(&broker.ports) {
        world.file("payrun.toml", &behind(&configuration, certificate, &trusted));
        let _postgres = Postgres::shows(&world, certificate);
        let amqp_url = with(&format!("amqps://{login}@127.0.0.1:{port}/{vhost}"), &trust);
        // Postgres shows its certificate a moment after it was told to.
        let found = wait_for(&format!("Postgres to show the certificate ({fitness:?})"), || {
            let found = doctor(&world, &database_url, &amqp_url, &trusted);
            let (_, remedy) = &found[0];
            remedy
                .as_deref()
                .map_or(words.is_empty(), |remedy| !words.is_empty() && remedy.contains(words))
                .then_some(found)
        });
        let services = 2;
        assert_eq!(found.len(), services + Provider::ALL.len(), "and an account of each provider: {found:?}");
        assert!(
            found.iter().all(|(_, remedy)| remedy.is_none() == (*fitness == Fitness::Good)),
            "{fitness:?}: {found:?}"
        );
        assert!(found[1].1.as_deref().is_none_or(|remedy| remedy.contains(words)), "{fitness:?}: {found:?}");
    }
}

/// A machine that stands between can say that there is no TLS.
#[test]
fn a_server_that_has_no_tls_is_not_spoken_to() {
    let world = World::new("payrun_server_no_tls");
    let without = with(world.database_url(), "sslmode=verify-full");
    let (status, _, said) = world.try_run(&["--database-url", &without, "migrate"]);
    assert!(!status.success() && said.contains("does not support TLS"), "{said}");
    let elsewhere = "amqp://payrun:made-up@mq.example.test/payrun";
    let (status, _, said) = world.try_run(&["--amqp-url", elsewhere, "relay"]);
    assert!(!status.success() && said.contains("amqps://") && !said.contains("made-up"), "{said}");
}
