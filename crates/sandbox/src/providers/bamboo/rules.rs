//! What Bamboo's validators refuse before a payout exists (400), and the instruction that is left
//! when they pass.

use serde::Serialize;

use super::country::{CURRENCIES, Country, is_covered};
use super::document::{Holder, is_cnpj, is_cpf, is_digits};
use super::kind::Kind;
use super::request::{BankAccount, Location, PayoutRequest};

/// A create whose form is right. Whether it is paid is another question.
pub(crate) struct Instruction {
    pub(crate) country: &'static Country,
    pub(crate) kind: Kind,
    /// Hundredths of the currency.
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    pub(crate) destination_currency: String,
    pub(crate) reference: String,
    pub(crate) reason: Option<String>,
    pub(crate) holder: Holder,
    pub(crate) document_type: String,
    pub(crate) document_number: String,
    /// The bank's code; empty where there is none.
    pub(crate) bank: String,
    /// The account number, or the key of an instant payment.
    pub(crate) account: String,
}

/// One validator's complaint, as Bamboo prints it.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Violation {
    error_code: &'static str,
    property_name: &'static str,
    message: String,
}

impl Violation {
    /// The sandbox's own complaint: a reason that begins with `sandbox:` and steers nothing.
    pub(crate) fn unknown_trigger() -> Self {
        let message = "'Reason' is no trigger of the sandbox: see the list in its README.".to_owned();
        Self { error_code: "PredicateValidator", property_name: "Reason", message }
    }
}

const NAME_CHARS_MAX: usize = 35;

/// Runs every validator, so that one mistake never hides the next.
pub(crate) fn validate(request: &PayoutRequest) -> Result<Instruction, Vec<Violation>> {
    let mut checks = Checks::default();
    let country_code = checks.exact("Country", request.country.as_deref(), 2);
    let country = Country::find(country_code);
    checks.that(country_code.is_empty() || is_covered(country_code), "Country", "is not covered");
    let amount_minor = request.amount.unwrap_or_default();
    checks.rule(amount_minor > 0, "GreaterThanValidator", "Amount", "must be greater than '0'");
    let currency = checks.currency("Currency", request.currency.as_deref());
    let destination = match request.destination_currency.as_deref() {
        None => country.map_or("", |country| country.currency),
        given => checks.currency("DestinationCurrency", given),
    };
    let reference = checks.text("Reference", request.reference.as_deref());
    let kind = country.and_then(|country| {
        let kind = country.kinds.iter().find(|kind| Some(kind.code()) == request.kind);
        checks.that(kind.is_some(), "Type", "is not available in the country");
        kind.copied()
    });
    let holder = check_payee_name(request, &mut checks);
    let document = request.payee.as_ref().and_then(|payee| payee.document.as_ref());
    let document_type =
        checks.text("Payee.Document.Type", document.and_then(|document| document.kind.as_deref()));
    let document_number =
        checks.text("Payee.Document.Number", document.and_then(|document| document.number.as_deref()));
    let (bank, account) = match (country, kind) {
        (Some(country), Some(Kind::Instant)) => (String::new(), check_instant(request, country, &mut checks)),
        (Some(country), Some(Kind::Bank | Kind::Wallet)) => check_account(request, country, &mut checks),
        (None, _) | (_, None) => (String::new(), String::new()),
    };
    match (country, kind) {
        (Some(country), Some(kind)) if checks.0.is_empty() => Ok(Instruction {
            country,
            kind,
            amount_minor,
            currency: currency.to_owned(),
            destination_currency: destination.to_owned(),
            reference: reference.to_owned(),
            reason: request.reason.clone(),
            holder,
            document_type: document_type.to_owned(),
            document_number: document_number.to_owned(),
            bank,
            account,
        }),
        _ => Err(checks.0),
    }
}

fn check_payee_name(request: &PayoutRequest, checks: &mut Checks) -> Holder {
    let Some(payee) = &request.payee else { return Holder::Person };
    if let Some(company) = payee.company_name.as_deref() {
        checks.company("Payee.CompanyName", company);
        let alone = payee.first_name.is_none() && payee.last_name.is_none();
        checks.that(alone, "Payee.CompanyName", "must not come with a first or last name");
        return Holder::Company;
    }
    let first = checks.person("Payee.FirstName", payee.first_name.as_deref());
    let last = checks.person("Payee.LastName", payee.last_name.as_deref());
    let chars = first.chars().count() + last.chars().count();
    checks.longest("Payee.FirstName", chars, NAME_CHARS_MAX);
    Holder::Person
}

fn check_account(request: &PayoutRequest, country: &Country, checks: &mut Checks) -> (String, String) {
    let Some(account) = request.payee.as_ref().and_then(|payee| payee.bank_account.as_ref()) else {
        return (String::new(), String::new());
    };
    let number = checks.text("Payee.BankAccount.Number", account.number.as_deref()).to_owned();
    if country.is_swift() {
        check_swift(request, account, country, checks);
        return (String::new(), number);
    }
    let typed = matches!(account.kind, Some(1 | 2));
    checks.that(typed, "Payee.BankAccount.Type", "must be 1 (checking) or 2 (savings)");
    (checks.text("Payee.BankAccount.CodeBank", account.code_bank.as_deref()).to_owned(), number)
}

fn check_swift(request: &PayoutRequest, account: &BankAccount, country: &Country, checks: &mut Checks) {
    let bic = checks.text("Payee.BankAccount.Swift", account.swift.as_deref());
    let bic_is_formed = matches!(bic.len(), 8 | 11) && bic.bytes().all(|byte| byte.is_ascii_alphanumeric());
    checks.that(bic.is_empty() || bic_is_formed, "Payee.BankAccount.Swift", "is not a BIC");
    checks.that(
        account.code_bank.as_deref().unwrap_or_default().is_empty(),
        "Payee.BankAccount.CodeBank",
        "must be empty",
    );
    if country.code == "CN" {
        let known = ["CGODDR", "CSTRDR", "CCTFDR", "CCDNDR", "COCADR"];
        let code = request.payment_code.as_deref().unwrap_or_default();
        checks.that(known.contains(&code), "PaymentCode", "is not a known purpose");
    }
    if country.code == "EG" {
        let location = request.payee.as_ref().and_then(|payee| payee.location.as_ref());
        let city = checks.text("Payee.Location.City", location.and_then(|location| location.city.as_deref()));
        checks.longest("Payee.Location.City", city.chars().count(), 20);
        checks.address("Payee.Location.Address", location);
    }
    let Some(remitter) = &request.remitter else {
        checks.rule(false, "NotNullValidator", "Remitter", "must not be empty");
        return;
    };
    if let Some(company) = remitter.company_name.as_deref() {
        checks.company("Remitter.CompanyName", company);
    } else {
        let first = checks.text("Remitter.FirstName", remitter.first_name.as_deref());
        let last = checks.text("Remitter.LastName", remitter.last_name.as_deref());
        let chars = first.chars().count() + last.chars().count();
        checks.longest("Remitter.FirstName", chars, NAME_CHARS_MAX);
    }
    checks.address("Remitter.Location.Address", remitter.location.as_ref());
}

/// Returns the key.
fn check_instant(request: &PayoutRequest, country: &Country, checks: &mut Checks) -> String {
    let no_account = request.payee.as_ref().is_none_or(|payee| payee.bank_account.is_none());
    checks.that(no_account, "Payee.BankAccount", "must be absent from an instant payment");
    let keys = request.instant.as_ref();
    checks.that(keys.is_some_and(|keys| keys.len() == 1), "InstantPaymentData", "must have exactly one key");
    let Some((name, key)) = keys.and_then(|keys| keys.first_key_value()) else { return String::new() };
    let key = checks.text("InstantPaymentData", key.as_deref());
    let pix = country.code == "BR";
    let formed = match name.as_str() {
        "Document" => is_cpf(key) || is_cnpj(key) || (!pix && is_digits(key)),
        "Email" => key.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.')),
        "Phone" if pix => key.strip_prefix("+55").is_some_and(is_digits),
        "Phone" => is_digits(key),
        "Random" if pix => is_uuid(key),
        "Random" => true,
        "Commerce" => !pix,
        _ => false,
    };
    checks.that(formed, "InstantPaymentData", "is not a valid key");
    key.to_owned()
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[derive(Default)]
struct Checks(Vec<Violation>);

impl Checks {
    fn rule(&mut self, holds: bool, validator: &'static str, property: &'static str, complaint: &str) {
        if !holds {
            let message = format!("'{property}' {complaint}.");
            self.0.push(Violation { error_code: validator, property_name: property, message });
        }
    }

    fn that(&mut self, holds: bool, property: &'static str, complaint: &str) {
        self.rule(holds, "PredicateValidator", property, complaint);
    }

    /// The text, which must not be blank; empty when it is absent.
    fn text<'a>(&mut self, property: &'static str, text: Option<&'a str>) -> &'a str {
        let text = text.unwrap_or_default();
        self.rule(!text.trim().is_empty(), "NotEmptyValidator", property, "must not be empty");
        text
    }

    fn exact<'a>(&mut self, property: &'static str, text: Option<&'a str>, chars: usize) -> &'a str {
        let text = self.text(property, text);
        let entered = text.chars().count();
        let complaint = format!("must be {chars} characters in length. You entered {entered} characters");
        self.rule(entered == chars || text.is_empty(), "ExactLengthValidator", property, &complaint);
        text
    }

    fn longest(&mut self, property: &'static str, entered: usize, chars: usize) {
        let complaint = format!("must be {chars} characters or fewer. You entered {entered} characters");
        self.rule(entered <= chars, "MaximumLengthValidator", property, &complaint);
    }

    fn currency<'a>(&mut self, property: &'static str, text: Option<&'a str>) -> &'a str {
        let currency = self.exact(property, text, 3);
        self.that(currency.is_empty() || CURRENCIES.contains(&currency), property, "is not a known currency");
        currency
    }

    fn person<'a>(&mut self, property: &'static str, text: Option<&'a str>) -> &'a str {
        let name = self.text(property, text);
        let letters = name.chars().all(|char| char.is_alphabetic() || char == ' ');
        self.rule(letters, "RegularExpressionValidator", property, "must have letters only");
        name
    }

    fn company(&mut self, property: &'static str, name: &str) {
        self.text(property, Some(name));
        let formed = name.chars().all(|char| char.is_alphanumeric() || char == ' ');
        self.rule(formed, "RegularExpressionValidator", property, "must be alphanumeric");
        self.longest(property, name.chars().count(), NAME_CHARS_MAX);
    }

    fn address(&mut self, property: &'static str, location: Option<&Location>) {
        let address = self.text(property, location.and_then(|location| location.address.as_deref()));
        self.longest(property, address.chars().count(), NAME_CHARS_MAX);
    }
}
