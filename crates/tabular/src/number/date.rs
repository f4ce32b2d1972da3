//! Days since an epoch, as spreadsheets keep dates, to ISO 8601.

use jiff::{Span, civil};

use crate::number::decimal::Decimal;

/// Where a workbook begins to count days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Epoch {
    /// The epoch of Windows, which believes that 1900 was a leap year.
    Y1900,
    /// The epoch of old Macintosh programs.
    Y1904,
}

/// Writes `2026-01-31`, `2026-01-31T13:45:00`, or `13:45:00` below one day. `None` for what is no
/// day: zero, the 29th of February of 1900, and all before the epoch or after 9999.
pub(crate) fn iso(serial: &Decimal, epoch: Epoch) -> Option<String> {
    let (days, ms) = serial.to_days()?;
    let time = clock(ms);
    if days == 0 {
        return time;
    }
    let first = match (epoch, days) {
        (Epoch::Y1904, _) => civil::date(1904, 1, 1),
        (Epoch::Y1900, 60) => return None,
        (Epoch::Y1900, ..60) => civil::date(1899, 12, 31),
        (Epoch::Y1900, _) => civil::date(1899, 12, 30),
    };
    let date = first.checked_add(Span::new().try_days(days).ok()?).ok()?;
    Some(time.map_or_else(|| date.to_string(), |time| format!("{date}T{time}")))
}

/// The time of day, or `None` at midnight.
fn clock(ms: i64) -> Option<String> {
    if ms == 0 {
        return None;
    }
    let (seconds, rest) = (ms / 1000, ms % 1000);
    let text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    Some(if rest == 0 { text } else { format!("{text}.{rest:03}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(serial: &str, epoch: Epoch) -> Option<String> {
        iso(&Decimal::parse(serial).unwrap(), epoch)
    }

    #[test]
    fn days_are_those_that_excel_shows() {
        for (serial, date) in [
            ("1", "1900-01-01"),
            ("59", "1900-02-28"),
            ("61", "1900-03-01"),
            ("46053", "2026-01-31"),
            ("2958465", "9999-12-31"),
            ("46053.572916666664", "2026-01-31T13:45:00"),
            ("46053.999988426", "2026-01-31T23:59:59"),
            ("46053.0000000579", "2026-01-31T00:00:00.005"),
            ("0.5", "12:00:00"),
        ] {
            assert_eq!(of(serial, Epoch::Y1900).as_deref(), Some(date), "{serial}");
        }
        assert_eq!(of("44591", Epoch::Y1904).as_deref(), Some("2026-01-31"));
    }

    #[test]
    fn what_is_no_day_stays_a_number() {
        for serial in ["0", "60", "-1", "2958466", "99999999999"] {
            assert_eq!(of(serial, Epoch::Y1900), None, "{serial}");
        }
    }
}
