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
        self.0.run_upkeep();
        self.0.render()
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
