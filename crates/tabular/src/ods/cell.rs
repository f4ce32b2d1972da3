//! A cell of an ODS workbook: what it says in its attributes, and the text that is shown.

use std::io::Read;

use crate::{
    error::{Error, FileRefusal},
    number::{
        currency_symbol::{display_of_format, in_text},
        decimal::Decimal,
    },
    package::xml::{Node, Tag, Xml},
    record::{Cell, Kind, NumberDisplay},
    sheet::row_builder::RowBuilder,
};

/// A cell before its text is understood.
#[derive(Default)]
pub(crate) struct RawCell {
    kind: Option<String>,
    /// The number, date, time or boolean.
    value: Option<String>,
    string: Option<String>,
    currency: Option<String>,
    has_formula: bool,
    is_error: bool,
    shown: String,
}

impl RawCell {
    pub(crate) fn new(tag: &Tag<'_>) -> Result<Self, FileRefusal> {
        let kind = tag.attribute("office:value-type")?;
        let value = match kind.as_deref() {
            Some("date") => tag.attribute("office:date-value")?,
            Some("time") => tag.attribute("office:time-value")?,
            Some("boolean") => tag.attribute("office:boolean-value")?,
            _ => tag.attribute("office:value")?,
        };
        Ok(Self {
            kind,
            value,
            string: tag.attribute("office:string-value")?,
            currency: tag.attribute("office:currency")?,
            has_formula: tag.attribute("table:formula")?.is_some(),
            is_error: tag.attribute("calcext:value-type")?.as_deref() == Some("error"),
            shown: String::new(),
        })
    }

    /// Reads the cell to its end. Paragraphs are joined by line feeds; notes and drawings are
    /// passed over.
    pub(crate) fn fill(&mut self, xml: &mut Xml<impl Read>, builder: &RowBuilder) -> Result<(), Error> {
        let (mut depth, mut paragraphs, mut skipped) = (0_usize, 0_usize, None);
        let mut in_paragraph = false;
        loop {
            match xml.next()? {
                Node::Open(tag) => {
                    depth += 1;
                    match tag.name() {
                        "p" if depth == 1 => {
                            self.shown.extend((paragraphs > 0).then_some('\n'));
                            paragraphs += 1;
                            in_paragraph = true;
                        }
                        _ if !in_paragraph || skipped.is_some() => {}
                        "annotation" | "note" | "ruby-text" | "frame" => skipped = Some(depth),
                        "tab" => self.shown.push('\t'),
                        "line-break" => self.shown.push('\n'),
                        "s" => {
                            let count =
                                tag.attribute("text:c")?.and_then(|count| count.parse().ok()).unwrap_or(1);
                            builder.refuse_more(self.shown.len().saturating_add(count))?;
                            self.shown.extend(std::iter::repeat_n(' ', count));
                        }
                        _ => {}
                    }
                }
                Node::Close(_) if depth == 0 => return Ok(()),
                Node::Close(_) => {
                    if skipped == Some(depth) {
                        skipped = None;
                    }
                    depth -= 1;
                    in_paragraph &= depth > 0;
                }
                Node::Text(text) if in_paragraph && skipped.is_none() => {
                    self.push(&text);
                    builder.refuse_more(self.shown.len())?;
                }
                Node::Text(_) | Node::Nothing => {}
                Node::End => return Ok(()),
            }
        }
    }

    /// Adds a text. White space of the XML is one blank; blanks that are meant are elements.
    fn push(&mut self, text: &str) {
        for char in text.chars() {
            if !matches!(char, ' ' | '\t' | '\r' | '\n') {
                self.shown.push(char);
            } else if !self.shown.is_empty() && !self.shown.ends_with([' ', '\t', '\n']) {
                self.shown.push(' ');
            }
        }
    }

    /// The cell, or what is wrong when its value is not of its type.
    pub(crate) fn cell(self) -> Result<Cell, &'static str> {
        let Self { kind, value, string, currency, has_formula, is_error, shown } = self;
        let value = value.unwrap_or_default();
        let number = || Decimal::parse(&value).ok_or("a cell is not a valid number");
        let mut cell = match kind.as_deref() {
            _ if is_error => Cell::new(shown, Kind::Error),
            Some("float" | "currency") => {
                let number = number()?;
                let is_digits = !shown.is_empty() && shown.bytes().all(|byte| byte.is_ascii_digit());
                // An exponent that the sheet does not show would only puzzle.
                let text = if is_digits { number.to_digits(1, 0) } else { number.to_text(1, 0) };
                let symbol = currency.as_deref().and_then(in_text).or_else(|| in_text(&shown));
                let display = match symbol {
                    _ if is_other(&number, &shown) => NumberDisplay::Scaled,
                    Some(symbol) => NumberDisplay::Currency(symbol),
                    None => NumberDisplay::Plain,
                };
                Cell { display, ..Cell::new(padded(text, shown), Kind::Number) }
            }
            Some("percentage") => Cell::new(number()?.shifted(2).to_text(1, 0) + "%", Kind::Number),
            Some("date") => {
                let text = value.strip_suffix("T00:00:00").unwrap_or(&value).to_owned();
                Cell::new(text, Kind::Date)
            }
            Some("time") => Cell::new(clock(&value).unwrap_or(shown), Kind::Date),
            Some("boolean") => Cell::new(value.to_ascii_uppercase(), Kind::Boolean),
            Some("string") | None if shown.is_empty() => Cell::text(string.unwrap_or_default()),
            Some("string") | None => Cell::text(shown),
            Some(_) => return Err("a cell has an unknown type"),
        };
        if cell.text.is_empty() {
            cell.kind = if has_formula && kind.is_none() { Kind::Formula } else { Kind::Empty };
        }
        Ok(cell)
    }
}

/// Whether the text that a person sees is another number, in each way to read it. A text
/// without digits is not.
fn is_other(number: &Decimal, shown: &str) -> bool {
    let kept = |char: &char| char.is_ascii_digit() || matches!(char, '.' | ',');
    let digits: String = shown.chars().filter(kept).collect();
    let digits = digits.trim_matches(['.', ',']);
    if digits.is_empty() {
        return false;
    }
    // A number that is written with its exponent shows what it can.
    if shown.contains(['E', 'e']) && shown.contains('+') {
        return false;
    }
    let all_groups = digits.replace(['.', ','], "");
    let last_is_decimal = digits
        .rsplit_once(['.', ','])
        .map(|(before, behind)| format!("{}.{behind}", before.replace(['.', ','], "")));
    let is_it = |text: &str| Decimal::parse(text).is_some_and(|read| read.magnitude() == number.magnitude());
    let scaled = shown.chars().any(char::is_alphabetic)
        && display_of_format(&shown.replace(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'], "0"))
            == NumberDisplay::Scaled;
    scaled || !(is_it(&all_groups) || last_is_decimal.is_some_and(|text| is_it(&text)))
}

/// The text `shown`, when that is the number with zeros before it.
fn padded(number: String, shown: String) -> String {
    let is_padded = shown.len() > number.len()
        && shown.bytes().all(|byte| byte.is_ascii_digit())
        && shown.trim_start_matches('0') == number.trim_start_matches('0');
    if is_padded { shown } else { number }
}

/// The time of day `13:45:00` of `PT13H45M00S`. `None` for a day or more.
fn clock(duration: &str) -> Option<String> {
    let (hours, rest) = duration.strip_prefix("PT")?.split_once('H')?;
    let (minutes, rest) = rest.split_once('M')?;
    let seconds = rest.strip_suffix('S')?;
    let is_below = |text: &str, max: u8| text.parse().is_ok_and(|number: u8| number < max);
    let whole = seconds.split_once(['.', ',']).map_or(seconds, |(whole, _)| whole);
    let is_time = is_below(hours, 24) && is_below(minutes, 60) && is_below(whole, 60);
    is_time.then(|| format!("{hours:0>2}:{minutes:0>2}:{seconds:0>2}"))
}
