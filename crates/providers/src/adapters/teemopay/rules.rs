//! What TeemoPay is documented to refuse, found before anybody approves it.

use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Destination, KeyKind, Private},
    country::Country,
    fault::{Fault, Field, Severity},
    order::Order,
};

use super::{TeemoPay, banks, request};
use crate::knowledge::{self, is_email, shaped};

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
    let of_shape = |lengths, letters, rule: &str| {
        let wrong = !shaped(number, lengths, letters);
        wrong.then(|| Fault::of(Field::DocumentNumber, "document_number", rule))
    };
    let fault = match (country, kind) {
        (Country::Pe | Country::Ar, "DNI") => knowledge::dni(number),
        (Country::Pe, "RUC") => knowledge::ruc(number),
        (Country::Pe, "CE" | "PASSPORT") => of_shape(9..=9, true, "this document has 9 characters"),
        (Country::Co, "CC" | "CE") => of_shape(6..=10, false, "this document has 6 to 10 digits"),
        (Country::Co, "NIT") => {
            of_shape(9..=9, false, "TeemoPay takes the 9 digits of a NIT without its check digit")
        }
        (Country::Co, "PASSPORT") => of_shape(9..=9, true, "a passport has 9 characters"),
        (Country::Cl, "RUT" | "RUN") => knowledge::rut(number),
        (Country::Cl, "CE" | "PASS") => of_shape(9..=16, false, "this document has 9 to 16 digits"),
        (Country::Ar, "CUIL" | "CUIT") => knowledge::cuit(number),
        (Country::Ar, "PASSPORT") => of_shape(1..=15, true, "a passport has at most 15 characters"),
        (Country::Br, "CPF") => knowledge::cpf(number),
        (Country::Br, "CNPJ") => knowledge::cnpj(number),
        (Country::Mx, "CURP") => of_shape(8..=18, true, "a CURP has 8 to 18 letters and digits")
            .or_else(|| knowledge::curp(number)),
        (Country::Mx, "RFC") => of_shape(8..=18, true, "an RFC has 8 to 18 letters and digits"),
        (_, _) => {
            let reason = format!("TeemoPay takes {} in {country}", document_kinds(country));
            Some(Fault::of(Field::DocumentType, "document_type", reason))
        }
    };
    faults.extend(fault);
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
        (Destination::Bank { number, .. }, Country::Ar) => faults.extend(knowledge::cbu(number.expose())),
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
            faults.extend(instant(teemopay.country, *kind, key.expose()));
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
    let found = knowledge::cci(cci);
    let is_cci = found.iter().all(|fault| fault.severity == Severity::Warning);
    faults.extend(found);
    if let Some(prefix) = banks::cci_prefix(bank).filter(|_| is_cci) {
        faults.extend(knowledge::of_bank(Country::Pe, prefix, cci));
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

fn clabe(bank: &str, number: &str, faults: &mut Vec<Fault>) {
    let found = knowledge::clabe(number);
    if found.is_empty()
        && let Some(entity) = bank.len().checked_sub(3).and_then(|start| bank.get(start..))
    {
        faults.extend(knowledge::of_bank(Country::Mx, entity, number));
    }
    faults.extend(found);
}

fn instant(country: Country, kind: KeyKind, key: &str) -> Option<Fault> {
    let alias = || key.strip_prefix('@').is_some_and(|alias| shaped(alias, 3..=30, true));
    let reason = match (country, kind) {
        (Country::Br, _) => return knowledge::pix(kind, key),
        (Country::Co, KeyKind::Random) if alias() => return None,
        (Country::Co, KeyKind::Random) => "a Bre-B alias is @ and 3 to 30 letters and digits",
        (Country::Co, KeyKind::Document | KeyKind::Email | KeyKind::Phone) => {
            return knowledge::breb(kind, key);
        }
        (_, _) => "TeemoPay has no such keys",
    };
    Some(Fault::of(Field::BankAccount, "instant_key", reason))
}
