//! A row becomes an order, or has errors; either way all of its faults are found.
//!
//! **Reads**: cells, the directory. **Writes**: nothing. **Invariant**: an order holds cells as
//! they came; nothing is trimmed, rounded or guessed.

use std::fmt::Display;

use jiff::civil::Date;
use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Contact, Destination, Document, KeyKind, Method, Name, Private},
    country::Country,
    fault::{Fault, Field, Severity},
    id::PayoutId,
    money::{Currency, Money, MoneyError, major},
    name::AccountName,
    order::Order,
    reference::Reference,
};

use payrun_tabular::{Kind, NumberDisplay};

use crate::{
    cell, decimal,
    directory::{Directory, Route},
    row::Row,
};

/// Before the supervisor's number of a bank, where the provider's own is not at hand.
/// Of `2027-01-31`.
const ISO_DATE_CHARS: usize = 10;

const ENTITY: &str = "supervisor:";

/// What a row asks for, and of whom.
pub(crate) struct ValidRow {
    pub(crate) account: AccountName,
    pub(crate) order: Order,
}

/// Judges a row that shall become payout `id`. The faults are in the order of the columns; without
/// an order one of them is an error.
pub(crate) fn validate(row: &Row, directory: &Directory, id: PayoutId) -> (Option<ValidRow>, Vec<Fault>) {
    if let Some(fault) = row.damage() {
        return (None, vec![fault]);
    }
    let mut findings = Findings::of(row);
    let valid = order(&mut findings, directory, id);
    let faults = findings.sorted();
    let is_payable = faults.iter().all(|fault| fault.severity == Severity::Warning);
    (valid.filter(|_| is_payable), faults)
}

/// None when too little of it is known to ask the provider's rules; an error says why.
fn order(findings: &mut Findings<'_>, directory: &Directory, id: PayoutId) -> Option<ValidRow> {
    findings.client_id();
    let country = findings.parsed(Field::Country, "country_unknown", str::parse::<Country>);
    let currency = findings.parsed(Field::Currency, "currency_unknown", str::parse::<Currency>);
    let route = findings.route(directory, country, currency);
    let amount = findings.amount(currency, route);
    let beneficiary_name = findings.name();
    let document = Document {
        kind: findings.required(Field::DocumentType).to_owned(),
        number: Private::new(findings.required(Field::DocumentNumber)),
    };
    let destination = findings.destination(route);
    let description = Private::new(findings.text(Field::Description));
    let send_date = findings.send_date();
    let (route, destination) = (route?, destination?);
    // A faulty amount is stood in for, so that the provider's rules can find the other faults. Such
    // an order goes no further.
    let amount = amount.or_else(|| Money::new(1, route.currency).ok())?;
    let contact = Contact { phone: findings.optional(Field::Phone), email: findings.optional(Field::Email) };
    let beneficiary = Beneficiary { name: beneficiary_name, document, destination, contact };
    let order = Order {
        // It stands in: whoever stores the row gives it the reference of its client id.
        reference: Reference::of(id.uuid().as_u128()),
        amount,
        country: route.country,
        beneficiary,
        description,
        send_date,
        provider_id: None,
    };
    findings.add_unless_known((route.check)(&order));
    findings.single_name(&order.beneficiary.name);
    Some(ValidRow { account: route.name.clone(), order })
}

/// Faults found so far. A field with a fault reads as empty from then on, so that one cause makes
/// one fault.
struct Findings<'a> {
    row: &'a Row,
    faults: Vec<Fault>,
    faulty: Vec<Field>,
}

impl<'a> Findings<'a> {
    fn of(row: &'a Row) -> Self {
        let faults: Vec<Fault> = Field::ALL
            .into_iter()
            .flat_map(|field| cell::faults(field, row.get(field), row.kind(field)))
            .collect();
        let faulty = faults.iter().filter_map(|fault| fault.field).collect();
        Self { row, faults, faulty }
    }

    fn add(&mut self, field: Field, code: &'static str, reason: impl Into<String>) {
        self.faults.push(Fault::of(field, code, reason));
        self.faulty.push(field);
    }

    /// What the provider says of a field that is faulty already is about a value that stands in for
    /// it.
    fn add_unless_known(&mut self, faults: Vec<Fault>) {
        let known = &self.faulty;
        self.faults.extend(
            faults.into_iter().filter(|fault| fault.field.is_none_or(|field| !known.contains(&field))),
        );
    }

    fn sorted(mut self) -> Vec<Fault> {
        self.faults.sort_by_key(|fault| fault.field);
        self.faults
    }

    /// The cell; empty when it has a fault.
    fn text(&self, field: Field) -> &'a str {
        if self.faulty.contains(&field) { "" } else { self.row.get(field) }
    }

    /// Something stands in the cell, good or bad.
    fn is_given(&self, field: Field) -> bool {
        !self.row.get(field).is_empty()
    }

    fn required(&mut self, field: Field) -> &'a str {
        if !self.is_given(field) && !self.faulty.contains(&field) {
            self.add(field, "missing", format!("{field} is empty"));
        }
        self.text(field)
    }

    fn optional(&self, field: Field) -> Option<Private> {
        Some(self.text(field)).filter(|text| !text.is_empty()).map(Private::new)
    }

    fn parsed<T, E: Display>(
        &mut self,
        field: Field,
        code: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.required(field);
        if text.is_empty() {
            return None;
        }
        parse(text).map_err(|error| self.add(field, code, error.to_string())).ok()
    }

    fn client_id(&mut self) {
        let text = self.required(Field::ClientId);
        if !text.is_empty() && !cell::is_client_id(text) {
            self.add(
                Field::ClientId,
                "client_id_form",
                "client_id has a character other than A-Z a-z 0-9 . _ : / # -",
            );
        }
    }

    /// The account of the row, unless the row is meant for another country: its rules would then be
    /// the wrong ones.
    fn route<'d>(
        &mut self,
        directory: &'d Directory,
        country: Option<Country>,
        currency: Option<Currency>,
    ) -> Option<&'d Route> {
        if !self.is_given(Field::Account) {
            return self.only_route(directory, country?, currency?);
        }
        let text = self.text(Field::Account);
        if text.is_empty() {
            return None;
        }
        let Some(route) = directory.named(text) else {
            self.add(Field::Account, "account_unknown", "the configuration has no account of this name");
            return None;
        };
        let Route { name, country: pays_in, currency: pays, .. } = route;
        if let Some(currency) = currency.filter(|currency| currency != pays) {
            self.add(Field::Currency, "currency_of_account", format!("{name} pays {pays}, not {currency}"));
        }
        if let Some(country) = country.filter(|country| country != pays_in) {
            self.add(
                Field::Country,
                "country_of_account",
                format!("{name} pays in {pays_in}, not in {country}"),
            );
            return None;
        }
        Some(route)
    }

    fn only_route<'d>(
        &mut self,
        directory: &'d Directory,
        country: Country,
        currency: Currency,
    ) -> Option<&'d Route> {
        let routes = directory.paying(country, currency);
        if let [route] = routes.as_slice() {
            return Some(route);
        }
        if routes.is_empty() {
            let reason = format!("no configured account pays {currency} in {country}");
            self.add(Field::Account, "account_unknown", reason);
        } else {
            let names: Vec<&str> = routes.iter().map(|route| route.name.as_str()).collect();
            let reason = format!("{} all pay {currency} in {country}; name one of them", names.join(", "));
            self.add(Field::Account, "account_ambiguous", reason);
        }
        None
    }

    fn amount(&mut self, currency: Option<Currency>, route: Option<&Route>) -> Option<Money> {
        let text = self.required(Field::Amount);
        if text.is_empty() {
            return None;
        }
        let known = currency.or_else(|| route.map(|route| route.currency));
        if let Some(currency) =
            known.filter(|currency| self.row.says_dollars() && !decimal::has_dollar(*currency))
        {
            let reason = format!(
                "the heading of the amounts has the sign $, and {currency} has another; which is it?"
            );
            self.add(Field::Amount, "amount_currency", reason);
            return None;
        }
        match self.row.display() {
            NumberDisplay::Scaled => {
                let reason = "the workbook shows other digits than the cell has; round the amount itself, or give the cell a format that shows all of it";
                self.add(Field::Amount, "amount_shown", reason);
                return None;
            }
            NumberDisplay::Currency(symbol)
                if known.is_none_or(|known| !decimal::is_symbol_of(symbol, known)) =>
            {
                let reason = format!(
                    "the workbook shows the amount with {symbol}, which is not its currency's; which is it?"
                );
                self.add(Field::Amount, "amount_currency", reason);
                return None;
            }
            NumberDisplay::Plain | NumberDisplay::Currency(_) => {}
        }
        match (self.money(text, known), known) {
            (Ok(amount), Some(currency)) => {
                let limit = route
                    .filter(|route| route.currency == currency && amount.minor() > route.amount_minor_max);
                if let Some(Route { name, amount_minor_max, .. }) = limit {
                    let max = major(*amount_minor_max, currency);
                    self.add(
                        Field::Amount,
                        "amount_over_limit",
                        format!(
                            "the amount is more than {max} {currency}, the most that {name} may pay at once (accounts.{name}.limits.amount_max)"
                        ),
                    );
                }
                Some(amount)
            }
            // How many decimals there may be is not known.
            (Ok(_) | Err(MoneyError::TooManyDecimals { .. }), None) => None,
            (Err(error), _) => {
                let is_exponent =
                    text.contains(['e', 'E']) && text.contains(|char: char| char.is_ascii_digit());
                let reason = match self.row.decimal() {
                    Some(_) if error == MoneyError::NotDecimal && is_exponent => {
                        "the amount has letters between its digits; write all its digits, without an exponent"
                            .to_owned()
                    }
                    Some(decimal) if error == MoneyError::NotDecimal => format!(
                        "the amount is not a number written like the others of this file, which have a decimal {decimal}"
                    ),
                    Some(_) | None => error.to_string(),
                };
                self.add(Field::Amount, amount_code(error), reason);
                None
            }
        }
    }

    /// The amount as the file writes amounts. A number of a workbook, and an amount of a message,
    /// is a plain one.
    fn money(&self, text: &str, currency: Option<Currency>) -> Result<Money, MoneyError> {
        let any = currency.unwrap_or(Currency::Usd);
        let is_plain = matches!(self.row.kind(Field::Amount), Kind::Number);
        match self.row.decimal().filter(|_| !is_plain).and_then(|decimal| decimal.plain(text, currency)) {
            Some(plain) => Money::parse(&plain, any),
            None if is_plain || self.row.decimal().is_none() => Money::parse(text, any),
            // In the other way, or in none.
            None => Err(match text.trim().strip_prefix('-') {
                Some(rest)
                    if self.row.decimal().is_some_and(|decimal| decimal.plain(rest, currency).is_some()) =>
                {
                    MoneyError::Negative
                }
                Some(_) | None => MoneyError::NotDecimal,
            }),
        }
    }

    fn name(&mut self) -> Name {
        let person = self.is_given(Field::FirstName) || self.is_given(Field::LastName);
        if self.is_given(Field::CompanyName) {
            if person {
                self.add(
                    Field::CompanyName,
                    "unexpected",
                    "give first_name and last_name of a person, or company_name of a company, not both",
                );
            }
            return Name::Company(Private::new(self.text(Field::CompanyName)));
        }
        if person {
            let first = Private::new(self.required(Field::FirstName));
            return Name::Person { first, last: self.optional(Field::LastName) };
        }
        self.add(
            Field::FirstName,
            "missing",
            "no person or company is named; give first_name and last_name of a person, or company_name of a company",
        );
        self.faulty.extend([Field::LastName, Field::CompanyName]);
        Name::Company(Private::new(""))
    }

    /// One form only: 01/02/2027 is two days.
    fn send_date(&mut self) -> Option<Date> {
        let text = self.text(Field::SendDate);
        if text.is_empty() {
            return None;
        }
        let date: Option<Date> = text.parse().ok().filter(|_| text.len() == ISO_DATE_CHARS);
        if date.is_none() {
            self.add(Field::SendDate, "send_date", "write the day as year, month and day: 2027-01-31");
        }
        date
    }

    /// Some people have one name only, and most rows that do have lost a cell.
    fn single_name(&mut self, name: &Name) {
        let is_told = self.faults.iter().any(|fault| fault.field == Some(Field::LastName));
        if matches!(name, Name::Person { last: None, .. }) && !is_told {
            let reason = "last_name is empty: this person is paid under one name; fill it in where there is a family name";
            self.faults.push(Fault::warning(Field::LastName, "name_single", reason));
        }
    }

    fn destination(&mut self, route: Option<&Route>) -> Option<Destination> {
        let method = self.parsed(Field::Method, "method_unknown", |text| {
            let method = Method::ALL.into_iter().find(|method| method.as_str() == text);
            method.ok_or("unknown method; write one of bank, wallet, instant, cash")
        })?;
        for field in unused(method) {
            if self.is_given(*field) {
                let reason = format!("method {} has no {field}; leave it empty", method.as_str());
                self.add(*field, "unexpected", reason);
            }
        }
        Some(match method {
            Method::Bank => Destination::Bank {
                bank: self.bank(route),
                number: Private::new(self.required(Field::BankAccount)),
                kind: self.account_kind().unwrap_or(AccountKind::Savings),
                local: self.optional(Field::BankAccountLocal),
            },
            Method::Wallet => Destination::Wallet {
                wallet: self.required(Field::Bank).to_owned(),
                phone: Private::new(self.required(Field::BankAccount)),
            },
            Method::Instant => Destination::Instant {
                kind: self.key_kind().unwrap_or(KeyKind::Random),
                key: Private::new(self.required(Field::BankAccount)),
            },
            Method::Cash => Destination::Cash,
        })
    }

    /// As written, or the provider's code of what is written neutrally: decided here once, so that
    /// no later send can name another bank.
    fn bank(&mut self, route: Option<&Route>) -> String {
        let text = self.required(Field::Bank);
        let (Some(entity), Some(route)) = (text.strip_prefix(ENTITY), route) else { return text.to_owned() };
        (route.bank_code)(entity).unwrap_or_else(|| {
            let reason = format!(
                "no code of the provider of {} is known for this bank; write the provider's own",
                route.name
            );
            self.add(Field::Bank, "bank_entity", reason);
            String::new()
        })
    }

    fn account_kind(&mut self) -> Option<AccountKind> {
        self.parsed(Field::BankAccountType, "bank_account_type_unknown", |text| {
            let kind = AccountKind::ALL.into_iter().find(|kind| kind.as_str() == text);
            kind.ok_or(
                "unknown kind of bank account; write one of checking, savings, sight, rut, salary, agreement",
            )
        })
    }

    fn key_kind(&mut self) -> Option<KeyKind> {
        self.parsed(Field::BankAccountType, "bank_account_type_unknown", |text| {
            let kind = KeyKind::ALL.into_iter().find(|kind| kind.as_str() == text);
            kind.ok_or("unknown kind of key; write one of document, email, phone, random, commerce")
        })
    }
}

const fn unused(method: Method) -> &'static [Field] {
    match method {
        Method::Bank => &[],
        Method::Wallet => &[Field::BankAccountType, Field::BankAccountLocal],
        Method::Instant => &[Field::Bank, Field::BankAccountLocal],
        Method::Cash => &[Field::Bank, Field::BankAccount, Field::BankAccountType, Field::BankAccountLocal],
    }
}

const fn amount_code(error: MoneyError) -> &'static str {
    match error {
        MoneyError::Empty => "missing",
        MoneyError::NotDecimal => "amount_form",
        MoneyError::Negative => "amount_negative",
        MoneyError::Zero => "amount_zero",
        MoneyError::TooManyDecimals { .. } => "amount_decimals",
        MoneyError::TooLarge => "amount_too_large",
    }
}
