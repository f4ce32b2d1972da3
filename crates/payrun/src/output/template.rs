//! An empty payroll: its columns, what each takes, and examples, in the clerk's words.

use std::{
    fs,
    io::{self, BufWriter, Write as _},
};

use payrun_domain::{beneficiary::Method, country::Country, fault::Field, name::AccountName};
use payrun_ingest::Sheet;
use payrun_providers::{Bank, Choices};
use payrun_tabular::Separator;

use super::{language::Lang, phrase::phrase};
use crate::config::example;

/// One row for each of so many ways of paying.
const EXAMPLES_MAX: usize = 2;

/// A payroll without people yet.
pub(crate) struct Template {
    pub(crate) lang: Lang,
    pub(crate) columns: Vec<Column>,
    /// As many cells as columns.
    pub(crate) examples: Vec<Vec<String>>,
    /// What the column of banks takes.
    pub(crate) banks: Vec<Bank>,
    /// The decimals of an amount.
    pub(crate) decimals: usize,
}

/// A column, and what a clerk should know of it.
pub(crate) struct Column {
    pub(crate) field: Field,
    pub(crate) heading: &'static str,
    pub(crate) meaning: String,
    /// What its cells take; empty where that is no list.
    pub(crate) list: Vec<String>,
    /// Something else may be right, too.
    pub(crate) is_open: bool,
}

impl Template {
    /// What is known of a provider in a country, and a column for `account` if it is given.
    pub(crate) fn new(known: &Known<'_>, account: Option<&AccountName>) -> Self {
        let Known { choices, lang, .. } = *known;
        let has = |field: &Field| match field {
            Field::Account => account.is_some(),
            Field::Description | Field::BankAccountLocal | Field::Phone | Field::Email | Field::SendDate => {
                choices.wants.contains(field) || choices.takes.contains(field)
            }
            Field::ClientId
            | Field::Country
            | Field::Currency
            | Field::Amount
            | Field::Method
            | Field::FirstName
            | Field::LastName
            | Field::CompanyName
            | Field::DocumentType
            | Field::DocumentNumber
            | Field::Bank
            | Field::BankAccount
            | Field::BankAccountType => true,
        };
        let fields: Vec<Field> = Field::ALL.into_iter().filter(has).collect();
        let methods = (1..).zip(choices.methods.iter().copied()).take(EXAMPLES_MAX);
        let row = |(number, method): (usize, Method)| {
            let account = account.map_or("", AccountName::as_str);
            fields.iter().map(|field| known.cell(*field, method, number, account)).collect()
        };
        Self {
            lang,
            examples: methods.map(row).collect(),
            columns: fields.iter().map(|field| known.column(*field)).collect(),
            banks: choices.banks.iter().chain(&choices.wallets).cloned().collect(),
            decimals: choices.decimals,
        }
    }

    /// As a spreadsheet opens it best where the language is spoken.
    pub(crate) fn write_csv(&self, file: fs::File) -> io::Result<()> {
        let mut file = BufWriter::new(file);
        let separator = match self.lang {
            Lang::En => Separator::Comma,
            Lang::Es | Lang::Pt => {
                // Without it Excel reads the accents in another encoding.
                file.write_all("\u{feff}".as_bytes())?;
                Separator::Semicolon
            }
        };
        let mut sheet = Sheet::new(file, separator);
        sheet.row(self.columns.iter().map(|column| column.heading))?;
        for row in &self.examples {
            sheet.row(row.iter().map(String::as_str))?;
        }
        sheet.flush()
    }
}

/// What a template is made of.
pub(crate) struct Known<'a> {
    pub(crate) country: Country,
    pub(crate) choices: &'a Choices,
    pub(crate) lang: Lang,
}

impl Known<'_> {
    fn say(&self, kind: &str, what: &str) -> &'static str {
        phrase(self.lang, kind, what)
    }

    fn column(&self, field: Field) -> Column {
        Column {
            field,
            heading: self.say("heading", field.column()),
            meaning: self.meaning(field),
            list: self.list(field),
            // An account may be funded in another currency than it pays.
            is_open: field == Field::Currency || (field == Field::Bank && self.choices.other_banks),
        }
    }

    /// In the clerk's words, which are read like payrun's.
    fn list(&self, field: Field) -> Vec<String> {
        let Choices { methods, account_kinds, key_kinds, documents, banks, wallets, .. } = self.choices;
        let words: Vec<&str> = match field {
            Field::Country => vec![self.country.code()],
            Field::Currency => vec![self.choices.currency.code()],
            Field::Method => methods.iter().map(|method| self.say("method", method.as_str())).collect(),
            Field::DocumentType => documents.clone(),
            Field::Bank => banks.iter().chain(wallets).map(|bank| bank.code.as_str()).collect(),
            Field::BankAccountType => {
                let accounts = account_kinds.iter().map(|kind| self.say("kind", kind.as_str()));
                accounts.chain(key_kinds.iter().map(|kind| self.say("key", kind.as_str()))).collect()
            }
            Field::ClientId
            | Field::Account
            | Field::Amount
            | Field::FirstName
            | Field::LastName
            | Field::CompanyName
            | Field::DocumentNumber
            | Field::BankAccount
            | Field::Description
            | Field::BankAccountLocal
            | Field::Phone
            | Field::Email
            | Field::SendDate => Vec::new(),
        };
        words.into_iter().map(str::to_owned).collect()
    }

    fn meaning(&self, field: Field) -> String {
        let Choices { methods, wants, takes, banks, wallets, other_banks, decimals, .. } = self.choices;
        let mut lines = vec![self.say("meaning", field.column()).to_owned()];
        let mut note = |is_so: bool, what: &str| {
            if is_so {
                lines.push(self.say("note", what).to_owned());
            }
        };
        note(wants.contains(&field), "wanted");
        note(takes.contains(&field), "optional");
        note(field == Field::Amount, if *decimals == 0 { "whole" } else { "two_decimals" });
        let has = |method: Method| methods.contains(&method);
        if field == Field::BankAccount {
            note(has(Method::Bank), self.country.code());
            note(has(Method::Wallet), "wallet");
            note(has(Method::Instant), "instant");
        }
        if field == Field::Bank && !has(Method::Bank) {
            return self.say("note", "no_bank").to_owned();
        }
        if field == Field::Bank {
            note(*other_banks, "other_banks");
            lines.extend(banks.iter().map(|bank| format!("{} {}", bank.code, bank.name)));
            let wallet = self.say("method", Method::Wallet.as_str());
            lines.extend(wallets.iter().map(|bank| format!("{} {} ({wallet})", bank.code, bank.name)));
        } else if let list @ [_, ..] = self.list(field).as_slice() {
            lines.push(format!("{}: {}", self.say("note", "one_of"), list.join(", ")));
        }
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }

    /// A cell of a made-up person who is paid the least there is.
    fn cell(&self, field: Field, method: Method, number: usize, account: &str) -> String {
        let Self { country, choices, .. } = *self;
        let made_up = choices.example(country, method);
        let document = choices.documents.first().copied().unwrap_or_default();
        match field {
            Field::ClientId => format!("{}-{number}", self.say("example", "id")),
            Field::Account => account.to_owned(),
            Field::Country => country.code().to_owned(),
            Field::Currency => choices.currency.code().to_owned(),
            Field::Amount => "1".to_owned(),
            Field::Method => self.say("method", method.as_str()).to_owned(),
            Field::FirstName | Field::LastName | Field::Description => {
                self.say("example", field.column()).to_owned()
            }
            Field::CompanyName | Field::SendDate => String::new(),
            Field::DocumentType => document.to_owned(),
            Field::DocumentNumber => example::document(country, document).to_owned(),
            Field::Bank => made_up.bank.to_owned(),
            Field::BankAccount => made_up.account.to_owned(),
            Field::BankAccountType => {
                let kind = if method == Method::Instant { "key" } else { "kind" };
                self.say(kind, made_up.kind).to_owned()
            }
            Field::BankAccountLocal => made_up.local.to_owned(),
            Field::Phone => example::phone(country).to_owned(),
            Field::Email => "example@example.com".to_owned(),
        }
    }
}
