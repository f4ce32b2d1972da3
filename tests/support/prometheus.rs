//! A Prometheus of its own, which scrapes what a test runs.

use std::{
    fmt::Write as _,
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{Process, wait_for};

/// Prometheus with a data folder; both are gone when it is dropped.
pub struct Prometheus {
    address: SocketAddr,
    _folder: TempDir,
    _process: Process,
}

impl Prometheus {
    /// Scrapes `targets` every two seconds, which a busy machine keeps up with, and evaluates
    /// `rules` as often.
    pub fn start(targets: &[String], rules: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let configuration = format!(
            "global: {{scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 2s}}\nrule_files: ['{}']\n\
             scrape_configs: [{{job_name: payrun, static_configs: [{{targets: ['{}']}}]}}]\n",
            rules.display(),
            targets.join("', '")
        );
        let file = folder.path().join("prometheus.yaml");
        fs::write(&file, configuration).unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("prometheus is needed; `make test` installs it (Debian package prometheus): {error}")
            });
        let started = Self { address, _folder: folder, _process: Process::from(child) };
        wait_for("Prometheus to be ready", || started.get("/-/ready")?.contains("Ready").then_some(()));
        started
    }

    /// What a query finds now: a list of series, each with its labels and its value.
    pub fn query(&self, query: &str) -> Vec<Value> {
        let found = self.api(&format!("/api/v1/query?query={}", percent_encoded(query)));
        found["result"].as_array().unwrap().clone()
    }

    /// Every rule that it knows, with its health.
    pub fn rules(&self) -> Vec<Value> {
        let groups = self.api("/api/v1/rules");
        groups["groups"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|group| group["rules"].as_array().unwrap().clone())
            .collect()
    }

    fn api(&self, path: &str) -> Value {
        let answer: Value = serde_json::from_str(&self.get(path).unwrap()).unwrap();
        assert_eq!(answer["status"], "success", "{path}: {answer}");
        answer["data"].clone()
    }

    /// HTTP/1.0: the answer is not chunked.
    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\nhost: prometheus\r\n\r\n").as_bytes()).ok()?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply).ok()?;
        Some(reply.split_once("\r\n\r\n")?.1.to_owned())
    }
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        let _ = write!(encoded, "%{byte:02X}");
        encoded
    })
}
