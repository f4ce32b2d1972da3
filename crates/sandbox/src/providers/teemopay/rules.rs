//! What a create must have, by country. The first fault is answered, as the real one does.

use std::collections::BTreeMap;

use serde_json::Value;

/// A refusal: the body's code and message.
pub(crate) type Refusal = (u16, &'static str);

/// A create that holds together.
pub(crate) struct Payout {
    pub(crate) reference: String,
    pub(crate) amount_minor: i64,
    pub(crate) account_type: i64,
    pub(crate) account: String,
    pub(crate) document: String,
}

const PERU_BANKS: &str = "1 2 3 4 5 6 7 8 9 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 43 58 62 63 91 93 94 96 99 836 100";

/// Fields, as text; numbers may come as text and text as numbers.
struct Fields<'a>(&'a BTreeMap<String, Value>);

impl Fields<'_> {
    fn text(&self, name: &str) -> String {
        match self.0.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    fn required(&self, name: &str, most: usize) -> Result<String, Refusal> {
        let text = self.text(name);
        if text.trim().is_empty() || text.chars().count() > most {
            Err((414, "parameter error"))
        } else {
            Ok(text)
        }
    }
}

pub(crate) fn examine(body: &BTreeMap<String, Value>, country: &str) -> Result<Payout, Refusal> {
    let fields = Fields(body);
    let reference = fields.required("merchantOrderNo", 32)?;
    let amount = fields.required("amount", 20)?;
    if !matches!(body.get("amount"), Some(Value::String(_))) {
        return Err((414, "amount must be a string"));
    }
    let amount_minor = hundredths(&amount, country == "CL").ok_or((414, "amount error"))?;
    let account_type: i64 =
        fields.required("accountType", 8)?.parse().map_err(|_| (455, "account type error"))?;
    let account = fields.required("bankAccount", 255)?;
    fields.required("realName", if country == "BR" { 255 } else { 40 })?;
    let document = fields.required("idCardNumber", 50)?;
    identity(&fields.text("idType"), &document, country)?;
    match country {
        "PE" => peru(&fields, account_type, &account)?,
        "CL" => {
            allowed(account_type, &[601, 602, 603, 604, 605])?;
            bank(&fields)?;
            if fields.required("phone", 9)?.len() != 9 || !fields.required("email", 64)?.contains('@') {
                return Err((414, "phone or email error"));
            }
        }
        "CO" => {
            allowed(account_type, &[201, 202, 203, 204])?;
            bank(&fields)?;
        }
        "MX" => {
            allowed(account_type, &[3, 40])?;
            bank(&fields)?;
            let code = fields.text("bankCode");
            if account_type == 40 && (account.len() != 18 || !code.ends_with(account.get(..3).unwrap_or("?")))
            {
                return Err((429, "bank account does not match the bank"));
            }
        }
        "AR" => {
            allowed(account_type, &[901, 902])?;
            if account.len() != 22 || (account_type == 901) != account.starts_with("000") {
                return Err((432, "account and method do not match"));
            }
        }
        _ => allowed(account_type, &[401, 402, 403, 404, 405])?,
    }
    Ok(Payout { reference, amount_minor, account_type, account, document })
}

fn allowed(account_type: i64, known: &[i64]) -> Result<(), Refusal> {
    if known.contains(&account_type) { Ok(()) } else { Err((455, "account type error")) }
}

fn bank(fields: &Fields<'_>) -> Result<(), Refusal> {
    fields.required("bankCode", 50)?;
    fields.required("bankName", 50).map(drop)
}

fn peru(fields: &Fields<'_>, account_type: i64, account: &str) -> Result<(), Refusal> {
    allowed(account_type, &[101, 102, 103])?;
    bank(fields)?;
    let code = fields.text("bankCode");
    if !PERU_BANKS.split(' ').any(|known| known == code) {
        return Err((432, "bank error"));
    }
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let length = match (code.as_str(), account_type) {
        ("1", 102) | ("2", _) => 13,
        ("1", _) => 14,
        ("3", _) => 18,
        ("4", _) => 10,
        ("100", _) => 9,
        _ => 20,
    };
    if account.len() != length || !digits(account) {
        return Err((429, "bank account length error"));
    }
    if code == "1" && !matches!(account.as_bytes().get(account.len() - 3), Some(b'0' | b'1')) {
        return Err((429, "the third digit from the end must be 0 or 1"));
    }
    if (account_type == 103) != (code == "100") {
        return Err((432, "bank and method do not match"));
    }
    let cci = fields.text("cciNumber");
    if account_type != 103 && (cci.len() != 20 || !digits(&cci)) {
        return Err((414, "cciNumber must have 20 digits"));
    }
    Ok(())
}

fn identity(kind: &str, number: &str, country: &str) -> Result<(), Refusal> {
    let lengths = match (country, kind) {
        ("PE" | "AR", "DNI") => 8..=8,
        ("PE", "RUC") | ("AR", "CUIL" | "CUIT") | ("BR", "CPF") => 11..=11,
        ("PE", "CE" | "PA") | ("CO", "NIT" | "PA") | ("CL", "RUT" | "RUN") => 9..=9,
        ("CO", "CC" | "CE") => 6..=10,
        ("CL", "CE" | "PASS") => 9..=16,
        ("AR", "PA") => 1..=15,
        ("BR", "CNPJ") => 14..=14,
        ("MX", "") => 1..=50,
        _ => return Err((475, "id type error")),
    };
    if lengths.contains(&number.len()) { Ok(()) } else { Err((476, "id number error")) }
}

/// Hundredths of a positive decimal with at most two places, or with none where the country
/// pays whole units only.
fn hundredths(text: &str, whole: bool) -> Option<i64> {
    let (units, cents) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if units.is_empty()
        || cents.len() > 2
        || !digits(units)
        || !digits(cents)
        || (whole && text.contains('.'))
    {
        return None;
    }
    let amount = format!("{units}{cents:0<2}").parse().ok()?;
    (amount > 0).then_some(amount)
}
