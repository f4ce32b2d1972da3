//! What TeemoPay is documented to refuse, found before anybody approves it.

use std::ops::RangeInclusive;

use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Destination, KeyKind, Private},
    country::Country,
    fault::{Fault, Field},
    order::Order,
};

use super::{TeemoPay, banks, request};
use crate::digits;

const NAME_CHARS_MAX: usize = 40;

/// Every fault at once.
pub(super) fn check(teemopay: &TeemoPay, order: &Order) -> Vec<Fault> {
    let mut faults = Vec::new();
    let country = teemopay.country;
    if order.country != country {
        let reason = format!("this account pays in {country}, not in {}", order.country);
        faults.push(Fault::of(Field::Country, "country", reason));
    }
    if order.amount.currency() != country.currency() {
        let reason = format!("this account pays {}, not {}", country.currency(), order.amount.currency());
        faults.push(Fault::of(Field::Currency, "currency", reason));
    }
    name(&order.beneficiary, &mut faults);
    document(country, &order.beneficiary, &mut faults);
    contact(country, &order.beneficiary, &mut faults);
    destination(teemopay, &order.beneficiary.destination, &mut faults);
    faults
}

fn name(beneficiary: &Beneficiary, faults: &mut Vec<Fault>) {
    let name = request::full_name(&beneficiary.name);
    let field = match &beneficiary.name {
        payrun_domain::beneficiary::Name::Person { .. } => Field::FirstName,
        payrun_domain::beneficiary::Name::Company(_) => Field::CompanyName,
    };
    if !name.chars().all(|letter| letter.is_alphanumeric() || letter == ' ') {
        faults.push(Fault::of(field, "name_letters", "TeemoPay takes letters, digits and blanks only"));
    }
    if name.chars().count() > NAME_CHARS_MAX {
        let reason = "the whole name has more than 40 letters, which TeemoPay refuses; shorten it";
        faults.push(Fault::of(field, "name_length", reason));
    }
}

fn document(country: Country, beneficiary: &Beneficiary, faults: &mut Vec<Fault>) {
    let (kind, number) = (&*beneficiary.document.kind, beneficiary.document.number.expose());
    let (right, rule) = match (country, kind) {
        (Country::Pe, "DNI") if shaped(number, 7..=7, false) => {
            (false, "a DNI has 8 digits; this one has 7: a spreadsheet probably dropped its leading zero")
        }
        (Country::Pe, "RUC") => (digits::is_ruc(number), "a RUC has 11 digits, and its check digit must fit"),
        (Country::Pe, "CE" | "PASSPORT") => (shaped(number, 9..=9, true), "this document has 9 characters"),
        (Country::Co, "CC" | "CE") => (shaped(number, 6..=10, false), "this document has 6 to 10 digits"),
        (Country::Co, "NIT") => {
            (shaped(number, 9..=9, false), "TeemoPay takes the 9 digits of a NIT without its check digit")
        }
        (Country::Co, "PASSPORT") => (shaped(number, 9..=9, true), "a passport has 9 characters"),
        (Country::Cl, "RUT" | "RUN") => (
            digits::is_rut(number),
            "a RUT has 8 or 9 characters without dots and dash, the last its check digit or K",
        ),
        (Country::Cl, "CE" | "PASS") => (shaped(number, 9..=16, false), "this document has 9 to 16 digits"),
        (Country::Pe | Country::Ar, "DNI") => (shaped(number, 8..=8, false), "a DNI has 8 digits"),
        (Country::Ar, "CUIL" | "CUIT") => {
            (digits::is_cuit(number), "a CUIT or CUIL has 11 digits, and its check digit must fit")
        }
        (Country::Ar, "PASSPORT") => (shaped(number, 1..=15, true), "a passport has at most 15 characters"),
        (Country::Br, "CPF") => {
            (digits::is_cpf(number), "a CPF has 11 digits, and its check digits must fit")
        }
        (Country::Br, "CNPJ") => {
            (digits::is_cnpj(number), "a CNPJ has 14 digits, and its check digits must fit")
        }
        (Country::Mx, "CURP" | "RFC") => {
            (shaped(number, 8..=18, true), "a CURP or RFC has 8 to 18 letters and digits")
        }
        (_, _) => {
            let reason = format!("TeemoPay takes {} in {country}", document_kinds(country));
            faults.push(Fault::of(Field::DocumentType, "document_type", reason));
            return;
        }
    };
    if !right {
        faults.push(Fault::of(Field::DocumentNumber, "document_number", rule));
    }
}

const fn document_kinds(country: Country) -> &'static str {
    match country {
        Country::Ar => "DNI, CUIL, CUIT and PASSPORT",
        Country::Br => "CPF and CNPJ",
        Country::Cl => "RUT, RUN, CE and PASS",
        Country::Co => "CC, CE, NIT and PASSPORT",
        Country::Mx => "CURP and RFC",
        Country::Pe => "DNI, RUC, CE and PASSPORT",
        Country::Uy => "nothing",
    }
}

fn contact(country: Country, beneficiary: &Beneficiary, faults: &mut Vec<Fault>) {
    let contact = &beneficiary.contact;
    let phone = contact.phone.as_ref().map(Private::expose);
    let (right, rule) = match (country, phone) {
        (Country::Cl, None) => (false, "TeemoPay wants a telephone of 9 digits in Chile"),
        (Country::Cl, Some(phone)) => (shaped(phone, 9..=9, false), "a Chilean telephone has 9 digits"),
        (Country::Pe, Some(phone)) => (
            shaped(phone, 9..=9, false) && phone.starts_with('9'),
            "a Peruvian telephone has 9 digits and begins with 9",
        ),
        (_, _) => (true, ""),
    };
    if !right {
        faults.push(Fault::of(Field::Phone, "phone", rule));
    }
    let email = contact.email.as_ref().map(Private::expose);
    if country == Country::Cl && !email.is_some_and(|email| email.len() <= 64 && is_email(email)) {
        let reason = "TeemoPay wants an e-mail address of at most 64 characters in Chile";
        faults.push(Fault::of(Field::Email, "email", reason));
    }
}

fn destination(teemopay: &TeemoPay, destination: &Destination, faults: &mut Vec<Fault>) {
    match (destination, teemopay.country) {
        (Destination::Bank { bank, number, kind, local }, Country::Pe) => {
            bank_kind(Country::Pe, *kind, faults);
            peruvian(bank, number.expose(), (*kind, local.as_ref()), faults);
        }
        (Destination::Bank { number, .. }, Country::Ar) => cbu(number.expose(), faults),
        (Destination::Bank { bank, number, kind, .. }, Country::Cl | Country::Co | Country::Mx) => {
            bank_kind(teemopay.country, *kind, faults);
            if teemopay.bank_name(bank).is_none() {
                let reason = "TeemoPay wants the bank's name beside its code, and payrun does not know this one: add it to the \
                              account's bank_names, as TeemoPay's list has it";
                faults.push(Fault::of(Field::Bank, "bank", reason));
            }
            if teemopay.country == Country::Mx {
                clabe(bank, number.expose(), faults);
            } else if !shaped(number.expose(), 1..=50, false) {
                let reason = "an account has at most 50 digits";
                faults.push(Fault::of(Field::BankAccount, "bank_account", reason));
            }
        }
        (Destination::Wallet { wallet, phone }, Country::Pe) => {
            if wallet != banks::YAPE {
                let reason = "Yape is the only wallet that TeemoPay pays to: its code is 100";
                faults.push(Fault::of(Field::Bank, "bank", reason));
            }
            if !shaped(phone.expose(), 9..=9, false) || !phone.expose().starts_with('9') {
                let reason = "a wallet is a telephone of 9 digits that begins with 9";
                faults.push(Fault::of(Field::BankAccount, "phone", reason));
            }
        }
        (Destination::Instant { kind, key }, Country::Co | Country::Br) => {
            instant(teemopay.country, *kind, key.expose(), faults);
        }
        (
            Destination::Bank { .. }
            | Destination::Wallet { .. }
            | Destination::Instant { .. }
            | Destination::Cash,
            _,
        ) => {
            let reason = format!(
                "TeemoPay is documented to pay {} in {}",
                methods(teemopay.country),
                teemopay.country
            );
            faults.push(Fault::of(Field::Method, "method", reason));
        }
    }
}

const fn methods(country: Country) -> &'static str {
    match country {
        Country::Pe => "to banks and to Yape",
        Country::Co => "to banks and to Bre-B keys",
        Country::Br => "to Pix keys",
        Country::Ar | Country::Cl | Country::Mx | Country::Uy => "to banks",
    }
}

fn bank_kind(country: Country, kind: AccountKind, faults: &mut Vec<Fault>) {
    if request::bank_kind(country, kind).is_none() {
        let reason = format!("TeemoPay does not know {} accounts in {country}", kind.word());
        faults.push(Fault::of(Field::BankAccountType, "bank_account_type", reason));
    }
}

fn peruvian(bank: &str, cci: &str, (kind, local): (AccountKind, Option<&Private>), faults: &mut Vec<Fault>) {
    if shaped(cci, 19..=19, false) {
        let reason = "a CCI has 20 digits; this one has 19: a spreadsheet probably dropped its leading zero";
        faults.push(Fault::of(Field::BankAccount, "bank_account", reason));
    } else if !shaped(cci, 20..=20, false) {
        faults.push(Fault::of(Field::BankAccount, "bank_account", "TeemoPay takes the CCI, 20 digits"));
    } else if banks::cci_prefix(bank).is_some_and(|prefix| !cci.starts_with(prefix)) {
        let reason = "the CCI is of another bank than the column bank says; were two columns swapped?";
        faults.push(Fault::of(Field::BankAccount, "bank_mismatch", reason));
    }
    let Some(listed) = banks::peruvian(bank).filter(|_| bank != banks::YAPE) else {
        let reason =
            "this is no bank of TeemoPay's list; it numbers banks its own way, as in 2 for Interbank";
        faults.push(Fault::of(Field::Bank, "bank", reason));
        return;
    };
    let length = if kind == AccountKind::Checking { listed.lengths.1 } else { listed.lengths.0 };
    let Some(local) = local.map(Private::expose) else {
        if length != banks::CCI {
            let reason = format!(
                "TeemoPay wants the account's own number at {} beside the CCI: {length} digits",
                listed.name
            );
            faults.push(Fault::of(Field::BankAccountLocal, "missing", reason));
        }
        return;
    };
    // BCP writes the account's currency into the third digit from the end.
    let currency = local.len().checked_sub(3).and_then(|place| local.as_bytes().get(place));
    let reason = if !shaped(local, length..=length, false) {
        format!("an account at {} has {length} digits", listed.name)
    } else if bank == "1" && !matches!(currency, Some(b'0' | b'1')) {
        "the third digit from the end of a BCP account is 0 or 1".to_owned()
    } else {
        return;
    };
    faults.push(Fault::of(Field::BankAccountLocal, "bank_account_local", reason));
}

fn cbu(number: &str, faults: &mut Vec<Fault>) {
    if digits::is_cbu(number) {
        return;
    }
    let reason = if shaped(number, 21..=21, false) {
        "a CBU has 22 digits; this one has 21: a spreadsheet probably dropped its leading zero"
    } else {
        "TeemoPay takes the CBU or CVU, 22 digits, and its check digits must fit"
    };
    faults.push(Fault::of(Field::BankAccount, "bank_account", reason));
}

fn clabe(bank: &str, number: &str, faults: &mut Vec<Fault>) {
    let reason = if shaped(number, 17..=17, false) {
        "a CLABE has 18 digits; this one has 17: a spreadsheet probably dropped its leading zero"
    } else if !digits::is_clabe(number) {
        "TeemoPay takes the CLABE, 18 digits, and its check digit must fit; payrun takes no card numbers"
    } else if number.get(..3) != bank.len().checked_sub(3).and_then(|start| bank.get(start..)) {
        "the CLABE begins with another bank's code than the column bank ends with; were two columns swapped?"
    } else {
        return;
    };
    faults.push(Fault::of(Field::BankAccount, "bank_account", reason));
}

fn instant(country: Country, kind: KeyKind, key: &str, faults: &mut Vec<Fault>) {
    let (right, rule) = match (country, kind) {
        (Country::Br, KeyKind::Document) => {
            (digits::is_cpf(key) || digits::is_cnpj(key), "the key must be a valid CPF or CNPJ")
        }
        (Country::Br, KeyKind::Phone) => (
            key.strip_prefix("+55").is_some_and(|rest| shaped(rest, 10..=11, false)),
            "a Pix telephone begins with +55",
        ),
        (Country::Br, KeyKind::Random) => (key.len() == 36, "a random Pix key is a UUID"),
        (_, KeyKind::Email) => {
            ((6..=255).contains(&key.len()) && is_email(key), "the key must be an e-mail address")
        }
        (Country::Co, KeyKind::Phone) => (
            shaped(key, 10..=10, false) && key.starts_with('3'),
            "a Bre-B telephone has 10 digits, begins with 3 and has no +57",
        ),
        (Country::Co, KeyKind::Document) => {
            (shaped(key, 6..=12, false), "a Bre-B document has 6 to 12 digits")
        }
        (Country::Co, KeyKind::Random) => (
            key.strip_prefix('@').is_some_and(|alias| shaped(alias, 3..=30, true)),
            "a Bre-B alias is @ and 3 to 30 letters and digits",
        ),
        (_, _) => (false, "TeemoPay has no such keys"),
    };
    if !right {
        faults.push(Fault::of(Field::BankAccount, "instant_key", rule));
    }
}

fn is_email(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}

/// Length of a number, and whether it may have letters.
fn shaped(number: &str, lengths: RangeInclusive<usize>, letters: bool) -> bool {
    let allowed = |byte: u8| byte.is_ascii_digit() || (letters && byte.is_ascii_alphanumeric());
    lengths.contains(&number.len()) && number.bytes().all(allowed)
}
