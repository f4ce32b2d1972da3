//! What was measured, for people and in one line for machines. Whole numbers throughout: a
//! thousandth of a millisecond is a microsecond.

use std::{fmt::Write as _, fs, thread};

use crate::{
    meter::Cpu,
    sample::{Limit, Sample, Spread, per_second},
};

/// The machine, and how busy it was before anything began.
pub(crate) fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("");
    let cores = thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{cores} cores ({}), Linux {}, load {}",
        model.trim_start_matches([' ', '\t', ':']),
        read("/proc/sys/kernel/osrelease").trim(),
        read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" "),
    )
}

/// Everything about one latency.
pub(crate) fn of(rows: usize, payrun: &[Sample], naive: &[Sample], limits: &[Limit]) -> String {
    let mut text = format!(
        "\n{:44} {:>24} {:>13}   CPU ms per payout                               RSS\n\
         {:44} {:>24} {:>13}   {:>7} {:>9} {:>9} {:>9} {:>7} {:>6}\n",
        "",
        "payouts/s",
        "from approval",
        "",
        "median (spread)",
        "payouts/s",
        "own",
        "Postgres",
        "RabbitMQ",
        "provider",
        "all",
        "MB"
    );
    for (name, samples) in [("payrun", payrun), ("naive worker", naive)] {
        if !samples.is_empty() {
            contender(&mut text, name, rows, samples);
        }
    }
    for limit in limits {
        let spread = Spread::of(limit.per_second.iter().copied());
        let _ = write!(text, "{:44} {:>24}", format!("limit: {}", limit.name), shown(spread));
        if !limit.provider_cpu.is_empty() {
            let used = Spread::of(limit.provider_cpu.iter().copied());
            let _ = write!(text, " {:>13}   {:>37}", "", millis(used.median));
        }
        text.push('\n');
    }
    if let Some(slowest) = slowest(limits) {
        let _ = writeln!(text, "slowest part that a payout needs: {}", slowest.name);
    }
    text
}

/// What machines read.
pub(crate) fn last_line(
    rows: usize,
    latency_ms: u64,
    (payrun, naive, limits): (&[Sample], &[Sample], &[Limit]),
) -> String {
    let rate = |samples: &[Sample]| Spread::of(samples.iter().map(|s| per_second(rows, s.whole))).median;
    let limit = slowest(limits).map_or(0, |limit| Spread::of(limit.per_second.iter().copied()).median);
    let memory = payrun.iter().map(|sample| sample.memory_kb).max().unwrap_or(0);
    format!(
        "bench: payouts_per_s={} ratio_to_naive={} ratio_to_limit={} cpu_ms_per_payout={} rss_mb={} payrun_cpu_ms_per_payout={} \
         rows={rows} latency_ms={latency_ms}",
        rate(payrun),
        ratio(rate(payrun), rate(naive)),
        ratio(rate(payrun), limit),
        each(rows, payrun, Cpu::all),
        memory.div_ceil(1024),
        each(rows, payrun, |cpu| Some(cpu.own)),
    )
}

fn contender(text: &mut String, name: &str, rows: usize, samples: &[Sample]) {
    let rate = Spread::of(samples.iter().map(|sample| per_second(rows, sample.whole)));
    let approved = Spread::of(samples.iter().map(|sample| per_second(rows, sample.approved)));
    let memory = samples.iter().map(|sample| sample.memory_kb).max().unwrap_or(0);
    let _ = writeln!(
        text,
        "{name:44} {:>24} {:>13}   {:>7} {:>9} {:>9} {:>9} {:>7} {:>6}",
        shown(rate),
        approved.median,
        each(rows, samples, |cpu| Some(cpu.own)),
        each(rows, samples, |cpu| cpu.postgres),
        each(rows, samples, |cpu| cpu.rabbitmq),
        each(rows, samples, |cpu| Some(cpu.provider)),
        each(rows, samples, Cpu::all),
        memory.div_ceil(1024),
    );
}

/// The part that a payout cannot do without, and that does the least of its kind.
fn slowest(limits: &[Limit]) -> Option<&Limit> {
    limits.iter().min_by_key(|limit| Spread::of(limit.per_second.iter().copied()).median)
}

/// CPU per payout, in milliseconds; a dash where it is not known.
fn each(rows: usize, samples: &[Sample], part: impl Fn(Cpu) -> Option<u64>) -> String {
    let rows = u64::try_from(rows.max(1)).unwrap_or(u64::MAX);
    let used: Option<Vec<u64>> = samples.iter().map(|sample| part(sample.cpu)).collect();
    used.map_or_else(|| "-".to_owned(), |used| millis(Spread::of(used).median / rows))
}

fn millis(micros: u64) -> String {
    format!("{}.{:03}", micros / 1_000, micros % 1_000)
}

/// A dash where one of them was not measured.
fn ratio(part: u64, whole: u64) -> String {
    match part.saturating_mul(100).checked_div(whole) {
        Some(hundredths) if part > 0 => format!("{}.{:02}", hundredths / 100, hundredths % 100),
        Some(_) | None => "-".to_owned(),
    }
}

fn shown(spread: Spread) -> String {
    format!("{} ({} - {})", spread.median, spread.least, spread.most)
}
