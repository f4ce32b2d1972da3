//! The Prometheus text that `/metrics` serves.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::metric::{Kind, Metric};

/// Seconds: from a provider on loopback to one that is nearly timing out.
const BUCKETS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The process's metrics.
#[derive(Clone)]
pub struct Recorder(PrometheusHandle);

impl Recorder {
    /// Installs the recorder of this process; once.
    pub fn install() -> Result<Self, RecorderError> {
        let mut builder = PrometheusBuilder::new();
        for metric in Metric::all().filter(|metric| metric.kind() == Kind::Histogram) {
            builder = builder.set_buckets_for_metric(Matcher::Full(metric.name().to_owned()), &BUCKETS)?;
        }
        let handle = builder.install_recorder()?;
        describe();
        Ok(Self(handle))
    }

    /// Everything, in the text exposition format.
    pub fn render(&self) -> String {
        self.fold();
        self.0.render()
    }

    /// Adds what was observed since the last time to the histograms. Until then each observation is
    /// kept by itself: call it now and then, or a process that is never scraped grows with every
    /// payout.
    pub fn fold(&self) {
        self.0.run_upkeep();
    }
}

fn describe() {
    for metric in Metric::all() {
        match metric.kind() {
            Kind::Counter => describe_counter!(metric.name(), metric.help()),
            Kind::Gauge | Kind::Shared => describe_gauge!(metric.name(), metric.help()),
            Kind::Histogram => describe_histogram!(metric.name(), Unit::Seconds, metric.help()),
        }
    }
}

/// The recorder cannot be installed.
#[derive(Debug, thiserror::Error)]
#[error("installing the metrics recorder failed")]
pub struct RecorderError(#[from] BuildError);

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn memory_does_not_grow_with_what_was_observed() {
        let pages = || -> usize {
            let sizes = fs::read_to_string("/proc/self/statm").unwrap();
            sizes.split(' ').nth(1).unwrap().parse().unwrap()
        };
        let recorder = Recorder::install().unwrap();
        let histogram = metrics::histogram!("payrun_attempt_seconds");
        let observe = || {
            (0..100_000).for_each(|_| histogram.record(0.01));
            recorder.fold();
        };
        observe();
        let before = pages();
        (0..20).for_each(|_| observe());
        // Each by itself, they would be 4,000 pages of 4 KiB.
        assert!(pages() < before + 1_000, "{} pages, {before} before", pages());
    }
}
