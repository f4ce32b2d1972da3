//! Chance without state: every draw is a pure function of the seed and of what is drawn for.

use ring::digest::{Context, SHA256};

/// A number from the seed and the parts that name the occasion. The same arguments always give the
/// same number.
pub(crate) fn draw(seed: u64, parts: &[&[u8]]) -> u64 {
    let mut context = Context::new(&SHA256);
    context.update(&seed.to_le_bytes());
    for part in parts {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        context.update(&part.len().to_le_bytes());
        context.update(part);
    }
    context.finish().as_ref().iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// Whether an occasion falls under a weight of `per_mille`.
pub(crate) fn happens(per_mille: u16, seed: u64, parts: &[&[u8]]) -> bool {
    draw(seed, parts) % 1000 < u64::from(per_mille)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_occasion_same_number_and_parts_do_not_run_together() {
        assert_eq!(draw(7, &[b"ab", b"c"]), draw(7, &[b"ab", b"c"]));
        assert_ne!(draw(7, &[b"ab", b"c"]), draw(7, &[b"a", b"bc"]));
        assert_ne!(draw(7, &[b"ab", b"c"]), draw(8, &[b"ab", b"c"]));
    }

    #[test]
    fn weights_are_shares_of_a_thousand() {
        let hits = (0..10_000_u32).filter(|n| happens(100, 1, &[&n.to_le_bytes()])).count();
        assert!((900..1100).contains(&hits), "{hits} of 10000 at 100 per mille");
        assert!(!happens(0, 1, &[b"x"]));
        assert!(happens(1000, 1, &[b"x"]));
    }
}
