//! The description of a payout: the only text of ours that webhooks bring back.

use payrun_domain::reference::Reference;

const CHARS_MAX: usize = 200;

/// What the beneficiary reads, and at its end our reference: webhooks bring nothing else back.
pub(super) fn of(reference: &str, text: &str) -> String {
    let room = CHARS_MAX - reference.len() - 1;
    let text: String = text.trim().chars().take(room).collect();
    format!("{text} {reference}").trim_start().to_owned()
}

/// The reference that a description ends with, if there is one.
pub(super) fn reference(description: &str) -> Option<Reference> {
    let start = description.len().checked_sub(Reference::CHARS)?;
    description.get(start..).and_then(Reference::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_described_is_known_again() {
        let ours = Reference::of(7);
        for text in ["", "Planilla noviembre", &"ñ".repeat(300)] {
            let described = of(ours.as_str(), text);
            assert!(described.chars().count() <= CHARS_MAX, "{described}");
            assert_eq!(reference(&described), Some(ours.clone()), "{described}");
        }
        for other in ["", "Factura 7", "ñandú", "é0000000000000000000000000"] {
            assert_eq!(reference(other), None, "{other}");
        }
    }
}
