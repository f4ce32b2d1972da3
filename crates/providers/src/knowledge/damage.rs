//! What a spreadsheet does to digits that it takes for a quantity: it drops the zeros before them,
//! and keeps fifteen.

use payrun_domain::fault::{Fault, Field};

/// More zeros than this are not lost by accident.
const ZEROS_MAX: usize = 3;
/// The digits that a number keeps in a spreadsheet; in programs with the same numbers, two more.
const DIGITS_KEPT: usize = 15;
const DIGITS_KEPT_MAX: usize = 17;
/// One zero behind the two more may well be right.
const ZEROS_FILLED_MIN: usize = 2;

/// What was probably done to a `name` of `count` digits, whose check digits fit when `holds` says
/// so. None when it is as it should be, or wrong in another way.
pub(crate) fn of_digits(
    field: Field,
    text: &str,
    name: &str,
    count: usize,
    holds: impl Fn(&str) -> bool,
) -> Option<Fault> {
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let lost = count.checked_sub(text.len()).filter(|lost| is_digits && *lost <= ZEROS_MAX)?;
    let whole = format!("{text:0>count$}");
    if holds(&whole) {
        return (lost > 0).then(|| dropped(field, name, count, lost, "; with it, the check digits fit"));
    }
    let kept = text.trim_end_matches('0').len();
    let zeros_behind = text.len() - kept;
    let is_filled = kept <= DIGITS_KEPT || (kept <= DIGITS_KEPT_MAX && zeros_behind >= ZEROS_FILLED_MIN);
    if kept > 0 && is_filled && text.len() > DIGITS_KEPT {
        let reason = format!(
            "a program took this {name} for a quantity, kept {DIGITS_KEPT} to {DIGITS_KEPT_MAX} digits and filled it with zeros; \
             format the column as text and enter it again"
        );
        return Some(Fault::of(field, "cell_zero_fill", reason));
    }
    (lost > 0).then(|| dropped(field, name, count, lost, ""))
}

fn dropped(field: Field, name: &str, count: usize, lost: usize, proof: &str) -> Fault {
    let found = count - lost;
    let zeros = "0".repeat(lost);
    let reason = format!(
        "a {name} has {count} digits; this one has {found}: a spreadsheet probably dropped {zeros} from its beginning{proof}"
    );
    Fault::of(field, "cell_leading_zeros", reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str, whole: &str) -> Option<&'static str> {
        let fault = of_digits(Field::BankAccount, text, "CCI", 20, |text| text == whole);
        fault.map(|fault| fault.code)
    }

    #[test]
    fn what_was_done_is_named() {
        let whole = "00320000300123456731";
        assert_eq!(code(whole, whole), None);
        assert_eq!(code("320000300123456731", whole), Some("cell_leading_zeros"));
        assert_eq!(code("320000300123450000", whole), Some("cell_zero_fill"));
        assert_eq!(code("320000300123456732", whole), Some("cell_leading_zeros"), "and a digit is wrong");
        assert_eq!(code("3200003001234567", whole), None, "four are lost, or it is something else");
        assert_eq!(code("003200003001234567312", whole), None);
        assert_eq!(code("0320000300123456731X", whole), None);
    }
}
