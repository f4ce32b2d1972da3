//! What one run gave, and medians of several.

use std::time::Duration;

use crate::meter::Cpu;

/// One run of a contender.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// From the file to the last row paid.
    pub(crate) whole: Duration,
    /// From the approval, or for the naive worker from the rows in its table.
    pub(crate) approved: Duration,
    pub(crate) cpu: Cpu,
    /// The most memory that any of its processes had.
    pub(crate) memory_kb: u64,
}

/// What a part does at most, in each run.
#[derive(Debug, Clone)]
pub(crate) struct Limit {
    pub(crate) name: &'static str,
    pub(crate) per_second: Vec<u64>,
    /// Microseconds of CPU per unit that the simulated provider used, where it is asked.
    pub(crate) provider_cpu: Vec<u64>,
}

/// The median of some numbers, and the least and the most of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spread {
    pub(crate) median: u64,
    pub(crate) least: u64,
    pub(crate) most: u64,
}

impl Spread {
    /// All zero of nothing.
    pub(crate) fn of(numbers: impl IntoIterator<Item = u64>) -> Self {
        let mut numbers: Vec<u64> = numbers.into_iter().collect();
        numbers.sort_unstable();
        let at = |place: usize| numbers.get(place).copied().unwrap_or(0);
        let last = numbers.len().saturating_sub(1);
        Self { median: u64::midpoint(at(last / 2), at(last.div_ceil(2))), least: at(0), most: at(last) }
    }
}

/// How many in a second.
pub(crate) fn per_second(count: usize, time: Duration) -> u64 {
    let (count, micros) = (u128::try_from(count).unwrap_or(0), time.as_micros().max(1));
    u64::try_from(count * 1_000_000 / micros).unwrap_or(u64::MAX)
}

/// Adds a run's limits to those of the runs before.
pub(crate) fn merge(all: &mut Vec<Limit>, run: Vec<Limit>) {
    for limit in run {
        match all.iter_mut().find(|known| known.name == limit.name) {
            Some(known) => {
                known.per_second.extend(limit.per_second);
                known.provider_cpu.extend(limit.provider_cpu);
            }
            None => all.push(limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_ones() {
        assert_eq!(Spread::of([9, 1, 3]), Spread { median: 3, least: 1, most: 9 });
        assert_eq!(Spread::of([9, 1, 3, 5]), Spread { median: 4, least: 1, most: 9 });
        assert_eq!(Spread::of([]), Spread { median: 0, least: 0, most: 0 });
        assert_eq!(per_second(10_000, Duration::from_millis(2_500)), 4_000);
    }
}
