//! Made-up exchange rates that never move.

/// What one unit of `from` is in `to`, in hundred-thousandths: 1 for the same currency, a made-up
/// rate from US dollars, nothing else.
pub(crate) fn rate(from: &str, to: &str) -> Option<u64> {
    let rate = match to {
        same if same == from => 100_000,
        _ if from != "USD" => return None,
        "ARS" => 140_000_000,
        "BAM" | "BGN" => 167_000,
        "BOB" => 690_000,
        "BRL" => 540_000,
        "CLP" => 95_000_000,
        "CNY" => 710_000,
        "COP" => 400_000_000,
        "CRC" => 50_000_000,
        "DOP" => 6_300_000,
        "EGP" => 4_800_000,
        "GTQ" => 770_000,
        "HNL" => 2_600_000,
        "ILS" => 340_000,
        "MXN" => 1_860_000,
        "NIO" => 3_680_000,
        "NOK" => 1_000_000,
        "PEN" => 375_000,
        "PYG" => 730_000_000,
        "TRY" => 4_100_000,
        "UYU" => 4_000_000,
        _ => return None,
    };
    Some(rate)
}

/// Hundredths in one currency as hundredths in another, rounded down.
pub(crate) fn convert(minor: i64, rate: u64) -> i64 {
    i64::try_from(i128::from(minor) * i128::from(rate) / 100_000).unwrap_or(i64::MAX)
}
