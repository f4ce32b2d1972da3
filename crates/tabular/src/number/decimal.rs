//! Numbers as decimal digits, from text to text. No binary fraction is ever made of one.
//!
//! **Invariant**: a number of at most 15 digits keeps all of them.

/// `0.DIGITS` times ten to the power of `point`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    is_negative: bool,
    /// The digits, each below ten; neither the first nor the last is zero, and zero has none.
    digits: Vec<u8>,
    point: i32,
}

/// How many digits a spreadsheet keeps and shows; what follows is noise of its binary fractions.
const DIGITS_MAX: usize = 15;
/// Numbers from ten to this power on are shown with an exponent, as spreadsheets do, since digits
/// may be missing.
const PLAIN_POINT_MAX: i32 = 15;
const PLAIN_POINT_MIN: i32 = -15;
/// No identifier has more digits.
const WRITTEN_OUT_POINT_MAX: i32 = 40;
const TEXT_BYTES_MAX: usize = 1_000;
const EXPONENT_MAX: i32 = 10_000;

impl Decimal {
    /// Reads `-12.5` and `1.25E+3`, rounded to 15 digits as spreadsheets round. `None` when the
    /// text is no such number.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i32 = exponent.parse().ok().filter(|exponent: &i32| exponent.abs() <= EXPONENT_MAX)?;
        let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Vec<u8> =
            integer.bytes().chain(fraction.bytes()).map(|byte| byte.wrapping_sub(b'0')).collect();
        if digits.is_empty() || digits.iter().any(|digit| *digit > 9) {
            return None;
        }
        let zeros = digits.iter().take_while(|digit| **digit == 0).count();
        let point = i32::try_from(integer.len()).ok()? - i32::try_from(zeros).ok()? + exponent;
        let digits = digits.into_iter().skip(zeros).collect();
        Some(Self { is_negative, digits, point }.rounded())
    }

    fn rounded(mut self) -> Self {
        let is_up = self.digits.get(DIGITS_MAX).is_some_and(|digit| *digit > 4);
        self.digits.truncate(DIGITS_MAX);
        if is_up {
            // A nine becomes a zero, which is dropped, and carries.
            while self.digits.pop_if(|digit| *digit == 9).is_some() {}
            if let Some(last) = self.digits.last_mut() {
                *last += 1;
            } else {
                self.digits.push(1);
                self.point += 1;
            }
        }
        while self.digits.pop_if(|digit| *digit == 0).is_some() {}
        if self.digits.is_empty() {
            (self.is_negative, self.point) = (false, 0);
        }
        self
    }

    /// The number without its sign.
    pub(crate) fn magnitude(&self) -> Self {
        Self { is_negative: false, ..self.clone() }
    }

    pub(crate) const fn is_negative(&self) -> bool {
        self.is_negative
    }

    pub(crate) const fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// The number times ten to the power of `places`.
    pub(crate) fn shifted(mut self, places: i32) -> Self {
        if !self.is_zero() {
            self.point += places;
        }
        self
    }

    /// The number with at least so many digits on either side of the point, and with an exponent
    /// when it is 1E+15 or more, or tiny.
    pub(crate) fn to_text(&self, integer_min: usize, fraction_min: usize) -> String {
        self.written(integer_min, fraction_min, PLAIN_POINT_MAX)
    }

    /// The same as [`Decimal::to_text`], but written out with zeros where a format shows digits
    /// alone.
    pub(crate) fn to_digits(&self, integer_min: usize, fraction_min: usize) -> String {
        self.written(integer_min, fraction_min, WRITTEN_OUT_POINT_MAX)
    }

    fn written(&self, integer_min: usize, fraction_min: usize, point_max: i32) -> String {
        let mut text = String::from(if self.is_negative { "-" } else { "" });
        let digit = |place: usize| char::from(self.digits.get(place).map_or(b'0', |digit| digit + b'0'));
        if self.point > point_max || self.point < PLAIN_POINT_MIN {
            text.push(digit(0));
            if self.digits.len() > 1 {
                text.push('.');
                text.extend((1..self.digits.len()).map(digit));
            }
            text.push_str(&format!("E{:+03}", self.point - 1));
            return text;
        }
        let before = usize::try_from(self.point).unwrap_or(0);
        let zeros = usize::try_from(-self.point).unwrap_or(0);
        text.extend(std::iter::repeat_n('0', integer_min.max(1).saturating_sub(before)));
        text.extend((0..before).map(digit));
        let after = (zeros + self.digits.len().saturating_sub(before)).max(fraction_min);
        if after == 0 {
            return text;
        }
        text.push('.');
        text.extend(
            (0..after).map(|place| place.checked_sub(zeros).map_or('0', |place| digit(before + place))),
        );
        text
    }

    /// Whole days and milliseconds of a day, for a number that counts days. `None` below zero and
    /// beyond any calendar.
    pub(crate) fn to_days(&self) -> Option<(i64, i64)> {
        const DAY_MS: i128 = 86_400_000;
        if self.is_negative || self.point > 9 || self.point < PLAIN_POINT_MIN {
            return None;
        }
        let text = self.to_text(1, 0);
        let (days, fraction) = text.split_once('.').unwrap_or((&text, "0"));
        let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let ms = (fraction.parse::<i128>().ok()?.checked_mul(DAY_MS)? + scale / 2) / scale;
        let days = days.parse::<i64>().ok()? + i64::try_from(ms / DAY_MS).ok()?;
        Some((days, i64::try_from(ms % DAY_MS).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> String {
        Decimal::parse(text).map_or("none".to_owned(), |decimal| decimal.to_text(1, 0))
    }

    #[test]
    fn noise_is_rounded_away() {
        assert_eq!(plain("1250.0999999999999"), "1250.1");
        assert_eq!(plain("0.30000000000000004"), "0.3");
        assert_eq!(plain("999999999999999.9"), "1E+15");
        assert_eq!(plain("9.9999999999999999E2"), "1000");
        assert_eq!(plain("2675.4499999999998"), "2675.45");
    }

    #[test]
    fn exponents_are_written_out_below_1e15() {
        assert_eq!(plain("5.2573123456789E+13"), "52573123456789");
        assert_eq!(plain("1.234e2"), "123.4");
        assert_eq!(plain("1E-7"), "0.0000001");
        assert_eq!(plain("999999999999999"), "999999999999999");
        assert_eq!(plain("1000000000000000"), "1E+15");
        assert_eq!(plain("12345678901234567"), "1.23456789012346E+16");
        assert_eq!(plain("-1.5E-300"), "-1.5E-300");
        assert_eq!(plain("1E400"), "1E+400");
    }

    #[test]
    fn zeros_are_few() {
        for zero in ["0", "-0", "0.000", "0E5", "+0.0E-3"] {
            assert_eq!(plain(zero), "0", "{zero}");
        }
        assert_eq!((plain("007.50"), plain(".5"), plain("5.")), ("7.5".into(), "0.5".into(), "5".into()));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["", "-", ".", "1,5", "1e", "e5", "NaN", "inf", "0x1", "1 ", "1.2.3", "1E99999", "٣"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn digits_are_padded() {
        let text = |text: &str, integer, fraction| Decimal::parse(text).unwrap().to_text(integer, fraction);
        assert_eq!(text("1234567", 8, 0), "01234567");
        assert_eq!(text("-1234.5", 1, 2), "-1234.50");
        assert_eq!(text("0", 1, 2), "0.00");
        assert_eq!(text("0.005", 1, 2), "0.005", "nothing is rounded");
        assert_eq!(text("12345678901234567", 20, 0), "1.23456789012346E+16", "lost digits are not made up");
    }

    #[test]
    fn days_have_milliseconds() {
        let days = |text: &str| Decimal::parse(text).unwrap().to_days();
        assert_eq!(days("46053"), Some((46_053, 0)));
        assert_eq!(days("46053.572916666664"), Some((46_053, 49_500_000)));
        assert_eq!(days("0.99999999999"), Some((1, 0)), "the next day");
        assert_eq!(days("1E-14"), Some((0, 0)));
        assert_eq!((days("-1"), days("1E10")), (None, None));
    }

    proptest! {
        #[test]
        fn fifteen_digits_stay(integer in "[1-9][0-9]{0,8}", fraction in "[0-9]{0,5}[1-9]", sign in "-?") {
            let text = format!("{sign}{integer}.{fraction}");
            prop_assert_eq!(plain(&text), text);
        }

        #[test]
        fn integers_below_1e15_stay(number in -999_999_999_999_999_i64..=999_999_999_999_999) {
            prop_assert_eq!(plain(&number.to_string()), number.to_string());
        }

        #[test]
        fn no_text_panics(text in "[-+0-9.eE]{0,30}", integer in 0..40_usize, fraction in 0..40_usize) {
            if let Some(decimal) = Decimal::parse(&text) {
                let shown = decimal.to_text(integer, fraction);
                prop_assert_eq!(Decimal::parse(&shown), Some(decimal.clone()), "{} is {}", text, shown);
                let _ = decimal.to_days();
            }
        }
    }
}
