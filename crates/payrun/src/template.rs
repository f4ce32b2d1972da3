//! `payrun template`: an empty payroll for a clerk.

use std::{
    fs,
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, builder::PossibleValuesParser};
use payrun_domain::{beneficiary::Method, country::Country, fault::Field, name::AccountName};
use payrun_ingest::Sheet;
use payrun_providers::{Bank, Choices, PROVIDERS, choices};
use payrun_tabular::Separator;
use serde_json::json;

use crate::{
    cli::Lang, example, failure::Failure, new_file::NewFile, output::Output, phrase::phrase, workbook,
};

#[derive(Debug, Args)]
pub(crate) struct TemplateArgs {
    /// Where the beneficiaries are: AR BR CL CO MX PE UY.
    pub(crate) country: Country,
    /// Who pays them.
    #[arg(long, value_parser = PossibleValuesParser::new(PROVIDERS))]
    pub(crate) provider: String,
    /// A new file that ends in .xlsx or .csv.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Of headings, words and explanations.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) lang: Lang,
    /// Adds a column with the account that pays; needed where several pay that currency in the country.
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<AccountName>,
}

/// A payroll that pays nobody yet.
pub(crate) struct Template {
    pub(crate) lang: Lang,
    pub(crate) columns: Vec<Column>,
    /// As many cells as columns.
    pub(crate) examples: Vec<Vec<String>>,
    /// What the column of banks takes.
    pub(crate) banks: Vec<Bank>,
    /// Of an amount.
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

/// One row for each of so many ways of paying.
const EXAMPLES_MAX: usize = 2;

/// Writes it. Needs no configuration.
pub(crate) fn run(output: Output, arguments: &TemplateArgs) -> Result<(), Failure> {
    let TemplateArgs { country, provider, output: path, lang, account } = arguments;
    let Some(choices) = choices(provider, *country) else {
        return Err(Failure::refused(not_there(provider, *country)));
    };
    if fs::symlink_metadata(path).is_ok() {
        return Err(Failure::refused(format!("{} is there already; name another file", path.display())));
    }
    let template = Template::new((provider, *country), &choices, *lang, account.as_ref());
    let unwritten = || format!("{} cannot be written", path.display());
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("xlsx") => {
            let (new, file) = NewFile::begin(path, 0o644, None)?;
            workbook::write(&template, file).with_context(unwritten)?;
            new.keep()?;
        }
        Some("csv") => {
            let (new, file) = NewFile::begin(path, 0o644, None)?;
            template.write_csv(file).with_context(unwritten)?;
            new.keep()?;
        }
        Some(_) | None => {
            return Err(Failure::refused("--output: name a file that ends in .xlsx or .csv"));
        }
    }
    tell(output, path, &template);
    Ok(())
}

fn tell(output: Output, path: &Path, template: &Template) {
    let columns: Vec<&str> = template.columns.iter().map(|column| column.field.column()).collect();
    let rows = template.examples.len();
    output.answer(&json!({"file": path.display().to_string(), "columns": columns, "examples": rows}), || {
        let zeros = if path.extension().is_some_and(|ending| ending == "csv") {
            "\na spreadsheet program drops leading zeros of a CSV; for one, write .xlsx"
        } else {
            ""
        };
        format!(
            "written to {0}; its rows are examples: delete them{zeros}\nnext, when it is filled in: payrun check {0}",
            path.display()
        )
    });
}

fn not_there(provider: &str, country: Country) -> String {
    let paid = |provider: &str| {
        let paid = Country::ALL.into_iter().filter(|country| choices(provider, *country).is_some());
        paid.map(Country::code).collect::<Vec<_>>().join(", ")
    };
    let others = PROVIDERS.into_iter().filter(|other| choices(other, country).is_some());
    let others = others.collect::<Vec<_>>().join(", ");
    format!("{provider} pays in {}, not in {country}; there pays: {others}", paid(provider))
}

impl Template {
    fn new(
        (provider, country): (&str, Country),
        choices: &Choices,
        lang: Lang,
        account: Option<&AccountName>,
    ) -> Self {
        let has = |field: &Field| match field {
            Field::Account => account.is_some(),
            Field::Description | Field::BankAccountLocal | Field::Phone | Field::Email => {
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
        let known = Known { provider, country, choices, lang };
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
    fn write_csv(&self, file: fs::File) -> io::Result<()> {
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
struct Known<'a> {
    provider: &'a str,
    country: Country,
    choices: &'a Choices,
    lang: Lang,
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
            Field::Method => methods.iter().map(|method| self.say("method", method.word())).collect(),
            Field::DocumentType => documents.clone(),
            Field::Bank => banks.iter().chain(wallets).map(|bank| bank.code.as_str()).collect(),
            Field::BankAccountType => {
                let accounts = account_kinds.iter().map(|kind| self.say("kind", kind.word()));
                accounts.chain(key_kinds.iter().map(|kind| self.say("key", kind.word()))).collect()
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
            | Field::Email => Vec::new(),
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
            let wallet = self.say("method", Method::Wallet.word());
            lines.extend(wallets.iter().map(|bank| format!("{} {} ({wallet})", bank.code, bank.name)));
        } else if let list @ [_, ..] = self.list(field).as_slice() {
            lines.push(format!("{}: {}", self.say("note", "one_of"), list.join(", ")));
        }
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }

    /// Of a made-up person who is paid the least there is.
    fn cell(&self, field: Field, method: Method, number: usize, account: &str) -> String {
        let Self { provider, country, choices, .. } = *self;
        let made_up = example::account(provider, country, method);
        let document = choices.documents.first().copied().unwrap_or_default();
        match field {
            Field::ClientId => format!("{}-{number}", self.say("example", "id")),
            Field::Account => account.to_owned(),
            Field::Country => country.code().to_owned(),
            Field::Currency => choices.currency.code().to_owned(),
            Field::Amount => "1".to_owned(),
            Field::Method => self.say("method", method.word()).to_owned(),
            Field::FirstName | Field::LastName | Field::Description => {
                self.say("example", field.column()).to_owned()
            }
            Field::CompanyName => String::new(),
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
