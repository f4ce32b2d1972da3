//! How long a payout may take at its provider before a person should ask why.

use std::time::Duration;

use jiff::{
    SignedDuration, Timestamp,
    civil::{DateTime, Time, Weekday},
    tz::Offset,
};
use payrun_domain::country::Country;

/// So many working hours. Outside of them no person at the provider could be asked, and no operator
/// need be woken.
///
/// Public holidays are not known: on one, a payout looks later than it is.
#[derive(Debug, Clone, Copy)]
pub struct SettlementSla {
    zone: Offset,
    open: Time,
    close: Time,
    /// Days that pass before the first working hour counts.
    days: u8,
    within: SignedDuration,
}

impl SettlementSla {
    /// Weekdays from 9 to 18 in `country`: what no provider's documents widen. A payout is late
    /// after `hours` of them.
    pub(crate) const fn business_hours(country: Country, hours: i64) -> Self {
        Self {
            zone: standard_time(country),
            open: Time::constant(9, 0, 0, 0),
            close: Time::constant(18, 0, 0, 0),
            days: 0,
            within: SignedDuration::from_hours(hours),
        }
    }

    /// Other hours of the day.
    pub(crate) const fn between(self, open: Time, close: Time) -> Self {
        Self { open, close, ..self }
    }

    /// Counted from some days later.
    pub(crate) const fn days_later(self, days: u8) -> Self {
        Self { days, ..self }
    }

    /// How long ago a payout should have been settled that is at the provider since `since`; zero
    /// when it still has time.
    pub fn late_by(&self, since: Timestamp, now: Timestamp) -> Duration {
        let due = self.due(since).unwrap_or(Timestamp::MAX);
        now.duration_since(due).try_into().unwrap_or(Duration::ZERO)
    }

    /// None after the end of the calendar.
    fn due(&self, since: Timestamp) -> Option<Timestamp> {
        let days = SignedDuration::from_hours(24 * i64::from(self.days));
        let mut at = self.zone.to_datetime(since).checked_add(days).ok()?;
        let mut left = self.within;
        loop {
            let (open, close) = (at.date().to_datetime(self.open), at.date().to_datetime(self.close));
            let from = at.max(open);
            if is_weekday(at) && from < close {
                let rest = from.duration_until(close);
                if left <= rest {
                    return self.zone.to_timestamp(from.checked_add(left).ok()?).ok();
                }
                left -= rest;
            }
            at = at.date().tomorrow().ok()?.to_datetime(Time::midnight());
        }
    }
}

fn is_weekday(at: DateTime) -> bool {
    !matches!(at.date().weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// A country's hours without daylight saving, which of these only Chile has.
pub(crate) const fn standard_time(country: Country) -> Offset {
    Offset::constant(match country {
        Country::Mx => -6,
        Country::Pe | Country::Co => -5,
        Country::Cl => -4,
        Country::Br | Country::Ar | Country::Uy => -3,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn late(settlement_sla: SettlementSla, since: &str, now: &str) -> u64 {
        settlement_sla.late_by(since.parse().unwrap(), now.parse().unwrap()).as_secs() / 60
    }

    /// 2026-11-28 is a Saturday; Lima is five hours behind.
    #[test]
    fn a_payout_is_late_by_the_hours_of_its_country() {
        let lima = SettlementSla::business_hours(Country::Pe, 2);
        let friday = "2026-11-27T22:30:00Z";
        assert_eq!(late(lima, friday, "2026-11-29T03:00:00Z"), 0, "a Saturday night in Lima");
        assert_eq!(
            late(lima, friday, "2026-11-30T15:29:00Z"),
            0,
            "Monday, 10:29: half an hour of Friday, 89 minutes of today"
        );
        assert_eq!(late(lima, friday, "2026-11-30T15:40:00Z"), 10, "due at 10:30");
        assert_eq!(
            late(lima, "2026-11-25T15:00:00Z", "2026-11-25T18:00:00Z"),
            60,
            "Wednesday, 10:00 to 13:00"
        );
        assert_eq!(
            late(lima, "2026-11-25T06:00:00Z", "2026-11-25T15:59:00Z"),
            0,
            "the night before does not count"
        );
        assert_eq!(late(lima, "2025-11-25T15:00:00Z", "2026-11-25T17:00:00Z"), 365 * 24 * 60, "a year");
    }

    #[test]
    fn other_hours_and_other_days_are_kept() {
        let uruguay = SettlementSla::business_hours(Country::Uy, 2)
            .between(Time::constant(10, 0, 0, 0), Time::constant(16, 30, 0, 0));
        assert_eq!(
            late(uruguay, "2026-11-25T18:30:00Z", "2026-11-26T13:59:00Z"),
            0,
            "from 15:30; due at 11:00"
        );
        assert_eq!(late(uruguay, "2026-11-25T18:30:00Z", "2026-11-26T14:05:00Z"), 5);
        let later = SettlementSla::business_hours(Country::Co, 9).days_later(1);
        assert_eq!(late(later, "2026-11-25T14:00:00Z", "2026-11-26T22:59:00Z"), 0, "the whole of Thursday");
        assert_eq!(late(later, "2026-11-25T14:00:00Z", "2026-11-26T23:01:00Z"), 1);
    }
}
