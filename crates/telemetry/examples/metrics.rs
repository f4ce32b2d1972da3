//! Prints the catalogue of metrics: what `make metrics` writes to deploy/prometheus/METRICS.md.

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    io::stdout().write_all(payrun_telemetry::metric::catalogue().as_bytes())
}
